internal import JSON
public import Ledger

/// The order of outcomes in the store: never changed, only added to.
private let outcomes: [Outcome] = [
  .ok, .vendorError, .clientError, .refused, .clientGone, .streamBroken, .interrupted,
]

private func number(_ outcome: Outcome) -> Int64 { Int64(outcomes.firstIndex(of: outcome) ?? 0) }

extension Store {
  /// Adds a request's row. A second one with a taken `metered_id` is a duplicate.
  /// - Returns: false for such a duplicate.
  public func insert(_ usage: Usage, segment: Int64) throws(StoreError) -> Bool {
    let facet = try facetID(usage.facts)
    let user = try nameID(usage.user)
    let errorType = try nameID(usage.errorType)
    let insert = try statement(
      """
      INSERT INTO requests VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
      ON CONFLICT DO NOTHING
      """)
    insert.bind(usage.time).bind(usage.id).bind(usage.attempt).bind(usage.final).bind(segment)
      .bind(usage.place.line).bind(facet).bind(user).bind(usage.session).bind(usage.ip)
      .bind(usage.responseID).bind(usage.vendorRequestID).bind(usage.meteredID)
      .bind(usage.stream).bind(usage.status).bind(usage.durationMicroseconds)
      .bind(usage.firstByteMicroseconds).bind(number(usage.outcome)).bind(errorType)
      .bind(Int64(usage.flags.rawValue))
    let counts = usage.counts
    for meter in columnMeters { insert.bind(counts[meter]) }
    insert.bind(counts.reasoning).bind(otherMeters(counts)).bind(otherModels(usage.otherModels))
      .bind(unknownFields(usage.unknownFields)).bind(statedText(usage.statedCost))
    try insert.run()
    return database.changes == 1
  }

  /// Whether any row of this attempt is there.
  public func hasRequest(id: String, attempt: Int) throws(StoreError) -> Bool {
    let select = try statement("SELECT 1 FROM requests WHERE id = ? AND attempt = ?")
    let found = try select.bind(id).bind(attempt).next()
    select.reset()
    return found
  }

  /// Takes away the row of an interrupted attempt, because its end has come.
  public func removeInterrupted(id: String, attempt: Int) throws(StoreError) {
    try statement("DELETE FROM requests WHERE id = ? AND attempt = ? AND outcome = 6")
      .bind(id).bind(attempt).run()
  }

  public func interruptedAttempts() throws(StoreError) -> Set<Attempt> {
    let select = try statement("SELECT id, attempt FROM requests WHERE outcome = 6")
    var found: Set<Attempt> = []
    while try select.next() {
      found.insert(Attempt(id: select.text(0) ?? "", attempt: Int(select.integer(1))))
    }
    return found
  }

  /// Which rows `forEachRequest` visits: all that are given must hold.
  public struct RequestFilter: Sendable {
    public var begin: Int64?
    public var end: Int64?
    /// The request's own id, the vendor's, or the answer's.
    public var anyID: String?
    public var key: String?
    public var user: String?
    public var session: String?
    public var model: String?
    public var status: Int?
    public var outcome: Outcome?
    public var newestFirst = false
    public var limit: Int?
    public init() {}
  }

  /// Visits request rows, one at a time, without loading all of them.
  public func forEachRequest(
    _ filter: RequestFilter, _ body: (Usage) throws(StoreError) -> Void
  ) throws(StoreError) {
    var conditions: [String] = []
    var values: [String?] = []
    func text(_ sql: String, _ value: String?) {
      guard let value else { return }
      conditions.append(sql)
      values.append(value)
    }
    if let begin = filter.begin { conditions.append("r.time >= \(begin)") }
    if let end = filter.end { conditions.append("r.time < \(end)") }
    if let status = filter.status { conditions.append("r.status = \(status)") }
    if let outcome = filter.outcome { conditions.append("r.outcome = \(number(outcome))") }
    for _ in 0..<3 { values.append(filter.anyID) }
    if filter.anyID == nil {
      values.removeAll()
    } else {
      conditions.append("(r.id = ? OR r.response_id = ? OR r.vendor_request_id = ?)")
    }
    text("n.text = ?", filter.user)
    text("r.session = ?", filter.session)
    if filter.key != nil || filter.model != nil {
      let numbers = try facetNumbers(key: filter.key, model: filter.model)
      conditions.append(numbers.isEmpty ? "1 = 0" : "r.facet IN (\(numbers.joined(separator: ",")))")
    }
    var sql = """
      SELECT r.time, r.id, r.attempt, r.final, s.name, r.line, r.facet, n.text, r.session, r.ip, r.response_id,
        r.vendor_request_id, r.metered_id, r.stream, r.status, r.duration_us, r.first_byte_us, r.outcome,
        e.text, r.flags, r.input, r.cache_read, r.cache_write_5m, r.cache_write_1h, r.cache_write_12h,
        r.output, r.reasoning, r.other_meters, r.other_models, r.unknown_fields, r.stated
      FROM requests r JOIN segments s ON s.id = r.segment JOIN facets f ON f.id = r.facet
      LEFT JOIN names n ON n.id = r.user LEFT JOIN names e ON e.id = r.error_type
      """
    if !conditions.isEmpty { sql += " WHERE " + conditions.joined(separator: " AND ") }
    sql += filter.newestFirst ? " ORDER BY r.time DESC, r.id DESC, r.attempt DESC" : ""
    if let limit = filter.limit { sql += " LIMIT \(limit)" }
    let rows = try database.reader(sql)
    for value in values { rows.bind(value) }
    while try rows.next() { try body(try usage(rows)) }
  }

  /// The facets whose key's name and model fit these patterns.
  private func facetNumbers(key: String?, model: String?) throws(StoreError) -> [String] {
    try loadFacets()
    let key = key.map(Pattern.init)
    let model = model.map(Pattern.init)
    func fits(_ pattern: Pattern?, _ text: String?) -> Bool {
      guard let pattern else { return true }
      return text.map(pattern.matches) ?? false
    }
    return facets.filter { _, facet in
      fits(key, facet.facts.keyName) && fits(model, facet.facts.modelReturned ?? facet.facts.modelRequested)
    }.keys.sorted().map(String.init)
  }

  private func usage(_ row: any Statement) throws(StoreError) -> Usage {
    var usage = Usage(
      id: row.text(1) ?? "", attempt: Int(row.integer(2)), final: row.integer(3) != 0,
      time: row.integer(0), place: .init(file: row.text(4) ?? "", line: row.integer(5)),
      facts: try facts(row.integer(6)), outcome: outcomes[Int(row.integer(17))])
    usage.factsNumber = Int(row.integer(6))
    usage.user = row.text(7)
    usage.session = row.text(8)
    usage.ip = row.text(9)
    usage.responseID = row.text(10)
    usage.vendorRequestID = row.text(11)
    usage.meteredID = row.text(12)
    usage.stream = row.optionalInteger(13).map { $0 != 0 }
    usage.status = row.optionalInteger(14).map(Int.init)
    usage.durationMicroseconds = row.optionalInteger(15)
    usage.firstByteMicroseconds = row.optionalInteger(16)
    usage.errorType = row.text(18)
    usage.flags = UsageFlags(rawValue: UInt32(row.integer(19)))
    for (offset, meter) in columnMeters.enumerated() {
      usage.counts[meter] = row.integer(20 + Int32(offset))
    }
    usage.counts.reasoning = row.integer(26)
    if let text = row.text(27) { try readMeters(text, into: &usage.counts) }
    if let text = row.text(28) { usage.otherModels = try readModels(text) }
    if let text = row.text(29) { usage.unknownFields = try readFields(text) }
    if let text = row.text(30) { usage.statedCost = try statedCost(text) }
    return usage
  }
}

/// An attempt at a request, by its name.
public struct Attempt: Hashable, Sendable {
  public var id: String
  public var attempt: Int
  public init(id: String, attempt: Int) {
    self.id = id
    self.attempt = attempt
  }
}

/// Meters with a column of their own, in its order.
private let columnMeters: [Meter] = [
  .input, .cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h, .output,
]

private func otherMeters(_ counts: TokenCounts) -> String? {
  let others = counts.used.filter { !columnMeters.contains($0.meter) }
  guard !others.isEmpty else { return nil }
  var writer = JSONWriter()
  writer.object { writer in
    for (meter, count) in others { writer.member(meter.name, count) }
  }
  return writer.text
}

private func readMeters(_ text: String, into counts: inout TokenCounts) throws(StoreError) {
  do throws(JSONError) {
    for (name, value) in try JSONTape().parse(text).members {
      guard let meter = name.string.flatMap(Meter.init(name:)), let count = value.wholeNumber else {
        continue
      }
      counts[meter] = count
    }
  } catch {
    throw StoreError("meters are not JSON: the store is damaged")
  }
}

private func otherModels(_ models: [Usage.OtherModel]) -> String? {
  guard !models.isEmpty else { return nil }
  var writer = JSONWriter()
  writer.array { writer in
    for other in models {
      writer.object { writer in
        writer.member("model", other.model)
        writer.member("reasoning", other.counts.reasoning)
        for (meter, count) in other.counts.used { writer.member(meter.name, count) }
      }
    }
  }
  return writer.text
}

private func readModels(_ text: String) throws(StoreError) -> [Usage.OtherModel] {
  do throws(JSONError) {
    return try JSONTape().parse(text).elements.map { element in
      var counts = TokenCounts()
      for (name, value) in element.members {
        guard let meter = name.string.flatMap(Meter.init(name:)) else { continue }
        counts[meter] = value.wholeNumber ?? 0
      }
      counts.reasoning = element["reasoning"]?.wholeNumber ?? 0
      return Usage.OtherModel(model: element["model"]?.string ?? "", counts: counts)
    }
  } catch {
    throw StoreError("models are not JSON: the store is damaged")
  }
}

private func unknownFields(_ fields: [String]) -> String? {
  guard !fields.isEmpty else { return nil }
  var writer = JSONWriter()
  writer.array { writer in
    for field in fields { writer.string(field) }
  }
  return writer.text
}

private func readFields(_ text: String) throws(StoreError) -> [String] {
  do throws(JSONError) {
    return try JSONTape().parse(text).elements.compactMap(\.string)
  } catch {
    throw StoreError("unknown fields are not JSON: the store is damaged")
  }
}
