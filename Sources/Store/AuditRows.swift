/// Who changes something, and when. Every change of a key or a policy takes one and leaves a row of the audit log.
public struct ChangeMark: Hashable, Sendable {
  /// `cli:root@host`, or `api:` and the administrator's name.
  public var actor: String
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var time: Int64

  public init(actor: String, time: Int64) {
    self.actor = actor
    self.time = time
  }
}

/// One change as it was recorded.
public struct AuditEntry: Hashable, Sendable {
  public var number: Int64
  public var mark: ChangeMark
  /// `create`, `update`, `rotate`, `revoke`, `import`.
  public var action: String
  /// A key's id, or `team` or `user`.
  public var subject: String
  public var name: String
  /// JSON: the members that changed, each with what it was and what it is.
  public var detail: String
}

extension Store {
  /// Inside the transaction that makes the change.
  func record(
    _ action: String, _ subject: String, _ name: String, _ detail: String, _ mark: ChangeMark
  ) throws(StoreError) {
    try statement("INSERT INTO audit(time, actor, action, subject, name, detail) VALUES(?,?,?,?,?,?)")
      .bind(mark.time).bind(kept(mark.actor)).bind(action).bind(subject).bind(kept(name)).bind(kept(detail))
      .run()
  }

  /// The log in the order it was written.
  /// - Parameters:
  ///   - after: the number of the last entry that is known already.
  ///   - subject: a key's id or name, or a team's or user's name; nil for all.
  public func audit(after: Int64 = 0, subject: String? = nil, limit: Int = 1000) throws(StoreError)
    -> [AuditEntry]
  {
    let filter = subject == nil ? "" : "AND (subject = ? OR name = ?)"
    let select = try statement(
      """
      SELECT id, time, actor, action, subject, name, detail FROM audit WHERE id > ? \(filter) ORDER BY id LIMIT ?
      """)
    select.bind(after)
    if let subject { select.bind(subject).bind(subject) }
    select.bind(limit)
    var result: [AuditEntry] = []
    while try select.next() {
      result.append(
        AuditEntry(
          number: select.integer(0),
          mark: ChangeMark(actor: select.text(2) ?? "", time: select.integer(1)),
          action: select.text(3) ?? "", subject: select.text(4) ?? "", name: select.text(5) ?? "",
          detail: select.text(6) ?? ""))
    }
    return result
  }
}
