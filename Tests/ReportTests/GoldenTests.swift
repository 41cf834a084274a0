import Foundation
import Report
import TestKit
import Testing

@Suite("The reports of one month, as committed")
struct GoldenTests {
  let books = SampleBooks.october()

  private func check(_ bytes: [UInt8], _ name: String) throws {
    try Golden.check(bytes, against: Golden.file("report/\(name)"))
  }

  @Test("chargeback.csv") func csv() throws {
    try check(Reports.chargebackCSV(books), "chargeback.csv")
  }

  @Test("adjustments.csv") func adjustments() throws {
    try check(#require(Reports.adjustmentsCSV(books)), "adjustments.csv")
  }

  @Test("focus.csv") func focus() throws {
    try check(Reports.focusCSV(books), "focus.csv")
  }

  @Test("run.json") func run() throws {
    try check(Reports.runJSON(books), "run.json")
  }

  @Test("summary.md") func summary() throws {
    try check(Reports.summaryMarkdown(books), "summary.md")
  }

  @Test("the chat posts", arguments: ChatService.allCases) func chat(service: ChatService) throws {
    let link = "https://git.example.com/books/2026-10?a=1&b=2"
    try check(service.payload(.report(books, link: link)), "\(service.rawValue).json")
  }

  @Test("the drawings") func charts() throws {
    for chart in Reports.charts(books) { try check(chart.bytes, chart.name) }
  }

  @Test("the terminal's tables") func terminal() throws {
    let text =
      TerminalTable.text(books.productsTable, color: false) + "\n"
      + TerminalTable.text(books.modelsTable(rowsMax: 3), color: false)
    try check(Array(text.utf8), "terminal.txt")
  }

  @Test("in Japanese: the review, a chat post, the drawings") func japanese() throws {
    var books = books
    books.language = .ja
    try check(Reports.summaryMarkdown(books), "summary.ja.md")
    try check(ChatService.slack.payload(.report(books, link: nil)), "slack.ja.json")
    for chart in Reports.charts(books) {
      try check(chart.bytes, chart.name.replacing(".svg", with: ".ja.svg"))
    }
  }

  /// Not compared byte by byte: another zlib may pack it differently. test_workbook.py reads what is in it.
  @Test("chargeback.xlsx is the same file when written twice", arguments: Language.allCases)
  func workbook(language: Language) throws {
    var books = books
    books.language = language
    books.productSheets = language == .ja
    let name = "tollbook-report-\(UUID().uuidString)"
    let folder = FileManager.default.temporaryDirectory.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = folder.appending(path: "first.xlsx")
    let second = folder.appending(path: "second.xlsx")
    try Reports.writeWorkbook(books, to: first.path)
    try Reports.writeWorkbook(books, to: second.path)
    let bytes = try Data(contentsOf: first)
    #expect(bytes.starts(with: Data("PK".utf8)))
    #expect(try bytes == Data(contentsOf: second))
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try bytes.write(to: Golden.file("report/chargeback\(language == .en ? "" : ".ja").xlsx"))
    }
  }

  @Test("a workbook that cannot be written says where and what to do") func unwritable() {
    let path = "/nonexistent-folder/chargeback.xlsx"
    let error = #expect(throws: ReportError.self) { try Reports.writeWorkbook(books, to: path) }
    #expect(error?.code == .fileNotWritten)
    #expect(error?.description.hasPrefix(path) == true)
  }
}
