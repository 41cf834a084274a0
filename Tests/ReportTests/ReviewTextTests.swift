import Foundation
import FoundationXML
import JSON
import Ledger
import Report
import TestKit
import Testing

/// The review as text: in both languages, and with names from outside that would be more than names elsewhere.
@Suite struct ReviewTextTests {
  /// Everything in it that a review can show; keys, users, models and units are named `text`.
  static func books(_ text: String) -> Books {
    var september = SampleBooks.empty(
      products: [Product(id: "auto-approval", name: text), .unattributed],
      period: SampleBooks.september.period)
    var october = SampleBooks.hostile(text)
    func use(_ calls: Int128, read: Int128) -> UseSum {
      var sum = UseSum()
      sum.calls = calls
      sum.requests = calls
      let unit = powerOfTen(9)
      sum.add(UseSum.Part(meter: .input, count: calls * 1000, femtodollars: calls * 3000 * unit))
      sum.add(UseSum.Part(meter: .cacheRead, count: calls * read, femtodollars: calls * read * 3 / 10 * unit))
      sum.withoutCache = calls * read * 3 * unit
      return sum
    }
    let caller = UseCaller(key: text, provider: text, model: text, serviceTier: text)
    for day in 0..<30 {
      september.use.cells.append(UseCell(day: day, product: 0, caller: caller, sum: use(1000, read: 500)))
      let calls: Int128 = day == 12 ? 90_000 : 1100
      october.use.cells.append(
        UseCell(day: day, product: 0, caller: caller, sum: use(calls, read: 500 + Int128(day))))
    }
    september.use.users = [text: SampleBooks.money("3")]
    october.use.users = [text: SampleBooks.money("4")]
    var wasted = WastedUse()
    wasted.failed = SampleBooks.money("0.5")
    october.use.wasted = [wasted]
    var inputs = ReviewInputs(daysOver: 20)
    inputs.comparesDays = true
    inputs.firstWeekday = 1
    inputs.fiscalYear = ("FY2026", 151)
    inputs.budgets = [
      BudgetEntry(month: "2026-10", product: "auto-approval", amount: SampleBooks.money("9.5"), place: "")
    ]
    inputs.units = [
      UnitEntry(period: "2026-10", product: "auto-approval", unit: text, count: 3, place: "")
    ]
    let comparison = Comparison(kind: .previous, label: "2026-09", days: nil, basis: .requests)
    inputs.earlier = [
      EarlierPeriod(comparison: comparison, books: september, costs: PeriodCosts(september))
    ]
    october.review = Review(october, inputs)
    return october
  }

  @Test(
    "names from outside are only text, in tables, sentences and drawings", arguments: SampleBooks.hostileTexts
  )
  func hostile(text: String) throws {
    for language in Language.allCases {
      var books = Self.books(text)
      books.language = language
      let summary = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
      var columns: Int?
      for line in summary.split(separator: "\n", omittingEmptySubsequences: false) {
        let pipes = line.hasPrefix("|") ? line.count { $0 == "|" } : nil
        #expect(columns == nil || pipes == nil || pipes == columns, "\(line)")
        columns = pipes
      }
      let bare = summary.replacing(#/`[^`\n]*`/#, with: "")
      for sign in ["<s", "</", "<i", "<b", "<!", "<@", "https://", "@here", "@everyone", "@SUM", "www.evil"] {
        #expect(!bare.contains(sign), "\(sign)")
      }
      for chart in Reports.charts(books) {
        #expect(XMLParser(data: Data(chart.bytes)).parse(), "\(chart.name)")
      }
      #expect(throws: Never.self) { _ = try JSONTape().parse(Reports.runJSON(books)) }
    }
  }

  @Test("the answer comes first, in both languages") func answer() {
    var books = Self.books("batch")
    let english = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    books.language = .ja
    let japanese = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    for (text, parts) in [
      (english, ["against 2026-09", "Why: ", "**What to do**\n\n1. ", "End of 2026-10"]),
      (japanese, ["2026年9月", "主な要因: ", "**やること**\n\n1. ", "2026年10月末"]),
    ] {
      let head = text.components(separatedBy: "\n## ")[0]
      for part in parts { #expect(head.contains(part), "\(part)") }
    }
    for title in ["なぜ変わったか", "キャッシュ", "使われなかった応答", "予算", "通常と異なる日", "単位あたり費用"] {
      #expect(japanese.contains("## \(title)"), "\(title)")
    }
  }
}
