internal import CZlib

/// Compresses a body piece by piece, each readable as soon as it has arrived, as vendors' front ends do
/// with streams.
///
/// The same pieces give the same bytes: the header carries no time.
public func gzipped(_ pieces: [[UInt8]]) -> [[UInt8]] {
  var stream = z_stream()
  // 15 bits of window, and 16 to ask for the gzip wrapper.
  let status = deflateInit2_(
    &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  precondition(status == Z_OK, "zlib did not start: \(status)")
  defer { deflateEnd(&stream) }
  var result = pieces.map { deflated($0, Z_SYNC_FLUSH, &stream) }
  result.append(deflated([], Z_FINISH, &stream))
  return result.filter { !$0.isEmpty }
}

private func deflated(_ piece: [UInt8], _ flush: Int32, _ stream: inout z_stream) -> [UInt8] {
  var input = piece
  var output: [UInt8] = []
  var room = [UInt8](repeating: 0, count: 64 * 1024)
  input.withUnsafeMutableBufferPointer { source in
    stream.next_in = source.baseAddress
    stream.avail_in = UInt32(source.count)
    repeat {
      let written = room.withUnsafeMutableBufferPointer { target in
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        let status = deflate(&stream, flush)
        precondition(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR, "deflate: \(status)")
        return target.count - Int(stream.avail_out)
      }
      output.append(contentsOf: room[..<written])
    } while stream.avail_out == 0
  }
  return output
}
