/// What is known of one post: at most one for each period and target.
public struct Delivery: Hashable, Sendable {
  public enum State: String, Sendable {
    /// Noted before sending. Found later, it means that a run was cut between sending and noting: nobody
    /// knows whether it arrived, and it is not repeated by itself.
    case unknown
    case sent
    /// The service refused it, or could not be reached after all retries: the next run tries again.
    case failed
  }

  public var period: String
  public var target: String
  public var state: State
  public var payloadSHA256: String
  public var detail: String
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var updated: Int64

  public init(
    period: String, target: String, state: State, payloadSHA256: String, detail: String, updated: Int64
  ) {
    self.period = period
    self.target = target
    self.state = state
    self.payloadSHA256 = payloadSHA256
    self.detail = detail
    self.updated = updated
  }
}

extension Store {
  public func delivery(period: String, target: String) throws(StoreError) -> Delivery? {
    let select = try statement(
      "SELECT state, payload_sha256, detail, updated FROM deliveries WHERE period = ? AND target = ?")
    guard try select.bind(period).bind(target).next() else { return nil }
    defer { select.reset() }
    guard let state = Delivery.State(rawValue: select.text(0) ?? "") else {
      throw Self.unknownState
    }
    return Delivery(
      period: period, target: target, state: state, payloadSHA256: select.text(1) ?? "",
      detail: select.text(2) ?? "", updated: select.integer(3))
  }

  /// All that are known, the newest first.
  public func deliveries() throws(StoreError) -> [Delivery] {
    let select = try statement(
      """
      SELECT period, target, state, payload_sha256, detail, updated FROM deliveries
      ORDER BY updated DESC, period, target
      """)
    var result: [Delivery] = []
    while try select.next() {
      guard let state = Delivery.State(rawValue: select.text(2) ?? "") else { throw Self.unknownState }
      result.append(
        Delivery(
          period: select.text(0) ?? "", target: select.text(1) ?? "", state: state,
          payloadSHA256: select.text(3) ?? "", detail: select.text(4) ?? "", updated: select.integer(5)))
    }
    return result
  }

  private static let unknownState = StoreError("a delivery's state is unknown: the store is damaged")

  public func save(_ delivery: Delivery) throws(StoreError) {
    try statement(
      """
      INSERT INTO deliveries VALUES(?,?,?,?,?,?) ON CONFLICT(period, target) DO UPDATE SET
        state = excluded.state, payload_sha256 = excluded.payload_sha256, detail = excluded.detail,
        updated = excluded.updated
      """
    ).bind(delivery.period).bind(delivery.target).bind(delivery.state.rawValue)
      .bind(delivery.payloadSHA256).bind(delivery.detail).bind(delivery.updated).run()
  }
}
