import Ledger

/// Where the figures come from and what the words mean.
enum AboutSheet {
  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet("About", in: file, footer: Workbook.footer(books))
    sheet.title("About these figures", "What they were made from, and what the words mean.")
    var row = 3
    row = pairs("Versions", versions(books), sheet, row: row)
    row = checks(books, sheet, row: row)
    row = pairs("How to read this", words, sheet, row: row)
    inputs(books, sheet, row: row)
    sheet.minimumWidth(28, column: 0)
    sheet.minimumWidth(67, column: 6)  // a whole digest
    sheet.finish()
  }

  private static func versions(_ books: Books) -> [(String, String)] {
    [
      ("Period", "\(books.period.label), days of \(books.period.zone)"),
      ("From", Timestamp.text(books.period.begin)),
      ("Until, exclusive", Timestamp.text(books.period.end)),
      ("Prices", books.prices.version),
      ("Prices from", books.prices.source),
      ("Attribution rules", books.attributionVersion),
      ("Program", books.programVersion),
    ].filter { !$0.1.isEmpty }
  }

  private static let words: [(String, String)] = [
    ("Cost", "US dollars at the price book above. Each sheet is rounded once; exact: chargeback.csv."),
    ("exact", "Every part was counted by the vendor and has a price."),
    ("estimated", "Counts were estimated or did not fit together; the cost is close."),
    ("partial", "A part has no price or a request was interrupted; the cost is a lower bound."),
    ("unpriced", "Nothing has a price: the cost is unknown, and its cell is empty."),
    ("Requests", "Calls, refused and interrupted ones included. A retry is not a second request."),
    ("Failed", "Requests that ended in an error or were refused. A client that left is not a failure."),
    ("Interrupted", "Requests that began and never ended; the vendor may bill them."),
    ("Unpriced", "Requests that used something without a price."),
    ("Input tokens", "Input that was neither read from nor written to a cache."),
    ("Cache read, cache write", "Input read from, or written to, the vendor's prompt cache."),
    ("Output tokens", "Output, reasoning included."),
    ("Parts of a request", "Where a rule splits a request, each product counts its part, rounded for print."),
    ("Unattributed", "What no attribution rule placed. It is never spread silently."),
    ("Entry", "usage, or an adjustment to the period named beside it, a fixed cost, a credit."),
  ]

  private static func pairs(
    _ title: String, _ pairs: [(String, String)], _ sheet: WorkbookSheet, row: Int
  ) -> Int {
    sheet.text(title, row: row, column: 0, style: .section, measures: false)
    for (index, pair) in pairs.enumerated() {
      sheet.text(pair.0, row: row + 1 + index, column: 0, style: .muted)
      sheet.text(pair.1, row: row + 1 + index, column: 1, measures: false)
    }
    return row + pairs.count + 2
  }

  private static func checks(_ books: Books, _ sheet: WorkbookSheet, row: Int) -> Int {
    guard !books.checks.isEmpty else { return row }
    sheet.text("Checks", row: row, column: 0, style: .section, measures: false)
    for (index, check) in books.checks.enumerated() {
      let line = row + 1 + index
      let style = check.passed ? CellStyle.muted : CellStyle(color: Palette.attention, isBold: true)
      sheet.text(check.passed ? "passed" : "FAILED", row: line, column: 0, style: style)
      sheet.text("\(check.name): \(check.detail)", row: line, column: 1, measures: false)
    }
    return row + books.checks.count + 2
  }

  private static func inputs(_ books: Books, _ sheet: WorkbookSheet, row: Int) {
    sheet.text("Files read", row: row, column: 0, style: .section, measures: false)
    let shown = books.inputs.prefix(Workbook.Limit.inputRowsMax)
    var table = Table(
      columns: [
        .init("File", .text), .init("Lines", .count), .init("Usages", .count), .init("Duplicates", .count),
        .init("Rejected", .count), .init("Control", .count), .init("SHA-256", .text),
      ],
      rows: shown.map { input in
        [
          .text(input.name), .count(input.lines), .count(input.usages), .count(input.duplicates),
          .count(input.rejected), .count(input.control), .text(input.sha256),
        ]
      })
    if shown.count == books.inputs.count {
      table.total = [
        .text("Total"), .count(books.linesRead), .count(books.usagesRead), .count(books.duplicatesRead),
        .count(books.rejectedRead), .count(books.controlRead), .empty,
      ]
    }
    let placed = sheet.draw(table, row: row + 1, summed: [1, 2, 3, 4, 5])
    if shown.count < books.inputs.count {
      sheet.text(
        "and \(books.inputs.count - shown.count) more in run.json", row: placed.nextRow, column: 0,
        style: .muted, measures: false)
    }
  }
}
