import Ledger

/// Why it changed: the bridge with its chart, what changed most, caching, lost answers.
enum MoversSheet {
  enum Limit {
    /// More places with a cache than this are a job for run.json.
    static let cachingRowsMax = 200
  }

  static func write(_ books: Books, _ review: Review, in file: WorkbookFile) throws(ReportError) {
    let language = books.language
    let sheet = try WorkbookSheet(language("Movers", "増減"), of: books, in: file)
    let words = ReviewWords.plain(books, review)
    sheet.title(
      language("Why it changed", "なぜ変わったか"),
      [words.change, words.why].compactMap { $0 }.joined(separator: " "))
    sheet.minimumWidth(26, column: 0)
    var row = 3
    for comparison in review.comparisons { row = draw(comparison, books, words, sheet, in: file, row: row) }
    row = movers(books, review, sheet, row: row)
    if let sentence = words.caching {
      row = section(language("Caching", "キャッシュ"), sentence, sheet, row: row)
      let table = books.cachingTable(review, rowsMax: Limit.cachingRowsMax)
      row = sheet.draw(table, row: row, summed: [4, 9]).nextRow + 1
    }
    if let sentence = words.waste {
      row = section(language("Lost answers", "使われなかった応答"), sentence, sheet, row: row)
      row = sheet.draw(books.wasteTable(review), row: row, summed: [1, 2, 3, 4, 5]).nextRow + 1
    }
    if !review.anomalies.isEmpty {
      row = section(language("Unusual days", "通常と異なる日"), nil, sheet, row: row)
      let table = books.anomaliesTable(review)
      let placed = sheet.draw(table, row: row)
      for (index, one) in review.anomalies.enumerated() {
        sheet.text(
          words.reason(one), row: placed.firstRow + index, column: table.columns.count, measures: false)
      }
    }
    sheet.finish()
  }

  private static func section(_ title: String, _ text: String?, _ sheet: WorkbookSheet, row: Int) -> Int {
    sheet.text(title, row: row, column: 0, style: .section, measures: false)
    guard let text else { return row + 1 }
    sheet.text(text, row: row + 1, column: 0, style: .muted, measures: false)
    return row + 2
  }

  private static func draw(
    _ comparison: Comparison, _ books: Books, _ words: ReviewWords, _ sheet: WorkbookSheet,
    in file: WorkbookFile,
    row: Int
  ) -> Int {
    var row = row
    let title = books.language("Since", "比較対象:") + " " + words.earlier(comparison)
    guard let bridge = comparison.bridge else {
      return section(title, words.absence(comparison), sheet, row: row) + 1
    }
    row = section(title, words.basis(comparison), sheet, row: row)
    let table = books.bridgeTable(bridge)
    let last = table.columns.count - 1
    row = sheet.draw(table, row: row, summed: Set(1..<last)).nextRow + 1
    guard comparison.kind == .previous, let picture = Waterfall(bridge, books) else { return row }
    return chart(picture, books, sheet, in: file, row: row)
  }

  /// The chart's own figures stand above it: a floating bar is an invisible one with a visible one on top.
  private static func chart(
    _ picture: Waterfall, _ books: Books, _ sheet: WorkbookSheet, in file: WorkbookFile, row: Int
  ) -> Int {
    let language = books.language
    var table = Table(columns: [
      .init(language("Step", "段階"), .text), .init(language("Below", "下端"), .money),
      .init(language("Total", "合計"), .money), .init(language("More", "増"), .money),
      .init(language("Less", "減"), .money),
    ])
    for bar in picture.bars {
      let size = bar.high - bar.low
      let change = bar.change ?? .zero
      table.rows.append([
        .text(bar.label), bar.change == nil ? .empty : .money(bar.low),
        bar.change == nil ? .money(bar.high) : .empty,
        change > .zero ? .money(size) : .empty, change < .zero ? .money(size) : .empty,
      ])
    }
    let placed = sheet.draw(table, row: row)
    func range(_ column: Int) -> String {
      "'\(sheet.name)'!\(WorkbookSheet.reference(placed.firstRow, column, absolute: true))"
        + ":\(WorkbookSheet.reference(placed.lastRow, column, absolute: true))"
    }
    func head(_ column: Int) -> String {
      "'\(sheet.name)'!\(WorkbookSheet.reference(placed.headRow, column, absolute: true))"
    }
    let colors: [UInt32?] = [nil, Palette.accent, BridgeChart.rise, BridgeChart.fall]
    let series = colors.enumerated().map {
      WorkbookCharts.FloatingSeries(
        nameCell: head($0.offset + 1), values: range($0.offset + 1), color: $0.element)
    }
    let from = picture.isCut ? CellText.dollars(picture.base, digits: picture.digits) : ""
    let title =
      language("Bridge (USD)", "増減（USD）")
      + (picture.isCut ? language(", axis from \(from)", "、縦軸は\(from)から") : "")
    guard
      let chart = WorkbookCharts.waterfall(
        in: file, categories: range(0), series: series, title: title, from: picture.base, to: picture.top,
        numberFormat: CellStyle.numberFormat(digits: picture.digits, currency: true))
    else { return placed.nextRow + 1 }
    let height = 340
    sheet.insert(chart, row: placed.nextRow + 1, column: 0, width: 900, height: height)
    return placed.nextRow + height / 20 + 4
  }

  private static func movers(_ books: Books, _ review: Review, _ sheet: WorkbookSheet, row: Int) -> Int {
    guard let movers = review.movers else { return row }
    let language = books.language
    var row = row
    for (list, title, hasProduct) in [
      (movers.models, language("Model", "モデル"), true), (movers.keys, language("Key", "キー"), false),
      (movers.users, language("User", "ユーザー"), false),
    ] where !list.isEmpty {
      let heading = language("Largest changes: ", "増減の大きい順: ") + title
      row = section(heading, nil, sheet, row: row)
      let table = books.moversTable(list, title: title, hasProduct: hasProduct)
      row = sheet.draw(table, row: row).nextRow + 1
    }
    return row
  }
}

/// Budget against actual, and the forecast.
enum BudgetSheet {
  static func write(_ books: Books, _ review: Review, in file: WorkbookFile) throws(ReportError) {
    guard let budget = review.budget else { return }
    let language = books.language
    let sheet = try WorkbookSheet(language("Budget", "予算"), of: books, in: file)
    let words = ReviewWords.plain(books, review)
    sheet.title(
      language("Budget and actual cost", "予算と実績"),
      words.forecast ?? language("US dollars.", "単位は米ドル。"))
    var row = sheet.draw(books.budgetTable(budget, review), row: 3).nextRow + 1
    if let note = words.yearNote(budget) {
      sheet.text(note, row: row, column: 0, style: .muted, measures: false)
      row += 1
    }
    sheet.freeze(rows: 4, columns: 1)
    sheet.finish()
  }
}

/// What one unit of a product's work cost, over the months.
enum UnitCostSheet {
  static func write(_ books: Books, _ review: Review, in file: WorkbookFile) throws(ReportError) {
    guard let units = review.unitCosts, !units.lines.isEmpty else { return }
    let language = books.language
    let sheet = try WorkbookSheet(language("Unit cost", "単位費用"), of: books, in: file)
    sheet.title(
      language("Cost per unit", "単位あたり費用"),
      language(
        "The product's whole cost of the month over what it made. US dollars.", "プロダクトの月の総費用 ÷ 件数。単位は米ドル。"))
    sheet.draw(books.unitCostTable(units), row: 3)
    sheet.freeze(rows: 4, columns: 2)
    sheet.finish()
  }
}

extension ReviewWords {
  /// For cells and terminals, where text is text.
  static func plain(_ books: Books, _ review: Review) -> ReviewWords {
    ReviewWords(
      books: books, review: review, name: { PlainText.oneLine($0) },
      money: {
        CellText.dollars(ReviewMarkdown.rounded($0, books), digits: ReviewMarkdown.digits($0, books))
      })
  }
}
