internal import Glibc
public import Ingest
internal import Ledger
internal import RawLog
public import Store

/// What a reading of the raw logs brought.
public struct IngestSummary: Hashable, Sendable {
  public var files = 0
  public var lines: Int64 = 0
  public var usages: Int64 = 0
  public var duplicates: Int64 = 0
  public var rejected: Int64 = 0
  public var control: Int64 = 0
  /// Requests begun whose end has not come, over all that is in the store.
  public var interrupted = 0
  /// Files that could not be taken: each with its place, the reason and the remedy.
  public var problems: [String] = []
  /// Columns of other sources that no rule reads, and in how many rows they say something.
  public var notRead: [NotRead] = []

  public init() {}

  public struct NotRead: Hashable, Sendable {
    public var file: String
    public var column: String
    public var rows: Int64
  }

  public static func += (a: inout IngestSummary, b: IngestSummary) {
    a.files += b.files
    a.lines += b.lines
    a.usages += b.usages
    a.duplicates += b.duplicates
    a.rejected += b.rejected
    a.control += b.control
    a.problems += b.problems
    a.notRead += b.notRead
  }
}

public enum IngestLimit {
  /// Lines read before they are put away: some megabytes of usages.
  public static let linesPerPart = 4096
  /// Lines in one transaction: what a killed run reads again, against one wait for the disk each.
  public static let linesPerTransaction = 65_536
  /// Small files of other sources in one transaction.
  public static let filesPerTransaction = 512
}

/// How far a reading is, for a progress bar.
public struct IngestProgress: Sendable {
  public var files: Int
  public var filesDone: Int
  public var lines: Int64
  public var name: String
}

/// Reads raw logs into the store: every line once. One transaction holds rows and how far their files were read.
public final class Ingestion {
  private let store: Store
  private var numbers: [String: TakenNumbers] = [:]
  private var changedWriters: Set<String> = []
  /// Begun in this transaction, not ended yet.
  private var begun: [Attempt: (usage: Usage, segment: Int64)] = [:]
  private var interrupted: Set<Attempt> = []
  /// Other sources have brought requests, which may stand here too.
  private var hasSources = false
  private var summary = IngestSummary()

  public init(store: Store) { self.store = store }

  /// Reads what is new in these segments, in the order given.
  /// - Throws: `StoreError`. A file that cannot be taken is a problem in the summary, and the others are read.
  public func run(
    _ segments: [Segment], progress: (IngestProgress) -> Void
  ) throws -> IngestSummary {
    interrupted = try store.interruptedAttempts()
    hasSources = try store.hasSourceIDs()
    var done = 0
    while done < segments.count {
      try store.transaction {
        let linesMax = summary.lines + Int64(IngestLimit.linesPerTransaction)
        while done < segments.count, summary.lines < linesMax {
          progress(
            IngestProgress(
              files: segments.count, filesDone: done, lines: summary.lines, name: segments[done].name))
          do {
            if try read(segments[done], until: linesMax) { done += 1 }
          } catch let error as SegmentError {
            summary.problems.append(error.description)
            open = nil
            done += 1
          }
        }
        try settle()
      }
    }
    summary.interrupted = interrupted.count
    return summary
  }

  /// The reading in hand: kept open over transactions, so that a large segment is hashed once.
  private var open: Reading?

  private struct Reading {
    var name: String
    var reader: SegmentReader
    var row: SegmentRow
    var facts: FileFacts
  }

  /// Reads on in a segment.
  /// - Returns: true at its end; false where `linesMax` lines of this run were reached.
  private func read(_ segment: Segment, until linesMax: Int64) throws -> Bool {
    if open?.name != segment.name {
      let (segment, facts) = try locate(segment)
      let row = try store.segment(named: segment.name)?.row ?? SegmentRow(name: segment.name)
      if facts.isAsRead(row) { return true }
      let start = SegmentPosition(bytes: row.bytes, lines: row.lines, sha256: row.sha256)
      let reader = try SegmentReader(segment, from: start)
      open = Reading(name: segment.name, reader: reader, row: row, facts: facts)
      summary.files += 1
    }
    while var current = open {
      let part = try current.reader.next(linesMax: IngestLimit.linesPerPart)
      if part.isLast { current.facts.mark(&current.row) }
      try put(part, &current.row)
      open = part.isLast ? nil : current
      if part.isLast { return true }
      if summary.lines >= linesMax { return false }
    }
    return true
  }

  private func put(_ part: SegmentPart, _ row: inout SegmentRow) throws {
    let before = row
    row.bytes = part.position.bytes
    row.lines = part.position.lines
    row.sha256 = part.position.sha256
    row.rejected += Int64(part.rejected.count)
    let segment = try store.save(row)
    var slots: Set<Int64> = []
    for line in part.taken {
      slots.insert(timeSlot(of: line.head.time))
      try take(line, segment, &row)
    }
    for time in part.rejectedTimes { slots.insert(timeSlot(of: time)) }
    for rejection in part.rejected { try store.add(rejection, segment: segment) }
    try store.addSlots(slots, segment: segment)
    _ = try store.save(row)
    summary.lines += row.lines - before.lines
    summary.usages += row.usages - before.usages
    summary.duplicates += row.duplicates - before.duplicates
    summary.rejected += row.rejected - before.rejected
    summary.control += row.control - before.control
  }

  private func take(_ line: TakenLine, _ segment: Int64, _ row: inout SegmentRow) throws {
    let head = line.head
    if numbers[head.writer] == nil {
      numbers[head.writer] = TakenNumbers(try store.taken(writer: head.writer))
    }
    guard numbers[head.writer]?.take(head.seq, time: head.time) == true else {
      row.duplicates += 1
      return
    }
    changedWriters.insert(head.writer)
    switch line {
    case .control: row.control += 1
    case .start(_, let usage):
      row.control += 1
      begun[Attempt(id: usage.id, attempt: usage.attempt)] = (usage, segment)
    case .end(_, let usage):
      let attempt = Attempt(id: usage.id, attempt: usage.attempt)
      if begun.removeValue(forKey: attempt) == nil, interrupted.remove(attempt) != nil {
        try store.removeInterrupted(id: usage.id, attempt: usage.attempt)
      }
      let isKnown = hasSources ? try store.isFromSource(usage) : false
      if try !isKnown && store.insert(usage, segment: segment) {
        row.usages += 1
      } else {
        row.duplicates += 1
      }
    }
  }

  /// Before a transaction ends: what has begun and not ended is an interrupted request until its end is read, and
  /// the numbers taken are kept.
  private func settle() throws {
    for (attempt, start) in begun {
      // The end may have been read before the start, from a file that sorts earlier.
      if try store.hasRequest(id: attempt.id, attempt: attempt.attempt) { continue }
      if try store.insert(start.usage, segment: start.segment) { interrupted.insert(attempt) }
    }
    begun.removeAll(keepingCapacity: true)
    for writer in changedWriters {
      if let taken = numbers[writer] { try store.save(taken.ranges, writer: writer) }
    }
    changedWriters.removeAll()
  }
}

extension Ingestion {
  /// The segments of which something has not been read: all that could hold a line from before `end`.
  /// - Throws: `StoreError`, `SegmentError`.
  static func unread(_ segments: [Segment], before end: Int64, store: Store) throws -> [Segment] {
    try segments.filter { segment in
      if let hour = hour(inPath: segment.name), hour >= end { return false }
      guard let row = try store.segment(named: segment.name)?.row else { return true }
      return try !locate(segment).1.isAsRead(row)
    }
  }
}

/// How a file lies on the disk: enough to see, without reading it, that it is as it was.
struct FileFacts {
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
private func locate(_ segment: Segment) throws(SegmentError) -> (Segment, FileFacts) {
  let base = segment.path
  let sealed = segment.isOpen ? String(base.dropLast(".open".count)) : base
  for candidate in [base, sealed, sealed + ".zst", sealed + ".gz"] {
    var status = stat()
    guard stat(candidate, &status) == 0, var found = Ingest.segment(at: candidate, in: "") else { continue }
    found.name = segment.name
    let suffix =
      candidate.hasSuffix(".jsonl")
      ? "" : String(candidate[(candidate.lastIndex(of: ".") ?? candidate.startIndex)...])
    let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    return (found, FileFacts(bytes: Int64(status.st_size), modifiedNanoseconds: modified, suffix: suffix))
  }
  throw SegmentError(path: segment.path, problem: "was listed, and is gone now")
}
