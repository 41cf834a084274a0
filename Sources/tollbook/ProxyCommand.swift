internal import ArgumentParser
internal import Dispatch
internal import Foundation
internal import Ledger
internal import Pipeline
internal import ProxyServer
internal import RawLog
internal import Store
internal import Synchronization

struct ProxyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proxy",
    abstract: "Stand between clients and LLM vendors, and write the raw log. SIGTERM stops it gracefully.")
  @OptionGroup var common: CommonOptions
  @Option(help: "Address and port, such as 127.0.0.1:8787 (default); port 0 takes any that is free.")
  var listen: String?

  mutating func run() async throws {
    let settings = try Settings(common)
    // From here on SIGTERM and SIGINT ask for a stop, also while starting.
    let stop = StopSignal()
    let keys = try LiveKeys(store: settings.store)
    let proxy = try await ProxyServer.start(
      try proxySettings(settings), keys: keys, clock: Settings.now,
      random: { UInt64.random(in: .min ... .max) }, notices: { Terminal.say($0) })
    Terminal.say("listening on http://\(host(settings)):\(proxy.port)")
    keys.follow { Terminal.say("keys cannot be read again: \($0)") }
    for await _ in stop.requests { break }
    withExtendedLifetime(stop) {}
    Terminal.say("stopping: no new requests, running ones may finish")
    try await proxy.stop()
    keys.stop()
    Terminal.say(
      "stopped after \(proxy.requests) requests, \(proxy.refused) refused, \(proxy.linesNotWritten) log lines not written"
    )
  }

  private func address(_ settings: Settings) -> String {
    listen ?? settings.environment["TOLLBOOK_LISTEN"] ?? settings.file.proxy.listen ?? "127.0.0.1:8787"
  }

  private func host(_ settings: Settings) -> String {
    let address = address(settings)
    return address.lastIndex(of: ":").map { String(address[..<$0]) } ?? address
  }

  private func proxySettings(_ settings: Settings) throws -> ProxySettings {
    let address = address(settings)
    guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
      (0...65535).contains(port)
    else {
      throw ConfigurationError("listen \(address): write an address and a port, such as 127.0.0.1:8787")
    }
    let file = settings.file
    guard !file.upstreams.isEmpty else {
      throw ConfigurationError(
        "no upstream is configured: tollbook.yaml needs `upstreams` with name, provider, base-url and key-env"
      )
    }
    let upstreams = try file.upstreams.map { upstream in
      var key: Secret?
      if let variable = upstream.keyEnvironment {
        guard let value = settings.environment[variable], !value.isEmpty else {
          throw ConfigurationError(
            "upstream \(upstream.name): the environment variable \(variable) must hold the vendor's key")
        }
        key = Secret(value)
      }
      // As AWS's own SDKs do, where nothing else is said.
      if key == nil, upstream.provider == "bedrock" {
        key = settings.environment["AWS_BEARER_TOKEN_BEDROCK"].flatMap { $0.isEmpty ? nil : Secret($0) }
      }
      return Upstream(
        name: upstream.name, provider: upstream.provider, baseURL: upstream.baseURL, key: key,
        region: upstream.region)
    }
    var proxy = ProxySettings(
      listenHost: host(settings).trimmingCharacters(in: CharacterSet(charactersIn: "[]")), listenPort: port,
      rawLogs: settings.rawLogs, fsync: try fsync(file.proxy.fsync),
      whenLogFails: try whenLogFails(file.proxy.whenLogFails),
      upstreams: upstreams,
      routes: file.routes.map {
        ModelRoute(match: Pattern($0.match), upstream: $0.upstream, model: $0.model)
      },
      eventLoops: file.proxy.eventLoops ?? ProcessInfo.processInfo.activeProcessorCount,
      program: Program.name, host: ProcessInfo.processInfo.hostName, trustRootsFile: file.proxy.trustRoots)
    if upstreams.contains(where: { $0.provider == "bedrock" && $0.key == nil }) {
      proxy.awsCredentials = try AWSChain(environment: settings.environment).source()
    }
    proxy.awsKeySecret = try settings.awsKeySecret.map { Secret($0) }
    proxy.listedModels = file.routes.flatMap { route in
      let names = route.names.isEmpty && !route.match.contains("*") ? [route.match] : route.names
      return names.map {
        ListedModel(
          name: $0, maxInputTokens: route.maxInputTokens, maxOutputTokens: route.maxOutputTokens)
      }
    }
    return proxy
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

/// The store's keys in memory. A thread of its own looks every second whether another process changed them.
final class LiveKeys: KeyDirectory {
  private let keys: Mutex<[String: ClientKey]>
  private let location: String
  private let stopped = Atomic<Bool>(false)

  private static let secondsBetweenLooks: UInt32 = 1

  init(store location: String) throws {
    self.location = location
    keys = Mutex(try Self.read(try Store(location)))
  }

  func key(sha256Hex: String) -> ClientKey? { keys.withLock { $0[sha256Hex] } }

  func stop() { stopped.store(true, ordering: .relaxed) }

  func follow(notice: @escaping @Sendable (String) -> Void) {
    let thread = Thread { [self] in
      var store: Store?
      var version: Int64?
      var lastNotice = ""
      while !stopped.load(ordering: .relaxed) {
        do {
          let open = try store ?? Store(location)
          store = open
          let found = try open.keysVersion()
          if found != version {
            let fresh = try Self.read(open)
            keys.withLock { $0 = fresh }
            version = found
          }
          lastNotice = ""
        } catch {
          // The keys last read stay valid; the same trouble is said once.
          store = nil
          version = nil
          if "\(error)" != lastNotice {
            lastNotice = "\(error)"
            notice(lastNotice)
          }
        }
        sleep(Self.secondsBetweenLooks)
      }
    }
    thread.name = "tollbook-keys"
    thread.start()
  }

  private static func read(_ store: Store) throws -> [String: ClientKey] {
    Dictionary(try store.keys().map { ($0.sha256, $0.key) }, uniquingKeysWith: { $1 })
  }
}
