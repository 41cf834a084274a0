/// What the log writer's tests share: a folder of their own, a file system that fails on demand, and a reader
/// that knows nothing of the writer.
import Glibc
import JSON
import RawLog
import Synchronization

/// A new folder under the system's temporary one, gone with this value.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    path = "/tmp/tollbook-log-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    mkdir(path, 0o700)
  }

  deinit { removeTree(path) }

  /// Every file below, sorted, with its folder.
  func files() -> [String] { Self.files(in: path) }

  private static func files(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var found: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      let path = "\(folder)/\(name)"
      if entry.pointee.d_type == UInt8(DT_DIR) { found += files(in: path) } else { found.append(path) }
    }
    return found.sorted()
  }
}

/// Removes a folder of this test's own with all that is in it.
func removeTree(_ folder: String) {
  guard let stream = opendir(folder) else { return }
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard name != ".", name != ".." else { continue }
    let path = "\(folder)/\(name)"
    if entry.pointee.d_type == UInt8(DT_DIR) { removeTree(path) } else { unlink(path) }
  }
  closedir(stream)
  rmdir(folder)
}

func contents(_ path: String) -> [UInt8] {
  let file = open(path, O_RDONLY)
  guard file >= 0 else { return [] }
  defer { close(file) }
  var bytes: [UInt8] = []
  var room = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(file, &room, room.count)
    guard count > 0 else { return bytes }
    bytes += room[..<count]
  }
}

/// The facts of a line that these tests look at.
struct ReadLine: Hashable {
  var kind: String
  var seq: Int64
  var note: String?
}

/// Every complete line of the files in the order of their numbers; torn and bad ones are left out.
func readLines(_ files: [String]) -> [ReadLine] {
  var lines: [ReadLine] = []
  for file in files {
    for line in contents(file).split(separator: 0x0A, omittingEmptySubsequences: true) {
      guard let value = try? JSONTape().parse(Array(line)), let kind = value["kind"]?.string,
        let seq = value["seq"]?.wholeNumber
      else { continue }
      lines.append(ReadLine(kind: kind, seq: seq, note: value["note"]?.string))
    }
  }
  return lines.sorted { $0.seq < $1.seq }
}

/// The real file system with faults put in.
final class FaultyFiles: LogFiles {
  struct Plan: Sendable {
    /// Writes that still succeed; nil for all of them.
    var writesLeft: Int?
    /// Bytes that the failing write leaves in the file first.
    var tornBytes = 0
    var truncateFails = false
    var syncFails = false
    /// What was asked, in order.
    var calls: [String] = []
  }

  let plan = Mutex(Plan())
  private let real = POSIXLogFiles()

  func makeFolder(_ path: String) throws(FileFault) { try real.makeFolder(path) }
  func create(_ path: String) throws(FileFault) -> Int32 { try real.create(path) }

  func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFault) -> Int {
    let torn: Int? = plan.withLock { plan in
      plan.calls.append("write")
      guard let left = plan.writesLeft else { return nil }
      plan.writesLeft = max(0, left - 1)
      guard left <= 0 else { return nil }
      defer { plan.tornBytes = 0 }
      return plan.tornBytes
    }
    guard let torn else { return try real.write(file, bytes) }
    guard torn > 0 else { throw FileFault(errno: ENOSPC) }
    return try real.write(file, UnsafeRawBufferPointer(rebasing: bytes[..<min(torn, bytes.count - 1)]))
  }

  func truncate(_ file: Int32, to size: Int64) throws(FileFault) {
    if plan.withLock({ $0.truncateFails }) { throw FileFault(errno: EIO) }
    try real.truncate(file, to: size)
  }

  func sync(_ file: Int32) throws(FileFault) {
    let fails = plan.withLock { plan in
      plan.calls.append("sync")
      return plan.syncFails
    }
    if fails { throw FileFault(errno: EIO) }
    try real.sync(file)
  }

  func close(_ file: Int32) { real.close(file) }
  func rename(_ old: String, to new: String) throws(FileFault) { try real.rename(old, to: new) }
  func syncFolder(_ path: String) throws(FileFault) { try real.syncFolder(path) }
}
