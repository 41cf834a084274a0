internal import Attribute
internal import Crypto
internal import Foundation
internal import Ingest
internal import Ledger
internal import Price
internal import RawLog
internal import Report
internal import Store

/// Makes a report a second time from raw logs, prices and rules, in a place of its own, and compares.
///
/// Nothing is taken from the store's request rows: they are read again. Of the store are only what raw logs cannot
/// give: closed periods, decisions on them, and the rules they were attributed by.
public struct Verifying {
  private let run: Run
  private let formats: Set<ReportFormat>
  private let scratch: String
  private let threads: Int

  /// - Parameter scratch: an empty folder, which the caller removes.
  public init(_ run: Run, formats: Set<ReportFormat>, scratch: String, threads: Int) {
    self.run = run
    self.formats = formats
    self.scratch = scratch
    self.threads = threads
  }

  /// - Parameter folder: with a `run.json`.
  /// - Throws: `RunError` where there is nothing to verify; `StoreError`, `SegmentError`, `UsageError`.
  public func verify(_ folder: String) throws -> Verification {
    guard let bytes = FileManager.default.contents(atPath: folder + "/run.json").map(Array.init) else {
      throw RunError(problems: [
        "\(folder)/run.json: cannot be read: without it nothing says what the report is of"
      ])
    }
    let record = try RunRecord(bytes, path: folder + "/run.json")
    var result = Verification(period: record.period, folder: folder, differences: [], same: [], later: [])
    let program = run.settings.programVersion
    if record.program != program {
      result.differences.append(
        .init(
          kind: .program, name: record.program,
          words: "made the report, and this is \(program): look with that version"))
    }
    guard let prices = prices(record, &result), let rules = try rules(record, &result),
      let costs = try costs(record, &result)
    else { return result }
    let period = try BookCalendar(zone: record.zone).period(record.period)
    let store = try read(record, period, &result)
    let books = try books(period, record, store, prices, rules, costs)
    compareSettings(books, record, &result)
    try compareFiles(books, folder, &result)
    return result
  }

  // MARK: - What it was made from

  private func compareSettings(_ books: Books, _ record: RunRecord, _ result: inout Verification) {
    func note(_ kind: Verification.Difference.Kind, _ name: String, _ words: String) {
      result.differences.append(.init(kind: kind, name: name, words: words))
    }
    let settings = Dictionary(books.settings.map { ($0.name, $0.value) }) { $1 }
    let recorded = Dictionary(record.settings.map { ($0.name, $0.value) }) { $1 }
    for name in Set(settings.keys).union(recorded.keys).sorted() where settings[name] != recorded[name] {
      note(.setting, name, "was \(recorded[name] ?? "not set"), and is \(settings[name] ?? "not set")")
    }
    let uses = Dictionary(books.otherInputs.map { ("\($0.use) \($0.name)", $0.sha256) }) { $1 }
    let recordedUses = Dictionary(record.otherInputs.map { ("\($0.use) \($0.name)", $0.sha256) }) { $1 }
    for name in Set(uses.keys).union(recordedUses.keys).sorted() where uses[name] != recordedUses[name] {
      switch (recordedUses[name], uses[name]) {
      case (let was?, let now?): note(.input, name, "was \(was), and is \(now)")
      case (let was?, nil): note(.input, name, "is missing: its SHA-256 was \(was)")
      default: note(.input, name, "was not used for the report")
      }
    }
  }

  private func prices(_ record: RunRecord, _ result: inout Verification) -> PriceFolder.Stored? {
    do {
      return try run.closedBooks.loadPrices(record.pricesVersion)
    } catch {
      result.differences.append(.init(kind: .prices, name: record.pricesVersion, words: "\(error)"))
      return nil
    }
  }

  /// Today's, or those that a closed period was attributed by.
  private func rules(_ record: RunRecord, _ result: inout Verification) throws -> RulesSource? {
    let version = record.rulesVersion
    if run.rules.version == version { return run.rules }
    if version == RulesSource.none.version { return RulesSource.none }
    guard let kept = try run.store.rules(version: version) else {
      let words =
        "is not the version of today's rules, which is \(run.rules.version); give the file of then with "
      result.differences.append(.init(kind: .rules, name: version, words: words + "--attribution"))
      return nil
    }
    let period = try BookCalendar(zone: record.zone).period(record.period)
    return RulesSource(
      rules: try run.closedBooks.loadRules(version, period), name: kept.name, text: kept.text)
  }

  /// Likewise.
  private func costs(_ record: RunRecord, _ result: inout Verification) throws -> CostsSource? {
    let version = record.costsVersion
    if run.costs.version == version { return run.costs }
    if try version == CostsSource.none.version || run.store.costs(version: version) != nil {
      return try run.closedBooks.loadCosts(version)
    }
    let words =
      "is not the version of today's costs, which is \(run.costs.version); give the file of then with --costs"
    result.differences.append(.init(kind: .costs, name: version, words: words))
    return nil
  }

  // MARK: - Its lines

  /// A store with the lines that the report was made from: those that were there then, and of each file as many.
  private func read(_ record: RunRecord, _ period: Period, _ result: inout Verification) throws -> Store {
    var segments = try findSegments(in: run.settings.rawLogs).filter { segment in
      record.inputs[segment.name] != nil
        || hour(inPath: segment.name).map { $0 < period.end + CloseLimit.writtenLaterMicroseconds } ?? true
    }
    let store = try ingest(segments, "all.db", &result)
    let found = try inputs(store, period)
    let longer = segments.filter { segment in
      guard let was = record.inputs[segment.name], let now = found[segment.name] else { return false }
      return now.lines > was.lines
    }
    let later = found.keys.filter { record.inputs[$0] == nil }.sorted()
    result.later = later + longer.map(\.name)
    guard !result.later.isEmpty else {
      noteInputs(record, found, &result)
      return store
    }
    segments.removeAll { later.contains($0.name) }
    for index in segments.indices where longer.contains(segments[index]) {
      segments[index] = try cut(segments[index], lines: record.inputs[segments[index].name]?.lines ?? 0)
    }
    result.differences.removeAll { $0.kind == .input && $0.words.hasPrefix(Self.notTaken) }
    let then = try ingest(segments, "then.db", &result)
    noteInputs(record, try inputs(then, period), &result)
    return then
  }

  private static let notTaken = "cannot be taken: "

  private func ingest(_ segments: [Segment], _ name: String, _ result: inout Verification) throws -> Store {
    let store = try Store("sqlite:\(scratch)/\(name)")
    var summary = try Ingestion(store: store, threads: threads).run(segments, progress: { _ in })
    summary += try SourceIngestion(store: store).run(run.settings.sources, progress: { _ in })
    for problem in summary.problems {
      result.differences.append(.init(kind: .input, name: "", words: Self.notTaken + problem))
    }
    return store
  }

  private func inputs(_ store: Store, _ period: Period) throws -> [String: RunRecord.Input] {
    let rows = try store.segments(of: period)
    return Dictionary(rows.map { ($0.row.name, RunRecord.Input(sha256: $0.row.sha256, lines: $0.row.lines)) })
    { $1 }
  }

  private func noteInputs(
    _ record: RunRecord, _ found: [String: RunRecord.Input], _ result: inout Verification
  ) {
    for (name, was) in record.inputs.sorted(by: { $0.key < $1.key }) where found[name] != was {
      let words =
        if let now = found[name] {
          "changed: its SHA-256 was \(was.sha256) over \(was.lines) lines, and is \(now.sha256) over \(now.lines)"
        } else {
          "is missing: its SHA-256 was \(was.sha256) over \(was.lines) lines; put it back below the raw logs, or "
            + "name it under sources:"
        }
      result.differences.append(.init(kind: .input, name: name, words: words))
    }
  }

  /// The first lines of a segment, in a file of their own.
  private func cut(_ segment: Segment, lines: Int64) throws -> Segment {
    let path = "\(scratch)/\(hexText(SHA256.hash(data: Array(segment.name.utf8)))).jsonl"
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let output = FileHandle(forWritingAtPath: path)
    else { throw FolderError(path: path, problem: "cannot be made") }
    let input = try SegmentFile(path: segment.path, compression: segment.compression)
    var buffer = [UInt8](repeating: 0, count: SegmentLimit.chunkBytes)
    var left = lines
    while left > 0 {
      let count = try buffer.withUnsafeMutableBytes { try input.read(into: $0) }
      guard count > 0 else { break }
      var end = 0
      while end < count, left > 0 {
        if buffer[end] == 0x0A { left -= 1 }
        end += 1
      }
      try output.write(contentsOf: buffer[..<end])
    }
    try output.close()
    return Segment(name: segment.name, path: path, compression: .none, isOpen: segment.isOpen)
  }

  // MARK: - The books again

  /// The same way as a run's, over the store that was read, at the day that the report was made on.
  private func books(
    _ period: Period, _ record: RunRecord, _ store: Store, _ prices: PriceFolder.Stored,
    _ rules: RulesSource, _ costs: CostsSource
  ) throws -> Books {
    var settings = run.settings
    settings.language = record.language
    settings.productFiles = record.settings.contains { $0.name == "product_files" && $0.value == "true" }
    settings.productSheets = record.settings.contains { $0.name == "product_sheets" && $0.value == "true" }
    if costs.version != run.costs.version {
      // Its content is known by its version; the file is another one by now.
      settings.otherInputs.removeAll { $0.use == Self.costsUse }
      settings.otherInputs += record.otherInputs.filter { $0.use == Self.costsUse }
      settings.otherInputs.sort { ($0.use, $0.name) < ($1.use, $1.name) }
    }
    let calendar = try BookCalendar(zone: record.zone)
    let now = record.asOf.flatMap { calendar.begin(dayText: $0) } ?? period.end
    try run.store.copyClosedBooks(to: store)
    let again = Run(
      settings: settings, store: store, priceFolder: run.closedBooks.priceFolder, prices: prices,
      rules: rules,
      costs: costs, currency: run.currency, now: { now }, notice: { _ in })
    guard let closed = try run.closedBooks.closed(period) else { return try again.books(period) }
    let (corrected, products) = try frozen(closed, record)
    return try again.books(period) { $0.include(corrected, products: products) }
  }

  private static let costsUse = "costs"

  /// What was booked in a closed period of others is in its close: an input like its lines.
  private func frozen(
    _ closed: ClosedPeriod, _ record: RunRecord
  ) throws -> (corrected: [Adjustments.Corrected], products: [Product]) {
    var corrected: [Adjustments.Corrected] = []
    var products: [Product] = []
    for other in try run.store.closedPeriods() where other.id != closed.id {
      let list = try run.store.adjustments(forClosed: other).filter { $0.closed == closed.id }.map(
        \.adjustment)
      let bookings = try run.store.bookings(forClosed: other.id, upTo: closed.id)
      guard !list.isEmpty, bookings.count > 1 else { continue }
      let (was, now) = (bookings[bookings.count - 2], bookings[bookings.count - 1])
      let period = try BookCalendar(zone: other.zone).period(other.label)
      for version in [was.rulesVersion, now.rulesVersion] {
        products += try run.closedBooks.loadRules(version, period).products
      }
      corrected.append(
        Adjustments.Corrected(
          period: period, list: list, lateRequests: max(0, now.seen.requests - was.seen.requests),
          inputsSHA256: record.corrected[other.label] ?? ""))
    }
    return (corrected, products)
  }

  // MARK: - The files

  private func compareFiles(_ books: Books, _ folder: String, _ result: inout Verification) throws {
    let made = try ReportFolder(reports: scratch + "/reports", period: books.period.label)
      .render(books, formats: formats)
    for file in made {
      let words: String?
      if let there = FileManager.default.contents(atPath: folder + "/" + file.name).map(Array.init) {
        words = there == file.bytes ? nil : Self.difference(there, file)
      } else {
        words = "is missing"
      }
      if let words {
        result.differences.append(.init(kind: .file, name: file.name, words: words))
      } else {
        result.same.append(file.name)
      }
    }
    let names = Set(made.map(\.name))
    for name in try Self.files(in: folder) where !names.contains(name) {
      guard formats == Set(ReportFormat.allCases) else { continue }
      result.differences.append(.init(kind: .file, name: name, words: "is no file of this report"))
    }
  }

  private static func files(in folder: String) throws -> [String] {
    guard let names = FileManager.default.enumerator(atPath: folder) else { return [] }
    return names.compactMap { $0 as? String }.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }

  /// Where the two first part; for text, the line.
  private static func difference(_ there: [UInt8], _ made: ReportFile) -> String {
    let same = zip(there, made.bytes).prefix { $0 == $1 }.count
    guard !made.name.hasSuffix(".xlsx") else { return "differs" }
    let line = there[..<same].count { $0 == 0x0A } + 1
    return "differs from line \(line) on"
  }
}
