internal import Glibc
public import RawLog

/// A file of a source, by the name it keeps however it is compressed.
public struct SourceFile: Hashable, Sendable {
  /// The source's own last name and what stands below it, without `.gz`, `.zst`.
  public var name: String
  public var path: String
  /// By the file's first bytes, whatever its name says.
  public var compression: SegmentFile.Compression

  var lastName: String { name.split(separator: "/").last.map(String.init) ?? name }
}

/// The files of a source in the order of their names: the file itself, or all below a folder. A file that lies
/// there plain and compressed is read once.
/// - Throws: `SegmentError`.
public func findSourceFiles(at path: String) throws(SegmentError) -> [SourceFile] {
  var status = stat()
  guard stat(path, &status) == 0 else {
    throw SegmentError(path: path, problem: "no such source: \(String(cString: strerror(errno)))")
  }
  let root = path.split(separator: "/").last.map(String.init) ?? path
  guard status.st_mode & S_IFMT == S_IFDIR else {
    return [
      SourceFile(name: bareName(root), path: path, compression: try compression(of: path))
    ]
  }
  var paths: [String] = []
  try list(path, "", &paths)
  var byName: [String: SourceFile] = [:]
  for found in paths where !isMovedBody(found) && !found.hasSuffix("-Manifest.json") {
    let file = SourceFile(
      name: bareName(root + "/" + found), path: path + "/" + found,
      compression: try compression(of: path + "/" + found))
    if let other = byName[file.name], other.path.utf8.count <= file.path.utf8.count { continue }
    byName[file.name] = file
  }
  return byName.values.sorted { $0.name < $1.name }
}

private func bareName(_ name: String) -> String {
  for suffix in [".gz", ".zst"] where name.hasSuffix(suffix) { return String(name.dropLast(suffix.count)) }
  return name
}

/// Amazon Bedrock puts bodies over 100 KB, which are prompts and answers, into a folder `data` beside its logs, and
/// an empty file that says that it may write.
private func isMovedBody(_ path: String) -> Bool {
  let parts = path.split(separator: "/")
  guard let name = parts.last else { return false }
  if name == "amazon-bedrock-logs-permission-check" { return true }
  return parts.dropLast().last == "data" && (name.contains("_input.json") || name.contains("_output.json"))
}

private func compression(of path: String) throws(SegmentError) -> SegmentFile.Compression {
  let file = try SegmentFile(path: path, compression: .none)
  var start: [UInt8] = [0, 0, 0, 0]
  var failure: SegmentError?
  start.withUnsafeMutableBytes { bytes in
    do throws(SegmentError) { _ = try file.read(into: bytes) } catch { failure = error }
  }
  if let failure { throw failure }
  if start.starts(with: [0x1F, 0x8B]) { return .gzip }
  return start == [0x28, 0xB5, 0x2F, 0xFD] ? .zstd : .none
}
