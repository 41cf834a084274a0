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
  /// Rows of other sources read before they are put away: some megabytes of usages.
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
  private let threads: Int
  private var numbers: [String: TakenNumbers] = [:]
  private var changedWriters: Set<String> = []
  /// Begun in this transaction, not ended yet.
  private var begun: [Attempt: (usage: Usage, segment: Int64)] = [:]
  private var interrupted: Set<Attempt> = []
  /// Other sources have brought requests, which may stand here too.
  private var hasSources = false
  private var summary = IngestSummary()
  private var numberings: [Int: Numbering] = [:]
  /// The segment in hand.
  private var current: (plan: Int, id: Int64, row: SegmentRow)?

  /// A reader's numbers.
  private struct Numbering {
    var writers: [String] = []
    var facts: [RequestFacts] = []
  }

  /// - Parameter threads: how many read and parse at a time; the store is written by the caller's.
  public init(store: Store, threads: Int = 1) {
    self.store = store
    self.threads = threads
  }

  /// Reads what is new in these segments, in the order given.
  /// - Throws: `StoreError`. A file that cannot be taken is a problem in the summary, and the others are read.
  public func run(
    _ segments: [Segment], progress: (IngestProgress) -> Void
  ) throws -> IngestSummary {
    interrupted = try store.openAttempts()
    hasSources = try store.hasSourceIDs()
    let plans = try plan(segments)
    let reader = ParallelReader(segments: plans.count, threads: threads) { index throws(SegmentError) in
      try SegmentReader(try locate(plans[index].segment).0, from: plans[index].start)
    }
    defer { reader.stop() }
    var isAtEnd = false
    while !isAtEnd {
      try store.transaction {
        let linesMax = summary.lines + Int64(IngestLimit.linesPerTransaction)
        while summary.lines < linesMax {
          guard let item = reader.next() else {
            isAtEnd = true
            break
          }
          switch item {
          case .failure(let index, let error):
            summary.problems.append(error.description)
            progress(.init(files: plans.count, filesDone: index + 1, lines: summary.lines, name: error.path))
          case .batch(let batch):
            let chunk = batch.chunk
            try put(batch, plans[chunk.segment])
            let done = chunk.segment + (chunk.isLast ? 1 : 0)
            progress(
              .init(files: plans.count, filesDone: done, lines: summary.lines, name: chunk.segmentName))
            reader.giveBack(chunk)
          }
        }
        try settle()
      }
    }
    summary.interrupted = interrupted.count
    return summary
  }

  /// A segment of which something may be new, and where to go on in it.
  private struct Plan: Sendable {
    var segment: Segment
    var row: SegmentRow
    var facts: FileFacts

    var start: SegmentPosition { SegmentPosition(bytes: row.bytes, lines: row.lines, sha256: row.sha256) }
  }

  private func plan(_ segments: [Segment]) throws -> [Plan] {
    var plans: [Plan] = []
    for listed in segments {
      do throws(SegmentError) {
        let (segment, facts) = try locate(listed)
        plans.append(Plan(segment: segment, row: SegmentRow(name: segment.name), facts: facts))
      } catch {
        summary.problems.append(error.description)
      }
    }
    return try plans.compactMap { plan in
      var plan = plan
      plan.row = try store.segment(named: plan.segment.name)?.row ?? plan.row
      return plan.facts.isAsRead(plan.row) ? nil : plan
    }
  }

  private func put(_ batch: LineBatch, _ plan: Plan) throws {
    learn(batch)
    let chunk = batch.chunk
    if current?.plan != chunk.segment {
      summary.files += 1
      current = (chunk.segment, try store.save(plan.row), plan.row)
    }
    guard let (_, segment, found) = current else { return }
    var row = found
    let before = row
    row.bytes = chunk.position.bytes
    row.lines = chunk.position.lines
    row.sha256 = chunk.position.sha256
    row.rejected += Int64(batch.rejected.count)
    if chunk.isLast { plan.facts.mark(&row) }
    var slots: Set<Int64> = []
    for line in batch.rows {
      slots.insert(timeSlot(of: line.time))
      try take(line, batch, segment, &row)
    }
    for time in batch.rejectedTimes { slots.insert(timeSlot(of: time)) }
    for rejection in batch.rejected { try store.add(rejection, segment: segment) }
    try store.addSlots(slots, segment: segment)
    _ = try store.save(row)
    current = (chunk.segment, segment, row)
    summary.lines += row.lines - before.lines
    summary.usages += row.usages - before.usages
    summary.duplicates += row.duplicates - before.duplicates
    summary.rejected += row.rejected - before.rejected
    summary.control += row.control - before.control
  }

  /// The numbers that this batch brings.
  private func learn(_ batch: LineBatch) {
    numberings[batch.numbering, default: Numbering()].writers += batch.newWriters
    numberings[batch.numbering, default: Numbering()].facts += batch.newFacts
  }

  private func take(_ line: LineRow, _ batch: LineBatch, _ segment: Int64, _ row: inout SegmentRow) throws {
    guard let numbering = numberings[batch.numbering] else { return }
    let writer = numbering.writers[Int(line.writer)]
    if numbers[writer] == nil { numbers[writer] = TakenNumbers(try store.taken(writer: writer)) }
    guard numbers[writer]?.take(line.seq, time: line.time) == true else {
      row.duplicates += 1
      return
    }
    changedWriters.insert(writer)
    guard line.kind != .control else {
      row.control += 1
      return
    }
    let usage = batch.usage(line, facts: numbering.facts[Int(line.facts)])
    let attempt = Attempt(id: usage.id, attempt: usage.attempt)
    if line.kind == .start {
      row.control += 1
      begun[attempt] = (usage, segment)
      return
    }
    if begun.removeValue(forKey: attempt) == nil, interrupted.remove(attempt) != nil {
      try store.removeOpen([attempt])
    }
    let isKnown = hasSources ? try store.isFromSource(usage) : false
    if try !isKnown && store.insert(usage, segment: segment) {
      row.usages += 1
    } else {
      row.duplicates += 1
    }
  }

  /// Before a transaction ends: what has begun and not ended is an interrupted request until its end is read, and
  /// the numbers taken are kept.
  private func settle() throws {
    // The end may have been read before the start, from a file that sorts earlier.
    let ended = try store.ended(among: Array(begun.keys))
    for (attempt, start) in begun where !ended.contains(attempt) {
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
