internal import Ingest
internal import Ledger
internal import RawLog
internal import Store

extension SourceIngestion {
  /// Takes the sums of requests that lie in a source's scope and days, each once: a bucket belongs to the first file
  /// that has it, and another file may only repeat it.
  /// - Throws: `SegmentError` where anything of it could be counted twice: then nothing of the file is taken.
  func takeSums(
    _ file: SourceFile, _ shape: SourceShape, _ source: Source, _ segment: Int64, known: SegmentRow,
    _ row: inout SegmentRow
  ) throws {
    let found = try readAggregates(file, shape, of: source, segment: row.name)
    guard try isNew(found.sha256, file, known) else { return }
    if shape.format.roles.count > 1, let other = try requestThatPassed(source, shape.format.provider) {
      throw SegmentError(
        path: file.path,
        problem:
          "some of it may be in the books already: request \(other.id) of \(Timestamp.text(other.time)) went "
          + "to \(shape.format.provider)\(other.facts.upstream.map { " by the upstream \($0)" } ?? ""). Say which "
          + "account that upstream uses (its scope: in tollbook.yaml), choose other days, or use role: compare"
      )
    }
    var own: Set<String> = []
    var slots: Set<Int64> = []
    for one in found.rows {
      if !own.contains(one.bucket), try store.takeBucket(one.bucket) { own.insert(one.bucket) }
      let isNew = own.contains(one.bucket)
      guard try isNew ? store.insertFromSource(one.usage, segment: segment) : store.hasSourceID(one.usage.id)
      else {
        throw SegmentError(
          path: file.path,
          problem: isNew
            ? "row \(one.usage.place.line) is there twice; fetch the report again, once" : taken(one.usage))
      }
      if isNew { row.usages += 1 } else { row.duplicates += 1 }
      slots.insert(timeSlot(of: one.usage.time))
    }
    try store.addSlots(slots, segment: segment)
    row.control += found.outside
    row.lines = row.usages + row.duplicates + row.control
    (row.bytes, row.sha256) = (found.bytes, found.sha256)
  }

  private func taken(_ usage: Usage) -> String {
    "row \(usage.place.line): the span that begins at \(Timestamp.text(usage.time)) was taken from another file, with "
      + "other figures or grouped otherwise. Keep the file that holds; where that is this one, build the store anew "
      + "without the other. Spans that have not ended change: leave them out with until"
  }

  /// A request in the source's days that its sums may hold too: of the same vendor, by an upstream of which nobody
  /// says that it uses another account.
  private func requestThatPassed(_ source: Source, _ provider: String) throws -> Usage? {
    var days = Store.RequestFilter()
    days.begin = source.from
    days.end = source.until
    var found: Usage?
    try store.forEachRequest(days) { usage in
      guard found == nil, usage.facts.provider == provider, !usage.flags.contains(.aggregate),
        usage.outcome != .refused
      else { return }
      let upstream = source.upstreams.first { $0.name == usage.facts.upstream }
      if upstream?.isApart(from: source.scope) != true { found = usage }
    }
    return found
  }
}
