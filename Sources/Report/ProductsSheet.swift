import Ledger

/// All products with every figure.
enum ProductsSheet {
  struct Placed {
    var control: WorkbookControl
  }

  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) -> Placed {
    let sheet = try WorkbookSheet(books.language("Products", "プロダクト別"), of: books, in: file)
    sheet.title(
      books.language("Cost by product", "プロダクト別の費用"),
      books.language(
        "What each product used and what it cost, in US dollars. Rows add up to the total.",
        "各プロダクトの利用量と費用（米ドル）。各行の和は合計と一致します。"))
    let columns = Columns.converted(ConvertedBooks(books), books.language) + [.init("", .percent)]
    let table = table(books)
    let placed = sheet.draw(table, row: 3, summed: Set(5...(13 + columns.count)), filter: true)
    sheet.bars(placed, column: 5 + columns.count)
    sheet.freeze(rows: placed.firstRow, columns: 1)
    sheet.repeatOnEachPage(rows: placed.headRow...placed.headRow)
    sheet.finish()
    let total = books.printedProductCosts(digits: books.productDigits).reduce(.zero, +)
    return Placed(
      control: WorkbookControl(
        sheet: sheet.name, formula: sheet.address(placed.lastRow + 1, 5), value: total))
  }

  private static func table(_ books: Books) -> Table {
    let language = books.language
    let digits = books.productDigits
    let costs = books.printedProductCosts(digits: digits)
    let shares = PrintedMoney.shares(books.productCosts, of: books.totalCost)
    let counts = PrintedCounts.forPeople(books)
    let converted = ConvertedBooks(books)
    var table = Table(
      columns: [
        .init(language("Product", "プロダクト"), .text), .init("ID", .text),
        .init(language("Cost center", "コストセンター"), .text), .init(language("Owner", "担当"), .text),
        .init(language("Cost is", "費用の状態"), .text), .init(language.amount("Cost", "費用"), .money),
      ] + Columns.converted(converted, language) + [.init(language("Share", "構成比"), .percent)]
        + Columns.counts(language))
    for (index, product) in books.products.enumerated() {
      let state = books.state(ofProduct: index)
      let isUnpriced = state == .unpriced
      table.rows.append(
        [
          .text(books.name(ofProduct: index)), .text(product.id),
          product.costCenter.map { .text($0) } ?? .empty, product.owner.map { .text($0) } ?? .empty,
          .text(state.word(language)),
          isUnpriced
            ? .empty
            : PrintedMoney.cell(costs[index], exact: books.cost(ofProduct: index), digits: digits),
        ] + Columns.converted(converted, converted?.products[index], state) + [
          shares.map { isUnpriced ? .empty : .basisPoints($0[index]) } ?? .empty
        ] + CountColumn.allCases.map { Books.countCell(counts[$0, product: index]) })
    }
    table.total =
      [
        .text(language.total), .empty, .empty, .empty, .text(books.state.word(language)),
        PrintedMoney.cell(costs.reduce(.zero, +), exact: books.totalCost, digits: digits),
      ] + Columns.converted(converted, converted?.total, books.state) + [
        shares.map { .basisPoints($0.reduce(0, +)) } ?? .empty
      ] + CountColumn.allCases.map { Books.countCell(counts.total($0)) }
    return table
  }
}
