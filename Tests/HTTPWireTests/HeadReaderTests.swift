import HTTPWire
import NIOCore
import TestKit
import Testing

@Suite struct HeadReaderTests {
  private static let two =
    "POST /v1/x?q=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nX-A:  b \t\r\n\r\nbody"
    + "\r\nPOST /y HTTP/1.1\r\nhost: h\r\ntransfer-encoding: Chunked\r\nConnection: x, Close\r\n\r\n"
    + "3;a=\"b\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nTrailer-One: t\r\n\r\n"

  @Test("messages are the same wherever the network cuts them")
  func everyCut() {
    let bytes = Array(Self.two.utf8)
    let (whole, fault) = WireReading.requests([bytes])
    #expect(fault == nil)
    #expect(
      whole == [
        ReadMessage(
          start: "POST /v1/x?q=1", fields: ["host: h", "content-length: 4", "x-a: b"],
          body: Array("body".utf8),
          keepsAlive: true),
        ReadMessage(
          start: "POST /y", fields: ["host: h", "transfer-encoding: Chunked", "connection: x, Close"],
          body: Array("abc0123456789".utf8), keepsAlive: false),
      ])
    for cut in 1..<bytes.count {
      let read = WireReading.requests([Array(bytes[..<cut]), Array(bytes[cut...])])
      #expect(read.0 == whole && read.1 == nil, "cut at \(cut)")
    }
    let single = WireReading.requests(bytes.map { [$0] })
    #expect(single.0 == whole && single.1 == nil)
  }

  /// What two readers could understand in two ways, or what no client means: (what stands behind the first line, status).
  private static let refusedFields: [(String, Int)] = [
    ("content-length: 4\r\ntransfer-encoding: chunked\r\n", 400),
    ("transfer-encoding: chunked\r\ncontent-length: 4\r\n", 400),
    ("content-length: 4\r\ncontent-length: 4\r\n", 400), ("content-length: 4\r\ncontent-length: 5\r\n", 400),
    ("content-length: 4, 4\r\n", 400), ("content-length: +4\r\n", 400), ("content-length: -1\r\n", 400),
    ("content-length: 0x4\r\n", 400), ("content-length: 4 4\r\n", 400), ("content-length:\r\n", 400),
    ("content-length: 99999999999999999999\r\n", 400),
    ("transfer-encoding: gzip, chunked\r\n", 501), ("transfer-encoding: identity\r\n", 501),
    ("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", 501),
    ("transfer-encoding: chunked, chunked\r\n", 501), ("transfer-encoding: \"chunked\"\r\n", 501),
    ("transfer-encoding: xchunked\r\n", 501), ("transfer-encoding:\r\n", 501),
    ("content-length : 4\r\n", 400), ("content-length\t: 4\r\n", 400), (" content-length: 4\r\n", 400),
    ("x: 1\r\n y\r\n", 400), ("x: 1\r\n\ty\r\n", 400), (": 1\r\n", 400), ("x\r\n", 400), ("x y: 1\r\n", 400),
    ("x\u{0}y: 1\r\n", 400), ("x: a\u{0}b\r\n", 400), ("x: a\u{7}b\r\n", 400), ("x: a\u{7F}b\r\n", 400),
    ("x: a\rb\r\n", 400), ("x: a\n\r\n", 400), ("x: a\n", 400), ("x: a\r\r\n", 400), ("x(y): 1\r\n", 400),
    ("x\u{E9}: 1\r\n", 400), ("host: other\r\n", 400), ("x: 1\r\n\n", 400),
  ]

  @Test("headers that could hide a request are refused", arguments: refusedFields)
  func fields(_ text: String, _ status: Int) {
    let (messages, fault) = WireReading.requests("POST / HTTP/1.1\r\nhost: h\r\n\(text)\r\nbody")
    #expect(messages.isEmpty)
    #expect(fault?.status == status)
  }

  @Test(
    "first lines that are none are refused",
    arguments: [
      ("GET / HTTP/1.2", 505), ("GET / HTTP/2.0", 505), ("GET / HTTP/0.9", 505), ("GET / http/1.1", 505),
      ("GET /", 400), ("GET  / HTTP/1.1", 400), ("GET /  HTTP/1.1", 400), ("GET / HTTP/1.1 ", 400),
      (" GET / HTTP/1.1", 400), ("G(T / HTTP/1.1", 400), ("GET /\u{1} HTTP/1.1", 400),
      ("GET /\u{E9} HTTP/1.1", 400), ("GET\t/ HTTP/1.1", 400), ("GET /a b HTTP/1.1", 400),
      ("GET / XTTP/1.1", 400),
      ("PRI * HTTP/2.0", 505), ("\u{16}\u{3}\u{1}", 400),
    ])
  func firstLines(_ line: String, _ status: Int) {
    let (messages, fault) = WireReading.requests("\(line)\r\nhost: h\r\n\r\n")
    #expect(messages.isEmpty)
    #expect(fault?.status == status)
  }

  @Test("HTTP/1.1 needs a Host; before it, none was known, nor were chunks")
  func versions() {
    #expect(WireReading.requests("GET / HTTP/1.1\r\n\r\n").1?.status == 400)
    #expect(WireReading.requests("GET / HTTP/1.0\r\n\r\n").0.map(\.keepsAlive) == [false])
    #expect(
      WireReading.requests("GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n").0.map(\.keepsAlive) == [true])
    #expect(WireReading.requests("POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n").1?.status == 501)
  }

  @Test("a head is taken up to its limits and not a byte or a header further")
  func limits() {
    func status(_ text: String, _ bytesMax: Int, _ fieldsMax: Int) -> Int? {
      WireReading.requests([Array(text.utf8)], limit: .init(bytesMax: bytesMax, fieldsMax: fieldsMax)).1?
        .status
    }
    let text = "GET / HTTP/1.1\r\nhost: h\r\na: b\r\n\r\n"
    #expect(status(text, text.utf8.count, 2) == nil)
    #expect(status(text, text.utf8.count - 1, 2) == 431)
    #expect(status(text, 100, 1) == 431)
    // Nothing is waited for that would be refused.
    #expect(status(String(repeating: "a", count: 100), 100, 2) == 431)
    #expect(status(String(repeating: "\r\n", count: 50), 100, 2) == 431)
    #expect(status(String(repeating: "a", count: 99), 100, 2) == nil)
  }

  @Test(
    "an answer's body is as long as its head says",
    arguments: [
      ("200 OK\r\ncontent-length: 2\r\n\r\nabHTTP", "ab", true), ("200 OK\r\n\r\nabc", "abc", false),
      ("204 No Content\r\ncontent-length: 2\r\n\r\n", "", true), ("304 x\r\n\r\n", "", true),
      ("200\r\ncontent-length: 0\r\n\r\n", "", true),
      ("200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "a", true),
      ("200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\na", "a", false),
    ])
  func answers(_ text: String, _ body: String, _ keepsAlive: Bool) {
    let (messages, _) = WireReading.responses("HTTP/1.1 " + text)
    #expect(messages.first?.body == Array(body.utf8))
    #expect(messages.first?.keepsAlive == keepsAlive)
  }

  @Test(
    "answers that could be read in two ways are none",
    arguments: [
      "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1 200 O\u{0}K\r\n\r\n",
      "HTTP/2 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\n\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nx: y\r\n z\r\n\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
    ])
  func refusedAnswers(_ text: String) {
    let (messages, fault) = WireReading.responses(text)
    #expect(messages.isEmpty)
    #expect(fault != nil)
  }
}
