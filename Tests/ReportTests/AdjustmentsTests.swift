import Foundation
import Ledger
import Report
import TestKit
import Testing

@Suite("Corrections of closed periods in reports")
struct AdjustmentsTests {
  @Test("without corrections there is no file, no section and no part of run.json")
  func none() {
    let books = SampleBooks.random(seed: 3)
    #expect(Reports.adjustmentsCSV(books) == nil)
    #expect(books.adjustmentsSentence == nil)
    let summary = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    #expect(!summary.contains("djustment"))
    #expect(!String(decoding: Reports.runJSON(books), as: UTF8.self).contains("adjustments"))
  }

  @Test("adjustments.csv has each place with was, is and difference, and the difference is is minus was")
  func csv() throws {
    let bytes = try #require(Reports.adjustmentsCSV(SampleBooks.october()))
    let lines = try #require(CSVReader.lines(bytes, byteOrderMark: true))
    let rows = lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
    #expect(rows.map { $0["difference_usd"] } == ["0.25", "-1.75"])
    #expect(rows.map { $0["was_usd"] } == ["20", "20.25"])
    #expect(rows.map { $0["is_usd"] } == ["20.25", "18.5"])
    #expect(rows.map { $0["reason"] } == ["late lines", "prices"])
    #expect(rows.map { $0["decision"] } == ["", "the vendor's list was wrong"])
    #expect(rows.allSatisfy { $0["period"] == "2026-10" && $0["for_period"] == "2026-09" })
    #expect(rows[1]["prices_was"] == "11aa22bb33cc44dd" && rows[1]["prices_is"] == "5f2c9a7be0d14c33")
  }

  @Test("a cost that is unknown is an empty cell, and its difference is still a figure")
  func unknown() throws {
    var corrected = SampleBooks.september
    corrected.list = [corrected.list[0]]
    corrected.list[0].now = BookedAmount(cost: .zero, state: .unpriced)
    var books = SampleBooks.empty(products: [Product(id: "auto-approval", name: "A"), .unattributed])
    books.include([corrected], products: [])
    let bytes = try #require(Reports.adjustmentsCSV(books))
    let lines = try #require(CSVReader.lines(bytes, byteOrderMark: true))
    let row = Dictionary(uniqueKeysWithValues: zip(lines[0], lines[1]))
    #expect(row["was_usd"] == "20" && row["is_usd"] == "" && row["is_state"] == "unpriced")
    #expect(row["difference_usd"] == "-20")
    // In the books' own rows too: the state says that a part is unknown, the cost is the known difference.
    #expect(books.rows.map(\.state) == [.partial] && books.totalCost == SampleBooks.money("-20"))
    #expect(!books.isComplete)
    let summary = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    #expect(summary.contains("### A closed period was corrected by something that has no price"))
  }

  @Test("text from outside moves no column and is no formula", arguments: SampleBooks.hostileTexts)
  func hostile(text: String) throws {
    let bytes = try #require(Reports.adjustmentsCSV(SampleBooks.hostile(text)))
    let lines = try #require(CSVReader.lines(bytes, byteOrderMark: true))
    #expect(lines.count == 3)
    for line in lines { #expect(line.count == lines[0].count) }
    for (cell, title) in zip(lines[1], lines[0]) where !title.hasSuffix("_usd") {
      #expect(!["=", "+", "-", "@", "\t", "\r", "\n"].contains { cell.hasPrefix($0) }, "\(title)")
    }
  }

  @Test("a product that today's rules no longer have is named as it was, before the unattributed")
  func formerProduct() {
    var corrected = SampleBooks.september
    for index in corrected.list.indices { corrected.list[index].place.product = "former" }
    var books = SampleBooks.empty(products: [Product(id: "a", name: "A"), .unattributed])
    SampleBooks.add(1, "openai", "gpt-4.1", requests: 30, cost: "5", &books)
    books.include([corrected], products: [Product(id: "former", name: "Former", costCenter: "9")])
    #expect(books.products.map(\.id) == ["a", "former", "unattributed"])
    #expect(books.products[1].costCenter == "9")
    #expect(books.cost(ofProduct: 1) == SampleBooks.money("-1.5"))
    #expect(books.unattributedCost == SampleBooks.money("5"))
    #expect(books.days.joined().reduce(Money.zero) { $0 + $1.cost } == SampleBooks.money("5"))
    #expect(books.checks.filter { !$0.passed }.isEmpty)
  }

  @Test(
    "usage and adjustments add up to the total as printed, and so do the lines of the table",
    arguments: 1...120 as ClosedRange<UInt64>)
  func printed(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var books = SampleBooks.random(seed: seed)
    var corrected = SampleBooks.september
    let template = corrected.list[0]
    corrected.list = (0..<Int.random(in: 1...30, using: &random)).map { number in
      var one = template
      one.place.model = "m\(number % 7)"
      one.place.product = books.products.randomElement(using: &random)?.id ?? ""
      one.reason = Adjustment.Reason.allCases.randomElement(using: &random) ?? .prices
      func amount() -> BookedAmount? {
        let size = powerOfTen(Int.random(in: 0...17, using: &random))
        let cost = Int128.random(in: 0...size, using: &random)
        return BookedAmount(cost: Money(femtodollars: cost), state: .exact)
      }
      one.was = number % 5 == 0 ? nil : amount()
      one.now = number % 7 == 3 ? nil : amount()
      return one
    }
    let usage = books.totalCost
    books.include([corrected], products: [])
    #expect(books.totalCost == usage + corrected.total)
    #expect(books.usageCost == usage)
    let sentence = try #require(books.adjustmentsSentence)
    // `Usage of the period $1.00 + adjustments to 2026-09 -$0.50 = $0.50.`
    let words = sentence.dropLast().split(separator: " ").map(String.init)
    let figures = words.filter { $0.contains("$") }.map(amount)
    #expect(figures.count == 3)
    #expect(figures[0] + figures[1] == figures[2], "seed \(seed): \(sentence)")

    let summary = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    let start = try #require(summary.range(of: "## Adjustments")?.lowerBound)
    let lines = summary[start...].split(separator: "\n").prefix { !$0.hasPrefix("## Models") }
      .filter { $0.hasPrefix("| ") }.dropFirst(2)
    let cells = lines.map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).map {
        $0.filter { $0 != "*" && $0 != " " }
      }
    }
    let total = try #require(cells.last)
    let sum = cells.dropLast().reduce(Money.zero) { $0 + amount($1[9]) }
    #expect(sum == amount(total[9]), "seed \(seed)")
    #expect(amount(total[9]) == figures[1], "seed \(seed)")
    for row in cells.dropLast() where !row[7].isEmpty && !(row[7] + row[8] + row[9]).contains("<") {
      #expect(amount(row[8]) - amount(row[7]) == amount(row[9]), "seed \(seed): \(row)")
    }
  }

  /// `-$1,234.50`; words such as `<$0.01` stand for nothing printed.
  private func amount(_ text: String) -> Money {
    guard !text.contains("<"), !text.contains(">") else { return .zero }
    let digits = text.filter { $0 != "$" && $0 != "," }
    return digits.isEmpty ? .zero : SampleBooks.money(digits)
  }
}
