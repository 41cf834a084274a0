public import Ledger

extension Store {
  /// Which rows are visited: all that are given must hold.
  public struct RequestFilter: Sendable {
    public var begin: Int64?
    public var end: Int64?
    /// The request's own id, or else the vendor's, or the answer's.
    public var anyID: String?
    /// In these `*` is any run of characters.
    public var key: String?
    public var user: String?
    public var session: String?
    public var model: String?
    public var errorType: String?
    public var status: ClosedRange<Int>?
    public var outcome: Outcome?
    public var newestFirst = false
    /// Only rows behind this one in the order asked for.
    public var after: RequestPlace?
    public init() {}
  }

  /// Where a row stands among all rows: by time, then by segment and line.
  public struct RequestPlace: Hashable, Comparable, Sendable {
    public var time: Int64
    public var segment: Int64
    public var line: Int64
    public init(time: Int64, segment: Int64, line: Int64) {
      self.time = time
      self.segment = segment
      self.line = line
    }

    public static func < (a: Self, b: Self) -> Bool {
      (a.time, a.segment, a.line) < (b.time, b.segment, b.line)
    }
  }
}

/// A filter with its patterns ready, and what was found out about facts and names so far.
struct RequestMatch {
  let filter: Store.RequestFilter
  /// Conditions of a row's own columns, as SQL, and their values.
  private(set) var sql = ""
  private(set) var numbers: [Int64] = []
  private(set) var texts: [String] = []
  /// One of these stands in the hashes of each quarter of an hour that has such rows; an empty list is no condition.
  private(set) var hashes: [UInt32] = []
  /// A text that is asked for is not in the store: no row has it.
  private(set) var isImpossible = false
  private let key: Pattern?
  private let model: Pattern?
  private let user: Pattern?
  private let session: Pattern?
  private let errorType: Pattern?
  private var facets: [Int64: Bool] = [:]
  private var users: [Int64: Bool] = [:]
  private var errorTypes: [Int64: Bool] = [:]

  init(_ filter: Store.RequestFilter, _ store: Store) throws(StoreError) {
    self.filter = filter
    func pattern(_ text: String?) -> Pattern? { text.map { Pattern($0) } }
    func isPlain(_ text: String) -> Bool { !text.utf8.contains(UInt8(ascii: "*")) }
    key = pattern(filter.key)
    model = pattern(filter.model)
    user = pattern(filter.user)
    session = pattern(filter.session)
    errorType = pattern(filter.errorType)
    if let status = filter.status {
      sql += " AND status >= ? AND status <= ?"
      numbers += [Int64(status.lowerBound), Int64(status.upperBound)]
    }
    if let outcome = filter.outcome {
      sql += " AND outcome = ?"
      numbers.append(outcome.storeNumber)
    }
    if let text = filter.user, isPlain(text) {
      let number = try store.knownName(text)
      sql += " AND user_number = ?"
      numbers.append(number ?? 0)
      hashes.append(TextHash.of(user: number ?? 0))
      if number == nil { isImpossible = true }
    }
    if let text = filter.errorType, isPlain(text) {
      let number = try store.knownName(text)
      sql += " AND error_type = ?"
      numbers.append(number ?? 0)
      hashes.append(TextHash.of(errorType: number ?? 0))
      if number == nil { isImpossible = true }
    }
    if let text = filter.session, isPlain(text) {
      sql += " AND session = ?"
      texts.append(text)
      hashes.append(TextHash.of(session: text))
    }
  }

  /// Whether the totals of quarters of an hour say which of them have such rows.
  var asksTotals: Bool { key != nil || model != nil || filter.status != nil || filter.outcome != nil }

  mutating func matches(facet: Int64, _ store: Store) throws(StoreError) -> Bool {
    guard key != nil || model != nil else { return true }
    if let known = facets[facet] { return known }
    let facts = try store.facts(facet)
    let found = (key?.matches(facts.keyName) ?? true) && (model?.matches(facts.model) ?? true)
    facets[facet] = found
    return found
  }

  /// What SQL did not decide.
  mutating func matches(_ row: any Statement, _ store: Store) throws(StoreError) -> Bool {
    guard try matches(facet: row.integer(RequestColumn.facet), store) else { return false }
    if let user {
      guard let number = row.optionalInteger(RequestColumn.user) else { return false }
      if users[number] == nil { users[number] = user.matches(try store.name(number)) }
      guard users[number] == true else { return false }
    }
    if let errorType {
      guard let number = row.optionalInteger(RequestColumn.errorType) else { return false }
      if errorTypes[number] == nil { errorTypes[number] = errorType.matches(try store.name(number)) }
      guard errorTypes[number] == true else { return false }
    }
    return session?.matches(row.text(RequestColumn.session)) ?? true
  }
}

extension Pattern {
  /// An absent fact matches nothing.
  fileprivate func matches(_ candidate: String?) -> Bool { candidate.map { matches($0) } ?? false }
}
