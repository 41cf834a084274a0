internal import JSON
public import Ledger

extension Store {
  /// Keeps a new key, by the SHA-256 of its secret.
  /// - Throws: `StoreError` where a key in use has that name already.
  public func add(_ key: ClientKey, sha256: String) throws {
    try transaction { () throws(StoreError) in
      let same = try statement("SELECT id FROM keys WHERE name = ? AND revoked = 0")
      let taken = try same.bind(key.name).next()
      same.reset()
      guard !taken else {
        throw StoreError("a key named \"\(key.name)\" is in use; revoke it first, or choose another name")
      }
      try statement("INSERT INTO keys VALUES(?,?,?,?,?,?,?,?,?)")
        .bind(key.id).bind(key.name).bind(sha256).bind(key.team)
        .bind(FacetKey.text(key.tags)).bind(list(key.models))
        .bind(key.expires).bind(key.revoked).bind(key.created).run()
    }
  }

  /// Every key with the SHA-256 of its secret, in the order they were made.
  public func keys() throws(StoreError) -> [(key: ClientKey, sha256: String)] {
    let select = try statement(
      "SELECT id, name, sha256, team, tags, models, expires, revoked, created FROM keys ORDER BY created, id")
    var result: [(key: ClientKey, sha256: String)] = []
    while try select.next() {
      let key = ClientKey(
        id: select.text(0) ?? "", name: select.text(1) ?? "", team: select.text(3),
        tags: try tags(select.text(4) ?? "{}"), models: try texts(select.text(5) ?? "[]"),
        expires: select.optionalInteger(6), revoked: select.integer(7) != 0, created: select.integer(8))
      result.append((key, select.text(2) ?? ""))
    }
    return result
  }

  /// Makes a key invalid at once, by its id or its name.
  /// - Returns: false where no key in use is called so.
  public func revokeKey(_ idOrName: String) throws(StoreError) -> Bool {
    try statement("UPDATE keys SET revoked = 1 WHERE (id = ? OR name = ?) AND revoked = 0")
      .bind(idOrName).bind(idOrName).run()
    return database.changes > 0
  }

  private func list(_ texts: [String]) -> String {
    var writer = JSONWriter()
    writer.array { writer in
      for text in texts { writer.string(text) }
    }
    return writer.text
  }

  private func texts(_ json: String) throws(StoreError) -> [String] {
    do throws(JSONError) {
      return try JSONTape().parse(json).elements.compactMap(\.string)
    } catch {
      throw StoreError("a list is not JSON: the store is damaged")
    }
  }
}
