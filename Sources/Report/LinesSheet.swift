import Ledger

/// Every row of the books: product × provider × model × tier.
enum LinesSheet {
  static func write(
    _ books: Books, _ scope: Scope, in file: WorkbookFile
  ) throws(ReportError) -> WorkbookControl {
    let language = books.language
    let sheet = try WorkbookSheet(language("Lines", "明細"), of: books, in: file)
    sheet.title(
      language("Cost by product, provider, model and service tier", "プロダクト・ベンダー・モデル・ティア別の費用"),
      language(
        "The rows of chargeback.csv. Filter a column and the totals follow.",
        "chargeback.csvの各行です。列を絞り込むと合計も変わります。"))
    let (table, total) = table(books, scope)
    let placed = sheet.draw(table, row: 3, summed: Set(7..<table.columns.count), filter: true)
    sheet.freeze(rows: placed.firstRow, columns: 1)
    sheet.repeatOnEachPage(rows: placed.headRow...placed.headRow)
    sheet.finish()
    return WorkbookControl(
      sheet: sheet.name, formula: sheet.address(placed.lastRow + 1, 7), value: total)
  }

  private static func table(_ books: Books, _ scope: Scope) -> (Table, total: Money) {
    let language = books.language
    // Six digits show a single request of most models.
    let digits = max(6, PrintedMoney.digits(for: books.rows.map(\.cost)))
    let costs = PrintedMoney.rounded(books.rows.map(\.cost), digits: digits)
    let counts = PrintedCounts.forPeople(books)
    let rows = scope.rows(of: books)
    let converted = ConvertedBooks(books)
    var table = Table(
      columns: [
        .init(language("Product", "プロダクト"), .text), .init(language("Provider", "ベンダー"), .text),
        .init(language("Model", "モデル"), .text), .init(language("Tier", "ティア"), .text),
        .init(language("Entry", "区分"), .text), .init(language("For period", "対象期間"), .text),
        .init(language("Cost is", "費用の状態"), .text), .init(language.amount("Cost", "費用"), .money),
      ] + Columns.converted(converted, language) + Columns.counts(language))
    for index in rows {
      let row = books.rows[index]
      table.rows.append(
        [
          .text(books.name(ofProduct: row.product)), .text(row.provider),
          .text(row.model.isEmpty ? language.unknown : row.model), .text(row.serviceTier),
          .text(row.entry.word(language)), .text(language.period(row.forPeriod)),
          .text(row.state.word(language)),
          row.state == .unpriced
            ? .empty : PrintedMoney.cell(costs[index], exact: row.cost, digits: digits),
        ] + Columns.converted(converted, converted?.rows[index], row.state)
          + CountColumn.allCases.map { Books.countCell(counts[$0, row: index]) })
    }
    let total = rows.reduce(Money.zero) { $0 + costs[$1] }
    let state = books.state(of: rows.map { books.rows[$0].state })
    let exact = rows.reduce(Money.zero) { $0 + books.rows[$1].cost }
    table.total =
      [.text(language.total), .empty, .empty, .empty, .empty, .empty]
      + [
        .text(state.word(language)),
        PrintedMoney.cell(total, exact: exact, digits: digits),
      ] + Columns.converted(converted, converted?.sum(ofRows: rows), state)
      + CountColumn.allCases.map { Books.countCell(counts[$0, rows: rows]) }
    return (table, total)
  }
}
