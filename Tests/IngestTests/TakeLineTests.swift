import Ingest
import JSON
import Ledger
import RawLog
import Testing

/// One raw line as a usage, with the vendor's counts in disjoint meters.
@Suite struct TakeLineTests {
  private func take(_ text: String) throws -> TakenLine {
    try Array(text.utf8).withUnsafeBytes {
      try takeLine($0, place: Usage.Place(file: "2026/10/01/00-w-1.jsonl", line: 7), with: JSONTape())
    }
  }

  private func end(
    outcome: String = "ok", usage: String = #"{"input_tokens":812,"output_tokens":344}"#,
    source: String = "vendor",
    endpoint: String = "anthropic.messages", more: String = ""
  ) -> String {
    #"{"v":1,"kind":"end","writer":"w","seq":3,"time":"2026-10-01T00:00:00.000001Z","id":"r","attempt":1,"#
      + #""endpoint":"\#(endpoint)","outcome":"\#(outcome)","usage":\#(usage),"usage_source":"\#(source)"\#(more)}"#
  }

  private func usage(_ text: String) throws -> Usage {
    guard case .end(_, let usage) = try take(text) else { throw LineFault("no end line") }
    return usage
  }

  @Test("an end line is a usage: who, when, where it stands, what it used")
  func endLine() throws {
    let line = try take(
      end(
        more:
          #","billing":{"service_tier":"priority","tool_usage":{"web_search":{"num_requests":2}}},"status":200,"#
          + #""model":{"requested":"a","returned":"b"},"key":{"id":"k","name":"n"},"client":{"ip":"10.0.0.8"},"#
          + #""user":"u","session":"s","metered_id":"m","final":false,"stream":false,"duration_us":5,"#
          + #""first_byte_us":4,"response_id":"x","vendor_request_id":"y","error":{"type":"t"}"#))
    let head = line.head
    #expect(
      (head.kind, head.writer, head.seq, head.time, head.number) == (.end, "w", 3, 1_790_812_800_000_001, 7))
    guard case .end(_, let usage) = line else {
      Issue.record("no end line")
      return
    }
    #expect(usage.place == .init(file: "2026/10/01/00-w-1.jsonl", line: 7))
    #expect((usage.id, usage.attempt, usage.final, usage.time) == ("r", 1, false, 1_790_812_800_000_001))
    #expect(usage.counts == TokenCounts([.input: 812, .output: 344, .webSearch: 2]))
    #expect(usage.facts.serviceTier == "priority")
    #expect(usage.facts.model == "b")
    #expect((usage.user, usage.session, usage.ip, usage.meteredID) == ("u", "s", "10.0.0.8", "m"))
    #expect((usage.responseID, usage.vendorRequestID, usage.errorType) == ("x", "y", "t"))
    #expect((usage.status, usage.stream) == (200, false))
    #expect((usage.durationMicroseconds, usage.firstByteMicroseconds) == (5, 4))
    #expect(usage.outcome == .ok)
    #expect(usage.flags.isEmpty)
  }

  @Test("a start line is an interrupted request until its end comes; open and close are control")
  func otherLines() throws {
    guard
      case .start(let head, let usage) = try take(
        #"{"v":1,"kind":"start","writer":"w","seq":2,"time":"2026-10-01T00:00:00Z","id":"r","attempt":2,"endpoint":"e"}"#
      )
    else {
      Issue.record("no start line")
      return
    }
    #expect(head.kind == .start)
    #expect((usage.id, usage.attempt, usage.outcome) == ("r", 2, .interrupted))
    #expect(usage.counts.isZero)
    for kind in ["open", "close"] {
      guard
        case .control(let head) = try take(
          #"{"v":1,"kind":"\#(kind)","writer":"w","seq":1,"time":"2026-10-01T00:00:00Z"}"#)
      else {
        Issue.record("\(kind) is no control line")
        return
      }
      #expect(head.seq == 1)
    }
  }

  @Test("what the proxy estimated is flagged")
  func estimated() throws {
    #expect(try usage(end(source: "estimated")).flags == [.estimated])
  }

  @Test("an answer that came without usage is unknown; a request that failed without usage used nothing")
  func missing() throws {
    for outcome in ["ok", "client_gone"] {
      #expect(
        try usage(end(outcome: outcome, usage: "null", source: "none")).flags.contains(.usageMissing),
        "\(outcome)")
    }
    for outcome in ["vendor_error", "client_error", "refused"] {
      let failed = try usage(end(outcome: outcome, usage: "null", source: "none"))
      #expect(!failed.flags.contains(.usageMissing), "\(outcome)")
      #expect(failed.counts.isZero)
    }
  }

  @Test("units beside the usage are usage too")
  func units() throws {
    let speech = try usage(
      end(
        usage: "null", source: "none", endpoint: "openai.audio.speech", more: #","billing":{"characters":90}"#
      ))
    #expect(!speech.flags.contains(.usageMissing))
    #expect(speech.counts[.character] == 90)
  }

  @Test("a count that no vendor could mean makes the line unreadable, and its time is still known")
  func badCount() {
    for count in ["-5", "1.5", "9007199254740993"] {
      let fault = #expect(throws: LineFault.self) { try take(end(usage: #"{"output_tokens":\#(count)}"#)) }
      #expect(fault?.time == 1_790_812_800_000_001)
      #expect(fault?.reason.contains("output_tokens") == true)
    }
  }

  @Test("an excerpt is short, one line, and shows the shape of a line but no sentence of it")
  func excerpts() {
    for text in [
      #"{"v":1,"kind":"end","prompt":"tell nobody my name"}"#, "tell nobody my name",
      "\u{1B}[31mtell nobody\n\t\u{0}",
      #"{"v":"tell nobody my name"#, String(repeating: #"{"a":"tell nobody","#, count: 50),
      #"{"a":"\"tell nobody\""}"#, #"{"a":"個人情報"}"#,
    ] {
      let shown = Array(text.utf8).withUnsafeBytes { excerpt($0) }
      #expect(!shown.contains("tell") && !shown.contains("nobody") && !shown.contains("個"), "\(shown)")
      #expect(shown.count <= Rejection.excerptLimit)
      #expect(shown.unicodeScalars.allSatisfy { $0 == "…" || (0x20..<0x7F).contains($0.value) }, "\(shown)")
    }
    let shape = Array(#"{"v":9,"kind":"end","seq":12"#.utf8).withUnsafeBytes { excerpt($0) }
    #expect(shape == #"{"v":9,"kind":"…","seq":12"#)
  }
}
