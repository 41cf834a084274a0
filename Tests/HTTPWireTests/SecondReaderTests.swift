import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestKit
import Testing

/// SwiftNIO's reader is the second hand: what is read here it must read in the same way, and what it refuses must be refused
/// here.
@Suite struct SecondReaderTests {
  private func second(_ bytes: [UInt8]) -> (messages: [ReadMessage], hasFailed: Bool) {
    let channel = EmbeddedChannel(
      handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    var messages: [ReadMessage] = []
    var hasFailed = false
    do {
      try channel.writeInbound(ByteBuffer(bytes: bytes))
    } catch {
      hasFailed = true
    }
    do {
      var current: ReadMessage?
      while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
        switch part {
        case .head(let head):
          current = ReadMessage(
            start: "\(head.method.rawValue) \(head.uri)",
            fields: head.headers.map { "\($0.name.lowercased()): \(trimmed($0.value))" }, body: [],
            keepsAlive: head.isKeepAlive)
        case .body(let bytes): current?.body += Array(bytes.readableBytesView)
        case .end:
          if let current { messages.append(current) }
          current = nil
        }
      }
      _ = try channel.finish(acceptAlreadyClosed: true)
    } catch {
      hasFailed = true
    }
    return (messages, hasFailed)
  }

  /// RFC 9110 has the white space around a value as no part of it; the second reader leaves what is behind it.
  private func trimmed(_ value: String) -> String {
    String(value.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }

  private static let pieces: [String] = [
    "POST ", "GET ", "/v1/x", "/", " ", " HTTP/1.1", " HTTP/1.0", "\r\n", "\r\n", "\r\n", "\n", "\r",
    "Host: h",
    "host:h", "Content-Length: 3", "content-length:0", "Content-Length: 03", "Transfer-Encoding: chunked",
    "Transfer-Encoding: identity", "Connection: close", "Connection: keep-alive", "X-A: b", "x-a:", "x a: b",
    ": ",
    "abc", "3", "0", ";x=y", "\t", "\u{0}", "X\u{7F}: 1", "A: \u{E9}", "POST / HTTP/1.1\r\nHost: h\r\n",
    "3\r\nabc\r\n0\r\n\r\n",
  ]

  private func text(_ random: inout SeededRandom) -> String {
    var text = "POST /a HTTP/1.1\r\nHost: h\r\n"
    let isChunked = Bool.random(using: &random)
    text += isChunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 3\r\n"
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      text += "X-\(Int.random(in: 0...9, using: &random)): v\r\n"
    }
    text += isChunked ? "\r\n3\r\nabc\r\n0\r\n\r\n" : "\r\nabc"
    text += "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"
    var scalars = Array(text.unicodeScalars)
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let at = Int.random(in: 0..<scalars.count, using: &random)
      let piece = Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)]
      let end = min(scalars.count, at + Int.random(in: 0...4, using: &random))
      scalars.replaceSubrange(at..<end, with: Array(piece.unicodeScalars))
    }
    return String(String.UnicodeScalarView(scalars))
  }

  @Test(
    "damaged requests are read as the second reader reads them, or refused",
    arguments: 0..<40 as Range<UInt64>)
  func requests(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var taken = 0
    for _ in 0..<500 {
      let text = text(&random)
      let (all, fault) = WireReading.requests(text)
      // A connection that is to end after a message has no next one: the second reader stops there by itself.
      let own = Array(all.prefix { $0.keepsAlive } + all.drop { $0.keepsAlive }.prefix(1))
      let other = second(Array(text.utf8))
      taken += own.count
      // Here more is refused, but nothing is read that the other one does not read in the same way.
      // Where that one fails it may be at a method or a target that it does not know, which are nothing to this one.
      if !other.hasFailed {
        #expect(own.count <= other.messages.count, "seed \(seed): \(text.debugDescription)")
      }
      for (one, two) in zip(own, other.messages) {
        #expect(one == two, "seed \(seed): \(text.debugDescription)")
      }
      if fault == nil, !other.hasFailed, own.count == all.count {
        #expect(own.count == other.messages.count, "seed \(seed): \(text.debugDescription)")
      }
    }
    #expect(taken > 100)
  }
}
