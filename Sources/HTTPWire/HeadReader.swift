/// The bytes of a connection in, the heads of its messages out: strict, because what is refused here can be misunderstood
/// by nobody behind.
public import NIOCore

public struct HeadReader {
  private let limit: HeadLimit
  private var lines = HeadLines()

  public init(_ limit: HeadLimit) { self.limit = limit }

  /// Takes a request's head from the front of `input`, or leaves it all there and waits for more.
  /// - Parameter input: begins with the bytes that were left in it by the last call.
  public mutating func request(_ input: inout ByteBuffer) throws(WireFault) -> RequestHead? {
    guard let (bytes, lines) = try take(&input) else { return nil }
    let (method, target, version) = try requestLine(bytes, lines.firstLine ?? 0..<0)
    let headers = HeaderFields(bytes: bytes, places: lines.places)
    let framing = try Framing(headers, version)
    guard framing.hosts == 1 || framing.hosts == 0 && version == .http10 else { throw .host }
    return RequestHead(
      method: method, target: target, version: version, headers: headers,
      body: framing.isChunked ? .chunked : framing.length.map { $0 > 0 ? .length($0) : .none } ?? .none,
      keepsAlive: framing.isKept(version))
  }

  /// Takes the head of an answer to anything but a HEAD.
  public mutating func response(_ input: inout ByteBuffer) throws(WireFault) -> ResponseHead? {
    guard let (bytes, lines) = try take(&input) else { return nil }
    let (status, reason, version) = try statusLine(bytes, lines.firstLine ?? 0..<0)
    let headers = HeaderFields(bytes: bytes, places: lines.places)
    let framing = try Framing(headers, version)
    let body: BodyFraming
    if status < 200 || status == 204 || status == 304 {
      body = .none
    } else if framing.isChunked {
      body = .chunked
    } else {
      body = framing.length.map { $0 > 0 ? .length($0) : .none } ?? .untilClose
    }
    return ResponseHead(
      status: status, reason: reason, version: version, headers: headers, body: body,
      keepsAlive: framing.isKept(version) && body != .untilClose)
  }

  private mutating func take(_ input: inout ByteBuffer) throws(WireFault) -> (ByteBuffer, HeadLines)? {
    let found = input.withUnsafeReadableBytes { lines.read($0, limit) }
    switch found {
    case .more: return nil
    case .fault(let fault): throw fault
    case .head(let length):
      defer { lines = HeadLines() }
      return input.readSlice(length: length).map { ($0, lines) }
    }
  }

  // MARK: - First lines

  private func requestLine(
    _ head: ByteBuffer, _ line: Range<Int>
  ) throws(WireFault) -> (HTTPMethod, String, HTTPVersion) {
    let found: (HTTPMethod, String, HTTPVersion?)? = head.withUnsafeReadableBytes { bytes in
      let line = UnsafeRawBufferPointer(rebasing: bytes[line])
      var at = 0
      while at < line.count, isToken(line[at]) { at += 1 }
      guard at > 0, at < line.count, line[at] == 0x20 else { return nil }
      let method = HTTPMethod(UnsafeRawBufferPointer(rebasing: line[..<at]))
      let start = at + 1
      at = start
      while at < line.count, line[at] > 0x20, line[at] < 0x7F { at += 1 }
      guard at > start, at < line.count, line[at] == 0x20 else { return nil }
      let target = WireText(UnsafeRawBufferPointer(rebasing: line[start..<at])).string
      let rest = WireText(UnsafeRawBufferPointer(rebasing: line[(at + 1)...]))
      guard rest.count == 8, rest.starts(with: "http/") else { return nil }
      return (method, target, version(rest))
    }
    guard let (method, target, version) = found else { throw .startLine }
    guard let version else { throw .version }
    return (method, target, version)
  }

  private func statusLine(
    _ head: ByteBuffer, _ line: Range<Int>
  ) throws(WireFault) -> (Int, String, HTTPVersion) {
    let found: (Int, String, HTTPVersion?)? = head.withUnsafeReadableBytes { bytes in
      // `HTTP/1.1 200 OK`; the reason may be missing.
      guard line.lowerBound == 0, line.count >= 12, bytes[8] == 0x20 else { return nil }
      let digits = WireText(UnsafeRawBufferPointer(rebasing: bytes[9..<12]))
      guard let status = digits.wholeNumber, (100..<600).contains(status) else { return nil }
      let reason = UnsafeRawBufferPointer(rebasing: bytes[min(13, line.upperBound)..<line.upperBound])
      guard line.count == 12 || bytes[12] == 0x20, isFieldText(reason) else { return nil }
      let version = version(WireText(UnsafeRawBufferPointer(rebasing: bytes[..<8])))
      return (status, WireText(reason).string, version)
    }
    guard let (status, reason, version) = found else { throw .startLine }
    guard let version else { throw .version }
    return (status, reason, version)
  }

  private func version(_ text: WireText) -> HTTPVersion? {
    if text.isExactly("HTTP/1.1") { return .http11 }
    return text.isExactly("HTTP/1.0") ? .http10 : nil
  }
}
