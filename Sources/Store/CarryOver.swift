internal import Ledger

extension Store {
  private enum CarryLimit {
    /// Rows carried at a time: some megabytes.
    static let rowsPerPart = 4096
  }

  /// Brings the rows of a store that had all of them in one table into their months' tables, inside the transaction
  /// that also changes the schema.
  func carryOver() throws {
    try loadFacets()
    let select = try database.reader(
      """
      SELECT time, segment, line, id, attempt, final, facet, "user", session, ip, response_id, vendor_request_id,
        metered_id, stream, status, duration_us, first_byte_us, outcome, error_type, flags, input, cache_read,
        cache_write_5m, cache_write_1h, cache_write_12h, output, reasoning, other_meters, other_models,
        unknown_fields, stated
      FROM requests ORDER BY time, segment, line
      """)
    var ended = RequestBatch()
    var open = RequestBatch()
    while try select.next() {
      if try Outcome(storeNumber: select.integer(17)) == .interrupted {
        try carry(select, to: &open)
      } else {
        try carry(select, to: &ended)
      }
      if ended.rows.count >= CarryLimit.rowsPerPart {
        _ = try insert(&ended)
        ended.removeAll()
      }
    }
    _ = try insert(&ended)
    _ = try putOpen(&open)
    try database.run("DROP TABLE requests")
    // The look-ups by the vendors' ids went with it: they are made again when a source is read.
  }

  private func carry(_ select: any Statement, to batch: inout RequestBatch) throws(StoreError) {
    var row = RequestRow()
    row.time = select.integer(0)
    row.segment = select.integer(1)
    row.line = select.integer(2)
    row.id = batch.put(select.text(3) ?? "")
    row.attempt = select.integer(4)
    row.final = select.integer(5) != 0
    row.facet = select.integer(6)
    row.user = select.integer(7)
    row.session = batch.put(select.text(8))
    row.ip = batch.put(select.text(9))
    row.responseID = batch.put(select.text(10))
    row.vendorRequestID = batch.put(select.text(11))
    row.meteredID = batch.put(select.text(12))
    row.stream = select.optionalInteger(13).map { Int8(truncatingIfNeeded: $0) } ?? -1
    row.status = select.optionalInteger(14) ?? RequestRow.none
    row.duration = select.optionalInteger(15) ?? RequestRow.none
    row.firstByte = select.optionalInteger(16) ?? RequestRow.none
    row.outcome = try Outcome(storeNumber: select.integer(17))
    row.errorType = select.integer(18)
    row.flags = UInt32(truncatingIfNeeded: select.integer(19))
    row.input = select.integer(20)
    row.cacheRead = select.integer(21)
    row.cacheWrite5m = select.integer(22)
    row.cacheWrite1h = select.integer(23)
    row.cacheWrite12h = select.integer(24)
    row.output = select.integer(25)
    row.reasoning = select.integer(26)
    row.otherMeters = batch.put(select.text(27))
    row.otherModels = batch.put(select.text(28))
    row.unknownFields = batch.put(select.text(29))
    row.stated = batch.put(select.text(30))
    batch.rows.append(row)
  }
}
