import Attribute
import Foundation
import Ingest
import Ledger
import Pipeline
import Price
import Report
import Sample
import Store
import RawLog
import TestKit

/// A desk with raw logs, a store, prices and reports in a folder of its own.
final class Desk {
  let folder: TestFolder
  let store: Store
  let logs: String
  private var loadedPrices: PriceFolder.Stored?

  init(_ backing: Backing) throws {
    folder = try TestFolder()
    logs = folder.file("raw-logs")
    try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
    store = try Store(backing.location(in: folder))
  }

  /// Reads what is new in the raw logs.
  func ingest(order: ([Segment]) -> [Segment] = { $0 }) throws -> IngestSummary {
    try Ingestion(store: store).run(order(try findSegments(in: logs)), progress: { _ in })
  }

  func write(_ text: String, to segment: String) throws {
    try folder.write(text, to: "raw-logs/" + segment)
  }

  func segments() throws -> [SegmentRow] {
    try store.segments(from: .min / 2, to: .max / 2, withoutTime: { _ in true }).map(\.row)
  }

  func usages() throws -> [Usage] {
    var found: [Usage] = []
    try store.forEachRequest(.init()) { usage in found.append(usage) }
    return found.sorted {
      ($0.time, $0.id, $0.attempt, $0.place.line) < ($1.time, $1.id, $1.attempt, $1.place.line)
    }
  }

  /// Everything that the store knows of requests and files, as a text to compare.
  func contents() throws -> [String] {
    try usages().map { String(reflecting: $0) }
      + segments().map {
        "\($0.name) \($0.bytes) \($0.lines) \($0.sha256) \($0.usages) \($0.duplicates) \($0.rejected) \($0.control)"
      }
  }

  /// Publishes LiteLLM's prices of the sample's models, and loads them.
  func prices() throws -> PriceFolder.Stored {
    if let loadedPrices { return loadedPrices }
    var tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while tests.lastPathComponent != "Tests" { tests.deleteLastPathComponent() }
    let map = try Data(contentsOf: tests.appendingPathComponent("Fixtures/prices/litellm_sample.json"))
    let rows = try importLiteLLM(Array(map), name: "litellm_sample.json").rows
    let prices = PriceFolder(path: folder.file("prices"))
    _ = try prices.publish(rows, comments: ["source: sample"], at: 1)
    let loaded = try prices.load()
    loadedPrices = loaded
    return loaded
  }

  func books(_ period: String, rules: Rules, zone: String = "Asia/Tokyo") throws -> Books {
    try BookMaking(store: store, prices: prices(), rules: rules, programVersion: "test")
      .books(of: BookCalendar(zone: zone).period(period))
  }
}

/// A small month with every kind of trouble.
func sampleMonth(seed: UInt64, requests: Int = 1500) -> SampleMonth {
  SampleMonth(
    month: "2026-10", requests: requests, seed: seed, utcOffsetHours: 9, writers: 3, crashes: 4, badLines: 24,
    resentFiles: 5)
}

func tokyoRules(_ yaml: String) throws -> Rules {
  let calendar = try BookCalendar(zone: "Asia/Tokyo")
  return try Rules(yaml: yaml, name: "attribution.yaml", dayBegin: calendar.begin(dayText:))
}

/// Lines of one writer, as its proxy would write them.
struct HandWriter {
  let name: String
  var seq = 0

  init(_ name: String) { self.name = name }

  mutating func line(_ kind: String, at time: String = "2026-10-01T00:00:00Z", _ rest: String = "") -> String
  {
    seq += 1
    return #"{"v":1,"kind":"\#(kind)","writer":"\#(name)","seq":\#(seq),"time":"\#(time)"\#(rest)}"# + "\n"
  }

  mutating func start(_ id: String, attempt: Int = 1, at time: String = "2026-10-01T00:00:00Z") -> String {
    line("start", at: time, #","id":"\#(id)","attempt":\#(attempt),"endpoint":"anthropic.messages""#)
  }

  mutating func end(
    _ id: String, attempt: Int = 1, at time: String = "2026-10-01T00:00:00Z", input: Int = 10,
    more: String = ""
  ) -> String {
    line(
      "end", at: time,
      #","id":"\#(id)","attempt":\#(attempt),"endpoint":"anthropic.messages","provider":"anthropic","outcome":"ok","#
        + #""model":{"returned":"claude-haiku-4-5-20251001"},"usage":{"input_tokens":\#(input)},"#
        + #""usage_source":"vendor"\#(more)"#)
  }
}
