/// Who may come in at all, before a key is looked at: networks, and the secret of what stands before the proxy.
public import Ledger
internal import HTTPWire

public struct DoorSettings: Sendable {
  /// Of clients; empty for all.
  public var networks: [Network] = []
  /// So many entries at the end of `X-Forwarded-For` were written by proxies that are trusted; the one before them is the
  /// client. 0: the connection's own address.
  public var trustedHops = 0
  /// Whose `X-Forwarded-For` is read at all; empty for everybody's.
  public var trustedProxies: [Network] = []
  /// The header that a front door adds, in small letters, and the one or two values that open.
  public var originHeader: String?
  public var originSecrets: [Secret] = []

  public init() {}
}

struct Door: Sendable {
  let settings: DoorSettings
  private let secrets: [SecretDigest]

  init(_ settings: DoorSettings) {
    self.settings = settings
    secrets = settings.originSecrets.map { SecretDigest($0.text) }
  }

  /// The client's address: the connection's, or what trusted proxies say; nil where they say nothing that is one.
  func client(peer: String?, _ headers: HeaderFields) -> String? {
    guard settings.trustedHops > 0, let peer else { return peer }
    if !settings.trustedProxies.isEmpty, !settings.trustedProxies.contains(where: { $0.contains(peer) }) {
      return peer
    }
    var hops: [String] = []
    for value in headers.values("x-forwarded-for") {
      for part in value.split(separator: ",", omittingEmptySubsequences: false) { hops.append(trimmed(part)) }
    }
    hops.append(peer)
    guard hops.count > settings.trustedHops else { return hops.count == 1 ? peer : nil }
    let address = withoutPort(hops[hops.count - 1 - settings.trustedHops])
    return Network.isAddress(address) ? address : nil
  }

  /// Why a request is not let in.
  func refuses(_ client: String?, _ headers: HeaderFields) -> Problem? {
    if let name = settings.originHeader {
      let values = headers.values(name)
      guard values.count == 1, isSecret(values[0]) else { return .originNotAllowed }
    }
    guard !settings.networks.isEmpty else { return nil }
    guard let client, settings.networks.contains(where: { $0.contains(client) }) else { return .ipNotAllowed }
    return nil
  }

  /// Both are compared, whichever fits.
  private func isSecret(_ text: String) -> Bool {
    let presented = SecretDigest(text)
    return secrets.filter { $0.matches(presented) }.count > 0
  }

  /// `10.0.0.1:443`, `[2001:db8::1]:443`: some front doors write the port, too.
  private func withoutPort(_ text: String) -> String {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      return String(text[text.index(after: text.startIndex)..<end])
    }
    if text.contains("."), let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
      return String(text[..<colon])
    }
    return text
  }
}
