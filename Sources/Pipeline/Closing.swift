internal import Crypto
internal import Ingest
public import Ledger
public import Report
internal import Store
internal import RawLog

/// What became of a close.
public enum CloseOutcome: Sendable {
  case closed(Books, folder: String, files: [String])
  /// It was closed before; nothing was written.
  case already(ClosedStatus)
}

extension Run {
  /// Freezes a period: its files, its rows, and what they were made from.
  ///
  /// Files first, then one transaction: killed anywhere, the period is closed with these files, or is open.
  /// - Parameter acceptIncomplete: close although a cost in it is unknown.
  /// - Throws: `RunError` saying what stands against it; `StoreError`, `FolderError`, `ReportError`.
  public func close(_ period: Period, acceptIncomplete: Bool) throws -> CloseOutcome {
    if let status = try closedStatus(of: period) { return .already(status) }
    try refuseToClose(period)
    let corrections = try closedBooks.corrections(in: period)
    let books = try books(period, corrections)
    let unknown = try unknownCosts(books)
    guard unknown.isEmpty || acceptIncomplete else {
      throw RunError(
        problems: ["\(period.label) is not complete:"] + unknown.map { "- " + $0 } + [
          "what becomes known later is then an adjustment in a later period; to close it all the same: "
            + "tollbook close --period \(period.label) --accept-incomplete"
        ])
    }
    let files = try settle(books)
    try store.transaction {
      try freeze(books, files, corrections, isIncomplete: !unknown.isEmpty)
    }
    return .closed(books, folder: folder(period).path, files: files.map(\.name))
  }

  private func refuseToClose(_ period: Period) throws {
    let label = period.label
    guard try BookCalendar(zone: period.zone).next(after: label) != nil else {
      throw UsageError(
        "\(label) cannot be closed: what changes later needs a next period; close a month, a week, a day or a "
          + "fiscal year")
    }
    guard now() >= period.end else {
      throw RunError(problems: [
        "\(label) has not ended yet: it runs until \(Timestamp.text(period.end)); close it after that"
      ])
    }
    if let other = try store.closedPeriods().first(where: { $0.begin < period.end && period.begin < $0.end })
    {
      throw RunError(problems: [
        "\(label) overlaps \(other.label), which is closed: nothing is charged twice; close what lies beside it"
      ])
    }
    let segments = try findSegments(in: settings.rawLogs)
    let unread =
      try Ingestion.unread(segments, before: period.end + CloseLimit.writtenLaterMicroseconds, store: store)
      .map(\.name)
      + SourceIngestion.unread(settings.sources, store: store)
    guard unread.isEmpty else {
      throw RunError(problems: [
        "segments that may hold lines of \(label) are not read, or not to their end: \(listed(unread)); "
          + "read them first with: tollbook ingest"
      ])
    }
  }

  private func listed(_ names: [String]) -> String {
    let more = names.count > CloseLimit.namesMax ? " and \(names.count - CloseLimit.namesMax) more" : ""
    return names.prefix(CloseLimit.namesMax).joined(separator: ", ") + more
  }

  /// A request may end hours after it began: its end stands in a segment of then.
  private func whereEndsMayBe() throws -> String {
    let unread = try Ingestion.unread(findSegments(in: settings.rawLogs), store: store).map(\.name)
    return unread.isEmpty
      ? "" : "; their ends may stand in what is not read yet (tollbook ingest): \(listed(unread))"
  }

  /// What is not known in these books, in words.
  private func unknownCosts(_ books: Books) throws -> [String] {
    var result: [String] = []
    func note(_ count: Int128, _ words: String) { if count > 0 { result.append("\(count) \(words)") } }
    let counts = books.totalCounts
    note(books.whole(counts.unpricedRequests), "requests used something that has no price")
    let interrupted = books.whole(counts.interruptedRequests)
    if interrupted > 0 {
      note(interrupted, "requests were interrupted: their cost is unknown" + (try whereEndsMayBe()))
    }
    note(Int128(books.rejectedRead), "lines were rejected")
    note(Int128(books.holes.count), "holes in the writers' numbers: lines are missing")
    if books.adjustments.bringUnknownCost { result.append("an adjustment has a part without a price") }
    note(
      Int128(books.costs.count { $0.amount == nil }),
      "fixed costs in a currency without a rate for their month")
    if let months = books.currency?.missingMonths, !months.isEmpty {
      result.append("no \(books.currency?.code ?? "") rate for \(months.joined(separator: ", "))")
    }
    if books.linesRead == 0 { result.append("no line of the period was ever read: is this the right store?") }
    // The holes are counted above.
    for check in books.checks where !check.passed && check.name != BooksBuilder.missingLinesCheck {
      result.append("\(check.name): \(check.detail)")
    }
    if result.isEmpty, !books.isComplete { result.append("something in it has no price") }
    return result
  }

  /// The files on the disk are those of the books: written where they are missing or of other figures.
  private func settle(_ books: Books) throws -> [ClosedPeriod.File] {
    let folder = folder(books.period)
    let wanted = try folder.render(books, formats: Set(ReportFormat.allCases))
    let isCurrent = wanted.last.map { $0.bytes == folder.contents(ofFile: $0.name) } ?? false
    let found = wanted.map { folder.contents(ofFile: $0.name) }
    if isCurrent, !found.contains(nil) {
      for (file, bytes) in zip(wanted, found) where bytes != file.bytes {
        throw FolderError(
          path: folder.path + "/" + file.name,
          problem:
            "is not what this program writes: somebody changed it, or another version wrote it; look at "
            + "it, then write it anew with: tollbook report --period \(books.period.label)")
      }
    } else {
      _ = try folder.write(books, formats: Set(ReportFormat.allCases))
    }
    return try wanted.map { file in
      guard let bytes = folder.contents(ofFile: file.name), bytes == file.bytes else {
        throw FolderError(path: folder.path + "/" + file.name, problem: "was written, and reads differently")
      }
      return ClosedPeriod.File(name: file.name, sha256: hexText(SHA256.hash(data: bytes)))
    }
  }

  private func freeze(
    _ books: Books, _ files: [ClosedPeriod.File], _ corrections: [Correction], isIncomplete: Bool
  ) throws(StoreError) {
    let period = books.period
    let closed = try store.add(
      ClosedPeriod(
        period, closedAt: now(), isIncomplete: isIncomplete, weightDenominator: books.weightDenominator,
        post: FrozenMessage.text(ChatMessage.report(books, link: settings.link))),
      files: files,
      inputs: books.inputs.map { ClosedPeriod.Input(name: $0.name, lines: $0.lines, sha256: $0.sha256) },
      rows: books.dayRows.map { ClosedRow(place: $0.place, counts: $0.counts, amount: $0.amount) })
    try rules.save(in: store)
    try costs.save(in: store)
    try store.add(
      Booking(
        decision: 0, pricesVersion: books.prices.version, rulesVersion: books.attributionVersion,
        costsVersion: books.costsVersion, program: books.programVersion,
        seen: try store.tally(from: period.begin, to: period.end)),
      closed: closed, for: closed)
    for correction in corrections {
      try store.add(correction.list, closed: closed, for: correction.closed.id)
      try store.add(correction.now, closed: closed, for: correction.closed.id)
    }
  }
}

enum CloseLimit {
  /// A line stands in the segment of the hour it was written in, with the time its request arrived. Every start is
  /// written minutes after that (`ProxyLimits.requestArrivalMilliseconds`), so the first hour behind a period may hold
  /// some of its requests; a start that was read keeps the place of an end that comes later still.
  static let writtenLaterMicroseconds: Int64 = 3_600_000_000
  /// Segments named in a refusal: enough to see which; the command that reads them needs no names.
  static let namesMax = 5
}
