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
      if let review = books.review {
        try MoversSheet.write(books, review, in: file)
        try BudgetSheet.write(books, review, in: file)
        try UnitCostSheet.write(books, review, in: file)
      }
      if CostsSheet.isNeeded(books) { try CostsSheet.write(books, in: file) }
      if !books.adjustments.isEmpty { try AdjustmentsSheet.write(books, in: file) }
      try TroubleSheet.write(books, in: file)
      try AboutSheet.write(books, in: file)
      file.setProperties(
        title: footer(books),
        subject: books.language(
          "Chargeback of \(books.periodName), days of \(books.period.zone)",
          "\(books.periodName)の配賦（\(books.period.zone)の日付）"),
        comments: books.language("Prices", "単価表") + " \(books.prices.version), "
          + books.language("rules", "配賦ルール") + " \(books.attributionVersion), " + books.programVersion,
        createdSeconds: books.period.end / 1_000_000)
    } catch {
      failure = error
    }
    try file.close()
    if let failure { throw failure }
  }

  static func footer(_ books: Books) -> String {
    books.language("AI cost \(books.periodName)", "AI利用費 \(books.periodName)")
  }
}

/// All products with every figure.
enum ProductsSheet {
  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet(books.language("Products", "プロダクト別"), of: books, in: file)
    sheet.title(
      books.language("Cost by product", "プロダクト別の費用"),
      books.language(
        "What each product used and what it cost, in US dollars. Rows add up to the total.",
        "各プロダクトの利用量と費用（米ドル）。各行の和は合計と一致します。"))
    let placed = sheet.draw(
      table(books), row: 3, summed: Set(5...(ConvertedBooks(books) == nil ? 14 : 15)), filter: true)
    sheet.freeze(rows: placed.firstRow, columns: 2)
    sheet.repeatOnEachPage(rows: placed.headRow...placed.headRow)
    sheet.finish()
  }

  private static func table(_ books: Books) -> Table {
    let digits = books.productDigits
    let costs = books.printedProductCosts(digits: digits)
    let shares = PrintedMoney.shares(books.productCosts, of: books.totalCost)
    let counts = PrintedCounts.forPeople(books)
    let language = books.language
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
          product.costCenter.map { .text($0) } ?? .empty,
          product.owner.map { .text($0) } ?? .empty, .text(state.word(language)),
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

/// Every row of the books: product × provider × model × tier.
enum ModelsSheet {
  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet(books.language("Models", "モデル別"), of: books, in: file)
    sheet.title(
      books.language(
        "Cost by product, provider, model and service tier", "プロダクト・ベンダー・モデル・ティア別の費用"),
      books.language(
        "The rows of chargeback.csv. Filter a column and the totals follow.",
        "chargeback.csvの各行です。列を絞り込むと合計も変わります。"))
    let placed = sheet.draw(
      table(books), row: 3, summed: Set(7...(ConvertedBooks(books) == nil ? 15 : 16)), filter: true)
    sheet.freeze(rows: placed.firstRow, columns: 1)
    sheet.repeatOnEachPage(rows: placed.headRow...placed.headRow)
    sheet.finish()
  }

  private static func table(_ books: Books) -> Table {
    // Six digits show a single request of most models.
    let digits = max(6, PrintedMoney.digits(for: books.rows.map(\.cost)))
    let costs = PrintedMoney.rounded(books.rows.map(\.cost), digits: digits)
    let counts = PrintedCounts.forPeople(books)
    let language = books.language
    let converted = ConvertedBooks(books)
    var table = Table(
      columns: [
        .init(language("Product", "プロダクト"), .text), .init(language("Provider", "ベンダー"), .text),
        .init(language("Model", "モデル"), .text), .init(language("Tier", "ティア"), .text),
        .init(language("Entry", "区分"), .text), .init(language("For period", "対象期間"), .text),
        .init(language("Cost is", "費用の状態"), .text), .init(language.amount("Cost", "費用"), .money),
      ] + Columns.converted(converted, language) + Columns.counts(language))
    for (index, row) in books.rows.enumerated() {
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
    table.total =
      [
        .text(language.total), .empty, .empty, .empty, .empty, .empty,
        .text(books.state.word(language)),
        PrintedMoney.cell(costs.reduce(.zero, +), exact: books.totalCost, digits: digits),
      ] + Columns.converted(converted, converted?.total, books.state)
      + CountColumn.allCases.map { Books.countCell(counts.total($0)) }
    return table
  }
}

enum Columns {
  /// The column in the report currency; none for dollars alone.
  static func converted(_ converted: ConvertedBooks?, _ language: Language) -> [Table.Column] {
    converted.map { [.init(language("Cost (\($0.currency.code))", "費用（\($0.currency.code)）"), .count)] } ?? []
  }

  /// Its cell: empty where the cost is unknown.
  static func converted(_ converted: ConvertedBooks?, _ units: Int128?, _ state: CostState) -> [Table.Cell] {
    guard let converted, let units else { return [] }
    return [state == .unpriced ? .empty : converted.currency.cell(units)]
  }

  /// `CountColumn`s under the names of the sheets.
  static func counts(_ language: Language) -> [Table.Column] {
    [
      .init(language("Requests", "リクエスト数"), .count), .init(language("Failed", "失敗"), .count),
      .init(language("Interrupted", "中断"), .count), .init(language("Unpriced", "単価なし"), .count),
      .init(language("Input tokens", "入力トークン"), .count),
      .init(language("Cache read", "キャッシュ読込"), .count),
      .init(language("Cache write", "キャッシュ書込"), .count),
      .init(language("Output tokens", "出力トークン"), .count),
    ]
  }
}
