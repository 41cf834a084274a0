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
  /// All of these stand in the hashes of a block that has such rows.
  private(set) var hashes: [UInt32] = []
  /// A text that is asked for is not in the store: no row has it.
  private(set) var isImpossible = false
  /// The request's own id, as the store keeps it.
  var id: [UInt8]?
  /// The vendor's id or the answer's.
  var vendorID: [UInt8]?
  private let filter: Store.RequestFilter
  private let key: Pattern?
  private let model: Pattern?
  private let user: Pattern?
  private let errorType: Pattern?
  private let session: Pattern?
  /// Texts without a pattern, as the store's number or bytes.
  private var userNumber: Int64?
  private var errorTypeNumber: Int64?
  private var sessionBytes: [UInt8]?
  private var facets: [Int64: Bool] = [:]
  private var users: [Int64: Bool] = [:]
  private var errorTypes: [Int64: Bool] = [:]

  init(_ filter: Store.RequestFilter, _ store: Store) throws(StoreError) {
    self.filter = filter
    func isPlain(_ text: String) -> Bool { !text.utf8.contains(UInt8(ascii: "*")) }
    func pattern(_ text: String?) -> Pattern? { text.map { Pattern($0) } }
    key = pattern(filter.key)
    model = pattern(filter.model)
    if let text = filter.key, isPlain(text) { hashes.append(TextHash.of(key: text)) }
    if let text = filter.model, isPlain(text) { hashes.append(TextHash.of(model: text)) }
    user = pattern(filter.user)
    errorType = pattern(filter.errorType)
    session = pattern(filter.session)
    if let text = filter.user, isPlain(text) {
      let number = try store.knownName(text)
      userNumber = number ?? 0
      hashes.append(TextHash.of(user: number ?? 0))
      if number == nil { isImpossible = true }
    }
    if let text = filter.errorType, isPlain(text) {
      let number = try store.knownName(text)
      errorTypeNumber = number ?? 0
      hashes.append(TextHash.of(errorType: number ?? 0))
      if number == nil { isImpossible = true }
    }
    if let text = filter.session, isPlain(text) {
      sessionBytes = Array(kept(text).utf8)
      hashes.append(TextHash.of(session: text))
    }
    if let outcome = filter.outcome { hashes.append(TextHash.of(outcome: outcome.storeNumber)) }
    if let status = filter.status {
      let hundred = Int64(status.lowerBound) / TextHash.statusHundred
      if status.count == 1 {
        hashes.append(TextHash.of(status: Int64(status.lowerBound)))
      } else if Int64(status.upperBound) / TextHash.statusHundred == hundred, status.lowerBound >= 0 {
        hashes.append(TextHash.of(statusHundred: hundred))
      }
    }
  }

  /// Whether a row fits, as far as what stands at its beginning says.
  mutating func matchesBeginning(_ row: RequestRow, _ store: Store) throws(StoreError) -> Bool {
    if let outcome = filter.outcome, row.outcome != outcome { return false }
    if let status = filter.status {
      guard row.status >= Int64(status.lowerBound), row.status <= Int64(status.upperBound) else {
        return false
      }
    }
    if key != nil || model != nil, try !matches(facet: row.facet, store) { return false }
    if let userNumber {
      guard row.user == userNumber else { return false }
    } else if let user {
      guard row.user != 0 else { return false }
      if users[row.user] == nil { users[row.user] = user.matches(try store.name(row.user)) }
      guard users[row.user] == true else { return false }
    }
    if let errorTypeNumber { return row.errorType == errorTypeNumber }
    if let errorType {
      guard row.errorType != 0 else { return false }
      if errorTypes[row.errorType] == nil {
        errorTypes[row.errorType] = errorType.matches(try store.name(row.errorType))
      }
      return errorTypes[row.errorType] == true
    }
    return true
  }

  /// Whether the rest of it fits too.
  func matchesRest(_ row: RequestRow, _ texts: UnsafeRawPointer) -> Bool {
    func isText(_ span: TextSpan, _ text: [UInt8]) -> Bool {
      span.count == Int32(truncatingIfNeeded: text.count)
        && UnsafeRawBufferPointer(start: texts + Int(span.offset), count: text.count).elementsEqual(text)
    }
    if let sessionBytes {
      guard isText(row.session, sessionBytes) else { return false }
    } else if let session {
      guard row.session.count >= 0 else { return false }
      let text = UnsafeRawBufferPointer(
        start: texts + Int(row.session.offset), count: Int(row.session.count))
      guard session.matches(String(decoding: text, as: UTF8.self)) else { return false }
    }
    if let id { return isText(row.id, id) }
    if let vendorID { return isText(row.responseID, vendorID) || isText(row.vendorRequestID, vendorID) }
    return true
  }

  private mutating func matches(facet: Int64, _ store: Store) throws(StoreError) -> Bool {
    if let known = facets[facet] { return known }
    let facts = try store.facts(facet)
    let found = (key?.matches(facts.keyName) ?? true) && (model?.matches(facts.model) ?? true)
    facets[facet] = found
    return found
  }
}

extension Pattern {
  /// An absent fact matches nothing.
  fileprivate func matches(_ candidate: String?) -> Bool { candidate.map { matches($0) } ?? false }
}
