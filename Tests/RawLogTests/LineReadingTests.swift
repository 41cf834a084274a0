import JSON
import Ledger
import RawLog
import Testing

/// One line of the format, version 1: what it says, and what makes it unreadable.
@Suite struct LineReadingTests {
  /// The members of a full `end` line, as JSON.
  static let endMembers: [(name: String, json: String)] = [
    ("v", "1"), ("kind", "\"end\""), ("writer", "\"w-8f3a\""), ("seq", "42"),
    ("time", "\"2026-10-01T00:00:00.123456Z\""),
    ("id", "\"0199a1b2-0000-7000-8000-000000000001\""), ("attempt", "2"), ("duration_us", "1834000"),
    ("first_byte_us", "412000"), ("endpoint", "\"anthropic.messages\""), ("stream", "true"),
    ("provider", "\"anthropic\""),
    ("upstream", "\"anthropic-main\""), ("region", "\"us-east-1\""), ("vendor_request_id", "\"req_01\""),
    ("response_id", "\"msg_01\""), ("metered_id", "\"batch_1/item-7\""), ("final", "false"),
    (
      "model",
      #"{"requested":"claude-sonnet","routed":"claude-sonnet-4-5","returned":"claude-sonnet-4-5-20250929"}"#
    ),
    ("key", #"{"id":"k_5d41402abc4b2a76","name":"ticket-generator-prod"}"#), ("team", "\"user-review\""),
    ("user", "\"u-1842\""), ("session", "\"s-77\""),
    ("tags", #"{"product":"ticket-generator","env":"prod"}"#),
    ("inference_profile", "\"arn:aws:bedrock:us-east-1:1:application-inference-profile/x\""),
    ("status", "200"),
    ("outcome", "\"client_gone\""), ("error", #"{"type":"x","code":"y","message":"z"}"#),
    ("usage", #"{"input_tokens":812,"output_tokens":3.0}"#), ("billing", #"{"service_tier":"standard"}"#),
    ("usage_source", "\"vendor\""), ("client", #"{"ip":"10.0.0.8","agent":"anthropic-python/2.12"}"#),
  ]

  static func line(
    _ changes: [String: String] = [:], without absent: [String] = [],
    of members: [(name: String, json: String)] = endMembers
  ) -> String {
    let kept = members.filter { !absent.contains($0.name) }
    return "{" + kept.map { "\"\($0.name)\":\(changes[$0.name] ?? $0.json)" }.joined(separator: ",") + "}"
  }

  private let tape = JSONTape()

  private func read(_ text: String) throws -> RawLine {
    try Array(text.utf8).withUnsafeBytes { try readLine($0, with: tape) }
  }

  private func fault(_ text: String) -> LineFault? {
    #expect(throws: LineFault.self, "\(text)") { try read(text) }
  }

  @Test("an end line is read field by field")
  func endLine() throws {
    let line = try read(Self.line())
    #expect(line.kind == .end)
    #expect(line.writer == "w-8f3a")
    #expect(line.seq == 42)
    #expect(line.time == 1_790_812_800_123_456)
    let request = try #require(line.request)
    #expect(request.id == "0199a1b2-0000-7000-8000-000000000001")
    #expect(request.attempt == 2)
    #expect(!request.final)
    #expect(request.user == "u-1842")
    #expect(request.session == "s-77")
    #expect(request.ip == "10.0.0.8")
    #expect(
      request.facts
        == RequestFacts(
          endpoint: "anthropic.messages", provider: "anthropic", upstream: "anthropic-main",
          region: "us-east-1",
          modelRequested: "claude-sonnet", modelRouted: "claude-sonnet-4-5",
          modelReturned: "claude-sonnet-4-5-20250929", keyID: "k_5d41402abc4b2a76",
          keyName: "ticket-generator-prod",
          team: "user-review",
          tags: [.init(name: "env", value: "prod"), .init(name: "product", value: "ticket-generator")],
          inferenceProfile: "arn:aws:bedrock:us-east-1:1:application-inference-profile/x",
          agent: "anthropic-python/2.12"))
    let end = try #require(request.end)
    #expect(end.status == 200)
    #expect(end.outcome == .clientGone)
    #expect(end.errorType == "x")
    #expect(end.usageSource == .vendor)
    #expect(end.stream == true)
    #expect(end.durationMicroseconds == 1_834_000)
    #expect(end.firstByteMicroseconds == 412_000)
    #expect(end.responseID == "msg_01")
    #expect(end.vendorRequestID == "req_01")
    #expect(end.meteredID == "batch_1/item-7")
    #expect(end.usage?.rawText == #"{"input_tokens":812,"output_tokens":3.0}"#)
    #expect(end.billing?["service_tier"]?.string == "standard")
  }

  private static let required = [
    "v", "kind", "writer", "seq", "time", "id", "attempt", "endpoint", "outcome", "usage_source",
  ]

  @Test(
    "a required field that is missing or null makes the line unreadable, and the reason names it",
    arguments: required)
  func requiredField(name: String) {
    #expect(fault(Self.line(without: [name]))?.reason.contains("`\(name)`") == true)
    #expect(fault(Self.line([name: "null"]))?.reason.contains("`\(name)`") == true)
  }

  @Test("every other field may be absent or null, and is then unknown, never 0 or an empty text")
  func optionalFields() throws {
    let optional = Self.endMembers.map(\.name).filter { !Self.required.contains($0) }
    #expect(optional.count == 22)
    for name in optional { _ = try read(Self.line(without: [name])) }
    let absent = try read(Self.line(without: optional))
    let null = try read(Self.line(Dictionary(uniqueKeysWithValues: optional.map { ($0, "null") })))
    for line in [absent, null] {
      let request = try #require(line.request)
      #expect(request.facts == RequestFacts(endpoint: "anthropic.messages"))
      #expect(request.final, "an attempt is final unless the line says otherwise")
      #expect([request.user, request.session, request.ip] == [nil, nil, nil])
      let end = try #require(request.end)
      #expect(end.status == nil)
      #expect(end.stream == nil)
      #expect(end.usage == nil)
      #expect([end.durationMicroseconds, end.firstByteMicroseconds] == [nil, nil])
      #expect([end.responseID, end.vendorRequestID, end.meteredID, end.errorType] == [nil, nil, nil, nil])
    }
  }

  @Test(
    "a known field of another type makes the line unreadable, and the reason names it",
    arguments: [
      ("v", ["\"1\"", "1.5", "true", "[1]"]), ("kind", ["1", "true", "{}", "\"\""]),
      ("writer", ["7", "[]", "\"\""]),
      ("seq", ["\"42\"", "0", "-1", "1.5", "9007199254740993", "true"]),
      (
        "time",
        [
          "1790812800", "\"yesterday\"", "\"2026-10-01\"", "\"2026-10-01T00:00:00\"",
          "\"2026-02-30T00:00:00Z\"",
        ]
      ),
      ("id", ["7", "\"\"", "{}"]), ("attempt", ["0", "-1", "1.5", "\"1\"", "true"]),
      ("duration_us", ["-1", "0.5", "\"7\"", "9007199254740993"]), ("first_byte_us", ["-1", "true"]),
      ("endpoint", ["1", "\"\"", "[]"]), ("stream", ["1", "\"true\"", "{}"]), ("provider", ["1", "{}"]),
      ("upstream", ["1"]), ("region", ["false"]), ("vendor_request_id", ["1"]), ("response_id", ["[]"]),
      ("metered_id", ["7"]), ("final", ["0", "\"false\""]), ("model", ["\"m\"", "[]", "1"]),
      ("key", ["\"k\"", "[]"]),
      ("team", ["5"]), ("user", ["1842"]), ("session", ["{}"]), ("tags", ["[]", "\"prod\""]),
      ("inference_profile", ["1"]), ("status", ["\"200\"", "-1", "200.5"]), ("outcome", ["1", "[]"]),
      ("error", ["\"x\"", "[]"]), ("usage", ["[]", "5", "\"x\""]), ("billing", ["[]", "\"x\""]),
      ("usage_source", ["1", "{}"]), ("client", ["\"10.0.0.8\"", "[]"]),
    ])
  func wrongType(name: String, values: [String]) {
    for value in values {
      #expect(fault(Self.line([name: value]))?.reason.contains("`\(name)`") == true, "\(name): \(value)")
    }
  }

  @Test(
    "a field of another type inside model, key, client, error and tags makes the line unreadable too",
    arguments: [
      ("model", #"{"requested":1}"#), ("model", #"{"routed":[]}"#), ("model", #"{"returned":{}}"#),
      ("key", #"{"id":5}"#),
      ("key", #"{"name":5}"#), ("client", #"{"ip":5}"#), ("client", #"{"agent":5}"#),
      ("error", #"{"type":5}"#),
      ("tags", #"{"product":5}"#), ("tags", #"{"product":{}}"#),
    ])
  func wrongTypeInside(name: String, value: String) { _ = fault(Self.line([name: value])) }

  @Test("an unknown version, kind, outcome or source of usage is told as such")
  func unknownWords() {
    #expect(fault(Self.line(["v": "2"]))?.reason.contains("version 2") == true)
    #expect(fault(Self.line(["kind": "\"finish\""]))?.reason.contains("finish") == true)
    #expect(fault(Self.line(["outcome": "\"fine\""]))?.reason.contains("fine") == true)
    // Interrupted is what the reader finds, no line says it of itself.
    #expect(fault(Self.line(["outcome": "\"interrupted\""])) != nil)
    #expect(fault(Self.line(["usage_source": "\"guess\""]))?.reason.contains("guess") == true)
  }

  @Test(
    "what is not one JSON object is unreadable",
    arguments: ["", "null", "[1,2,3]", "\"text\"", "{", "not json", "{}{}", "\u{FEFF}{}"])
  func notAnObject(text: String) { _ = fault(text) }

  @Test("an unreadable line still says its time, where that can be read")
  func faultTime() {
    #expect(fault(Self.line(without: ["id"]))?.time == 1_790_812_800_123_456)
    #expect(fault(Self.line(["v": "9"]))?.time == 1_790_812_800_123_456)
    #expect(fault(Self.line(["time": "\"yesterday\""]))?.time == nil)
    #expect(fault("[1]")?.time == nil)
  }

  @Test("fields that are not known are ignored, and the order of fields means nothing")
  func unknownFields() throws {
    let more = [("_new", #"{"a":[1,{"v":2}]}"#)] + Self.endMembers.reversed() + [("zz", "null")]
    let line = try read(Self.line(of: more))
    #expect(line.seq == 42)
    #expect(line.request?.facts.team == "user-review")
  }

  @Test("a line that ends in CR LF is read like one that ends in LF, and spaces mean nothing")
  func carriageReturn() throws {
    #expect(try read(Self.line() + "\r").seq == 42)
    #expect(try read("  " + Self.line().replacing("\":", with: "\" : ") + " \t").seq == 42)
  }

  @Test("a tag without a value is absent; of two tags of one name the last holds; tags are sorted by name")
  func tags() throws {
    let line = try read(Self.line(["tags": #"{"b":"1","a":null,"c":"x","b":"2"}"#]))
    #expect(line.request?.facts.tags == [.init(name: "b", value: "2"), .init(name: "c", value: "x")])
  }

  @Test("a start line says who asks for what, and nothing of an end")
  func startLine() throws {
    let names = [
      "v", "kind", "writer", "seq", "time", "id", "attempt", "endpoint", "provider", "model", "key", "team",
      "user",
      "session", "tags", "inference_profile", "client",
    ]
    let text = Self.line(["kind": "\"start\""], of: Self.endMembers.filter { names.contains($0.name) })
    let line = try read(text)
    #expect(line.kind == .start)
    #expect(line.request?.id == "0199a1b2-0000-7000-8000-000000000001")
    #expect(line.request?.facts.keyName == "ticket-generator-prod")
    #expect(line.request?.end == nil)
    for name in ["id", "attempt", "endpoint"] {
      #expect(fault(text.replacing("\"\(name)\":", with: "\"_\":"))?.reason.contains("`\(name)`") == true)
    }
  }

  @Test("open and close lines need no more than their envelope", arguments: [LineKind.open, .close])
  func controlLines(kind: LineKind) throws {
    let line = try read(
      #"{"v":1,"kind":"\#(kind.rawValue)","writer":"w","seq":1,"time":"2026-10-01T00:00:00Z","program":"tollbook"}"#
    )
    #expect(line.kind == kind)
    #expect(line.request == nil)
  }
}
