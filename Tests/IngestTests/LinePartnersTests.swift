import Ingest
import RawLog
import TestKit
import Testing

/// Starts and ends that stand in one chunk know each other, if there is no doubt about them.
@Suite struct LinePartnersTests {
  private func line(_ seq: Int, _ kind: String, _ id: String, attempt: Int = 1) -> String {
    let begin =
      #"{"v":1,"kind":"\#(kind)","writer":"w","seq":\#(seq),"time":"2026-10-01T00:00:00.000001Z","id":"\#(id)","#
      + #""attempt":\#(attempt),"endpoint":"anthropic.messages","provider":"anthropic""#
    return kind == "end"
      ? begin + #","outcome":"ok","usage":{"input_tokens":1},"usage_source":"vendor"}"# : begin + "}"
  }

  private func partners(_ lines: [String]) throws -> [Int32] {
    let folder = try TestFolder()
    // The first of each kind is read the strict way; what is looked at comes behind it.
    let first = [line(1, "start", "first"), line(2, "end", "first")]
    try folder.write((first + lines).map { $0 + "\n" }.joined(), to: "a.jsonl")
    let reader = try SegmentReader(
      Segment(name: "a.jsonl", path: folder.file("a.jsonl"), compression: .none, isOpen: false))
    let chunk = LineChunk()
    try reader.fill(chunk)
    var parser = LineParser()
    let batch = parser.parse(chunk)
    #expect(batch.rejected.isEmpty)
    return batch.rows.dropFirst(2).map { $0.partner < 0 ? -1 : $0.partner - 2 }
  }

  @Test("by id and attempt, in the order of their lines")
  func known() throws {
    let found = try partners([
      line(3, "start", "a"), line(4, "start", "b"), line(5, "end", "b"), line(6, "start", "a", attempt: 2),
      line(7, "end", "a", attempt: 2), line(8, "end", "a"), line(9, "end", "c"), line(10, "start", "c"),
    ])
    #expect(found == [5, 2, 1, 4, 3, 0, -1, -1])
  }

  @Test("not where an id is there more than once")
  func doubtful() throws {
    #expect(
      try partners([line(3, "start", "a"), line(4, "start", "a"), line(5, "end", "a")]) == [-1, -1, -1])
    #expect(
      try partners([
        line(3, "start", "a"), line(4, "end", "a"), line(5, "end", "a"), line(6, "start", "a"),
        line(7, "end", "a"),
      ]) == [1, 0, -1, -1, -1])
  }
}
