internal import Crypto
internal import Foundation
internal import Ledger
internal import Pipeline
internal import Store

/// What a client is told, once.
struct ClientSecret {
  /// For SDKs that sign their requests instead of sending a key.
  var accessKeyID: String?
  var text: String
  /// What the store keeps.
  var sha256: String

  /// 256 bits from the system's generator.
  init() {
    text = "sk-tb-" + hexText((0..<32).map { _ in UInt8.random(in: 0...255) })
    sha256 = hexText(SHA256.hash(data: Array(text.utf8)))
  }

  init(_ pair: AWSPair) {
    (accessKeyID, text, sha256) = (pair.id, pair.secret, pair.digest)
  }

  /// As members of an object that is shown.
  var members: [(String, String)] {
    (accessKeyID.map { [("access_key_id", PolicyText.quoted($0))] } ?? []) + [
      ("key", PolicyText.quoted(text))
    ]
  }
}

/// Making and replacing keys: what the command line and the admin API both do.
struct KeyMaking {
  var store: Store
  /// Of budgets that name no zone.
  var zone: String
  var mark: ChangeMark

  /// - Parameter secret: which nobody will see again once it was told.
  func create(_ change: KeyChange, _ secret: ClientSecret) throws -> ClientKey {
    guard change.fields.contains(where: { $0.name == .name }) else { throw UsageError("a key needs a name") }
    var key = ClientKey(id: "k_" + secret.sha256.prefix(16), name: "", created: mark.time)
    try change.apply(to: &key, zone: zone, now: mark.time)
    try store.add(key, sha256: secret.sha256, by: mark)
    return key
  }

  /// - Parameter grace: until when the former secret opens, as `30d`, `12h` or a time.
  func rotate(
    _ idOrName: String, to secret: ClientSecret, grace: String?
  ) throws -> (key: ClientKey, until: Int64)? {
    let until = try grace.map { try KeyChange.instant($0, mark.time) } ?? mark.time
    guard let key = try store.rotateKey(idOrName, to: secret.sha256, until: until, by: mark) else {
      return nil
    }
    return (key, until)
  }

  func update(_ idOrName: String, _ change: KeyChange) throws -> ClientKey? {
    try store.updateKey(idOrName, by: mark) { try change.apply(to: &$0, zone: zone, now: mark.time) }
  }

  func updatePolicy(of kind: PolicyHolder.Kind, _ name: String, _ change: KeyChange) throws -> AccessPolicy {
    try store.updatePolicy(of: kind, try KeyChange.name(name, kind.rawValue), by: mark) {
      try change.apply(to: &$0, zone: zone)
    }
  }
}

extension StoredKey {
  /// `valid`, `disabled`, `expired`, `revoked`.
  func state(at now: Int64) -> String {
    if key.revoked { return "revoked" }
    if let expires = key.expires, expires <= now { return "expired" }
    return key.policy.isDisabled ? "disabled" : "valid"
  }

  /// As shown: everything but secrets.
  func json(at now: Int64) -> String {
    let former = former.filter { $0.until > now }.map { PolicyText.quoted(Timestamp.text($0.until)) }
    return PolicyText.object(
      PolicyText.members(key) + [
        ("former_secrets_until", "[\(former.joined(separator: ","))]"),
        ("state", PolicyText.quoted(state(at: now))),
      ])
  }
}

extension PolicyHolder {
  var json: String {
    PolicyText.object(
      [("kind", PolicyText.quoted(kind.rawValue)), ("name", PolicyText.quoted(name))]
        + PolicyText.members(policy))
  }
}

extension AuditEntry {
  var json: String {
    PolicyText.object([
      ("number", String(number)), ("time", PolicyText.quoted(Timestamp.text(mark.time))),
      ("actor", PolicyText.quoted(mark.actor)), ("action", PolicyText.quoted(action)),
      ("subject", PolicyText.quoted(subject)), ("name", PolicyText.quoted(name)), ("changes", detail),
    ])
  }
}
