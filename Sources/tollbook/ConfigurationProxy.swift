internal import Foundation
internal import Ledger
internal import ProxyServer
internal import Yams

/// `proxy:` of `tollbook.yaml`.
struct ProxyEntry {
  struct Admin {
    var name: String
    var tokenEnvironment: String
  }

  var listen: String?
  var fsync: String?
  var whenLogFails: String?
  var eventLoops: Int?
  var trustRoots: String?
  /// What a shared store calls this proxy.
  var name: String?
  var isJSONLog = false
  var unpriced: UnpricedPolicy?
  var warnAt: [Int]?
  var networks: [Network] = []
  var trustedHops = 0
  var trustedProxies: [Network] = []
  var originHeader: String?
  var originEnvironments: [String] = []
  var limits = ProxyLimits()
  var admin: String?
  var admins: [Admin] = []
  var contentLog: ContentLogSettings?

  static let settingNames = [
    "listen", "fsync", "when-log-fails", "trust-roots", "event-loops", "name", "log-format", "unpriced",
    "warn-at",
    "allow-networks", "trusted-hops", "trusted-proxies", "origin-header", "limits", "admin", "admins",
    "content-log",
  ]

  /// - Throws: `ConfigurationError` for the member that cannot be taken.
  mutating func read(_ key: String, _ value: Node, _ reader: YAMLReader) throws {
    switch key {
    case "listen": listen = try reader.text(value, key)
    case "fsync": fsync = try reader.text(value, key)
    case "when-log-fails": whenLogFails = try reader.text(value, key)
    case "trust-roots": trustRoots = try reader.text(value, key)
    case "event-loops": eventLoops = try reader.count(value, key, 1...256)
    case "name":
      let text = try reader.text(value, key)
      guard (1...ProxyIdentity.nameCharactersMax).contains(text.count) else {
        throw reader.fault(value, "name has 1 to \(ProxyIdentity.nameCharactersMax) characters")
      }
      name = text
    case "log-format":
      let text = try reader.text(value, key)
      guard text == "json" || text == "text" else { throw reader.fault(value, "log-format is text or json") }
      isJSONLog = text == "json"
    case "unpriced":
      let text = try reader.text(value, key)
      guard let policy = UnpricedPolicy(rawValue: text) else {
        throw reader.fault(
          value, "unpriced is \(UnpricedPolicy.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      unpriced = policy
    case "warn-at":
      warnAt = try reader.sequence(value, key).map { try reader.count($0, "a percentage", 1...100) }
    case "allow-networks": networks = try reader.networks(value, key)
    case "trusted-hops": trustedHops = try reader.count(value, key, 0...16)
    case "trusted-proxies": trustedProxies = try reader.networks(value, key)
    case "origin-header": try readOrigin(value, reader)
    case "limits": try readLimits(value, reader)
    case "content-log": contentLog = try readContentLog(value, reader)
    case "admin": admin = try reader.text(value, key)
    case "admins":
      for item in try reader.sequence(value, key) { admins.append(try readAdmin(item, reader)) }
    default: throw reader.unknown(key, value)
    }
  }

  private mutating func readOrigin(_ node: Node, _ reader: YAMLReader) throws {
    for (key, value) in try reader.mapping(node) {
      switch key {
      case "name": originHeader = try reader.text(value, key).lowercased()
      case "secret-env", "next-secret-env": originEnvironments.append(try reader.text(value, key))
      default: throw reader.unknown(key, value)
      }
    }
    guard let originHeader, !originHeader.isEmpty, !originEnvironments.isEmpty else {
      throw reader.fault(
        node, "origin-header needs name, and secret-env: the environment variable with its value")
    }
  }

  private func readContentLog(_ node: Node, _ reader: YAMLReader) throws -> ContentLogSettings {
    var log = ContentLogSettings(folder: "")
    for (key, value) in try reader.mapping(node) {
      switch key {
      case "folder": log.folder = try reader.text(value, key)
      case "retention-days": log.retentionDays = try reader.count(value, key, 1...36_500)
      case "part-bytes": log.partBytesMax = try reader.count(value, key, 1...(64 << 20))
      default: throw reader.unknown(key, value)
      }
    }
    guard !log.folder.isEmpty else { throw reader.fault(node, "content-log needs folder") }
    return log
  }

  private func readAdmin(_ node: Node, _ reader: YAMLReader) throws -> Admin {
    var admin = Admin(name: "", tokenEnvironment: "")
    for (key, value) in try reader.mapping(node) {
      switch key {
      case "name": admin.name = try reader.text(value, key)
      case "token-env": admin.tokenEnvironment = try reader.text(value, key)
      default: throw reader.unknown(key, value)
      }
    }
    guard !admin.name.isEmpty, !admin.tokenEnvironment.isEmpty else {
      throw reader.fault(node, "an admin needs name, and token-env: the environment variable with the token")
    }
    return admin
  }

  private mutating func readLimits(_ node: Node, _ reader: YAMLReader) throws {
    for (key, value) in try reader.mapping(node) {
      guard let limit = Self.limits[key] else {
        throw reader.fault(
          value, "unknown limit \"\(key)\"; there are \(Self.limits.keys.sorted().joined(separator: ", "))")
      }
      limits[keyPath: limit] = try reader.count(value, key, 1...Int(Int32.max))
    }
  }

  private static var limits: [String: WritableKeyPath<ProxyLimits, Int>] {
    [
      "request-bytes": \.requestBytesMax, "refused-request-bytes": \.refusedRequestBytesMax,
      "request-header-bytes": \.requestHeaderBytesMax, "request-headers": \.requestHeadersMax,
      "answer-header-bytes": \.answerHeaderBytesMax, "answer-headers": \.answerHeadersMax,
      "request-arrival-ms": \.requestArrivalMilliseconds, "idle-client-ms": \.idleClientMilliseconds,
      "client-connections-per-loop": \.clientConnectionsMaxPerLoop,
      "running-requests-per-loop": \.runningRequestsMaxPerLoop, "linger-bytes": \.lingerBytesMax,
      "linger-ms": \.lingerMilliseconds, "answer-copy-bytes": \.answerCopyBytesMax,
      "event-line-bytes": \.eventLineBytesMax, "head-ms": \.headMilliseconds,
      "read-silence-ms": \.readSilenceMilliseconds, "connect-ms": \.connectMilliseconds,
      "drain-ms": \.drainMilliseconds, "drain-bytes": \.drainBytesMax, "drains-per-loop": \.drainsMaxPerLoop,
      "stop-grace-ms": \.stopGraceMilliseconds, "idle-vendor-ms": \.idleVendorMilliseconds,
      "idle-vendor-connections-per-loop": \.idleVendorConnectionsMaxPerLoop,
      "streams-per-connection": \.streamsMaxPerConnection,
      "budget-answer-ms": \.budgetAnswerMilliseconds,
    ]
  }
}

extension YAMLReader {
  func count(_ node: Node, _ what: String, _ range: ClosedRange<Int>) throws -> Int {
    guard let count = Int(try text(node, what)), range.contains(count) else {
      throw fault(node, "\(what) is a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return count
  }

  func networks(_ node: Node, _ what: String) throws -> [Network] {
    try sequence(node, what).map { item in
      let text = try text(item, what)
      guard let network = Network(text) else {
        throw fault(item, "\"\(text)\" is no network; write one such as 10.0.0.0/8 or 2001:db8::/32")
      }
      return network
    }
  }
}
