public import Ledger

/// Requests that other sources bring, on their way into the store: each is taken once, whoever brings it first.
extension Store {
  /// Adds the rows of requests that came from another source, in their order.
  /// - Returns: how many; the others are here already, from the raw log or from a source.
  public func insertFromSource(_ usages: [Usage], segment: Int64) throws -> Int {
    guard isInTransaction else {
      return try transaction { try insertFromSource(usages, segment: segment) }
    }
    if usages.contains(where: { $0.responseID != nil || $0.vendorRequestID != nil }) {
      try writeWaitingRows()
    }
    try planAnew()
    var seen = try SeenIDs(of: usages, in: self)
    let ids = try database.bulkInsert(into: "source_ids", columns: 1)
    var batch = RequestBatch()
    var added = 0
    for usage in usages where !seen.hasVendorID(of: usage) && seen.take(usage.id) {
      var id = usage.id
      try id.withUTF8 { text in
        ids.add(text: UnsafeRawBufferPointer(text))
        try ids.endRow()
      }
      if usage.meteredID == nil, usage.outcome != .interrupted {
        try append(usage, segment: segment, to: &batch)
        seen.noteVendorIDs(of: usage)
      } else {
        // Whether its row is taken shows when it is put.
        added += try insert(&batch)
        batch.removeAll()
        guard try insert(usage, segment: segment) else { continue }
        added += 1
        if usage.outcome != .interrupted { seen.noteVendorIDs(of: usage) }
      }
    }
    added += try insert(&batch)
    try ids.finish()
    return added
  }

  /// Adds the row of a request that came from another source.
  /// - Returns: false where the request is here already, from the raw log or from a source.
  public func insertFromSource(_ usage: Usage, segment: Int64) throws -> Bool {
    try insertFromSource([usage], segment: segment) == 1
  }

  /// PostgreSQL keeps a statement's plan: one that was made while a month's table was small reads all of it for each id,
  /// also when it has grown a thousandfold within the same transaction.
  private func planAnew() throws(StoreError) {
    guard database is Postgres else { return }
    try database.run("SET LOCAL plan_cache_mode = force_custom_plan")
  }

  /// Which of these ids a table's column has.
  fileprivate func present(
    _ ids: [String], in column: String, of table: String
  ) throws(StoreError) -> [String] {
    var found: [String] = []
    var rest = ids[...]
    while !rest.isEmpty {
      let count = rest.count == 1 ? 1 : SourceLimit.idsPerQuery
      // A query for each id: of a list, PostgreSQL thinks that a good part of an unknown table has one of them, and reads
      // all of the table.
      let one = "SELECT \(column) FROM \(table) WHERE \(column) = ?"
      let select = try statement([String](repeating: one, count: count).joined(separator: " UNION ALL "))
      let asked = rest.prefix(count)
      for id in asked { select.bind(id) }
      for _ in asked.count..<count { select.bind(nil as String?) }
      while try select.next() { found.append(select.text(0) ?? "") }
      rest = rest.dropFirst(count)
    }
    return found
  }
}

/// The ids by which requests are known again: what the store has of those of some requests, and what is added to them.
private struct SeenIDs {
  private struct VendorID: Hashable {
    var month: Int64
    var column: VendorIDColumn
    var id: Bytes
  }

  private var vendorIDs: Set<VendorID> = []
  private var sourceIDs: Set<Bytes> = []

  init(of usages: [Usage], in store: Store) throws(StoreError) {
    var wanted: [Partition: [VendorIDColumn: [String]]] = [:]
    for usage in usages {
      let times = Self.times(of: usage)
      for partition in try store.partitions(from: times.lowerBound, to: times.upperBound) {
        for column in VendorIDColumn.allCases {
          guard let id = column.id(of: usage) else { continue }
          wanted[partition, default: [:]][column, default: []].append(id)
        }
      }
    }
    for (partition, columns) in wanted {
      for (column, ids) in columns {
        for id in try store.present(ids, in: column.rawValue, of: partition.vendorIDs) {
          vendorIDs.insert(VendorID(month: partition.month, column: column, id: Bytes(id)))
        }
      }
    }
    for id in try store.present(usages.map(\.id), in: "id", of: "source_ids") { sourceIDs.insert(Bytes(id)) }
  }

  /// Whether a request near this one's time has one of its ids of the vendor's.
  func hasVendorID(of usage: Usage) -> Bool {
    let times = Self.times(of: usage)
    for month in Partition(time: times.lowerBound).month...Partition(time: times.upperBound - 1).month {
      for column in VendorIDColumn.allCases {
        guard let id = column.id(of: usage) else { continue }
        if vendorIDs.contains(VendorID(month: month, column: column, id: Bytes(id))) { return true }
      }
    }
    return false
  }

  mutating func noteVendorIDs(of usage: Usage) {
    let month = Partition(time: usage.time).month
    for column in VendorIDColumn.allCases {
      guard let id = column.id(of: usage) else { continue }
      vendorIDs.insert(VendorID(month: month, column: column, id: Bytes(id)))
    }
  }

  /// - Returns: whether no source has brought it yet.
  mutating func take(_ id: String) -> Bool { sourceIDs.insert(Bytes(id)).inserted }

  private static func times(of usage: Usage) -> Range<Int64> {
    let near = SourceLimit.sameRequestMicroseconds
    return usage.time - near..<usage.time + near
  }
}

/// A text as the store keeps it, compared by its bytes as the database does.
private struct Bytes: Hashable {
  private let bytes: [UInt8]
  init(_ text: String) { bytes = Array(kept(text).utf8) }
}

private enum VendorIDColumn: String, CaseIterable {
  case response = "response_id"
  case request = "vendor_request_id"

  func id(of usage: Usage) -> String? { self == .response ? usage.responseID : usage.vendorRequestID }
}

private enum SourceLimit {
  /// How far two sources' times of the same request may be from each other: vendors keep batches for 29 days.
  static let sameRequestMicroseconds: Int64 = 35 * 86_400_000_000
  /// Ids that are looked for at once: the way to a server costs more than a look-up, and to plan for many more than that.
  static let idsPerQuery = 8
}
