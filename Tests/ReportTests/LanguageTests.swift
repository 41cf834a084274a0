import Foundation
import Ledger
import Report
import Testing

@Suite("Reports in Japanese")
struct LanguageTests {
  private static let books: Books = {
    var books = SampleBooks.october()
    books.language = .ja
    return books
  }()

  @Test("months, days and weekdays are written as in Japan")
  func dates() {
    let summary = String(decoding: Reports.summaryMarkdown(Self.books), as: UTF8.self)
    #expect(summary.hasPrefix("# AI利用費 2026年10月\n"))
    // 2026-10-05 was a Monday.
    #expect(summary.contains("| 10月5日（月） ") && summary.contains("2026年10月31日（土）"))
    #expect(!summary.contains("2026-10-05"))
    let chart = Reports.charts(Self.books).first { $0.name == "daily.svg" }
    let drawing = String(decoding: chart?.bytes ?? [], as: UTF8.self)
    #expect(drawing.contains(">10/1</text>"))
  }

  /// Names from outside stand in code spans, and what is left of English are this program's words for them.
  @Test("no English sentence is left in the review or the drawings")
  func words() throws {
    let charts = Reports.charts(Self.books).map(\.bytes)
    for bytes in [Reports.summaryMarkdown(Self.books)] + charts {
      var text = String(decoding: bytes, as: UTF8.self)
      text.replace(
        /`[^`]*`|「[^」]*」|（出典: [^）]*）|\]\([^)]*\)|<style>.*<\/style>|<svg [^>]*>|<[^>]*>/, with: "")
      let words = text.matches(of: /[A-Za-z]+ [a-z]+ [a-z]+/).map { String($0.output) }
      #expect(words.isEmpty, "\(words)")
    }
  }

  @Test("files for programs are the same in every language")
  func machines() {
    let english = SampleBooks.october()
    #expect(Reports.chargebackCSV(Self.books) == Reports.chargebackCSV(english))
    #expect(Reports.focusCSV(Self.books) == Reports.focusCSV(english))
    #expect(Reports.adjustmentsCSV(Self.books) == Reports.adjustmentsCSV(english))
    let run = String(decoding: Reports.runJSON(Self.books), as: UTF8.self)
    let wanted = String(decoding: Reports.runJSON(english), as: UTF8.self)
    #expect(run == wanted.replacing("\"language\": \"en\"", with: "\"language\": \"ja\""))
  }
}

@Suite("Files of one product")
struct ProductFilesTests {
  @Test("ids are made fit for a file's name, and no two files have one")
  func names() {
    let ids = [
      "a", "A", "a/b", "a_b", "../x", "決済", String(repeating: "長", count: 300), "a b", "a-2",
    ]
    var books = SampleBooks.empty(products: ids.map { Product(id: $0, name: $0) } + [.unattributed])
    for product in ids.indices {
      SampleBooks.add(product, "p", "m", requests: 1, cost: "1", &books)
    }
    let names = Reports.productFileNames(books).map(\.name)
    #expect(
      names.enumerated().filter { $0.offset != 6 }.map(\.element) == [
        "chargeback-a.xlsx", "chargeback-A-2.xlsx", "chargeback-a_b.xlsx", "chargeback-a_b-2.xlsx",
        "chargeback-.._x.xlsx", "chargeback-決済.xlsx", "chargeback-a_b-3.xlsx",
        "chargeback-a-2-2.xlsx",
      ])
    #expect(names[6].utf8.count < 200)
    #expect(Set(names.map { $0.lowercased() }).count == ids.count)
  }

  @Test("each can be written with text from anywhere", arguments: SampleBooks.hostileTexts)
  func hostile(text: String) throws {
    var books = SampleBooks.hostile(text)
    books.productSheets = true
    let file = FileManager.default.temporaryDirectory.appending(
      path: "tollbook-\(UUID().uuidString).xlsx")
    defer { try? FileManager.default.removeItem(at: file) }
    try Reports.writeWorkbook(books, to: file.path)
    for product in books.products.indices {
      try Reports.writeWorkbook(books, product: product, to: file.path)
      #expect(try Data(contentsOf: file).starts(with: Data("PK".utf8)))
    }
  }
}
