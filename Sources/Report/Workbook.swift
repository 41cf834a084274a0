import Ledger

/// In: the books. Out: `chargeback.xlsx`, the workbook a controller gets, and one workbook a product.
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
    /// More tabs than this are no longer found; the files by product have no such limit.
    static let productSheetsMax = 40
  }

  static func write(_ books: Books, to path: String) throws(ReportError) {
    try fill(path, books, title: title(books)) { file throws(ReportError) in
      let cover = try SummarySheet(books, in: file)
      var controls: [WorkbookControl] = []
      let products = try ProductsSheet.write(books, in: file)
      controls.append(products.control)
      controls.append(try PivotSheet.write(books, in: file))
      controls.append(try LinesSheet.write(books, .everything, in: file))
      let days = try DailySheet.write(books, .everything, in: file)
      controls.append(days.control)
      try CallersSheet.write(books, .everything, in: file)
      if let review = books.review {
        try MoversSheet.write(books, review, in: file)
        try BudgetSheet.write(books, review, in: file)
        try UnitCostSheet.write(books, review, in: file)
      }
      if CostsSheet.isNeeded(books) { try CostsSheet.write(books, in: file) }
      if !books.adjustments.isEmpty { try AdjustmentsSheet.write(books, .everything, in: file) }
      try TroubleSheet.write(books, in: file)
      controls.append(try DataSheet.write(books, .everything, in: file))
      try AboutSheet.write(books, in: file)
      if books.productSheets { try productSheets(books, days, in: file) }
      try cover.write(total: products.control, controls: controls)
    }
  }

  /// One product's figures and nothing of the others: for its owner.
  static func write(_ books: Books, product: Int, to path: String) throws(ReportError) {
    let scope = Scope.product(product)
    try fill(path, books, title: title(books) + " · " + books.name(ofProduct: product)) {
      file throws(ReportError) in
      let cover = try ProductSheet(books, product, in: file)
      let lines = try LinesSheet.write(books, scope, in: file)
      let days = try DailySheet.write(books, scope, in: file)
      try CallersSheet.write(books, scope, in: file)
      if books.adjustments.list.contains(where: { scope.holds($0, books) }) {
        try AdjustmentsSheet.write(books, scope, in: file)
      }
      let data = try DataSheet.write(books, scope, in: file)
      try AboutSheet.writeForProduct(books, in: file)
      try cover.write(days: days, controls: [lines, days.control, data])
    }
  }

  private static func productSheets(
    _ books: Books, _ days: DailySheet.Placed, in file: WorkbookFile
  ) throws(ReportError) {
    let used = books.products.indices.filter { product in books.rows.contains { $0.product == product } }
    for product in used.prefix(Limit.productSheetsMax) {
      try ProductSheet(books, product, in: file).write(days: days, controls: [])
    }
  }

  /// Whatever fails in `draw`, the file is closed, which also frees it; the first failure is the one reported.
  private static func fill(
    _ path: String, _ books: Books, title: String, _ draw: (WorkbookFile) throws(ReportError) -> Void
  ) throws(ReportError) {
    let file = try WorkbookFile(path: path, language: books.language)
    var failure: ReportError?
    do {
      try draw(file)
      file.setProperties(
        title: title,
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

  static func title(_ books: Books) -> String {
    books.language("AI cost \(books.periodName)", "AI利用費 \(books.periodName)")
  }
}

/// Whose figures a sheet shows. One product's are those of the whole workbook, rounded with them.
enum Scope {
  case everything
  case product(Int)

  func holds(_ product: Int) -> Bool {
    if case .product(let only) = self { only == product } else { true }
  }

  func holds(_ adjustment: Adjustment, _ books: Books) -> Bool {
    if case .product(let only) = self { books.products[only].id == adjustment.place.product } else { true }
  }

  func rows(of books: Books) -> [Int] { books.rows.indices.filter { holds(books.rows[$0].product) } }
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
