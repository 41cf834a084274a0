import JSON
import ProxyServer
import TestKit
import Testing

/// Bytes of two messages as botocore's own reader takes them (made with Python's struct and zlib).
private let metadataHex =
  "000000b60000004e6bc14e4a0b3a6576656e742d747970650700086d657461646174610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b227573616765223a7b22696e707574546f6b656e73223a31302c226f7574707574546f6b656e73223a352c22746f74616c546f6b656e73223a31357d2c226d657472696373223a7b226c6174656e63794d73223a377d7d837e934e"
private let exceptionHex =
  "0000008800000061de0175f40f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a22736c6f7720646f776e227d832ee072"

private func bytes(_ hex: String) -> [UInt8] {
  let digits = Array(hex.utf8)
  return stride(from: 0, to: digits.count, by: 2).map {
    UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
  }
}

private func read(_ pieces: [[UInt8]], _ format: AnswerFormat = .converse) -> FrameStream {
  var stream = FrameStream(format: format, tape: JSONTape(), messageBytesMax: 1 << 20)
  for piece in pieces { #expect(piece.withUnsafeBytes { stream.take($0) } == nil, "nothing is changed") }
  #expect(stream.finish() == [])
  return stream
}

private func usage(_ stream: FrameStream) -> String? {
  stream.facts.usage?.json.map { String(decoding: $0, as: UTF8.self) }
}

private func event(_ name: String, _ payload: String) -> [UInt8] {
  StandInBedrock.frame(
    [(":event-type", name), (":content-type", "application/json"), (":message-type", "event")],
    Array(payload.utf8))
}

@Suite struct FrameStreamTests {
  @Test("a message's usage is read, and an exception ends the stream as the vendor's error")
  func vectors() {
    let stream = read([bytes(metadataHex)])
    #expect(usage(stream) == #"{"inputTokens":10,"outputTokens":5,"totalTokens":15}"#)
    #expect(stream.sawTerminal && stream.isWhole && stream.facts.usageIsFinal)
    let broken = read([bytes(exceptionHex)])
    #expect(broken.facts.error == .init(type: "throttlingException", code: nil))
    #expect(broken.sawTerminal)
    #expect(usage(broken) == nil)
  }

  @Test("the stand-in's frames are these very bytes, so that its streams prove something")
  func sameFrames() {
    let made = event(
      "metadata",
      #"{"usage":{"inputTokens":10,"outputTokens":5,"totalTokens":15},"metrics":{"latencyMs":7}}"#)
    #expect(made == bytes(metadataHex))
  }

  @Test("however the network cuts a stream, the same is read of it") func cuts() {
    var whole = event("messageStart", #"{"role":"assistant","p":"ab"}"#)
    for text in ["héllo", "料金", "🚃"] {
      whole += event("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"\#(text)"}}"#)
    }
    whole += event("messageStop", #"{"stopReason":"end_turn"}"#) + bytes(metadataHex)
    var random = SeededRandom(seed: 0xF4A3)
    for _ in 0..<400 {
      var rest = whole[...]
      var pieces: [[UInt8]] = []
      while !rest.isEmpty {
        let count = Int.random(in: 1...(Bool.random(using: &random) ? 3 : 200), using: &random)
        pieces.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      let stream = read(pieces)
      #expect(usage(stream) == #"{"inputTokens":10,"outputTokens":5,"totalTokens":15}"#)
      #expect(stream.facts.textBytes == "héllo料金🚃".utf8.count)
      #expect(stream.facts.stopReason.map { String(decoding: $0, as: UTF8.self) } == #""end_turn""#)
      #expect(stream.isWhole)
    }
    for cut in whole.indices.dropFirst() {
      let stream = read([Array(whole[..<cut])])
      #expect(stream.isWhole == (cut == whole.count - bytes(metadataHex).count), "cut at \(cut)")
    }
  }

  @Test("one wrong bit anywhere ends the reading and never the program") func bits() {
    let message = bytes(metadataHex)
    for bit in 0..<(message.count * 8) {
      var damaged = message
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      let stream = read([damaged, message])
      #expect(usage(stream) == nil, "bit \(bit)")
      #expect(!stream.sawTerminal)
    }
  }

  @Test("frames that nobody sends are read within bounds") func hostile() {
    var random = SeededRandom(seed: 0xBAD)
    for _ in 0..<2000 {
      let count = Int.random(in: 0...300, using: &random)
      _ = read([(0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }])
    }
    // The sums are right; what is in them is not.
    for (headers, payload) in [
      ([], "{"), ([("", "x")], "{}"), ([(":message-type", "event")], ""),
      ([(":message-type", "error")], "{}"),
      ([(":message-type", "exception")], "[]"), ([(":event-type", "chunk")], #"{"bytes":"%%%"}"#),
      ([(":event-type", "chunk")], #"{"bytes":"e30"}"#), ([(":event-type", "chunk")], #"{"bytes":7}"#),
    ] as [([(String, String)], String)] {
      for format in [AnswerFormat.converse, .invoke] {
        #expect(usage(read([StandInBedrock.frame(headers, Array(payload.utf8))], format)) == nil)
      }
    }
    var stream = FrameStream(format: .converse, tape: JSONTape(), messageBytesMax: 100)
    bytes(metadataHex).withUnsafeBytes { _ = stream.take($0) }
    #expect(stream.isBlind, "a message beyond the bound is not kept")
  }

  @Test("a model's own events come out of their chunks") func chunks() throws {
    // {"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":3,"outputTokenCount":4}}
    let text =
      "eyJ0eXBlIjoibWVzc2FnZV9zdG9wIiwiYW1hem9uLWJlZHJvY2staW52b2NhdGlvbk1ldHJpY3MiOnsiaW5wdXRUb2tlbkNvdW50IjozLCJvdXRwdXRUb2tlbkNvdW50Ijo0fX0="
    let stream = read([event("chunk", #"{"bytes":"\#(text)","p":"abcd"}"#)], .invoke)
    #expect(
      usage(stream)
        == #"{"amazon-bedrock-invocationMetrics":{"inputTokenCount":3,"outputTokenCount":4}}"#)
    #expect(stream.facts.usageIsFinal)
  }
}

@Suite struct ArrayStreamTests {
  private let elements = [
    #"{"candidates":[{"content":{"parts":[{"text":"a \"]} b"}]}}],"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4},"modelVersion":"gemini-x","responseId":"r1"}"#,
    #"{"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":9,"totalTokenCount":13}}"#,
  ]

  @Test("an array's elements are read as they come, wherever they are cut") func cuts() {
    let whole = Array("[\(elements[0])\n,\r\n\(elements[1])\n]".utf8)
    var random = SeededRandom(seed: 0xA44A)
    for _ in 0..<200 {
      var stream = ArrayStream(format: .gemini, tape: JSONTape(), elementBytesMax: 1 << 16)
      var rest = whole[...]
      while !rest.isEmpty {
        #expect(!stream.isWhole)
        let piece = Array(rest.prefix(Int.random(in: 1...60, using: &random)))
        rest = rest.dropFirst(piece.count)
        piece.withUnsafeBytes { _ = stream.take($0) }
      }
      #expect(stream.isWhole)
      #expect(stream.facts.model == "gemini-x" && stream.facts.responseID == "r1")
      #expect(stream.facts.textBytes == 8)
      let usage = stream.facts.usage?.json.map { String(decoding: $0, as: UTF8.self) }
      #expect(usage == #"{"promptTokenCount":4,"totalTokenCount":13,"candidatesTokenCount":9}"#)
    }
  }

  @Test("brackets without end and elements without bound are not kept") func hostile() {
    for text in ["[{", "[[[[[[", "]]]]}}}}", #"["\"#, "[" + String(repeating: "{\"a\":", count: 5000)] {
      var stream = ArrayStream(format: .gemini, tape: JSONTape(), elementBytesMax: 1000)
      Array(text.utf8).withUnsafeBytes { _ = stream.take($0) }
      #expect(stream.facts.usage == nil)
    }
  }
}
