import Foundation
import Ledger
import Report
import Testing

@Suite("Printed figures add up")
struct PrintedFiguresTests {
  @Test(
    "products' costs, shares and requests add up to the total row", arguments: 1...150 as ClosedRange<UInt64>)
  func products(seed: UInt64) {
    let books = SampleBooks.random(seed: seed)
    expectSums(books.productsTable, columns: [1, 2, 3], seed: seed)
    expectSums(books.modelsTable(rowsMax: 5), columns: [2, 3, 4, 5, 6, 7, 8], seed: seed)
    expectSums(books.modelsTable(rowsMax: 1000), columns: [2, 3, 4, 5, 6, 7, 8], seed: seed)
  }

  @Test("a printed cost is within one cent of the exact one") func closeness() {
    let books = SampleBooks.october()
    for (index, row) in books.productsTable.rows.enumerated() {
      guard case .money(let printed) = row[1] else { continue }
      let error = printed - books.cost(ofProduct: index)
      #expect(max(error, -error) < SampleBooks.money("0.01"))
    }
  }

  @Test("days add up to the month in each product's column", arguments: 1...60 as ClosedRange<UInt64>)
  func days(seed: UInt64) throws {
    let books = SampleBooks.random(seed: seed)
    let summary = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    guard let start = summary.range(of: "| Day ")?.lowerBound else {
      #expect(books.totalCost == .zero)
      return
    }
    let lines = summary[start...].split(separator: "\n").prefix { $0.hasPrefix("|") }.dropFirst(2)
    #expect(lines.count == 31 + 1)
    let cells = lines.map { $0.split(separator: "|", omittingEmptySubsequences: false).map(plain) }
    let total = try #require(cells.last)
    for column in 2..<total.count - 2 {
      let sum = cells.dropLast().reduce(Money.zero) { $0 + amount($1[column]) }
      #expect(sum == amount(total[column]), "column \(column), seed \(seed)")
    }
    for row in cells where books.products.count <= 6 {
      let parts = row[3..<row.count - 3].reduce(Money.zero) { $0 + amount($1) }
      #expect(parts == amount(row[row.count - 3]), "row \(row[1]), seed \(seed)")
    }
  }

  @Test("a year is shown by month, and its months add up to it") func year() throws {
    let begin = Timestamp.days(year: 2026, month: 4, day: 1)
    let days = (Int64(0)..<365).map { offset in
      let date = Timestamp.date(days: begin + offset)
      let month = date.month < 10 ? "0\(date.month)" : "\(date.month)"
      let day = date.day < 10 ? "0\(date.day)" : "\(date.day)"
      return Period.Day(label: "\(date.year)-\(month)-\(day)", begin: (begin + offset) * 86_400_000_000)
    }
    var books = SampleBooks.empty(
      products: [Product(id: "a", name: "A"), .unattributed],
      period: Period(
        label: "FY2026", zone: "UTC", begin: begin * 86_400_000_000, end: (begin + 365) * 86_400_000_000,
        days: days))
    SampleBooks.add(0, "openai", "gpt-4.1", requests: 36_500, cost: "36500.25", &books)
    let summary = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    let months = summary.split(separator: "\n").filter { $0.hasPrefix("| 202") }
    #expect(months.count == 12)
    #expect(months.first?.contains("2026-04") == true && months.last?.contains("2027-03") == true)
    let sum = months.reduce(Money.zero) { sum, line in
      sum + amount(plain(line.split(separator: "|", omittingEmptySubsequences: false)[3]))
    }
    #expect(sum == SampleBooks.money("36500.25"))
    #expect(summary.contains("# AI cost, FY2026") && summary.contains("From 2026-04-01 to 2027-03-31"))
  }

  @Test("an unpriced product has no cost printed, and one too small to print is not zero") func unknown()
    throws
  {
    var books = SampleBooks.empty(products: [
      Product(id: "a", name: "A"), Product(id: "b", name: "B"), Product(id: "c", name: "C"), .unattributed,
    ])
    SampleBooks.add(0, "openai", "gpt-4.1", requests: 10, cost: "500", &books)
    SampleBooks.add(1, "openai", "unknown", requests: 10, cost: "0", state: .unpriced, &books)
    SampleBooks.add(2, "openai", "gpt-4.1", requests: 1, cost: "0.000001", &books)
    let costs = books.productsTable.rows.map { $0[1] }
    #expect(costs == [.money(SampleBooks.money("500")), .empty, .text("<$0.01"), .money(.zero)])
  }

  @Test("a period without a request still makes every report") func empty() throws {
    let books = SampleBooks.empty(products: [.unattributed])
    #expect(!Reports.runJSON(books).isEmpty && !Reports.chargebackCSV(books).isEmpty)
    #expect(
      String(decoding: Reports.summaryMarkdown(books), as: UTF8.self).contains("No request in this period."))
    #expect(Reports.charts(books).count == 2 && !ChatService.slack.payload(.report(books, link: nil)).isEmpty)
    let file = FileManager.default.temporaryDirectory.appending(path: "tollbook-\(UUID().uuidString).xlsx")
    defer { try? FileManager.default.removeItem(at: file) }
    try Reports.writeWorkbook(books, to: file.path)
  }

  @Test("wide characters keep a terminal's columns straight") func wide() {
    let table = Table(
      columns: [.init("名前", .text), .init("Cost", .money)],
      rows: [
        [.text("レビュー自動承認"), .money(SampleBooks.money("1234.5"))], [.text("abc"), .money(.zero)],
      ])
    #expect(
      TerminalTable.text(table, color: false) == """
        名前                   Cost
        ───────────────────────────
        レビュー自動承認  $1,234.50
        abc                   $0.00

        """)
  }

  private func expectSums(_ table: Table, columns: [Int], seed: UInt64) {
    guard let total = table.total else {
      Issue.record("no total")
      return
    }
    for column in columns {
      let sum = table.rows.reduce(Int128(0)) { $0 + figure($1[column]) }
      #expect(sum == figure(total[column]), "column \(column), seed \(seed)")
    }
  }

  /// A cell as a number of its own unit; words such as `<$0.01` stand for nothing printed.
  private func figure(_ cell: Table.Cell) -> Int128 {
    switch cell {
    case .empty, .text: 0
    case .count(let count): Int128(count) * 1_000_000
    case .millionths(let count): count
    case .money(let money): money.femtodollars
    case .basisPoints(let points): Int128(points)
    }
  }

  private func plain(_ cell: Substring) -> String { cell.filter { $0 != "*" && $0 != " " } }

  private func amount(_ cell: String) -> Money {
    guard !cell.contains("<"), !cell.contains(">") else { return .zero }
    let digits = cell.filter { $0 != "$" && $0 != "," }
    return digits.isEmpty ? .zero : SampleBooks.money(digits)
  }
}
