import JSON
import ProxyServer
import RawLog
import TestKit
import Testing

/// Feeds the pieces and gives what a client gets.
private func relayed(
  _ pieces: [[UInt8]], _ format: AnswerFormat, hidesUsage: Bool, lineBytesMax: Int = 1 << 20
) -> (bytes: [UInt8], stream: EventStream) {
  var stream = EventStream(
    format: format, hidesUsage: hidesUsage, tape: JSONTape(), lineBytesMax: lineBytesMax)
  var bytes: [UInt8] = []
  for piece in pieces {
    let passed = piece.withUnsafeBytes { stream.take($0) }
    bytes += passed ?? piece
  }
  bytes += stream.finish()
  return (bytes, stream)
}

private let openAIChunk =
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-x-2026-01-01","service_tier":"default","choices":[{"index":0,"delta":{"content":"hé"},"finish_reason":null}]"#
private let usageObject =
  #"{"prompt_tokens":120,"completion_tokens":9,"total_tokens":129,"prompt_tokens_details":{"cached_tokens":100,"cache_write_tokens":0},"completion_tokens_details":{"reasoning_tokens":4}}"#

/// What a vendor sends with `include_usage`, and what it would have sent without.
private func chatStream(_ end: String, _ usage: Bool) -> String {
  var text = ": keep-alive" + end + end
  for _ in 0..<3 {
    text += "data: " + openAIChunk + (usage ? #","usage":null}"# : "}") + end + end
  }
  if usage {
    text +=
      #"data: {"id":"c1","model":"gpt-x-2026-01-01","choices":[],"usage":"# + usageObject + "}" + end + end
  }
  return text + "data: [DONE]" + end + end
}

private let anthropicStream = """
  event: message_start
  data: {"type":"message_start","message":{"id":"msg_01","model":"claude-x-1","usage":{"input_tokens":12,"cache_read_input_tokens":9000,"cache_creation_input_tokens":700,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":500},"output_tokens":3,"service_tier":"standard"}}}

  event: ping
  data: {"type":"ping"}

  event: content_block_delta
  data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"abcd"}}

  event: message_delta
  data: {"type":"message_delta","delta":{},"usage":{"output_tokens":80}}

  event: message_delta
  data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":210,"input_tokens":40,"cache_read_input_tokens":null,"server_tool_use":{"web_search_requests":2}}}

  event: message_stop
  data: {"type":"message_stop"}


  """

@Suite struct EventStreamTests {
  @Test(
    "the usage that the proxy asked for is taken out wherever the network cuts",
    arguments: ["\n", "\r\n", "\r"])
  func hidesAtEveryCut(_ end: String) {
    let asked = Array(chatStream(end, true).utf8)
    let plain = Array(chatStream(end, false).utf8)
    for cut in 0...asked.count {
      let (bytes, stream) = relayed([Array(asked[..<cut]), Array(asked[cut...])], .chat, hidesUsage: true)
      #expect(bytes == plain, "cut at \(cut)")
      #expect(stream.facts.usage?.json == Array(usageObject.utf8), "cut at \(cut)")
      #expect(stream.facts.sawTerminal)
    }
  }

  @Test("the same, byte by byte and in random pieces", arguments: 0..<20 as Range<UInt64>)
  func hidesInPieces(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for end in ["\n", "\r\n", "\r"] {
      let asked = Array(chatStream(end, true).utf8)
      let pieces = seed == 0 ? asked.map { [$0] } : random.pieces(of: asked, pieceBytesMax: 40)
      let (bytes, _) = relayed(pieces, .chat, hidesUsage: true)
      #expect(bytes == Array(chatStream(end, false).utf8))
    }
  }

  @Test("a client that asked for usage itself gets the vendor's bytes") func untouched() {
    let asked = Array(chatStream("\n", true).utf8)
    for cut in 0...asked.count {
      let (bytes, stream) = relayed([Array(asked[..<cut]), Array(asked[cut...])], .chat, hidesUsage: false)
      #expect(bytes == asked)
      #expect(stream.facts.usage?.json == Array(usageObject.utf8), "cut at \(cut)")
      #expect(stream.facts.responseID == "c1")
      #expect(stream.facts.model == "gpt-x-2026-01-01")
      #expect(stream.facts.serviceTier == Array(#""default""#.utf8))
      // Three times "hé", three bytes each.
      #expect(stream.facts.textBytes == 9)
    }
  }

  @Test(
    "only what the proxy's own question brought is taken out",
    arguments: [
      // Azure's first chunk: no choices, and no usage object.
      (
        #"{"choices":[],"prompt_filter_results":[{}],"model":"","id":"","usage":null}"#,
        #"{"choices":[],"prompt_filter_results":[{}],"model":"","id":""}"#
      ),
      (#"{"usage":null,"id":"x","choices":[{}]}"#, #"{"id":"x","choices":[{}]}"#),
      (#"{"usage": null , "id":"x"}"#, #"{"id":"x"}"#),
      (#"{"id":"x", "usage": null, "choices":[{}]}"#, #"{"id":"x", "choices":[{}]}"#),
      (#"{"usage":null}"#, #"{}"#),
      // Usage beside content is the vendor's own habit.
      (#"{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}"#, nil),
      // A prompt may quote the words.
      (#"{"choices":[{"delta":{"content":",\"usage\":null"}}]}"#, nil),
      (#"{"choices":[{"delta":{"usage":null}}]}"#, nil),
      (#"not json,"usage":null"#, nil),
    ])
  func cutsOut(_ data: String, _ expected: String?) {
    let (bytes, _) = relayed([Array("data: \(data)\n\n".utf8)], .chat, hidesUsage: true)
    #expect(String(decoding: bytes, as: UTF8.self) == "data: \(expected ?? data)\n\n")
  }

  @Test("what it cost stands in the usage object that the client ordered, wherever the network cuts")
  func tellsCost() {
    let asked = Array(chatStream("\n", true).utf8)
    let expected = chatStream("\n", true).replacing(
      usageObject, with: usageObject.dropLast() + #","cost":0.000123456789012345}"#)
    for cut in 0...asked.count {
      var stream = EventStream(
        format: .chat, hidesUsage: false, cost: CostInUsage { _ in Array("0.000123456789012345".utf8) },
        tape: JSONTape(), lineBytesMax: 1 << 20)
      var bytes: [UInt8] = []
      for piece in [asked[..<cut], asked[cut...]] { piece.withUnsafeBytes { bytes += stream.take($0) ?? [] } }
      bytes += stream.finish()
      #expect(String(decoding: bytes, as: UTF8.self) == expected, "cut at \(cut)")
      #expect(stream.facts.usage?.json == Array(usageObject.utf8), "the log keeps the vendor's own")
    }
  }

  @Test(
    "the cost is put where a usage object has none",
    arguments: [
      (#"{"usage":{}}"#, #"{"usage":{"cost":1.5}}"#),
      (#"{"usage":{"a":1 }, "x":2}"#, #"{"usage":{"a":1 ,"cost":1.5}, "x":2}"#),
      (#"{"usage":{"cost":null,"a":1}}"#, #"{"usage":{"cost":1.5,"a":1}}"#),
      (#"{"response":{"usage":{"a":1}}}"#, #"{"response":{"usage":{"a":1,"cost":1.5}}}"#),
      // What a vendor tells by itself stays.
      (#"{"usage":{"cost":0.1}}"#, nil), (#"{"usage":null}"#, nil), (#"{"choices":[]}"#, nil),
      (#"{"usage":7,"response":{"usage":null}}"#, nil),
    ])
  func costPlaces(_ answer: String, _ expected: String?) throws {
    let value = try JSONTape().parse(answer)
    let splice = CostInUsage { _ in Array("1.5".utf8) }.splice(value, AnswerFacts(.chat))
    var bytes = Array(answer.utf8)
    if let splice { bytes.replaceSubrange(splice.range, with: splice.bytes) }
    #expect(String(decoding: bytes, as: UTF8.self) == expected ?? answer)
    #expect(CostInUsage { _ in nil }.splice(value, AnswerFacts(.chat)) == nil, "unknown is not zero")
  }

  @Test("a stream whose usage has new names without end is not kept without end") func namesWithoutEnd() {
    var text = ""
    for number in 0..<3000 {
      text += #"data: {"type":"message_delta","delta":{},"usage":{"n\#(number)":\#(number)}}"# + "\n\n"
      if number == 500 {
        #expect(relayed([Array(text.utf8)], .messages, hidesUsage: false).stream.facts.usage?.json != nil)
      }
    }
    let (bytes, stream) = relayed([Array(text.utf8)], .messages, hidesUsage: false)
    #expect(bytes == Array(text.utf8))
    #expect(stream.facts.usage != nil && stream.facts.usage?.json == nil, "too large to be a usage object")
  }

  @Test("a stream that ends in the middle of an event is passed on to its last byte")
  func unfinished() {
    let asked = Array(chatStream("\n", true).utf8)
    let text = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: {\"cho"
    let (bytes, stream) = relayed([Array(text.utf8)], .chat, hidesUsage: true)
    #expect(bytes == Array(text.utf8))
    #expect(!stream.facts.sawTerminal)
    let (_, cut) = relayed([Array(asked.dropLast(20))], .chat, hidesUsage: true)
    #expect(!cut.facts.sawTerminal)
  }

  @Test("a last event that no blank line ends still counts", arguments: [true, false])
  func noFinalBlankLine(_ hides: Bool) {
    let text = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\ndata: [DONE]"
    let (_, stream) = relayed([Array(text.utf8)], .chat, hidesUsage: hides)
    #expect(stream.facts.sawTerminal)
    #expect(stream.facts.usage?.json == Array(#"{"prompt_tokens":1}"#.utf8))
  }

  @Test("a line beyond the bound ends the metering and not the stream", arguments: [true, false])
  func overlong(_ hides: Bool) {
    let text =
      "data: {\"choices\":[{\"delta\":{\"content\":\"" + String(repeating: "x", count: 5000) + "\"}}]}\n\n"
    let asked = Array((text + chatStream("\n", false)).utf8)
    var random = SeededRandom(seed: 1)
    let pieces = random.pieces(of: asked, pieceBytesMax: 100)
    let (bytes, stream) = relayed(pieces, .chat, hidesUsage: hides, lineBytesMax: 1000)
    #expect(bytes == asked)
    #expect(stream.isBlind)
  }

  @Test("of usage that repeats, the last that says something wins") func repeatedUsage() {
    let text = """
      data: {"choices":[{}],"usage":{"prompt_tokens":0,"completion_tokens":0}}

      data: {"choices":[{}],"usage":{"prompt_tokens":5,"completion_tokens":1}}

      data: {"choices":[{}],"usage":{"prompt_tokens":5,"completion_tokens":2}}

      data: {"choices":[{}],"usage":null}

      data: {"choices":[{}],"usage":{"prompt_tokens":0,"completion_tokens":0}}

      data: [DONE]


      """
    let (_, stream) = relayed([Array(text.utf8)], .chat, hidesUsage: false)
    #expect(stream.facts.usage?.json == Array(#"{"prompt_tokens":5,"completion_tokens":2}"#.utf8))
  }

  @Test("an error event is the end of a stream, and only its identifiers are kept", arguments: [true, false])
  func errorEvent(_ hides: Bool) {
    let text =
      "data: {\"error\":{\"message\":\"You said: secret\",\"type\":\"server_error\",\"code\":\"Not An Identifier\"}}\n\n"
    let (bytes, stream) = relayed([Array(text.utf8)], .chat, hidesUsage: hides)
    #expect(bytes == Array(text.utf8))
    #expect(stream.facts.error == .init(type: "server_error", code: nil))
    #expect(stream.facts.sawTerminal)
  }

  @Test("data spread over several lines is one value") func multiline() {
    let text = "data: {\"choices\":[],\ndata:\"usage\":\ndata: {\"prompt_tokens\":3}}\n\ndata: [DONE]\n\n"
    let (_, stream) = relayed([Array(text.utf8)], .chat, hidesUsage: false)
    #expect(stream.facts.usage?.json == Array(#"{"prompt_tokens":3}"#.utf8))
  }
}

@Suite struct AnthropicStreamTests {
  /// facts: cumulative counts replace, null and absent ones do not erase, the TTL split of the start stays.
  @Test("message_delta's counts replace those of message_start, and nothing is added up")
  func merged() throws {
    let stream = Array(anthropicStream.utf8)
    for cut in 0...stream.count {
      let (bytes, read) = relayed(
        [Array(stream[..<cut]), Array(stream[cut...])], .messages, hidesUsage: false)
      #expect(bytes == stream)
      let usage = try JSONTape().parse(read.facts.usage?.json ?? [])
      #expect(usage["input_tokens"]?.wholeNumber == 40)
      #expect(usage["output_tokens"]?.wholeNumber == 210)
      #expect(usage["cache_read_input_tokens"]?.wholeNumber == 9000)
      #expect(usage["cache_creation_input_tokens"]?.wholeNumber == 700)
      #expect(usage["cache_creation"]?["ephemeral_1h_input_tokens"]?.wholeNumber == 500)
      #expect(usage["server_tool_use"]?["web_search_requests"]?.wholeNumber == 2)
      #expect(read.facts.sawTerminal)
      #expect(read.facts.usageIsFinal)
      #expect(read.facts.responseID == "msg_01")
      #expect(read.facts.textBytes == 4)
      #expect(read.facts.billing.map(\.name) == ["service_tier", "stop_reason"])
    }
  }

  @Test("tool arguments and thinking count as text of the answer") func tools() {
    let text = """
      event: content_block_delta
      data: {"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{\\"a\\":"}}

      event: content_block_delta
      data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hmm"}}


      """
    let (_, stream) = relayed([Array(text.utf8)], .messages, hidesUsage: false)
    #expect(stream.facts.textBytes == 5 + 3)
    #expect(!stream.facts.sawTerminal)
  }

  @Test("an error event keeps the usage seen before it") func errorEvent() throws {
    let upToDelta = anthropicStream.components(before: "event: message_delta")
    let text =
      upToDelta
      + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
    let (_, stream) = relayed([Array(text.utf8)], .messages, hidesUsage: false)
    #expect(stream.facts.error?.type == "overloaded_error")
    #expect(stream.facts.sawTerminal)
    #expect(!stream.facts.usageIsFinal)
    #expect(try JSONTape().parse(stream.facts.usage?.json ?? [])["input_tokens"]?.wholeNumber == 12)
  }
}

@Suite struct EstimateTests {
  @Test("an OpenAI stream without usage is estimated at four bytes a token, rounded up") func openAI() {
    let usage = VendorUsage.estimate(.chat, known: nil, requestTextBytes: 9, answerTextBytes: 4)
    #expect(usage.json == Array(#"{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}"#.utf8))
  }

  @Test("an Anthropic stream keeps what message_start said of the input") func anthropic() throws {
    let start = try JSONTape().parse(#"{"input_tokens":12,"cache_read_input_tokens":9000,"output_tokens":3}"#)
    let known = VendorUsage(verbatim: start)
    let usage = VendorUsage.estimate(.messages, known: known, requestTextBytes: 400, answerTextBytes: 41)
    #expect(
      usage.json == Array(#"{"input_tokens":12,"cache_read_input_tokens":9000,"output_tokens":11}"#.utf8))
  }

  @Test("without message_start the input is estimated too") func anthropicBlind() {
    let usage = VendorUsage.estimate(.messages, known: nil, requestTextBytes: 400, answerTextBytes: 0)
    #expect(usage.json == Array(#"{"input_tokens":100,"output_tokens":0}"#.utf8))
  }

  @Test("a usage object on several lines becomes one line with the same meaning") func oneLine() throws {
    let usage = VendorUsage(
      verbatim: try JSONTape().parse("{\n  \"prompt_tokens\": 1,\r\n  \"x\": \"a \\\" \\n b\"\n}"))
    #expect(usage.json == Array(#"{"prompt_tokens":1,"x":"a \" \n b"}"#.utf8))
  }

  @Test("a usage object too large to be one is not taken") func tooLarge() throws {
    let text = "{\"x\":\"" + String(repeating: "y", count: 300_000) + "\"}"
    #expect(VendorUsage(verbatim: try JSONTape().parse(text)).json == nil)
  }
}

private func inflated(_ pieces: [[UInt8]], with inflater: Inflater) throws -> [UInt8] {
  var result: [UInt8] = []
  for piece in pieces {
    var fault: InflateFault?
    piece.withUnsafeBytes { bytes in
      do throws(InflateFault) {
        try inflater.take(bytes) { result += $0 }
      } catch {
        fault = error
      }
    }
    if let fault { throw fault }
  }
  return result
}

@Suite struct InflaterTests {
  @Test("gzip is read wherever it is cut") func everyCut() throws {
    let plain = Array(anthropicStream.utf8)
    let packed = gzipped([plain]).flatMap { $0 }
    for cut in 0...packed.count {
      let inflater = try #require(Inflater(coding: "gzip", outputBytesMax: 1 << 20))
      #expect(try inflated([Array(packed[..<cut]), Array(packed[cut...])], with: inflater) == plain)
    }
  }

  @Test("a small body that inflates without end is stopped at the bound") func bomb() throws {
    let packed = gzipped([[UInt8](repeating: 0, count: 10 << 20)])
    let inflater = try #require(Inflater(coding: "gzip", outputBytesMax: 1 << 20))
    #expect(throws: InflateFault.self) { try inflated(packed, with: inflater) }
    // Nothing comes out any more.
    #expect(try inflated(packed, with: inflater).isEmpty)
  }

  @Test("what is no gzip is a fault, and an unknown coding is not tried") func notGzip() throws {
    let inflater = try #require(Inflater(coding: "gzip", outputBytesMax: 1 << 20))
    #expect(throws: InflateFault.self) { try inflated([Array("plain text".utf8)], with: inflater) }
    #expect(Inflater(coding: "br", outputBytesMax: 1) == nil)
  }
}

extension String {
  fileprivate func components(before mark: String) -> String {
    var rest = self[...]
    while !rest.isEmpty, !rest.hasPrefix(mark) { rest = rest.dropFirst() }
    return String(dropLast(rest.count))
  }
}
