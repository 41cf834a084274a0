/// One stream of an HTTP/2 connection, as if it were an HTTP/1.1 connection for one request: what is written to it becomes
/// frames, and the answer's frames become a head and a body. So a vendor's connection is one thing, whatever it speaks.
internal import HTTPWire
internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

final class StreamTranslation: ChannelDuplexHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = HTTP2Frame.FramePayload

  private enum Answer {
    case none
    /// The body's length stands in the head.
    case plain
    case chunked
    case over
  }

  private var reader: HeadReader
  private var input = ByteBuffer()
  /// Of the request's body; nil until its head was written.
  private var bytesLeft: Int?
  private var answer = Answer.none

  init(_ limit: HeadLimit) { reader = HeadReader(limit) }

  // MARK: - The request

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    var bytes = unwrapOutboundIn(data)
    input.writeBuffer(&bytes)
    do throws(WireFault) {
      if bytesLeft == nil {
        guard let head = try reader.request(&input) else {
          promise?.succeed()
          return
        }
        bytesLeft = Self.length(head.body)
        context.write(
          wrapOutboundOut(.headers(.init(headers: Self.fields(head), endStream: bytesLeft == 0))),
          promise: nil)
      }
    } catch {
      promise?.fail(error)
      context.close(promise: nil)
      return
    }
    guard let left = bytesLeft, left > 0, let body = input.readSlice(length: min(left, input.readableBytes)),
      body.readableBytes > 0
    else {
      promise?.succeed()
      return
    }
    bytesLeft = left - body.readableBytes
    context.write(
      wrapOutboundOut(.data(.init(data: .byteBuffer(body), endStream: bytesLeft == 0))), promise: promise)
  }

  private static func length(_ framing: BodyFraming) -> Int {
    if case .length(let length) = framing { length } else { 0 }
  }

  /// RFC 9113, section 8.3: the first line and the host become fields of their own, what concerns a connection is left out.
  private static func fields(_ head: RequestHead) -> HPACKHeaders {
    var fields: [(String, String)] = [
      (":method", head.method.rawValue), (":scheme", "https"),
      (":authority", head.headers.first("host") ?? ""), (":path", head.target),
    ]
    head.headers.forEach { _, name, value in
      if !name.matches("host"), !isHopByHop(name) { fields.append((name.string.lowercased(), value.string)) }
    }
    return HPACKHeaders(fields)
  }

  // MARK: - The answer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .headers(let frame):
      if case .none = answer { takeHead(frame, context) } else if frame.endStream { end(context) }
    case .data(let frame):
      if case .byteBuffer(let bytes) = frame.data, bytes.readableBytes > 0 { take(bytes, context) }
      if frame.endStream { end(context) }
    default: break
    }
  }

  private func takeHead(_ frame: HTTP2Frame.FramePayload.Headers, _ context: ChannelHandlerContext) {
    guard let status = frame.headers.first(name: ":status").flatMap({ Int($0) }), (100..<600).contains(status)
    else {
      return context.close(promise: nil)
    }
    // What comes before the answer is for this connection alone.
    guard status >= 200 else { return }
    let hasNoBody = status == 204 || status == 304
    var bytes = context.channel.allocator.buffer(capacity: 1024)
    bytes.writeStatusLine(status, "")
    var hasLength = false
    // What speaks of a connection, no frame may hold: such an answer was refused before it came here.
    for (name, value, _) in frame.headers where !name.hasPrefix(":") {
      if name == "content-length" { hasLength = true }
      bytes.writeField(name, value)
    }
    if frame.endStream, !hasLength, !hasNoBody { bytes.writeField("content-length", 0) }
    answer = hasLength || frame.endStream || hasNoBody ? .plain : .chunked
    if case .chunked = answer { bytes.writeField("transfer-encoding", "chunked") }
    // A stream serves one request.
    bytes.writeField("connection", "close")
    bytes.writeHeadEnd()
    context.fireChannelRead(wrapInboundOut(bytes))
    if frame.endStream { answer = .over }
  }

  private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    switch answer {
    case .plain: context.fireChannelRead(wrapInboundOut(bytes))
    case .chunked:
      var chunk = context.channel.allocator.buffer(capacity: bytes.readableBytes + 32)
      chunk.writeChunkSize(bytes.readableBytes)
      chunk.writeImmutableBuffer(bytes)
      chunk.writeChunkEnd()
      context.fireChannelRead(wrapInboundOut(chunk))
    case .none, .over: context.close(promise: nil)
    }
  }

  /// A stream that is reset instead ends without this, which is how the connection behind learns that the answer is not whole.
  private func end(_ context: ChannelHandlerContext) {
    if case .chunked = answer {
      var last = context.channel.allocator.buffer(capacity: 8)
      last.writeLastChunk()
      answer = .over
      context.fireChannelRead(wrapInboundOut(last))
    }
    answer = .over
  }
}
