internal import Ledger

/// What is known of facts by their number.
struct FacetInfo {
  /// The number of the same facts without the agent; 0: not known yet.
  var usageFacet: Int64 = 0
  /// Hashes of the key's name and the model; 0 for none.
  var key: UInt32 = 0
  var model: UInt32 = 0
}

/// A block that is being made, with the hashes of what is in it and what its rows used.
struct BlockPacker: ~Copyable {
  var block = BlockWriter()
  var hashes = BlockHashes()
  var cells = UsageCells()
  /// By the facts' number; beyond the limit in `others`.
  private var infos: [FacetInfo] = []
  private var others: [Int64: FacetInfo] = [:]

  private enum Limit {
    static let infos: Int64 = 1 << 20
  }

  func takes(_ time: Int64, rowsMax: Int) -> Bool { block.rows < rowsMax && block.takes(time) }

  mutating func begin(at time: Int64) {
    block.begin(at: time)
    hashes.begin()
    cells.begin()
  }

  @inline(__always) func knows(_ facet: Int64) -> Bool { info(facet).usageFacet != 0 }

  mutating func learn(_ facet: Int64, _ info: FacetInfo) {
    guard facet >= 0, facet < Limit.infos else {
      others[facet] = info
      return
    }
    let missing = Int(facet) + 1 - infos.count
    if missing > 0 { infos += repeatElement(FacetInfo(), count: missing) }
    infos[Int(facet)] = info
  }

  /// Adds a row whose facts are known.
  /// - Parameter isNew: it is to be added up.
  /// - Returns: the cell it was added to.
  mutating func add(_ row: UnsafePointer<RequestRow>, _ texts: UnsafeRawPointer, isNew: Bool) -> Int {
    block.add(row, texts)
    let info = info(row.pointee.facet)
    let status = row.pointee.status == RequestRow.none ? 0 : row.pointee.status
    let outcome = row.pointee.outcome.storeNumber
    let cell = cells.cell(
      .init(
        slot: timeSlot(of: row.pointee.time), facet: info.usageFacet, outcome: outcome,
        status: status))
    if cells.noteRow(of: cell) {
      if info.key != 0 { hashes.note(info.key) }
      if info.model != 0 { hashes.note(info.model) }
      hashes.note(TextHash.of(outcome: outcome))
      if row.pointee.status != RequestRow.none {
        hashes.note(TextHash.of(status: status))
        hashes.note(TextHash.of(statusHundred: status / TextHash.statusHundred))
      }
    }
    if row.pointee.user != 0 { hashes.note(TextHash.of(user: row.pointee.user)) }
    if row.pointee.errorType != 0 { hashes.note(TextHash.of(errorType: row.pointee.errorType)) }
    if row.pointee.session.count >= 0 {
      let text = UnsafeRawBufferPointer(
        start: texts + Int(row.pointee.session.offset), count: Int(row.pointee.session.count))
      hashes.note(TextHash.of(session: text))
    }
    if isNew { cells.add(row, to: cell) }
    return cell
  }

  @inline(__always) private func info(_ facet: Int64) -> FacetInfo {
    if facet >= 0, facet < Int64(infos.count) { return infos[Int(facet)] }
    return others.isEmpty ? FacetInfo() : others[facet] ?? FacetInfo()
  }
}
