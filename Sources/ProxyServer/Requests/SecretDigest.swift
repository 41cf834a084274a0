internal import Crypto

/// A secret that something presented is held against, in a time that does not tell where they differ.
struct SecretDigest: Sendable {
  /// Digests are of one length, whatever they are of.
  private let bytes: [UInt8]

  init(_ text: String) { bytes = Array(SHA256.hash(data: Array(text.utf8))) }

  func matches(_ other: SecretDigest) -> Bool {
    zip(bytes, other.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
