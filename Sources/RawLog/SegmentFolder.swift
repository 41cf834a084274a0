internal import Glibc
internal import Ledger

/// A file of raw log lines, by the name it keeps however it is compressed or sealed.
public struct Segment: Hashable, Sendable {
  /// Relative to the raw logs' folder, without `.open`, `.gz`, `.zst`.
  public var name: String
  public var path: String
  public var compression: SegmentFile.Compression
  /// Still being written: an unterminated last line is left alone.
  public var isOpen: Bool

  public init(name: String, path: String, compression: SegmentFile.Compression, isOpen: Bool) {
    self.name = name
    self.path = path
    self.compression = compression
    self.isOpen = isOpen
  }
}

/// Finds the segments below a folder, in the order of their names.
///
/// A segment that is there more than once (sealed and not yet removed after compression) is read once, from its
/// plainest form.
/// - Throws: `SegmentError` when a folder cannot be listed.
public func findSegments(in folder: String) throws(SegmentError) -> [Segment] {
  var paths: [String] = []
  try list(folder, "", &paths)
  var byName: [String: Segment] = [:]
  for path in paths {
    guard let segment = segment(at: path, in: folder) else { continue }
    guard let other = byName[segment.name] else {
      byName[segment.name] = segment
      continue
    }
    if rank(segment) < rank(other) { byName[segment.name] = segment }
  }
  return byName.values.sorted { $0.name < $1.name }
}

/// The segment that a path names; nil for a file that is none.
/// - Parameter path: relative to `folder`, or absolute where `folder` is empty.
public func segment(at path: String, in folder: String) -> Segment? {
  var name = path
  var compression = SegmentFile.Compression.none
  var isOpen = false
  if name.hasSuffix(".gz") {
    compression = .gzip
    name.removeLast(3)
  } else if name.hasSuffix(".zst") {
    compression = .zstd
    name.removeLast(4)
  } else if name.hasSuffix(".open") {
    isOpen = true
    name.removeLast(5)
  }
  guard name.hasSuffix(".jsonl") else { return nil }
  return Segment(
    name: name, path: folder.isEmpty ? path : folder + "/" + path, compression: compression, isOpen: isOpen)
}

/// The hour in a segment's name, `2026/10/01/07-w-8f3a-1.jsonl`: its first instant; nil for a name of
/// somebody else's.
package func hour(inPath name: String) -> Int64? {
  let parts = name.split(separator: "/")
  guard parts.count >= 4 else { return nil }
  let tail = parts.suffix(4)
  let texts = tail.map(String.init)
  let hour = texts[3].prefix(2)
  return Timestamp.parse("\(texts[0])-\(texts[1])-\(texts[2])T\(hour):00:00Z".utf8)
}

private func rank(_ segment: Segment) -> Int {
  switch (segment.compression, segment.isOpen) {
  case (.none, false): 0
  case (.zstd, _): 1
  case (.gzip, _): 2
  case (.none, true): 3
  }
}

/// The files below a folder, by their paths relative to it; what begins with a dot is left out.
package func list(_ folder: String, _ prefix: String, _ paths: inout [String]) throws(SegmentError) {
  guard let handle = opendir(prefix.isEmpty ? folder : folder + "/" + prefix) else {
    throw SegmentError(
      path: folder + (prefix.isEmpty ? "" : "/" + prefix),
      problem: "cannot be listed: \(String(cString: strerror(errno)))")
  }
  defer { closedir(handle) }
  while let entry = readdir(handle) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name.hasPrefix(".") { continue }
    let path = prefix.isEmpty ? name : prefix + "/" + name
    var status = stat()
    guard stat(folder + "/" + path, &status) == 0 else { continue }
    if status.st_mode & S_IFMT == S_IFDIR {
      try list(folder, path, &paths)
    } else if status.st_mode & S_IFMT == S_IFREG {
      paths.append(path)
    }
  }
}
