/// What a client gets, gathered so that one answer is one write where it can be.
internal import HTTPWire
internal import NIOCore

struct ClientOutput {
  enum Limit {
    /// A larger piece is not copied behind what stands before it, but written by itself.
    static let copiedBytesMax = 16 << 10
    /// More memory than this is not kept between two writes.
    static let keptBytesMax = 32 << 10
    static let usualHeadBytes = 1024
  }

  private var gathered = ByteBuffer()
  private var isChunked = false

  var isEmpty: Bool { gathered.readableBytes == 0 }

  // MARK: - Parts

  mutating func append(_ head: AnswerHead, end: AnswerHead.End, connection: String?) {
    makeRoom(Limit.usualHeadBytes)
    isChunked = end == .chunks
    head.write(to: &gathered, end: end, connection: connection)
  }

  mutating func append(_ bytes: ByteBuffer, to context: ChannelHandlerContext) {
    guard bytes.readableBytes > 0 else { return }
    makeRoom(min(bytes.readableBytes, Limit.copiedBytesMax) + Self.chunkFrameBytes)
    if isChunked { gathered.writeChunkSize(bytes.readableBytes) }
    if bytes.readableBytes <= Limit.copiedBytesMax {
      gathered.writeImmutableBuffer(bytes)
    } else {
      if !isEmpty { write(to: context) }
      context.write(NIOAny(bytes), promise: nil)
    }
    if isChunked { gathered.writeChunkEnd() }
  }

  mutating func appendEnd() {
    if isChunked { gathered.writeLastChunk() }
    isChunked = false
  }

  mutating func append(_ answer: OwnAnswer, connection: String?) {
    makeRoom(Limit.usualHeadBytes + answer.body.count)
    isChunked = false
    gathered.writeStatusLine(answer.status, statusReason(answer.status))
    for (name, value) in answer.headers { gathered.writeField(name, value) }
    gathered.writeField("content-length", answer.body.count)
    if let connection { gathered.writeField("connection", connection) }
    gathered.writeHeadEnd()
    if !answer.omitsBody { gathered.writeBytes(answer.body) }
  }

  mutating func appendContinue() {
    gathered.writeStatusLine(100, statusReason(100))
    gathered.writeHeadEnd()
  }

  private static let chunkFrameBytes = 32

  /// Its memory is used again once the last write has let go of it.
  private mutating func makeRoom(_ count: Int) {
    if gathered.readableBytes == 0 { gathered.clear() }
    gathered.reserveCapacity(minimumWritableBytes: count)
  }

  // MARK: - Out

  /// Hands over what is gathered; it is on its way after a flush.
  mutating func write(to context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
    context.write(NIOAny(gathered), promise: promise)
    if gathered.capacity > Limit.keptBytesMax {
      gathered = ByteBuffer()
    } else {
      gathered.moveReaderIndex(to: gathered.writerIndex)
    }
  }
}
