internal import Ingest
internal import Ledger
public import RawLog
public import Store

/// Reads raw logs into the store: every line once. One transaction holds rows and how far their files were read.
public final class Ingestion {
  private let store: Store
  private let threads: Int
  private var summary = IngestSummary()
  private var requests: RequestTaking
  private var writers = WritersTaken()
  /// By a reader's numbering: the writers' and the facts' numbers that stand for its own.
  private var numberings: [Int: Numbering] = [:]
  /// The segment in hand.
  private var current: (plan: Int, id: Int64)?
  /// Numbers of segments that had none before, by their names.
  private var numbers: [String: Int64] = [:]
  /// Segments that were read to their ends, and whose rows wait.
  private var finished: [(plan: Int, id: Int64)] = []
  /// What is known of segments now, by their numbers: saved together when their transaction ends.
  private var touched: [Int64: Touched] = [:]

  private struct Touched {
    var row: SegmentRow
    var slots: Set<Int64> = []
  }

  struct Numbering {
    var writers: [Int] = []
    var facts: [RequestFacts] = []
    /// The store's numbers for the facts; 0 where none was asked for yet.
    var facets: [Int64] = []
  }

  /// - Parameter threads: how many read and parse at a time; the store is written by the caller's.
  public init(store: Store, threads: Int = 1) {
    self.store = store
    self.threads = threads
    requests = RequestTaking(store)
  }

  /// Reads what is new in these segments, in the order given.
  /// - Throws: `StoreError`. A file that cannot be taken is a problem in the summary, and the others are read.
  public func run(
    _ segments: [Segment], progress: (IngestProgress) -> Void
  ) throws -> IngestSummary {
    try requests.begin()
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
            if chunk.isLast, let current { finished.append(current) }
            if requests.isFull { try putRequests(plans, progress) }
            if !chunk.isLast {
              progress(
                .init(
                  files: plans.count, filesDone: chunk.segment, lines: summary.lines,
                  name: chunk.segmentName))
            }
            reader.giveBack(chunk)
          }
        }
        try putRequests(plans, progress)
        try requests.settle { numberings[$0]?.facts[Int($1)] ?? RequestFacts() }
        try writers.save(to: store)
        try saveTouched()
      }
    }
    summary.interrupted = requests.interrupted
    return summary
  }

  /// A segment of which something may be new, and where to go on in it.
  private struct Plan: Sendable {
    var segment: Segment
    /// Its number in the store; nil for one that has none yet.
    var id: Int64?
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
    let known = try store.segments(named: plans.map(\.segment.name))
    return plans.compactMap { plan in
      guard let (id, row) = known[plan.segment.name] else { return plan }
      var plan = plan
      (plan.id, plan.row) = (id, row)
      return plan.facts.isAsRead(row) ? nil : plan
    }
  }

  private func put(_ batch: LineBatch, _ plan: Plan) throws {
    try learn(batch)
    let chunk = batch.chunk
    if current?.plan != chunk.segment {
      summary.files += 1
      let segment = try number(of: plan)
      current = (chunk.segment, segment)
      touched[segment] = Touched(row: plan.row)
    }
    guard let segment = current?.id, var here = touched.removeValue(forKey: segment) else { return }
    let found = here.row
    here.row.bytes = chunk.position.bytes
    here.row.lines = chunk.position.lines
    here.row.sha256 = chunk.position.sha256
    here.row.rejected += Int64(batch.rejected.count)
    if chunk.isLast { plan.facts.mark(&here.row) }
    if var numbering = numberings[batch.numbering] {
      // Its arrays are changed in their place.
      numberings[batch.numbering] = nil
      defer { numberings[batch.numbering] = numbering }
      try Self.take(batch, segment, &here, &numbering, &writers, &requests)
    }
    for rejection in batch.rejected { try store.add(rejection, segment: segment) }
    touched[segment] = here
    summary.lines += here.row.lines - found.lines
    summary.usages += here.row.usages - found.usages
    summary.duplicates += here.row.duplicates - found.duplicates
    summary.rejected += here.row.rejected - found.rejected
    summary.control += here.row.control - found.control
  }

  /// The store's number for a segment: one for a name, however often it is listed.
  private func number(of plan: Plan) throws -> Int64 {
    if let known = plan.id ?? numbers[plan.segment.name] { return known }
    let number = try store.newSegmentNumber()
    numbers[plan.segment.name] = number
    return number
  }

  /// Writes the rows that have gathered, and says which files that ended are done with. Some rows turn out to be known by
  /// another id of theirs.
  private func putRequests(_ plans: [Plan], _ progress: (IngestProgress) -> Void) throws {
    for segment in try requests.put() {
      touched[segment]?.row.usages -= 1
      touched[segment]?.row.duplicates += 1
      summary.usages -= 1
      summary.duplicates += 1
    }
    for (plan, id) in finished {
      let file = touched[id].map { IngestedFile(from: plans[plan].row, to: $0.row) }
      progress(
        .init(
          files: plans.count, filesDone: plan + 1, lines: summary.lines,
          name: plans[plan].segment.name,
          finished: file))
    }
    finished.removeAll(keepingCapacity: true)
  }

  /// Before a transaction ends: how far its segments were read. The one in hand may go on in the next.
  private func saveTouched() throws {
    var slots: [(segment: Int64, slot: Int64)] = []
    let segments = touched.sorted(by: { $0.key < $1.key })
    try store.save(segments.map { ($0.key, $0.value.row) })
    for (segment, one) in segments { slots += one.slots.sorted().map { (segment, $0) } }
    try store.addSlots(slots)
    let inHand = current.flatMap { touched[$0.id] }
    touched.removeAll(keepingCapacity: true)
    if let current, let inHand { touched[current.id] = Touched(row: inHand.row) }
  }

  /// The numbers that this batch brings.
  private func learn(_ batch: LineBatch) throws {
    if batch.newWriters.isEmpty, batch.newFacts.isEmpty { return }
    for writer in batch.newWriters {
      let number = try writers.number(of: writer, in: store)
      numberings[batch.numbering, default: Numbering()].writers.append(number)
    }
    numberings[batch.numbering, default: Numbering()].facts += batch.newFacts
    numberings[batch.numbering, default: Numbering()].facets += batch.newFacts.map { _ in 0 }
  }

  /// Takes the lines whose numbers were not taken before.
  private static func take(
    _ batch: LineBatch, _ segment: Int64, _ here: inout Touched, _ numbering: inout Numbering,
    _ writers: inout WritersTaken, _ requests: inout RequestTaking
  ) throws {
    var lastSlot = Int64.min
    let rows = batch.rows
    var isTaken = [Bool](repeating: false, count: rows.count)
    for index in rows.indices {
      guard let line = rows.baseAddress.map({ $0 + index }) else { break }
      let slot = timeSlot(of: line.pointee.time)
      if slot != lastSlot {
        here.slots.insert(slot)
        lastSlot = slot
      }
      let writer = numbering.writers[Int(line.pointee.writer)]
      let partner = line.pointee.partner
      guard writers.take(line.pointee.seq, of: writer, time: line.pointee.time) else {
        here.row.duplicates += 1
        // The end of this one may be taken from elsewhere, or never.
        if line.pointee.kind == .end, partner >= 0, isTaken[Int(partner)],
          let start = rows.baseAddress
        {
          requests.begin(start + Int(partner), batch, segment)
        }
        continue
      }
      isTaken[index] = true
      switch line.pointee.kind {
      case .control: here.row.control += 1
      case .start:
        here.row.control += 1
        if partner < 0 { requests.begin(line, batch, segment) }
      case .end:
        let isBegun = partner >= 0 && isTaken[Int(partner)]
        if try requests.end(line, batch, &numbering, segment, isBegun: isBegun) {
          here.row.usages += 1
        } else {
          here.row.duplicates += 1
        }
      }
    }
    for time in batch.rejectedTimes { here.slots.insert(timeSlot(of: time)) }
  }
}

extension Ingestion {
  /// The segments of which something has not been read: those that began before `end`, or all.
  /// - Throws: `StoreError`, `SegmentError`.
  static func unread(_ segments: [Segment], before end: Int64 = .max, store: Store) throws -> [Segment] {
    try segments.filter { segment in
      if let hour = hour(inPath: segment.name), hour >= end { return false }
      guard let row = try store.segment(named: segment.name)?.row else { return true }
      return try !locate(segment).1.isAsRead(row)
    }
  }
}
