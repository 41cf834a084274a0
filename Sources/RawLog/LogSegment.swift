/// Where a segment of the raw log stands, and what becomes of segments whose writer is gone.
internal import Glibc
internal import Ledger

/// A segment while it is written.
struct LogSegment: Sendable {
  var file: Int32
  /// Without `.open`.
  var sealedPath: String
  /// Hours since 1970-01-01T00Z.
  var hour: Int64
  var sizeBytes: Int64

  static let openSuffix = ".open"

  var openPath: String { sealedPath + Self.openSuffix }
  var folder: String { String(sealedPath[..<(sealedPath.lastIndex(of: "/") ?? sealedPath.startIndex)]) }

  /// `raw-logs/2026/10/01/00-w-8f3a1c02-1.jsonl`.
  static func path(in root: String, hour: Int64, writer: String, number: Int) -> String {
    "\(DatedFolder.hourPath(below: root, hour: hour))-\(writer)-\(number).jsonl"
  }

  static func hour(ofMicroseconds time: Int64) -> Int64 { floorDivide(time, 3_600_000_000) }
}

func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }

func padded(_ value: Int64, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Seals the `.open` segments under `root` whose lock can be had: their writer is gone. A torn last line
/// stays as it is; readers reject it once.
///
/// - Returns: what could not be sealed and why, one sentence each; empty when all is well.
public func sealAbandonedSegments(in root: String, files: any LogFiles = POSIXLogFiles()) -> [String] {
  var troubles: [String] = []
  for day in DatedFolder.all(below: root) {
    let folder = day.path
    var sealed = false
    for name in day.names where name.hasSuffix(".jsonl" + LogSegment.openSuffix) {
      let path = "\(folder)/\(name)"
      let file = open(path, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else {
        if errno != ENOENT { troubles.append("\(path): \(FileFault(errno: errno))") }
        continue
      }
      defer { files.close(file) }
      // A lock that cannot be had is a writer at work, which is no trouble.
      guard lockIfStillNamed(file, path) else { continue }
      do throws(FileFault) {
        try files.sync(file)
        try files.rename(path, to: String(path.dropLast(LogSegment.openSuffix.count)))
        sealed = true
      } catch {
        troubles.append("\(path): \(error)")
      }
    }
    if sealed {
      do throws(FileFault) {
        try files.syncFolder(folder)
      } catch {
        troubles.append("\(folder): \(error)")
      }
    }
  }
  return troubles
}
