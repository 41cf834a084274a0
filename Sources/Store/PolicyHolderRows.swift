public import Ledger

extension Store {
  /// The teams and users that have a policy of their own.
  public func policyHolders() throws(StoreError) -> [PolicyHolder] {
    let select = try statement("SELECT kind, name, settings FROM policy_holders ORDER BY kind, name")
    var result: [PolicyHolder] = []
    while try select.next() {
      guard let kind = PolicyHolder.Kind(rawValue: select.text(0) ?? "") else {
        throw StoreError("a policy belongs to neither a team nor a user: the store is damaged")
      }
      result.append(
        PolicyHolder(
          kind: kind, name: select.text(1) ?? "", policy: try PolicyText.read(select.text(2) ?? "{}").policy))
    }
    return result
  }

  /// Changes a team's or user's policy, which allows everything before it is first changed.
  /// - Returns: the policy as it is now.
  public func updatePolicy(
    of kind: PolicyHolder.Kind, _ name: String, by mark: ChangeMark,
    _ change: (inout AccessPolicy) throws -> Void
  ) throws -> AccessPolicy {
    try transaction {
      let select = try statement("SELECT settings FROM policy_holders WHERE kind = ? AND name = ?")
      var before: AccessPolicy?
      if try select.bind(kind.rawValue).bind(name).next() {
        before = try PolicyText.read(select.text(0) ?? "{}").policy
      }
      select.reset()
      var policy = before ?? AccessPolicy()
      try change(&policy)
      guard policy != before else { return policy }
      try statement(
        """
        INSERT INTO policy_holders VALUES(?,?,?)
        ON CONFLICT(kind, name) DO UPDATE SET settings = excluded.settings
        """
      ).bind(kind.rawValue).bind(name).bind(PolicyText.settings(policy)).run()
      try record(
        before == nil ? "create" : "update", kind.rawValue, name,
        PolicyText.difference(before.map(PolicyText.members) ?? [], PolicyText.members(policy)), mark)
      return policy
    }
  }
}
