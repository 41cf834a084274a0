import Ledger

/// In: the books. Out: `chargeback.xlsx`, the workbook a controller gets.
///
/// Printed money is rounded once, so that the rows of each sheet add up to its total; the exact figures stand
/// in `chargeback.csv`. A cost that is unknown is an empty cell with its state beside it.
enum Workbook {
  enum Limit {
    /// More lines of trouble than this are a job for run.json and the raw logs.
    static let troubleRowsMax = 1000
    /// More series than this cannot be told apart: then the chart shows the day's total alone.
    static let chartSeriesMax = 8
    static let inputRowsMax = 5000
    /// More corrections than this are a job for adjustments.csv.
    static let adjustmentRowsMax = 5000
  }

  static func write(_ books: Books, to path: String) throws(ReportError) {
    guard books.rows.count < WorkbookFile.Limit.rowsMax - 100 else {
      throw ReportError(
        code: .tooLarge, path: path, advice: "a sheet has no room for \(books.rows.count) rows; use the CSV")
    }
    let file = try WorkbookFile(path: path)
    // Whatever fails below, the file is closed, which also frees it; the first failure is the one reported.
    var failure: ReportError?
    do {
      try SummarySheet.write(books, in: file)
      try ProductsSheet.write(books, in: file)
      try ModelsSheet.write(books, in: file)
      try DailySheet.write(books, in: file)
      if !books.adjustments.isEmpty { try AdjustmentsSheet.write(books, in: file) }
      try TroubleSheet.write(books, in: file)
      try AboutSheet.write(books, in: file)
      file.setProperties(
        title: "AI cost \(books.period.label)",
        subject: "Chargeback of \(books.period.label), days of \(books.period.zone)",
        comments: "Prices \(books.prices.version), rules \(books.attributionVersion), "
          + books.programVersion,
        createdSeconds: books.period.end / 1_000_000)
    } catch {
      failure = error
    }
    try file.close()
    if let failure { throw failure }
  }

  static func footer(_ books: Books) -> String { "AI cost \(books.period.label)" }
}

/// All products with every figure.
enum ProductsSheet {
  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet("Products", in: file, footer: Workbook.footer(books))
    sheet.title(
      "Cost by product", "What each product used and what it cost, in US dollars. Rows add up to the total.")
    let placed = sheet.draw(table(books), row: 3, summed: Set(5...14), filter: true)
    sheet.freeze(rows: placed.firstRow, columns: 2)
    sheet.repeatOnEachPage(rows: placed.headRow...placed.headRow)
    sheet.finish()
  }

  private static func table(_ books: Books) -> Table {
    let digits = books.productDigits
    let costs = books.printedProductCosts(digits: digits)
    let shares = PrintedMoney.shares(books.productCosts, of: books.totalCost)
    let counts = PrintedCounts.forPeople(books)
    var table = Table(
      columns: [
        .init("Product", .text), .init("Id", .text), .init("Cost center", .text), .init("Owner", .text),
        .init("Cost is", .text), .init("Cost (USD)", .money), .init("Share", .percent),
      ] + Columns.counts)
    for (index, product) in books.products.enumerated() {
      let state = books.state(ofProduct: index)
      let isUnpriced = state == .unpriced
      table.rows.append(
        [
          .text(product.name), .text(product.id), product.costCenter.map { .text($0) } ?? .empty,
          product.owner.map { .text($0) } ?? .empty, .text(state.rawValue),
          isUnpriced
            ? .empty
            : PrintedMoney.cell(costs[index], exact: books.cost(ofProduct: index), digits: digits),
          shares.map { isUnpriced ? .empty : .basisPoints($0[index]) } ?? .empty,
        ] + CountColumn.allCases.map { Books.countCell(counts[$0, product: index]) })
    }
    table.total =
      [
        .text("Total"), .empty, .empty, .empty, .text(books.state.rawValue),
        PrintedMoney.cell(costs.reduce(.zero, +), exact: books.totalCost, digits: digits),
        shares.map { .basisPoints($0.reduce(0, +)) } ?? .empty,
      ] + CountColumn.allCases.map { Books.countCell(counts.total($0)) }
    return table
  }
}

/// Every row of the books: product × provider × model × tier.
enum ModelsSheet {
  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet("Models", in: file, footer: Workbook.footer(books))
    sheet.title(
      "Cost by product, provider, model and service tier",
      "The rows of chargeback.csv. Filter a column and the totals follow.")
    let placed = sheet.draw(table(books), row: 3, summed: Set(7...15), filter: true)
    sheet.freeze(rows: placed.firstRow, columns: 1)
    sheet.repeatOnEachPage(rows: placed.headRow...placed.headRow)
    sheet.finish()
  }

  private static func table(_ books: Books) -> Table {
    // Six digits show a single request of most models.
    let digits = max(6, PrintedMoney.digits(for: books.rows.map(\.cost)))
    let costs = PrintedMoney.rounded(books.rows.map(\.cost), digits: digits)
    let counts = PrintedCounts.forPeople(books)
    var table = Table(
      columns: [
        .init("Product", .text), .init("Provider", .text), .init("Model", .text), .init("Tier", .text),
        .init("Entry", .text), .init("For period", .text), .init("Cost is", .text),
        .init("Cost (USD)", .money),
      ] + Columns.counts)
    for (index, row) in books.rows.enumerated() {
      table.rows.append(
        [
          .text(books.products[row.product].name), .text(row.provider),
          .text(row.model.isEmpty ? "unknown" : row.model), .text(row.serviceTier),
          .text(row.entry.rawValue), .text(row.forPeriod), .text(row.state.rawValue),
          row.state == .unpriced
            ? .empty : PrintedMoney.cell(costs[index], exact: row.cost, digits: digits),
        ] + CountColumn.allCases.map { Books.countCell(counts[$0, row: index]) })
    }
    table.total =
      [
        .text("Total"), .empty, .empty, .empty, .empty, .empty, .text(books.state.rawValue),
        PrintedMoney.cell(costs.reduce(.zero, +), exact: books.totalCost, digits: digits),
      ] + CountColumn.allCases.map { Books.countCell(counts.total($0)) }
    return table
  }
}

enum Columns {
  /// `CountColumn`s under the names of the sheets.
  static let counts: [Table.Column] = [
    .init("Requests", .count), .init("Failed", .count), .init("Interrupted", .count),
    .init("Unpriced", .count), .init("Input tokens", .count), .init("Cache read", .count),
    .init("Cache write", .count), .init("Output tokens", .count),
  ]
}
