import Glibc

/// What kept the sample month from being written: the file, what went wrong, what to do.
public struct SampleError: Error, CustomStringConvertible {
  public var description: String
}

/// The files of the sample month, written and read whole: `SampleLimit.segmentBytesMax` bounds each.
struct SampleFolder {
  var path: String

  /// Writes a file below the folder, making the folders above it.
  func write(_ bytes: [UInt8], to name: String) throws {
    var made = ""
    for part in (path + "/" + name).split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      made += made.isEmpty && part.isEmpty ? "/" : part + "/"
      guard mkdir(made, 0o755) == 0 || errno == EEXIST else { throw failure("make the folder", made) }
    }
    let full = path + "/" + name
    let file = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure("create", full) }
    defer { close(file) }
    try bytes.withUnsafeBytes { buffer in
      var at = 0
      while at < buffer.count {
        let count = Glibc.write(file, buffer.baseAddress?.advanced(by: at), buffer.count - at)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure("write", full) }
        at += count
      }
    }
  }

  func read(_ name: String) throws -> [UInt8] {
    let full = path + "/" + name
    let file = open(full, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("open", full) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("read", full) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  private func failure(_ doing: String, _ path: String) -> SampleError {
    let why = String(cString: strerror(errno))
    return SampleError(
      description: "cannot \(doing) \(path): \(why); give --out a folder that can be written")
  }
}
