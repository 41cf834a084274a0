import Foundation
import Ledger
import Price
import TestKit
import Testing

/// Versions that never change, and the list of what was published when.
@Suite struct PriceFolderTests {
  private let temporary: TestFolder
  private let folder: PriceFolder

  init() throws {
    temporary = try TestFolder()
    folder = PriceFolder(path: temporary.file("prices"))
  }

  private func rows(_ dollarsPerMillion: Int64) -> [PriceRow] {
    [
      PriceRow(
        provider: "openai", model: "m", meter: .meter(.input),
        rate: Money(femtodollars: Int128(dollarsPerMillion) * 1_000_000_000))
    ]
  }

  @Test("without a publication the book inside the program serves, under its own name and since its own time")
  func inside() throws {
    let inside = try bundledPrices()
    #expect(inside.rows.count > 10_000)
    #expect(inside.version == PriceFile.version(ofLines: PriceFile.lines(inside.rows)))
    #expect(inside.publishedAt > 1_700_000_000_000_000)
    #expect(try folder.load().book.version == inside.version)
    #expect(try folder.load(version: String(inside.version.prefix(12))).book.version == inside.version)
    #expect(throws: PriceError.self) { try folder.load(version: "no-such") }
    #expect(throws: PriceError.self) { try folder.load(knownAt: inside.publishedAt - 1) }
    // What was published goes before it.
    let own = try folder.publish(rows(1), comments: [], at: 1_000_000)
    #expect(try folder.load().book.version == own.version)
    #expect(try folder.load(version: inside.version).book.version == inside.version)
  }

  @Test("the same prices are not published again in a row, but again after others: a rise that was cancelled")
  func publishing() throws {
    let first = try folder.publish(rows(1), comments: ["source: one"], at: 1_000_000)
    #expect(first.isNew)
    let again = try folder.publish(rows(1), comments: ["source: two"], at: 2_000_000)
    #expect(!again.isNew)
    #expect(again.version == first.version)
    let second = try folder.publish(rows(2), comments: [], at: 3_000_000)
    #expect(second.isNew)
    let third = try folder.publish(rows(1), comments: ["source: three"], at: 4_000_000)
    #expect(third.isNew)
    #expect(third.version == first.version)
    let publications = try folder.publications()
    #expect(publications.map(\.publishedAt) == [1_000_000, 3_000_000, 4_000_000])
    #expect(publications.map(\.version) == [first.version, second.version, first.version])
    // The file of the version is the first one's still.
    #expect(try folder.load().source == "one")
  }

  @Test(
    "a report takes the last published version, the last known at a time, or one by the beginning of its name"
  )
  func loading() throws {
    let first = try folder.publish(rows(1), comments: [], at: 1_000_000).version
    let second = try folder.publish(rows(2), comments: [], at: 3_000_000).version
    #expect(try folder.load().book.version == second)
    #expect(try folder.load(knownAt: 2_999_999).book.version == first)
    #expect(try folder.load(knownAt: 3_000_000).book.version == second)
    #expect(try folder.load(version: String(first.prefix(12))).book.version == first)
    #expect(try folder.load().rows == rows(2))
    #expect(throws: PriceError.self) { try folder.load(knownAt: 999_999) }
    #expect(throws: PriceError.self) { try folder.load(version: "no-such") }
    let ambiguous = #expect(throws: PriceError.self) { try folder.load(version: "") }
    #expect(ambiguous?.problem.contains("more than one") == true)
  }

  @Test("a version whose prices were changed in place is refused; changed comments are not prices")
  func tampered() throws {
    let version = try folder.publish(rows(1), comments: ["source: x"], at: 1).version
    let name = "prices/\(version).csv"
    let text = String(decoding: try temporary.read(name), as: UTF8.self)
    try temporary.write(text.replacingOccurrences(of: "source: x", with: "source: y"), to: name)
    #expect(try folder.load().source == "y")
    try temporary.write(text.replacingOccurrences(of: "input,1,", with: "input,2,"), to: name)
    let error = #expect(throws: PriceError.self) { try folder.load() }
    #expect(error?.place.hasSuffix(name) == true)
    try temporary.write(text + text.split(separator: "\n").suffix(1).joined() + "\n", to: name)
    #expect(throws: PriceError.self) { try folder.load() }
    try FileManager.default.removeItem(atPath: temporary.file(name))
    #expect(throws: PriceError.self) { try folder.load() }
  }

  @Test("prices that could not be read back are not published")
  func unwritable() throws {
    var rows = rows(1)
    rows[0].model = "two\nlines"
    #expect(throws: PriceError.self) { try folder.publish(rows, comments: [], at: 1) }
    #expect(try folder.publications().isEmpty)
  }

  @Test("a list that another editor saved with CR LF is the same list")
  func carriageReturns() throws {
    let first = try folder.publish(rows(1), comments: [], at: 1).version
    let second = try folder.publish(rows(2), comments: [], at: 2).version
    let list = String(decoding: try temporary.read("prices/published.jsonl"), as: UTF8.self)
    try temporary.write(list.replacingOccurrences(of: "\n", with: "\r\n"), to: "prices/published.jsonl")
    #expect(try folder.publications().map(\.version) == [first, second])
  }

  @Test(
    "a damaged list of publications is refused, naming the line",
    arguments: ["{", "{}", #"{"version":"a","published_at":"x"}"#])
  func damagedList(line: String) throws {
    _ = try folder.publish(rows(1), comments: [], at: 1)
    let list = try temporary.read("prices/published.jsonl")
    try temporary.write(list + Array((line + "\n").utf8), to: "prices/published.jsonl")
    let error = #expect(throws: PriceError.self) { try folder.publications() }
    #expect(error?.place.hasSuffix("published.jsonl:2") == true)
  }
}
