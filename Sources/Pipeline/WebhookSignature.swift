internal import Crypto
internal import Foundation
internal import Ledger

/// How a receiver of webhooks knows who sent a post, and when.
enum WebhookSignature {
  static let headerName = "Tollbook-Signature"
  /// The same for each attempt at one delivery, so that a receiver can drop repetitions.
  static let deliveryHeaderName = "Tollbook-Delivery"

  /// `t=SECONDS,v1=HEX`: HMAC-SHA256, by the secret's UTF-8, of the seconds' digits, a point, and the body.
  static func header(_ body: [UInt8], secret: String, seconds: Int64) -> String {
    let key = SymmetricKey(data: Array(secret.utf8))
    let code = HMAC<SHA256>.authenticationCode(for: Array("\(seconds).".utf8) + body, using: key)
    return "t=\(seconds),v1=\(hexText(code))"
  }
}
