import Ledger
import Pipeline
import Store
import TestKit
import Testing

/// A start without an end among all lines taken is an interrupted request, wherever the lines stand.
@Suite struct StartsAndEndsTests {
  private struct Line {
    var seq: Int
    var isEnd: Bool
    var id: Int

    var text: String {
      let name = "0199a1b2-0000-7000-8000-\(String(repeating: "0", count: 12 - "\(id)".count))\(id)"
      let begin =
        #"{"v":1,"kind":"\#(isEnd ? "end" : "start")","writer":"w-1","seq":\#(seq),"time":"2026-10-01T00:00:00.000001Z","#
        + #""id":"\#(name)","attempt":\#(id % 2 + 1),"endpoint":"anthropic.messages","provider":"anthropic","#
        + #""model":{"requested":"m"},"key":{"id":"k","name":"n"}"#
      return isEnd
        ? begin + #","status":200,"outcome":"ok","usage":{"input_tokens":1},"usage_source":"vendor"}"#
        : begin + "}"
    }
  }

  @Test(
    "over files that are split, mixed and sent again, read at once or one after the other",
    arguments: Backing.allCases, 1...6 as ClosedRange<UInt64>)
  func law(backing: Backing, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let desk = try Desk(backing)
    var lines: [Line] = []
    var seq = 0
    func add(_ id: Int, isEnd: Bool) {
      seq += 1
      lines.append(Line(seq: seq, isEnd: isEnd, id: id))
    }
    for id in 0..<120 {
      // One never begun, one never ended, one ended twice, one whose end comes first, and the usual kind.
      if id % 7 != 1 { add(id, isEnd: false) }
      if id % 7 != 2 { add(id, isEnd: true) }
      if id % 7 == 3 { add(id, isEnd: true) }
    }
    if seed % 2 == 0 { lines.shuffle(using: &random) }
    let expected = Set((0..<120).filter { $0 % 7 == 2 })
    var rest = lines[...]
    var sent: [Line] = []
    for file in 1...4 {
      let part = Array(rest.prefix(file == 4 ? rest.count : lines.count / 4))
      rest = rest.dropFirst(part.count)
      // What was sent before comes again, now before, now behind what is new.
      let again = sent.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
      let all = Bool.random(using: &random) ? part + again : again + part
      sent += part
      try desk.write(
        all.map { $0.text + "\n" }.joined(), to: "2026/10/01/0\(file)-w-1-\(file).jsonl")
      if seed % 3 != 0 { _ = try desk.ingest() }
    }
    let summary = try desk.ingest()
    #expect(summary.interrupted == expected.count)
    var open: Set<Int> = []
    try desk.store.forEachOpenRequest(.init()) { usage in open.insert(Int(usage.id.suffix(12)) ?? -1) }
    #expect(open == expected)
    let ended = try desk.usages().filter { $0.outcome != .interrupted }
    #expect(ended.count == lines.count { $0.isEnd })
  }
}
