internal import CZlib
internal import CZstd
internal import Glibc

/// A file that cannot be read, and what to do about it.
public struct SegmentError: Error, CustomStringConvertible, Sendable {
  public var path: String
  public var problem: String
  public init(path: String, problem: String) {
    self.path = path
    self.problem = problem
  }
  public var description: String { "\(path): \(problem)" }
}

public enum SegmentLimit {
  /// What is read from the disk at a time.
  public static let chunkBytes = 1 << 17
  /// zstd frames that ask for a larger window are refused: 128 MiB is zstd's own default bound.
  public static let zstdWindowLog: Int32 = 27
}

/// The bytes of a segment, decompressed where its name ends in `.gz` or `.zst`, a chunk at a time.
public final class SegmentFile {
  public enum Compression: Sendable { case none, gzip, zstd }

  private let path: String
  private let descriptor: Int32
  private let compression: Compression
  private var raw: [UInt8]
  private var rawRange = 0..<0
  private var gzip = z_stream()
  private var zstd: OpaquePointer?
  /// Inside a compressed frame: an end of the file here means that the file is cut.
  private var insideFrame = false

  public init(path: String, compression: Compression) throws(SegmentError) {
    self.path = path
    self.compression = compression
    raw = compression == .none ? [] : [UInt8](repeating: 0, count: SegmentLimit.chunkBytes)
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SegmentError(path: path, problem: "cannot be opened: \(errorText())")
    }
    switch compression {
    case .none: break
    case .gzip:
      let size = Int32(MemoryLayout<z_stream>.size)
      // 15 window bits, and 16 more for the gzip wrapper alone.
      guard inflateInit2_(&gzip, 15 + 16, ZLIB_VERSION, size) == Z_OK else {
        throw SegmentError(path: path, problem: "zlib cannot be started")
      }
    case .zstd:
      zstd = ZSTD_createDStream()
      ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, SegmentLimit.zstdWindowLog)
    }
  }

  deinit {
    close(descriptor)
    if compression == .gzip { inflateEnd(&gzip) }
    if let zstd { ZSTD_freeDStream(zstd) }
  }

  /// Fills `buffer` from its start and returns how many bytes it put there; 0 at the end of the file.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SegmentError) -> Int {
    if compression == .none { return try readDisk(buffer) }
    while true {
      if rawRange.isEmpty {
        var count = 0
        var failure: SegmentError?
        raw.withUnsafeMutableBytes { chunk in
          do throws(SegmentError) { count = try readDisk(chunk) } catch { failure = error }
        }
        if let failure { throw failure }
        if count == 0 {
          guard !insideFrame else {
            throw SegmentError(
              path: path, problem: "the compressed file is cut off; fetch or compress it again")
          }
          return 0
        }
        rawRange = 0..<count
      }
      let written = compression == .gzip ? try inflateSome(buffer) : try unzstdSome(buffer)
      if written > 0 { return written }
    }
  }

  private func readDisk(_ buffer: UnsafeMutableRawBufferPointer) throws(SegmentError) -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else {
        throw SegmentError(path: path, problem: "cannot be read: \(errorText())")
      }
    }
  }

  private func inflateSome(_ buffer: UnsafeMutableRawBufferPointer) throws(SegmentError) -> Int {
    var written = 0
    var status = Z_OK
    let range = rawRange
    raw.withUnsafeMutableBytes { source in
      gzip.next_in = source.baseAddress?.advanced(by: range.lowerBound)
        .assumingMemoryBound(to: Bytef.self)
      gzip.avail_in = UInt32(range.count)
      gzip.next_out = buffer.baseAddress?.assumingMemoryBound(to: Bytef.self)
      gzip.avail_out = UInt32(buffer.count)
      status = inflate(&gzip, Z_NO_FLUSH)
      written = buffer.count - Int(gzip.avail_out)
      rawRange = range.upperBound - Int(gzip.avail_in)..<range.upperBound
    }
    switch status {
    case Z_OK, Z_BUF_ERROR: insideFrame = true
    case Z_STREAM_END:
      insideFrame = false
      // Members may follow one another: each is read as the last was.
      inflateReset(&gzip)
    default: throw SegmentError(path: path, problem: "not gzip data, or damaged")
    }
    return written
  }

  private func unzstdSome(_ buffer: UnsafeMutableRawBufferPointer) throws(SegmentError) -> Int {
    var written = 0
    var hint = 0
    let range = rawRange
    raw.withUnsafeBytes { source in
      var input = ZSTD_inBuffer(src: source.baseAddress, size: range.upperBound, pos: range.lowerBound)
      var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
      hint = ZSTD_decompressStream(zstd, &output, &input)
      written = output.pos
      rawRange = input.pos..<range.upperBound
    }
    guard ZSTD_isError(hint) == 0 else {
      throw SegmentError(path: path, problem: "not zstd data, or damaged")
    }
    insideFrame = hint != 0
    return written
  }
}

func errorText() -> String { String(cString: strerror(errno)) }
