internal import JSON
public import Ledger

/// A key as the store keeps it.
public struct StoredKey: Sendable {
  public var key: ClientKey
  /// Of the secret that opens.
  public var sha256: String
  /// Of secrets that a rotation replaced, and the first instant at which each no longer opens.
  public var former: [(sha256: String, until: Int64)]
}

extension Store {
  /// Keeps a new key, by the SHA-256 of its secret.
  /// - Throws: `StoreError` where a key in use has that name already, or the secret is known.
  public func add(
    _ key: ClientKey, sha256: String, by mark: ChangeMark, action: String = "create"
  ) throws {
    try transaction { () throws(StoreError) in
      try requireFree(key.name, besides: key.id)
      try requireUnknown(sha256)
      try statement(
        """
        INSERT INTO keys(id, name, sha256, team, tags, models, expires, revoked, created, settings)
        VALUES(?,?,?,?,?,?,?,?,?,?)
        """
      ).bind(key.id).bind(key.name).bind(sha256).bind(key.team)
        .bind(FacetKey.text(key.tags)).bind(PolicyText.list(key.models))
        .bind(key.expires).bind(key.revoked).bind(key.created).bind(settings(key)).run()
      try record(action, key.id, key.name, PolicyText.difference([], PolicyText.members(key)), mark)
    }
  }

  /// Every key, in the order they were made.
  public func keys() throws(StoreError) -> [StoredKey] {
    var former: [String: [(sha256: String, until: Int64)]] = [:]
    let secrets = try statement("SELECT sha256, key, until FROM former_secrets ORDER BY until, sha256")
    while try secrets.next() {
      former[secrets.text(1) ?? "", default: []].append((secrets.text(0) ?? "", secrets.integer(2)))
    }
    let select = try statement(
      """
      SELECT id, name, sha256, team, tags, models, expires, revoked, created, settings FROM keys
      ORDER BY created, id
      """)
    var result: [StoredKey] = []
    while try select.next() {
      let settings = try PolicyText.read(select.text(9) ?? "{}")
      var key = ClientKey(
        id: select.text(0) ?? "", name: select.text(1) ?? "", team: select.text(3), user: settings.user,
        tags: try tags(select.text(4) ?? "{}"), expires: select.optionalInteger(6),
        revoked: select.integer(7) != 0, created: select.integer(8))
      key.policy = settings.policy
      key.policy.models = try texts(select.text(5) ?? "[]")
      key.networks = settings.networks
      key.logsContent = settings.logsContent
      key.costInUsage = settings.costInUsage
      result.append(StoredKey(key: key, sha256: select.text(2) ?? "", former: former[key.id] ?? []))
    }
    return result
  }

  /// The key of that id, else the one in use of that name, else the one that had it last.
  public func key(_ idOrName: String) throws(StoreError) -> StoredKey? {
    let all = try keys()
    return all.first { $0.key.id == idOrName } ?? all.last { $0.key.name == idOrName && !$0.key.revoked }
      ?? all.last { $0.key.name == idOrName }
  }

  /// Changes what a key may do; its id, its secret and when it was made stay.
  /// - Returns: the key as it is now; nil where none is called so.
  public func updateKey(
    _ idOrName: String, by mark: ChangeMark, _ change: (inout ClientKey) throws -> Void
  ) throws -> ClientKey? {
    try transaction {
      guard let found = try key(idOrName)?.key else { return nil }
      var changed = found
      try change(&changed)
      precondition(changed.id == found.id && changed.created == found.created, "a key stays who it is")
      guard changed != found else { return found }
      if !changed.revoked { try requireFree(changed.name, besides: changed.id) }
      try statement(
        "UPDATE keys SET name = ?, team = ?, tags = ?, models = ?, expires = ?, revoked = ?, settings = ? WHERE id = ?"
      ).bind(changed.name).bind(changed.team).bind(FacetKey.text(changed.tags))
        .bind(PolicyText.list(changed.models)).bind(changed.expires).bind(changed.revoked)
        .bind(settings(changed)).bind(changed.id).run()
      try record(
        changed.revoked ? "revoke" : "update", changed.id, changed.name,
        PolicyText.difference(PolicyText.members(found), PolicyText.members(changed)), mark)
      return changed
    }
  }

  /// Gives a key another secret. The one it had opens until `until`; those it had before that, no longer than they did.
  /// - Returns: the key; nil where none in use is called so.
  public func rotateKey(
    _ idOrName: String, to sha256: String, until: Int64, by mark: ChangeMark
  ) throws -> ClientKey? {
    try transaction {
      guard let found = try key(idOrName), !found.key.revoked else { return nil }
      try requireUnknown(sha256)
      try statement("UPDATE former_secrets SET until = ? WHERE key = ? AND until > ?")
        .bind(until).bind(found.key.id).bind(until).run()
      try statement("INSERT INTO former_secrets VALUES(?,?,?)")
        .bind(found.sha256).bind(found.key.id).bind(until).run()
      try statement("UPDATE keys SET sha256 = ? WHERE id = ?").bind(sha256).bind(found.key.id).run()
      let detail = PolicyText.object([("former_secret_until", PolicyText.text(Timestamp.text(until)))])
      try record("rotate", found.key.id, found.key.name, detail, mark)
      return found.key
    }
  }

  /// Makes a key invalid at once and for ever, by its id or its name.
  /// - Returns: false where no key in use is called so.
  public func revokeKey(_ idOrName: String, by mark: ChangeMark) throws -> Bool {
    guard let found = try key(idOrName)?.key, !found.revoked else { return false }
    return try updateKey(found.id, by: mark) { $0.revoked = true } != nil
  }

  private func requireFree(_ name: String, besides id: String) throws(StoreError) {
    let same = try statement("SELECT id FROM keys WHERE name = ? AND revoked = 0 AND id <> ?")
    let taken = try same.bind(name).bind(id).next()
    same.reset()
    guard !taken else {
      throw StoreError(taken: "a key named \"\(name)\" is in use; revoke it first, or choose another name")
    }
  }

  private func requireUnknown(_ sha256: String) throws(StoreError) {
    let same = try statement(
      "SELECT 1 FROM keys WHERE sha256 = ? UNION ALL SELECT 1 FROM former_secrets WHERE sha256 = ?")
    let taken = try same.bind(sha256).bind(sha256).next()
    same.reset()
    guard !taken else { throw StoreError(taken: "a key with this secret is here already") }
  }

  private func settings(_ key: ClientKey) -> String {
    var policy = key.policy
    // They have a column of their own.
    policy.models = []
    return PolicyText.settings(
      policy, user: key.user, networks: key.networks, logsContent: key.logsContent,
      costInUsage: key.costInUsage)
  }

  private func texts(_ json: String) throws(StoreError) -> [String] {
    do throws(JSONError) {
      return try JSONTape().parse(json).elements.compactMap(\.string)
    } catch {
      throw StoreError("a list is not JSON: the store is damaged")
    }
  }
}
