internal import JSON
public import Ledger

extension Schema {
  /// What vendors say that a day cost.
  static let statements = """
    CREATE TABLE statements(
      segment INTEGER NOT NULL, line INTEGER NOT NULL, provider TEXT NOT NULL,
      day INTEGER NOT NULL,          -- since 1970, in UTC
      model TEXT NOT NULL, femtodollars TEXT NOT NULL, PRIMARY KEY(segment, line)) STRICT, WITHOUT ROWID;
    CREATE INDEX statements_day ON statements(provider, day);
    """

  /// What vendors say that a day cost, or that was used on it.
  static let usageStatements = """
    CREATE TABLE vendor_statements(
      segment INTEGER NOT NULL, line INTEGER NOT NULL,
      kind TEXT NOT NULL,            -- which of the vendor's reports says it
      provider TEXT NOT NULL,
      day INTEGER NOT NULL,          -- since 1970, in UTC
      model TEXT NOT NULL, profile TEXT NOT NULL, femtodollars TEXT, requests INTEGER,
      counts TEXT,                   -- JSON object of meters
      PRIMARY KEY(segment, line)) STRICT, WITHOUT ROWID;
    CREATE INDEX vendor_statements_day ON vendor_statements(day);
    INSERT INTO vendor_statements
      SELECT segment, line, 'costs', provider, day, model, '', femtodollars, NULL, NULL FROM statements;
    DROP TABLE statements;
    """
}

extension Store {
  /// Puts a vendor's statements of whole days in the place of what the same kinds said of these days before.
  public func replace(
    _ statements: [VendorStatement], of provider: String, kinds: Set<String>, days: Set<Int64>, segment: Int64
  ) throws(StoreError) {
    for kind in kinds {
      for day in days {
        try statement("DELETE FROM vendor_statements WHERE day = ? AND provider = ? AND kind = ?")
          .bind(day).bind(provider).bind(kind).run()
      }
    }
    for one in statements {
      try statement("INSERT INTO vendor_statements VALUES(?,?,?,?,?,?,?,?,?,?)").bind(segment)
        .bind(one.place.line).bind(one.kind).bind(one.provider).bind(one.day).bind(one.model)
        .bind(one.profile).bind(statedText(one.amount)).bind(one.requests).bind(countsText(one.counts)).run()
    }
  }

  /// The statements of days in a half-open range, in the order of their files and rows.
  public func statements(days: Range<Int64>) throws(StoreError) -> [VendorStatement] {
    let select = try statement(
      """
      SELECT t.kind, t.provider, t.day, t.model, t.profile, t.femtodollars, t.requests, t.counts, s.name, t.line
      FROM vendor_statements t JOIN segments s ON s.id = t.segment
      WHERE t.day >= ? AND t.day < ? ORDER BY s.name, t.line
      """)
    select.bind(days.lowerBound).bind(days.upperBound)
    var result: [VendorStatement] = []
    while try select.next() {
      var one = VendorStatement(
        kind: select.text(0) ?? "", provider: select.text(1) ?? "", day: select.integer(2),
        model: select.text(3) ?? "", place: .init(file: select.text(8) ?? "", line: select.integer(9)))
      one.profile = select.text(4) ?? ""
      if let amount = select.text(5) { one.amount = try statedCost(amount) }
      one.requests = select.optionalInteger(6)
      if let counts = select.text(7) { one.counts = try readCounts(counts) }
      result.append(one)
    }
    return result
  }
}

private func countsText(_ counts: TokenCounts?) -> String? {
  guard let counts else { return nil }
  var writer = JSONWriter()
  writer.object { writer in
    for (meter, count) in counts.used { writer.member(meter.name, count) }
  }
  return writer.text
}

private func readCounts(_ text: String) throws(StoreError) -> TokenCounts {
  var counts = TokenCounts()
  do throws(JSONError) {
    for (name, value) in try JSONTape().parse(text).members {
      guard let meter = name.string.flatMap(Meter.init(name:)), let count = value.wholeNumber else {
        continue
      }
      counts[meter] = count
    }
  } catch {
    throw StoreError("stated counts are not JSON: the store is damaged")
  }
  return counts
}
