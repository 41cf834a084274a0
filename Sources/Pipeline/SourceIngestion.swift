internal import Glibc
public import Ingest
internal import Ledger
internal import RawLog
public import Store

/// Reads other sources than the raw log into the store: each of their requests once, and not at all where the raw
/// log has it. A file is taken as a whole or not at all; one transaction holds its rows and how far it was read.
public final class SourceIngestion {
  let store: Store
  private var summary = IngestSummary()

  public init(store: Store) { self.store = store }

  /// Reads what is new in these sources, in the order given.
  /// - Throws: `StoreError`. A file that cannot be taken is a problem in the summary, and the others are read.
  public func run(_ sources: [Source], progress: (IngestProgress) -> Void) throws -> IngestSummary {
    var files: [(file: SourceFile, source: Source)] = []
    for source in sources {
      do throws(SegmentError) {
        files += try findSourceFiles(at: source.path).map { ($0, source) }
      } catch {
        summary.problems.append(error.description)
      }
    }
    if !files.isEmpty { try store.prepareForSources() }
    var done = 0
    while done < files.count {
      try store.transaction {
        let linesMax = summary.lines + Int64(IngestLimit.linesPerTransaction)
        let filesMax = done + IngestLimit.filesPerTransaction
        while done < min(files.count, filesMax), summary.lines < linesMax {
          progress(
            IngestProgress(
              files: files.count, filesDone: done, lines: summary.lines, name: files[done].file.name))
          let file = try take(files[done].file, files[done].source)
          done += 1
          progress(
            IngestProgress(
              files: files.count, filesDone: done, lines: summary.lines, name: files[done - 1].file.name,
              finished: file))
        }
      }
    }
    return summary
  }

  /// The files of these sources that are not read as they lie there; nobody knows of which time their rows are.
  public static func unread(_ sources: [Source], store: Store) throws -> [String] {
    var names: [String] = []
    for source in sources {
      let files: [SourceFile]
      do throws(SegmentError) {
        files = try findSourceFiles(at: source.path)
      } catch {
        names.append(error.path)
        continue
      }
      for file in files where try !isRead(file, source, store) { names.append(file.name) }
    }
    return names
  }

  private static func isRead(_ file: SourceFile, _ source: Source, _ store: Store) throws -> Bool {
    do {
      guard let shape = try probe(file, named: source.format), !isLaterPart(file, shape) else { return true }
      let row = try store.segment(named: segmentName(file, shape, source))?.row
      return try row.map { try fileFacts(file).isAsRead($0) } ?? false
    } catch is SegmentError {
      return false
    }
  }

  /// What is added of a report by its scope and days is a reading of its own: with other days it is read again.
  private static func segmentName(_ file: SourceFile, _ shape: SourceShape, _ source: Source) -> String {
    let format = shape.format
    var words = source.scope.map { "\($0.name)=\($0.value)" }
    if format.roles.count > 1, source.role(for: format) == .add, let from = source.from,
      let until = source.until
    {
      words.append("\(Timestamp.text(from))..\(Timestamp.text(until))")
    }
    return format.rawValue + (words.isEmpty ? "" : "(\(words.joined(separator: ",")))") + ":" + file.name
  }

  /// Takes what is new in one file, or notes why nothing of it is taken.
  private func take(_ file: SourceFile, _ source: Source) throws -> IngestedFile? {
    do {
      guard let read = try store.nested({ try read(file, source) }) else { return nil }
      summary.files += 1
      summary.lines += read.row.lines - read.before.lines
      summary.usages += read.row.usages - read.before.usages
      summary.duplicates += read.row.duplicates - read.before.duplicates
      summary.rejected += read.row.rejected - read.before.rejected
      summary.control += read.row.control - read.before.control
      summary.notRead += read.notRead.sorted { $0.key < $1.key }.map {
        .init(file: read.row.name, column: $0.key, rows: $0.value)
      }
      return IngestedFile(from: read.before, to: read.row)
    } catch let error as SegmentError {
      summary.problems.append(error.description)
      return nil
    }
  }

  private struct Read {
    var before: SegmentRow
    var row: SegmentRow
    var notRead: [String: Int64]
  }

  /// - Returns: nil where nothing in it is new.
  private func read(_ file: SourceFile, _ source: Source) throws -> Read? {
    let facts = try Self.fileFacts(file)
    guard let shape = try probe(file, named: source.format), !isLaterPart(file, shape) else { return nil }
    let role = source.role(for: shape.format)
    if let problem = source.problem(with: shape.format) {
      throw SegmentError(path: file.path, problem: problem)
    }
    let name = Self.segmentName(file, shape, source)
    var row = try store.segment(named: name)?.row ?? SegmentRow(name: name)
    if facts.isAsRead(row) { return nil }
    let before = row
    let segment = try store.save(row)
    var notRead: [String: Int64] = [:]
    if role == .compare {
      notRead = try takeStatements(file, shape, segment, known: before, &row)
    } else if shape.format.isOfRequests {
      notRead = try takeRequests(file, shape, source, segment, &row)
    } else {
      try takeSums(file, shape, source, segment, known: before, &row)
    }
    facts.mark(&row)
    _ = try store.save(row)
    return Read(before: before, row: row, notRead: notRead)
  }

  private func takeRequests(
    _ file: SourceFile, _ shape: SourceShape, _ source: Source, _ segment: Int64, _ row: inout SegmentRow
  ) throws -> [String: Int64] {
    let stand = try store.sourceFile(segment: segment) ?? SourceFileRow()
    let reader = try SourceReader(
      file, shape, of: source, segment: row.name,
      from: SourcePosition(bytes: stand.bytes, rows: stand.rows, sha256: stand.sha256))
    var notRead: [String: Int64] = [:]
    var slots: Set<Int64> = []
    while true {
      let part = try reader.next(rowsMax: IngestLimit.linesPerPart)
      row.lines = part.position.rows
      try put(part, segment, &row)
      slots.formUnion(part.usages.map { timeSlot(of: $0.time) })
      for (column, rows) in part.notRead { notRead[column, default: 0] += rows }
      guard let whole = part.whole else { continue }
      (row.bytes, row.sha256) = whole
      try store.save(
        SourceFileRow(rows: part.position.rows, bytes: part.position.bytes, sha256: part.position.sha256),
        segment: segment)
      break
    }
    try store.addSlots(slots, segment: segment)
    return notRead
  }

  private func takeStatements(
    _ file: SourceFile, _ shape: SourceShape, _ segment: Int64, known: SegmentRow, _ row: inout SegmentRow
  ) throws -> [String: Int64] {
    let found = try readStatements(file, shape, segment: row.name)
    guard try isNew(found.sha256, file, known) else { return [:] }
    try store.replace(
      found.statements, of: found.provider, kinds: found.kinds, days: found.days, segment: segment)
    try store.addSlots(
      Set(found.days.map { timeSlot(of: $0 * VendorStatement.dayMicroseconds) }), segment: segment)
    row.lines = Int64(found.statements.count)
    row.control = row.lines
    (row.bytes, row.sha256) = (found.bytes, found.sha256)
    return found.notRead
  }

  /// - Throws: where another file lay there before.
  func isNew(_ sha256: String, _ file: SourceFile, _ known: SegmentRow) throws(SegmentError) -> Bool {
    guard known.sha256.isEmpty || known.sha256 == sha256 else {
      throw SegmentError(
        path: file.path,
        problem: "changed after it was read: SHA-256 \(known.sha256) was taken, it is now \(sha256). Put the "
          + "original back, and give the new file another name")
    }
    return known.sha256.isEmpty
  }

  private func put(_ part: SourcePart, _ segment: Int64, _ row: inout SegmentRow) throws {
    let added = try store.insertFromSource(part.usages, segment: segment)
    row.usages += Int64(added)
    row.duplicates += Int64(part.usages.count - added)
    for rejection in part.rejected { try store.add(rejection, segment: segment) }
    row.rejected += Int64(part.rejected.count)
    row.control += part.control
  }

  private static func fileFacts(_ file: SourceFile) throws(SegmentError) -> FileFacts {
    var status = stat()
    guard stat(file.path, &status) == 0 else {
      throw SegmentError(path: file.path, problem: "was listed, and is gone now")
    }
    let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    return FileFacts(
      bytes: Int64(status.st_size), modifiedNanoseconds: modified, suffix: "\(file.compression)")
  }
}
