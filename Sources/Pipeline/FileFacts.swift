internal import Glibc
internal import Ingest
internal import RawLog
internal import Store

/// How a file lies on the disk: enough to see, without reading it, that it is as it was.
struct FileFacts: Sendable {
  var bytes: Int64
  var modifiedNanoseconds: Int64
  var suffix: String

  func isAsRead(_ row: SegmentRow) -> Bool {
    row.fileBytes == bytes && row.fileModifiedNanoseconds == modifiedNanoseconds && row.fileSuffix == suffix
  }

  func mark(_ row: inout SegmentRow) {
    row.fileBytes = bytes
    row.fileModifiedNanoseconds = modifiedNanoseconds
    row.fileSuffix = suffix
  }
}

/// Finds the file again: since it was listed, the proxy may have sealed it, or a job compressed it.
func locate(_ segment: Segment) throws(SegmentError) -> (Segment, FileFacts) {
  let base = segment.path
  let sealed = segment.isOpen ? String(base.dropLast(".open".count)) : base
  for candidate in [base, sealed, sealed + ".zst", sealed + ".gz"] {
    var status = stat()
    guard stat(candidate, &status) == 0, var found = RawLog.segment(at: candidate, in: "") else { continue }
    found.name = segment.name
    let suffix =
      candidate.hasSuffix(".jsonl")
      ? "" : String(candidate[(candidate.lastIndex(of: ".") ?? candidate.startIndex)...])
    let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    return (found, FileFacts(bytes: Int64(status.st_size), modifiedNanoseconds: modified, suffix: suffix))
  }
  throw SegmentError(path: segment.path, problem: "was listed, and is gone now")
}
