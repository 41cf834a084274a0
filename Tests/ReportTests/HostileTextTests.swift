import Foundation
import FoundationXML
import JSON
import Ledger
import Report
import Testing

@Suite("Text from outside is only text", .serialized)
struct HostileTextTests {
  @Test("no renderer shows what a rejected line said: it may be a prompt") func noExcerpt() {
    let books = SampleBooks.october()
    #expect(books.rejections[0].excerpt == "SECRET-PROMPT")
    let all =
      [Reports.chargebackCSV(books), Reports.runJSON(books), Reports.summaryMarkdown(books)]
      + ChatService.allCases.map { $0.payload(.report(books, link: nil)) }
      + Reports.charts(books).map(\.bytes)
    for bytes in all {
      #expect(!String(decoding: bytes, as: UTF8.self).contains("SECRET"))
    }
  }

  @Test("a Markdown table keeps its columns", arguments: SampleBooks.hostileTexts)
  func markdownColumns(text: String) {
    let summary = String(decoding: Reports.summaryMarkdown(SampleBooks.hostile(text)), as: UTF8.self)
    var columns: Int?
    var tables = 0
    for line in summary.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        columns = nil
        continue
      }
      if columns == nil { tables += 1 }
      // No cell may hold a pipe, escaped or not: readers disagree on the escapes.
      let pipes = line.count { $0 == "|" }
      #expect(columns == nil || pipes == columns, "\(line)")
      columns = pipes
    }
    #expect(tables == 9)
  }

  @Test("Markdown has no tag, link or mention that came from outside", arguments: SampleBooks.hostileTexts)
  func markdownMarkup(text: String) {
    let summary = String(decoding: Reports.summaryMarkdown(SampleBooks.hostile(text)), as: UTF8.self)
    let bare = withoutCode(summary)
    for tag in ["<s", "</", "<i", "<b", "<!", "<@"] { #expect(!bare.contains(tag)) }
    // An escaped bracket begins no link.
    #expect(!bare.replacingOccurrences(of: "\\]", with: "").contains("](http"))
    for link in ["https://", "@here", "@everyone", "@evil", "@SUM", "@U0", "#123", "www.evil"] {
      #expect(!bare.contains(link), "\(link)")
    }
    #expect(summary.components(separatedBy: "\n# ").count == 1, "one title only")
    #expect(!summary.contains("```"))
  }

  @Test("escapes are those of the Markdown specification") func markdownEscapes() {
    let summary = String(
      decoding: Reports.summaryMarkdown(SampleBooks.hostile("<b>|*x*[y]&_z")), as: UTF8.self)
    #expect(summary.contains("&lt;b&gt;&#124;\\*x\\*\\[y\\]&amp;\\_z"))
  }

  @Test("a drawing stays well-formed XML", arguments: SampleBooks.hostileTexts)
  func drawings(text: String) {
    for chart in Reports.charts(SampleBooks.hostile(text)) {
      let parser = XMLParser(data: Data(chart.bytes))
      let elements = ElementNames()
      parser.delegate = elements
      #expect(parser.parse(), "\(chart.name): \(String(describing: parser.parserError))")
      #expect(elements.names.isSubset(of: ["svg", "title", "style", "rect", "line", "text"]))
    }
  }

  @Test("a terminal gets no control character", arguments: SampleBooks.hostileTexts)
  func terminal(text: String) {
    let shown = TerminalTable.text(SampleBooks.hostile(text).productsTable, color: false)
    let controls = shown.unicodeScalars.filter { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
    #expect(controls.allSatisfy { $0 == "\n" })
    #expect(!shown.unicodeScalars.contains("\u{202E}"))
    #expect(shown.count { $0 == "\n" } == 2 + 4 + 2, "head, rule, four products, rule, total")
  }

  @Test("a workbook can be written with it", arguments: SampleBooks.hostileTexts)
  func workbook(text: String) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "tollbook-\(UUID().uuidString).xlsx")
    defer { try? FileManager.default.removeItem(at: file) }
    try Reports.writeWorkbook(SampleBooks.hostile(text), to: file.path)
    #expect(try Data(contentsOf: file).starts(with: Data("PK".utf8)))
  }

  /// Everything outside of code spans.
  private func withoutCode(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // An escaped backtick opens nothing.
      let plain = line.replacingOccurrences(of: "\\`", with: "")
      return plain.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 0 }
        .map(\.element).joined(separator: " ")
    }.joined(separator: "\n")
  }
}

private final class ElementNames: NSObject, XMLParserDelegate {
  var names: Set<String> = []
  func parser(
    _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
    qualifiedName qName: String?, attributes: [String: String]
  ) {
    names.insert(elementName)
  }
}
