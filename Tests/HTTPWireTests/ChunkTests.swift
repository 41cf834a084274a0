import HTTPWire
import TestKit
import Testing

@Suite struct ChunkTests {
  private static func request(_ chunks: String) -> String {
    "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n" + chunks
  }

  @Test(
    "chunks that are not HTTP's are refused",
    arguments: [
      "\r\n", "g\r\n", "-1\r\na\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "1\na\n",
      "1\na\r\n",
      "1\r\nab\r\n0\r\n\r\n", "1\r\na\n0\r\n\r\n", "1\r\na0\r\n\r\n", "1\r\na\rx", "1\r\r\na\r\n",
      "1;\u{0}\r\na\r\n",
      "1;a\rb\r\na\r\n", "1x\r\na\r\n", "1\u{0}\r\na\r\n", "1,a\r\na\r\n", "1000000000000000\r\na",
      "ffffffffffffffff\r\na", "00000000000000001\r\na\r\n", "0\r\nbad trailer\r\n\r\n",
      "0\r\na: b\r\n c\r\n\r\n",
      "0\r\n\n", "0\r\na\u{0}: b\r\n\r\n", "0\n\n", "1;" + String(repeating: "a", count: 1100) + "\r\na\r\n",
      "0\r\nlong: " + String(repeating: "a", count: 17_000) + "\r\n\r\n",
      "0\r\n" + String(repeating: "a: b\r\n", count: 65) + "\r\n",
    ])
  func refused(_ chunks: String) {
    let (messages, fault) = WireReading.requests(Self.request(chunks))
    #expect(messages.isEmpty)
    #expect(fault?.status == 400)
    let single = WireReading.requests(Self.request(chunks).utf8.map { [$0] })
    #expect(single.0.isEmpty && single.1?.status == 400)
  }

  @Test("what is no chunk's end is not waited for") func lone() {
    #expect(WireReading.requests(Self.request("1\r\nax")).1 != nil)
    #expect(WireReading.requests(Self.request(String(repeating: "0", count: 1024))).1 != nil)
  }

  @Test("any cutting into chunks and packets gives the same bytes", arguments: 0..<40 as Range<UInt64>)
  func cuts(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let body = random.bytes(Int.random(in: 0...5000, using: &random))
    var text = Array(Self.request("").utf8)
    for piece in random.pieces(of: body, pieceBytesMax: 700) {
      var size = String(piece.count, radix: 16, uppercase: Bool.random(using: &random))
      if Bool.random(using: &random) { size = String(repeating: "0", count: 15 - size.count) + size }
      if Bool.random(using: &random) { size += ";name=value" }
      text += Array("\(size)\r\n".utf8) + piece + Array("\r\n".utf8)
    }
    text += Array("0\r\n\r\n".utf8)
    let (messages, fault) = WireReading.requests(random.pieces(of: text, pieceBytesMax: 900))
    #expect(fault == nil)
    #expect(messages.map(\.body) == [body])
  }
}
