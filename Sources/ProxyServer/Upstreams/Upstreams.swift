/// The configured upstreams and routes in; for a model, where its request goes and in what form, out.
internal import Ledger

/// What is wrong with the proxy's settings.
public struct ProxySettingsError: Error, Sendable, CustomStringConvertible {
  public var description: String
}

/// An upstream with its address taken apart. It is shared and not copied, because each request holds one.
package final class Vendor: Sendable {
  let index: Int
  let name: String
  let provider: String
  let region: String?
  package let isTLS: Bool
  package let host: String
  package let port: Int
  let hostHeader: String
  /// Ends before the endpoint's own path: `/v1`.
  let pathPrefix: String
  /// The base URL's path as it was given.
  private let basePath: String
  private let hasVersion: Bool
  let query: String?
  /// The header that carries the vendor's key.
  package let authorization: (name: String, value: String)?
  /// Each request is signed with AWS credentials instead.
  package let signsRequests: Bool
  /// One connection for many requests, where the vendor speaks it.
  let prefersHTTP2: Bool

  package init(_ upstream: Upstream, index: Int) throws(ProxySettingsError) {
    func fault(_ what: String) -> ProxySettingsError {
      ProxySettingsError(description: "upstream \(upstream.name): base URL \(what)")
    }
    self.index = index
    self.name = upstream.name
    self.provider = upstream.provider
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
    } else {
      self.query = nil
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = rest[..<slash]
    guard !authority.contains("@") else { throw fault("must not hold a user or password") }
    self.hostHeader = String(authority)
    self.prefersHTTP2 = upstream.prefersHTTP2
    if prefersHTTP2, !isTLS { throw fault("must begin with https:// for HTTP/2") }
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
    self.basePath = String(path)
    self.hasVersion = Self.hasVersion(path)
    // Azure's own OpenAI-shaped endpoint stands beside its deployments.
    let version = upstream.provider == "azure" && path.isEmpty ? "/openai/v1" : "/v1"
    self.pathPrefix = hasVersion ? basePath : basePath + version
    self.authorization = upstream.key.map { Self.authorization($0, provider: upstream.provider) }
    self.region = upstream.region ?? (upstream.provider == "bedrock" ? Self.region(of: self.host) : nil)
    self.signsRequests = upstream.provider == "bedrock" && upstream.key == nil
    if signsRequests, region == nil { throw fault("names no AWS region, so the upstream needs one") }
  }

  /// `bedrock-runtime.eu-west-1.amazonaws.com`, `bedrock-runtime-fips.…` and the like.
  private static func region(of host: String) -> String? {
    let parts = host.split(separator: ".")
    guard parts.count > 3, parts[0].hasPrefix("bedrock-runtime") else { return nil }
    return String(parts[1])
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
    case "gemini": ("x-goog-api-key", key.text)
    default: ("authorization", "Bearer " + key.text)
    }
  }

  /// - Parameters:
  ///   - model: put in the place of the path's own, where there is one.
  ///   - requestQuery: the client's.
  package func target(_ path: VendorPath, model: String? = nil, query requestQuery: String? = nil) -> String {
    if case .version = path.root, path.model == nil, query == nil, requestQuery == nil {
      // Nearly all requests are these.
      return path.after.isEmpty ? pathPrefix + path.before : pathPrefix + path.before + path.after
    }
    let name = path.model.map { sent in model.map { percentEncoded($0.utf8) } ?? sent } ?? ""
    let place = path.before + name + path.after
    var target: String
    var clientQuery = requestQuery
    switch path.root {
    case .version: target = pathPrefix + place
    case .clientVersion(let version): target = basePath + (hasVersion ? "" : version) + place
    case .host: target = basePath + place
    case .deployment where takesDeployments: target = basePath + "/openai/deployments/" + place
    case .deployment:
      target = pathPrefix + path.after
      if !isDeployment, let query = clientQuery {
        // The version of Azure's API means nothing elsewhere.
        let kept = query.split(separator: "&").filter { !$0.hasPrefix("api-version=") }
        clientQuery = kept.joined(separator: "&")
      }
    }
    var separator = "?"
    for part in [query, clientQuery] {
      guard let part, !part.isEmpty else { continue }
      target += separator + part
      separator = "&"
    }
    return target
  }

  /// A route may send OpenAI's and Anthropic's requests to any server that speaks them; the others have one vendor each.
  func takes(_ dialect: Dialect) -> Bool {
    switch dialect {
    case .openAI, .anthropic: true
    case .bedrock, .gemini: speaks(dialect)
    }
  }

  func speaks(_ dialect: Dialect) -> Bool {
    switch dialect {
    case .anthropic: provider == "anthropic"
    case .bedrock: provider == "bedrock"
    case .gemini: provider == "gemini" || provider == "vertex"
    case .openAI:
      provider != "anthropic" && provider != "bedrock" && provider != "gemini" && provider != "vertex"
    }
  }

  private var isDeployment: Bool { basePath.contains("/deployments/") }
  private var takesDeployments: Bool { provider == "azure" && !isDeployment && !hasVersion }

  /// Azure's clients look for Azure first.
  static func isAzure(_ path: VendorPath) -> Bool { if case .deployment = path.root { true } else { false } }

  /// A client named the model in the path, and this vendor has it in the body.
  func wantsModelInBody(_ path: VendorPath) -> Bool {
    if case .deployment = path.root { return !takesDeployments && !isDeployment }
    return false
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
  /// - Parameter region: that the client signed for.
  func route(
    model: String, endpoint: Endpoint, region: String? = nil, isAzure: Bool = false
  ) -> (vendor: Vendor, model: String?)? {
    for route in routes where route.match.matches(model) && vendors[route.vendor].takes(endpoint.dialect) {
      return (vendors[route.vendor], route.model)
    }
    if isAzure, let azure = vendors.first(where: { $0.provider == "azure" }) { return (azure, nil) }
    return first(for: endpoint.dialect, region: region).map { ($0, nil) }
  }

  /// The first upstream that speaks a dialect.
  /// - Parameter region: taken where there is one in it.
  func first(for dialect: Dialect, region: String? = nil) -> Vendor? {
    vendors.first { $0.speaks(dialect) && (region == nil || $0.region == region) }
      ?? vendors.first { $0.speaks(dialect) }
  }
}
