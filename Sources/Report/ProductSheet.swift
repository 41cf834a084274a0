import Ledger

/// One product's answer: what it cost, on which models, day by day. It holds no figure of any other product.
struct ProductSheet {
  private let books: Books
  private let product: Int
  private let sheet: WorkbookSheet
  private let file: WorkbookFile
  private var language: Language { books.language }

  init(_ books: Books, _ product: Int, in file: WorkbookFile) throws(ReportError) {
    self.books = books
    self.product = product
    self.file = file
    sheet = try WorkbookSheet(books.name(ofProduct: product), of: books, in: file)
  }

  /// - Parameters:
  ///   - days: where its days stand.
  ///   - controls: the sums of the other sheets; none where this is one sheet among many.
  func write(days: DailySheet.Placed, controls: [WorkbookControl]) throws(ReportError) {
    let name = books.name(ofProduct: product)
    sheet.title(
      "\(Workbook.title(books)) · \(name)",
      books.periodRange + language(". US dollars.", "。金額は米ドルです。"))
    sheet.fitOnePage()
    sheet.text(owner, row: 2, column: 0, style: .muted, measures: false)
    let digits = books.productDigits
    let total = books.printedProductCosts(digits: digits)[product]
    let models = ModelLines(books, product)
    let placed = sheet.draw(models.table, row: 8, summed: Set(2...models.table.columns.count - 2))
    figures(total, row: 4, sum: sheet.address(placed.lastRow + 1, 2))
    sheet.text(language("By model", "モデル別"), row: 7, column: 0, style: .section, measures: false)
    sheet.bars(placed, column: 2)
    var row = placed.nextRow + 1
    row = chart(days, row: row)
    if !controls.isEmpty {
      let known = books.state(ofProduct: product) == .unpriced ? [] : controls
      row = ControlTable.draw(known, books, sheet, total: (sheet.address(5, 0), total), row: row) + 1
      SignOff.draw(books, sheet, row: row)
    }
    sheet.minimumWidth(38, column: 0)
    for column in 1...4 { sheet.minimumWidth(18, column: column) }
    sheet.finish()
  }

  private var owner: String {
    let product = books.products[product]
    let parts = [
      (language("ID", "ID"), product.id), (language("cost center", "コストセンター"), product.costCenter ?? ""),
      (language("owner", "担当"), product.owner ?? ""),
    ]
    return parts.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1)" }.joined(separator: " · ")
  }

  private func figures(_ total: Money, row: Int, sum: String) {
    let digits = books.productDigits
    let state = books.state(ofProduct: product)
    let tiles = FigureTiles(sheet, row: row)
    if state == .unpriced {
      tiles.word(language("Cost", "費用"), language.unknown, column: 0)
    } else {
      let cell = PrintedMoney.cell(total, exact: books.cost(ofProduct: product), digits: digits)
      tiles.money(language("Cost", "費用"), cell, digits: digits, column: 0, formula: sum)
    }
    tiles.word(language("Cost is", "費用の状態"), state.word(language), column: 1, isAttention: state.isUnknown)
    let requests = PrintedCounts.forPeople(books)[.requests, product: product]
    tiles.cell(
      language("Requests", "リクエスト数"), Books.countCell(requests),
      CellStyle.numberFormat(digits: requests % 1_000_000 == 0 ? 0 : 2, currency: false), column: 2)
    let rate = books.costPerThousandRequests(
      cost: books.usageCost(ofProduct: product), requests: books.counts(ofProduct: product).requests,
      state: state, digits: max(2, digits))
    if let converted = ConvertedBooks(books), state != .unpriced {
      let code = converted.currency.code
      tiles.cell(
        language("Cost (\(code))", "費用（\(code)）"), converted.currency.cell(converted.products[product]),
        CellStyle.numberFormat(digits: converted.currency.digits, currency: false), column: 4)
    }
    if let rate {
      tiles.money(
        language("Cost per 1,000 requests", "1,000リクエストあたり"), .money(rate), digits: max(2, digits),
        column: 3)
    }
  }

  private func chart(_ days: DailySheet.Placed, row: Int) -> Int {
    guard books.cost(ofProduct: product) > .zero, let series = days.series[product],
      let chart = WorkbookCharts.stackedColumns(
        in: file, categories: days.categories,
        series: [.init(nameCell: series.name, values: series.values, color: Palette.accent)],
        title: language("Cost by day (USD)", "日別の費用（USD）"),
        numberFormat: CellStyle.numberFormat(digits: books.productDigits, currency: true))
    else { return row }
    sheet.insert(chart, row: row, column: 0, width: 820, height: 260)
    return row + 13
  }
}

/// A product's models, dearest first; they add up to its printed cost.
private struct ModelLines {
  let table: Table

  init(_ books: Books, _ product: Int) {
    let language = books.language
    let digits = books.productDigits
    var groups: [String: [Int]] = [:]
    for (index, row) in books.rows.enumerated() where row.product == product {
      groups[row.model + "\u{0}" + row.provider, default: []].append(index)
    }
    var lines: [(rows: [Int], cost: Money)] = []
    for rows in groups.values {
      lines.append((rows, rows.reduce(Money.zero) { $0 + books.rows[$1].cost }))
    }
    lines.sort { $0.cost == $1.cost ? $0.rows[0] < $1.rows[0] : $0.cost > $1.cost }
    let total = books.printedProductCosts(digits: digits)[product]
    let costs = PrintedMoney.rounded(lines.map { $0.cost }, addingUpTo: total, digits: digits)
    let counts = PrintedCounts.forPeople(books)
    let shown: [CountColumn] = [.requests, .inputTokens, .cacheReadTokens, .cacheWriteTokens, .outputTokens]
    let titles = Columns.counts(language)
    var table = Table(
      columns: [
        .init(language("Model", "モデル"), .text), .init(language("Provider", "ベンダー"), .text),
        .init(language.amount("Cost", "費用"), .money),
      ] + shown.map { titles[CountColumn.allCases.firstIndex(of: $0) ?? 0] }
        + [.init(language("Cost is", "費用の状態"), .text)])
    for (line, cost) in zip(lines, costs) {
      let row = books.rows[line.rows[0]]
      let state = books.state(of: line.rows.map { books.rows[$0].state })
      table.rows.append(
        [
          .text(row.model.isEmpty ? language.unknown : row.model), .text(row.provider),
          state == .unpriced ? .empty : PrintedMoney.cell(cost, exact: line.cost, digits: digits),
        ] + shown.map { Books.countCell(counts[$0, rows: line.rows]) } + [.text(state.word(language))])
    }
    let state = books.state(ofProduct: product)
    let totalCell = PrintedMoney.cell(
      costs.reduce(Money.zero, +), exact: books.cost(ofProduct: product), digits: digits)
    table.total =
      [.text(language.total), .empty, state == .unpriced ? .empty : totalCell]
      + shown.map { Books.countCell(counts[$0, product: product]) } + [.text(state.word(language))]
    self.table = table
  }
}
