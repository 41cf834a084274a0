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
}

extension Store {
  /// Puts a vendor's statements of whole days in the place of what it stated of these days before.
  public func replace(
    _ statements: [CostStatement], of provider: String, days: Set<Int64>, segment: Int64
  ) throws(StoreError) {
    for day in days {
      try statement("DELETE FROM statements WHERE provider = ? AND day = ?").bind(provider).bind(day).run()
    }
    for one in statements {
      try statement("INSERT INTO statements VALUES(?,?,?,?,?,?)").bind(segment).bind(one.place.line)
        .bind(one.provider).bind(one.day).bind(one.model).bind(statedText(one.amount)).run()
    }
  }

  /// The statements of days in a half-open range, in the order of their files and rows.
  public func statements(days: Range<Int64>) throws(StoreError) -> [CostStatement] {
    let select = try statement(
      """
      SELECT t.provider, t.day, t.model, t.femtodollars, s.name, t.line
      FROM statements t JOIN segments s ON s.id = t.segment
      WHERE t.day >= ? AND t.day < ? ORDER BY s.name, t.line
      """)
    select.bind(days.lowerBound).bind(days.upperBound)
    var result: [CostStatement] = []
    while try select.next() {
      result.append(
        CostStatement(
          provider: select.text(0) ?? "", day: select.integer(1), model: select.text(2) ?? "",
          amount: try statedCost(select.text(3) ?? ""),
          place: .init(file: select.text(4) ?? "", line: select.integer(5))))
    }
    return result
  }
}
