internal import ProxyServer

/// A new access key id with its secret, for `keys create --aws`.
struct AWSPair {
  let id = AWSKeyPair.newID { UInt8.random(in: 0...255) }
  let secret: String

  /// - Throws: `ConfigurationError` where there is nothing that the secret can be derived from.
  init(_ settings: Settings) throws {
    guard let master = try settings.awsKeySecret else {
      throw ConfigurationError(
        "keys create --aws: TOLLBOOK_AWS_KEY_SECRET must hold the secret that AWS secrets are derived from, here and where the proxy runs, such as the output of: openssl rand -hex 32"
      )
    }
    secret = AWSKeyPair.secret(of: id, master: master)
  }

  /// What the store keeps.
  var digest: String { AWSKeyPair.digest(of: id) }
}

extension Settings {
  /// What clients' AWS secrets are derived from.
  var awsKeySecret: String? {
    get throws {
      guard let text = environment["TOLLBOOK_AWS_KEY_SECRET"], !text.isEmpty else { return nil }
      guard text.utf8.count >= AWSKeyPair.masterBytesMin else {
        throw ConfigurationError(
          "TOLLBOOK_AWS_KEY_SECRET must have \(AWSKeyPair.masterBytesMin) bytes or more")
      }
      return text
    }
  }
}
