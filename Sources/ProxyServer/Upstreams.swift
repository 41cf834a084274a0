/// The configured upstreams and routes in; for a model, where its request goes and in what form, out.
internal import Ledger

/// What is wrong with the proxy's settings.
public struct ProxySettingsError: Error, Sendable, CustomStringConvertible {
  public var description: String
}

/// An upstream with its address taken apart.
package struct Vendor: Sendable {
  var index: Int
  var name: String
  var provider: String
  var region: String?
  package var isTLS: Bool
  package var host: String
  package var port: Int
  var hostHeader: String
  /// Ends before the endpoint's own path: `/v1`.
  var pathPrefix: String
  var query: String?
  /// The header that carries the vendor's key.
  package var authorization: (name: String, value: String)?

  package init(_ upstream: Upstream, index: Int) throws(ProxySettingsError) {
    func fault(_ what: String) -> ProxySettingsError {
      ProxySettingsError(description: "upstream \(upstream.name): base URL \(what)")
    }
    self.index = index
    self.name = upstream.name
    self.provider = upstream.provider
    self.region = upstream.region
    var rest = upstream.baseURL[...]
    if rest.hasPrefix("https://") {
      self.isTLS = true
    } else if rest.hasPrefix("http://") {
      self.isTLS = false
    } else {
      throw fault("must begin with https:// or http://")
    }
    rest = rest.dropFirst(isTLS ? 8 : 7)
    if let mark = rest.firstIndex(of: "?") {
      self.query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = rest[..<slash]
    guard !authority.contains("@") else { throw fault("must not hold a user or password") }
    self.hostHeader = String(authority)
    var host = authority
    var port = isTLS ? 443 : 80
    if let colon = authority.lastIndex(of: ":"), authority[colon...].firstIndex(of: "]") == nil {
      guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number)
      else {
        throw fault("has no valid port")
      }
      port = number
      host = authority[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { throw fault("names no host") }
    self.host = String(host)
    self.port = port
    var path = rest[slash...]
    while path.hasSuffix("/") { path = path.dropLast() }
    self.pathPrefix = Self.hasVersion(path) ? String(path) : path + "/v1"
    self.authorization = upstream.key.map { Self.authorization($0, provider: upstream.provider) }
  }

  /// `/v1`, `/v1beta/openai`, and Azure's `/openai/deployments/name`, which knows no version in the path.
  private static func hasVersion(_ path: Substring) -> Bool {
    path.split(separator: "/").contains { segment in
      segment == "deployments" || segment.first == "v" && segment.dropFirst().first?.isNumber == true
    }
  }

  private static func authorization(_ key: Secret, provider: String) -> (name: String, value: String) {
    switch provider {
    case "anthropic": ("x-api-key", key.text)
    case "azure": ("api-key", key.text)
    default: ("authorization", "Bearer " + key.text)
    }
  }

  package func target(_ endpoint: Endpoint, query requestQuery: Substring?) -> String {
    var target = pathPrefix + endpoint.vendorPath
    var separator = "?"
    for part in [query.map { $0[...] }, requestQuery] {
      guard let part, !part.isEmpty else { continue }
      target += separator + part
      separator = "&"
    }
    return target
  }
}

struct Routing: Sendable {
  let vendors: [Vendor]
  private let routes: [(match: Pattern, vendor: Int, model: String?)]

  init(_ settings: ProxySettings) throws(ProxySettingsError) {
    var vendors: [Vendor] = []
    for (index, upstream) in settings.upstreams.enumerated() {
      guard !vendors.contains(where: { $0.name == upstream.name }) else {
        throw ProxySettingsError(description: "upstream \(upstream.name) is configured twice")
      }
      vendors.append(try Vendor(upstream, index: index))
    }
    self.vendors = vendors
    self.routes = settings.routes.compactMap { route in
      vendors.firstIndex { $0.name == route.upstream }.map { (route.match, $0, route.model) }
    }
  }

  /// The first route that matches; without one the first upstream that speaks the endpoint's dialect.
  func route(model: String, endpoint: Endpoint) -> (vendor: Vendor, model: String?)? {
    for route in routes where route.match.matches(model) {
      return (vendors[route.vendor], route.model)
    }
    let fitting = vendors.first { vendor in
      switch endpoint.dialect {
      case .anthropic: vendor.provider == "anthropic"
      case .openAI: !["anthropic", "bedrock", "gemini", "vertex"].contains(vendor.provider)
      }
    }
    return fitting.map { ($0, nil) }
  }
}

/// Headers that speak of one connection and not of the message.
func isHopByHop(_ lowercasedName: String) -> Bool {
  switch lowercasedName {
  case "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
    "trailer", "transfer-encoding", "upgrade":
    true
  default: false
  }
}
