import Ledger
import Price
import TestKit
import Testing

/// When a price is true, and when it was known: a rise that was announced and then cancelled leaves every report
/// reproducible as it was known on its day.
///
/// Claude Sonnet 5 came out on 2026-06-30 at $2 and $10 a million tokens, with a rise to $3 and $15 announced for
/// 2026-09-01; Anthropic cancelled the rise on 2026-08-10. GPT-5.6 Luna was cut from $1 and $6 to $0.20 and $1.20
/// on 2026-07-30, known the same day.
@Suite struct TwoClocksTests {
  private let temporary: TestFolder
  private let folder: PriceFolder

  private static let luna = #"{"prices":{"input_mtok":"1","output_mtok":"6"}}"#
  private static let lunaCut =
    #"{"constraint":{"start_date":"2026-07-30"},"prices":{"input_mtok":"0.2","output_mtok":"1.2"}}"#
  private static let sonnet = #"{"prices":{"input_mtok":"2","output_mtok":"10"}}"#
  private static let sonnetRise =
    #"{"constraint":{"start_date":"2026-09-01"},"prices":{"input_mtok":"3","output_mtok":"15"}}"#

  init() throws {
    temporary = try TestFolder()
    folder = PriceFolder(path: temporary.file("prices"))
    try publish([Self.sonnet, Self.sonnetRise], [Self.luna], "2026-07-01T08:00:00Z")
    try publish([Self.sonnet, Self.sonnetRise], [Self.luna, Self.lunaCut], "2026-07-30T08:00:00Z")
    try publish([Self.sonnet], [Self.luna, Self.lunaCut], "2026-08-10T08:00:00Z")
  }

  private func publish(_ sonnet: [String], _ luna: [String], _ now: String) throws {
    let text = """
      [{"id":"anthropic","models":[{"id":"claude-sonnet-5","prices":[\(sonnet.joined(separator: ","))]}]},
       {"id":"openai","models":[{"id":"gpt-5.6-luna","prices":[\(luna.joined(separator: ","))]}]}]
      """
    let made = try importGenAIPrices(Array(text.utf8), name: "data.json")
    let (_, isNew) = try folder.publish(made.rows, comments: ["source: data.json"], at: time(now))
    #expect(isNew)
  }

  private func time(_ text: String) throws -> Int64 { try #require(Timestamp.parse(text.utf8)) }

  /// A million tokens in and a hundred thousand out.
  private func cost(
    _ provider: String, _ model: String, on day: String, knownAt: String?
  ) throws -> String {
    var usage = Usage(
      id: "r", attempt: 1, final: true, time: try time(day), place: .init(file: "f", line: 1),
      facts: RequestFacts(provider: provider, modelReturned: model), outcome: .ok)
    usage.counts[.input] = 1_000_000
    usage.counts[.output] = 100_000
    let stored = try folder.load(knownAt: knownAt.map(time))
    let charge = stored.book.price(usage).charges[0]
    #expect(charge.unpricedReason == nil)
    return charge.total.description
  }

  @Test(
    "as known in July, September costs $4.50; as known since the rise was cancelled, $3; August costs $3 either way",
    arguments: [
      ("2026-07-01T08:00:00Z", "2026-08-31T23:59:59.999999Z", "3"),
      ("2026-07-01T08:00:00Z", "2026-09-01T00:00:00Z", "4.5"),
      ("2026-08-10T07:59:59Z", "2026-09-01T00:00:00Z", "4.5"),
      ("2026-08-10T08:00:00Z", "2026-08-31T23:59:59.999999Z", "3"),
      ("2026-08-10T08:00:00Z", "2026-09-01T00:00:00Z", "3"),
      (nil, "2026-09-01T00:00:00Z", "3"),
    ])
  func cancelledRise(knownAt: String?, day: String, dollars: String) throws {
    #expect(try cost("anthropic", "claude-sonnet-5", on: day, knownAt: knownAt) == dollars)
  }

  @Test(
    "a cut holds from its day for whoever knows it, and not for a report made as known before",
    arguments: [
      ("2026-07-29T00:00:00Z", "2026-07-30T00:00:00Z", "1.6"),
      ("2026-07-30T08:00:00Z", "2026-07-29T23:59:59.999999Z", "1.6"),
      ("2026-07-30T08:00:00Z", "2026-07-30T00:00:00Z", "0.32"),
      (nil, "2026-07-30T00:00:00Z", "0.32"),
    ])
  func cut(knownAt: String?, day: String, dollars: String) throws {
    #expect(try cost("openai", "gpt-5.6-luna", on: day, knownAt: knownAt) == dollars)
  }

  @Test("before anything was known there is nothing to price with, and the error names the list")
  func nothingKnown() throws {
    let error = #expect(throws: PriceError.self) {
      try folder.load(knownAt: time("2026-07-01T07:59:59Z"))
    }
    #expect(error?.place.hasSuffix("published.jsonl") == true)
  }

  @Test("the same prices published once more are the same version: the way back to it is in the list alone")
  func published() throws {
    try publish([Self.sonnet, Self.sonnetRise], [Self.luna, Self.lunaCut], "2026-08-20T08:00:00Z")
    try publish([Self.sonnet], [Self.luna, Self.lunaCut], "2026-08-21T08:00:00Z")
    let versions = try folder.publications().map(\.version)
    try #require(versions.count == 5)
    #expect(Set(versions).count == 3)
    #expect(versions[1] == versions[3] && versions[2] == versions[4])
    #expect(
      try cost("anthropic", "claude-sonnet-5", on: "2026-09-05T00:00:00Z", knownAt: "2026-08-20T12:00:00Z")
        == "4.5")
  }
}
