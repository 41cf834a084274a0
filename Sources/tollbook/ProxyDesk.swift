internal import Foundation
internal import Ledger
internal import Pipeline
internal import Price
internal import ProxyServer
internal import RawLog
internal import Store

/// The configuration in, what the proxy is told out. Every fault is named before anything begins.
struct ProxyDesk {
  let settings: Settings
  let host: String
  let port: Int
  let adminHost: String
  let livePrices: LivePrices
  private let adminPort: Int?
  private let log: OperatorLog
  private static let tokenBytesMin = 16
  private var entry: ProxyEntry { settings.file.proxy }

  init(_ settings: Settings, address: String, log: OperatorLog) throws {
    self.settings = settings
    self.log = log
    (host, port) = try Self.address(address, "listen", "127.0.0.1:8787")
    if let admin = settings.environment["TOLLBOOK_ADMIN"] ?? settings.file.proxy.admin {
      // A port alone is this machine's own.
      let (host, port) = try Self.address(
        admin.contains(":") ? admin : "127.0.0.1:\(admin)", "admin", "127.0.0.1:8788")
      (adminHost, adminPort) = (host, port)
    } else {
      (adminHost, adminPort) = ("", nil)
    }
    livePrices = try LivePrices(path: settings.prices)
  }

  private static func address(_ text: String, _ what: String, _ example: String) throws -> (String, Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else {
      throw ConfigurationError("\(what) \(text): write an address and a port, such as \(example)")
    }
    return (String(text[..<colon]), port)
  }

  /// The machine's, or for tests one that begins at `TOLLBOOK_TEST_TIME` when the program does.
  func clock() throws -> @Sendable () -> Int64 {
    guard let text = settings.environment["TOLLBOOK_TEST_TIME"] else { return Settings.now }
    guard let time = Timestamp.parse(text.utf8) else {
      throw ConfigurationError("TOLLBOOK_TEST_TIME \(text): write a time such as 2026-10-31T14:59:50Z")
    }
    let offset = time - Settings.now()
    log.say(.warning, "the clock is set to \(text): this is a test")
    return { Settings.now() + offset }
  }

  func proxySettings(access: Access, place: ProxyPlace) throws -> ProxySettings {
    var faults: [String] = []
    let file = settings.file
    if file.upstreams.isEmpty {
      faults.append(
        "no upstream is configured: tollbook.yaml needs `upstreams` with name, provider, base-url and key-env"
      )
    }
    let upstreams = file.upstreams.map { upstream in
      var key = upstream.keyEnvironment.flatMap {
        secret($0, "upstream \(upstream.name)", "the vendor's key", &faults)
      }
      // As AWS's own SDKs do, where nothing else is said.
      if key == nil, upstream.keyEnvironment == nil, upstream.provider == "bedrock" {
        key = settings.environment["AWS_BEARER_TOKEN_BEDROCK"].flatMap { $0.isEmpty ? nil : Secret($0) }
      }
      return Upstream(
        name: upstream.name, provider: upstream.provider, baseURL: upstream.baseURL, key: key,
        region: upstream.region, prefersHTTP2: upstream.prefersHTTP2)
    }
    var result = ProxySettings(
      listenHost: unbracketed(host), listenPort: port, rawLogs: settings.rawLogs,
      fsync: taken(&faults) { try fsync(entry.fsync) } ?? .never,
      whenLogFails: taken(&faults) { try whenLogFails(entry.whenLogFails) } ?? .refuse, upstreams: upstreams,
      routes: file.routes.map {
        ModelRoute(match: Pattern($0.match), upstream: $0.upstream, model: $0.model)
      },
      limits: entry.limits, eventLoops: entry.eventLoops ?? ProcessInfo.processInfo.activeProcessorCount,
      program: Program.name, host: ProcessInfo.processInfo.hostName, trustRootsFile: entry.trustRoots)
    if upstreams.contains(where: { $0.provider == "bedrock" && $0.key == nil }) {
      result.awsCredentials = taken(&faults) { try AWSChain(environment: settings.environment).source() }
    }
    result.awsKeySecret = (taken(&faults) { try settings.awsKeySecret })?.map { Secret($0) }
    result.listedModels = file.routes.flatMap(\.listedModels)
    result.prices = livePrices.book
    result.access = access
    result.door = door(&faults)
    if result.door.trustedHops > 0, result.door.trustedProxies.isEmpty, result.door.originHeader == nil {
      log.say(
        .warning,
        "trusted-hops without trusted-proxies or origin-header: whoever reaches this port can say any address in X-Forwarded-For"
      )
    }
    result.admission = admission(place)
    result.admin = admin(&faults)
    result.contentLog = taken(&faults) { try contentLog() } ?? nil
    guard faults.isEmpty else { throw ConfigurationError(faults.joined(separator: "\n")) }
    return result
  }

  private func taken<R>(_ faults: inout [String], _ body: () throws -> R) -> R? {
    do {
      return try body()
    } catch {
      faults.append("\(error)")
      return nil
    }
  }

  private func secret(_ variable: String, _ whose: String, _ what: String, _ faults: inout [String])
    -> Secret?
  {
    guard let value = settings.environment[variable], !value.isEmpty else {
      faults.append("\(whose): the environment variable \(variable) must hold \(what)")
      return nil
    }
    return Secret(value)
  }

  private func unbracketed(_ host: String) -> String {
    host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
  }

  private func door(_ faults: inout [String]) -> DoorSettings {
    var door = DoorSettings()
    door.networks = entry.networks
    door.trustedHops = entry.trustedHops
    door.trustedProxies = entry.trustedProxies
    door.originHeader = entry.originHeader
    for variable in entry.originEnvironments {
      if let secret = secret(variable, "origin-header", "its value", &faults) {
        door.originSecrets.append(secret)
      }
    }
    return door
  }

  private func admission(_ place: ProxyPlace) -> AdmissionSettings {
    var admission = AdmissionSettings(calendar: ZoneCalendar())
    if let warnAt = entry.warnAt { admission.warnAt = warnAt }
    if let unpriced = entry.unpriced { admission.unpriced = unpriced }
    admission.modelLimits = settings.file.routes.compactMap { route in
      guard let input = route.maxInputTokens, let output = route.maxOutputTokens else { return nil }
      return ModelLimit(
        match: Pattern(route.model ?? route.match), inputTokensMax: Int64(input),
        outputTokensMax: Int64(output))
    }
    admission.bank = place.bank
    admission.nameSince = place.nameSince
    return admission
  }

  private func admin(_ faults: inout [String]) -> AdminSettings? {
    guard let adminPort else { return nil }
    let admins = entry.admins.compactMap { admin -> AdminSettings.Admin? in
      let token = secret(admin.tokenEnvironment, "admin \(admin.name)", "the token", &faults)
      if token != nil, settings.environment[admin.tokenEnvironment]?.utf8.count ?? 0 < Self.tokenBytesMin {
        faults.append(
          "admin \(admin.name): \(admin.tokenEnvironment) must have \(Self.tokenBytesMin) bytes or more")
      }
      return token.map { AdminSettings.Admin(name: admin.name, token: $0) }
    }
    let api = AdminAPI(store: settings.store, zone: settings.calendar.zone)
    return AdminSettings(
      listenHost: unbracketed(adminHost), listenPort: adminPort, admins: admins, document: AdminDocument.text,
      api: { api.answer($0) })
  }

  private func contentLog() throws -> ContentLogSettings? {
    guard var log = entry.contentLog else { return nil }
    log.folder = resolve(log.folder, settings.file.folder)
    let (own, raw) = (absolute(log.folder), absolute(settings.rawLogs))
    guard own != raw, !own.hasPrefix(raw + "/"), !raw.hasPrefix(own + "/") else {
      throw ConfigurationError(
        "content-log: its folder \(log.folder) must be apart from the raw logs, \(settings.rawLogs)")
    }
    return log
  }

  private func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
  }

  private func fsync(_ text: String?) throws -> FsyncPolicy {
    switch text {
    case nil: return .every(milliseconds: 1000)
    case "always": return .always
    case "never": return .never
    case .some(let text):
      guard text.hasSuffix("ms"), let count = Int(text.dropLast(2)), (1...60_000).contains(count) else {
        throw ConfigurationError("fsync \(text): write always, never, or a time such as 1000ms")
      }
      return .every(milliseconds: count)
    }
  }

  private func whenLogFails(_ text: String?) throws -> LogFailurePolicy {
    switch text {
    case nil, "refuse": return .refuse
    case "serve": return .serve
    case .some(let text): throw ConfigurationError("when-log-fails \(text): write refuse or serve")
    }
  }
}

extension ConfigurationFile.Route {
  /// What clients are told of.
  fileprivate var listedModels: [ListedModel] {
    let told = names.isEmpty && !match.contains("*") ? [match] : names
    return told.map {
      ListedModel(name: $0, maxInputTokens: maxInputTokens, maxOutputTokens: maxOutputTokens)
    }
  }
}
