/// A gzip or deflate body in, as it comes; its plain bytes out, never more than a bound.
internal import CZlib

package struct InflateFault: Error {}

/// One body. The compressed bytes go to the client as they are; this is the meter's copy.
package final class Inflater {
  private let stream: UnsafeMutablePointer<z_stream>
  private let outputBytesMax: Int
  private var outputBytes = 0
  private var isOver = false
  private var hasStarted = false
  private var triesRawDeflate: Bool

  private static let pieceBytes = 16 << 10

  /// - Parameter outputBytesMax: a few bytes can inflate to a thousand times as many; behind this it ends.
  package init?(coding: String, outputBytesMax: Int) {
    guard coding == "gzip" || coding == "x-gzip" || coding == "deflate" else { return nil }
    self.stream = .allocate(capacity: 1)
    self.stream.initialize(to: z_stream())
    self.outputBytesMax = outputBytesMax
    self.triesRawDeflate = coding == "deflate"
    // 15 bits of window, and 32 tells gzip and zlib apart by their heads.
    inflateInit2_(stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  package func take(
    _ bytes: UnsafeRawBufferPointer, _ output: (UnsafeRawBufferPointer) -> Void
  ) throws(InflateFault) {
    guard !isOver, let base = bytes.baseAddress, !bytes.isEmpty else { return }
    if triesRawDeflate, !hasStarted, bytes[0] & 0x0F != 8 {
      // "deflate" should be zlib's format, but some servers send the bare stream.
      inflateEnd(stream)
      stream.initialize(to: z_stream())
      inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }
    hasStarted = true
    let input = base.assumingMemoryBound(to: UInt8.self)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input)
    stream.pointee.avail_in = UInt32(bytes.count)
    defer { stream.pointee.next_in = nil }
    var failed = false
    withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 16) { piece in
      repeat {
        stream.pointee.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(piece.count)
        let code = inflate(stream, Z_NO_FLUSH)
        let count = piece.count - Int(stream.pointee.avail_out)
        outputBytes += count
        guard outputBytes <= outputBytesMax else {
          failed = true
          return
        }
        if count > 0 { output(UnsafeRawBufferPointer(rebasing: piece[..<count])) }
        if code == Z_STREAM_END {
          isOver = true
          return
        }
        guard code == Z_OK || code == Z_BUF_ERROR else {
          failed = true
          return
        }
      } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
    }
    stream.pointee.next_out = nil
    if failed {
      isOver = true
      throw InflateFault()
    }
  }
}
