import Ledger

/// What is not in the total, or not exactly: models without a price, interrupted requests, lines that could
/// not be read, lines that are missing.
enum TroubleSheet {
  static func name(_ language: Language) -> String {
    language("Unpriced & rejected", "単価なし・読み取り不可")
  }

  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet(name(books.language), of: books, in: file)
    let language = books.language
    sheet.title(
      language("What is missing from the total", "合計に含まれていないもの"),
      language(
        "Unknown is not zero: what stands here may still be billed by the vendor.",
        "不明はゼロではありません。ここにあるものはベンダーから請求される可能性があります。"))
    let max = Workbook.Limit.troubleRowsMax
    var row = 3
    let sections: [(title: String, none: String, table: Table, count: Int)] = [
      (
        language("Used without a price", "単価のない利用"),
        language("Every model has a price.", "すべてのモデルに単価があります。"), Findings.unpricedTable(books, rowsMax: max),
        books.unpriced.count
      ),
      (
        language("Lines that could not be read", "読み取れなかった行"),
        language("Every line was read.", "すべての行を読み取りました。"), Findings.rejectedTable(books, rowsMax: max),
        Int(books.rejectedRead)
      ),
      (
        language("Lines that are missing", "欠けている行"),
        language("No writer has a gap.", "連番に欠けはありません。"), Findings.holesTable(books, rowsMax: max),
        books.holes.count
      ),
    ]
    for section in sections {
      sheet.text(section.title, row: row, column: 0, style: .section, measures: false)
      row += 1
      guard section.count > 0 else {
        sheet.text(section.none, row: row, column: 0, measures: false)
        row += 2
        continue
      }
      row = sheet.draw(section.table, row: row).nextRow
      if section.count > section.table.rows.count {
        sheet.text(
          language.more(section.count - section.table.rows.count), row: row, column: 0, style: .muted,
          measures: false)
        row += 1
      }
      row += 1
    }
    requests(books, sheet, row: row)
    sheet.finish()
  }

  private static func requests(_ books: Books, _ sheet: WorkbookSheet, row: Int) {
    let language = books.language
    sheet.text(
      language("Requests whose cost is not exact", "費用が確定していないリクエスト"), row: row, column: 0, style: .section,
      measures: false)
    let counts = books.totalCounts
    sheet.draw(
      Table(
        columns: [
          .init(language("Kind", "種類"), .text), .init(language("Requests", "リクエスト数"), .count),
        ],
        rows: [
          [
            .text(language("Something used has no price", "単価のない利用がある")),
            .sum(books.whole(counts.unpricedRequests)),
          ],
          [
            .text(language("Began and never ended", "開始後に終了していない")),
            .sum(books.whole(counts.interruptedRequests)),
          ],
          [.text(language("Counts were estimated", "計数が推定値")), .count(books.estimatedRequests)],
        ]), row: row + 1)
  }
}
