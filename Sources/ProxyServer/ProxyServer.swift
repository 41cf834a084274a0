/// Settings in; a running proxy that meters what clients ask of LLM vendors into the raw log, out.
internal import Dispatch
internal import Glibc
internal import Ledger
internal import NIOCore
internal import NIOPosix
public import Price
public import RawLog
internal import Synchronization

public final class ProxyServer: Sendable {
  /// The port it listens on.
  public let port: Int
  private let core: ProxyCore
  private let group: MultiThreadedEventLoopGroup
  private let listener: any Channel
  private let loops: [NIOLoopBound<LoopContext>]
  private let admin: AdminServer?
  private let hasStopped = Atomic<Bool>(false)

  /// How many requests for a model came in.
  public var requests: Int { core.requests.load(ordering: .relaxed) }
  /// How many of them the proxy refused: key, model.
  public var refused: Int { core.refused.load(ordering: .relaxed) }
  /// How many lines of the raw log could not be written.
  public var linesNotWritten: Int { core.linesNotWritten.load(ordering: .relaxed) }

  /// - Parameters:
  ///   - clock: microseconds since 1970-01-01T00:00:00Z.
  ///   - random: 64 random bits a call.
  ///   - files: what the raw log is written through; a test puts faults in.
  ///   - notices: sentences for the operator; they hold no secret and no prompt.
  ///   - adminOpened: gets the admin listener's port, before the raw log is read back.
  public static func start(
    _ asked: ProxySettings, keys: any KeyDirectory, clock: @escaping @Sendable () -> Int64,
    random: @escaping @Sendable () -> UInt64, files: any LogFiles = POSIXLogFiles(),
    notices: @escaping @Sendable (String) -> Void, adminOpened: (Int) -> Void = { _ in }
  ) async throws -> ProxyServer {
    let settings = withinDescriptors(asked, notices)
    let routing = try Routing(settings)
    for route in settings.routes where !routing.vendors.contains(where: { $0.name == route.upstream }) {
      notices(
        "The route for \(route.match.text) names no configured upstream (\(route.upstream)); it is not used.")
    }
    for trouble in sealAbandonedSegments(in: settings.rawLogs) {
      notices("A segment that an earlier proxy left could not be sealed: \(trouble)")
    }
    let log = LogWriter(
      .init(
        folder: settings.rawLogs, fsync: settings.fsync, program: settings.program, host: settings.host),
      files: files, clock: clock, random: random, notice: notices)
    let core = ProxyCore(
      settings: settings, routing: routing, keys: keys, log: log,
      tls: routing.vendors.contains { $0.isTLS } ? try VendorTLS(settings) : nil, clock: clock,
      random: random,
      notices: notices)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, settings.eventLoops))
    await core.aws?.start(on: group)
    do {
      var loops: [NIOLoopBound<LoopContext>] = []
      for eventLoop in group.makeIterator() {
        loops.append(
          try await eventLoop.submit {
            NIOLoopBound(LoopContext(core: core, eventLoop: eventLoop), eventLoop: eventLoop)
          }.get())
      }
      core.content?.keepRetention(on: group.next(), clock: clock)
      var admin: AdminServer?
      if let settings = settings.admin {
        do {
          admin = try await AdminServer.start(settings, pages: core.pages(loops))
        } catch {
          throw listenFault(settings.listenHost, settings.listenPort, error)
        }
      }
      if let admin { adminOpened(admin.port) }
      await core.learnAccess(settings.access)
      do {
        let listener = try await listen(settings, group: group, loops: loops)
        core.isServing.store(true, ordering: .relaxed)
        return ProxyServer(core: core, group: group, listener: listener, loops: loops, admin: admin)
      } catch {
        try await admin?.stop()
        throw listenFault(settings.listenHost, settings.listenPort, error)
      }
    } catch {
      await core.aws?.stop()
      try await group.shutdownGracefully()
      try log.close()
      throw error
    }
  }

  /// As many clients as there are descriptors for, and for their requests' vendors.
  private static func withinDescriptors(
    _ asked: ProxySettings, _ notices: (String) -> Void
  ) -> ProxySettings {
    var settings = asked
    let descriptors = Descriptors.takeAll()
    let clients = Descriptors.clientsMax(of: descriptors, loops: max(1, settings.eventLoops))
    guard clients < settings.limits.clientConnectionsMaxPerLoop else { return settings }
    settings.limits.clientConnectionsMaxPerLoop = clients
    notices(
      "There is room for \(clients) clients a loop, because this process may have \(descriptors) files open "
        + "(ulimit -Hn); client-connections-per-loop asks for more.")
    return settings
  }

  private init(
    core: ProxyCore, group: MultiThreadedEventLoopGroup, listener: any Channel,
    loops: [NIOLoopBound<LoopContext>], admin: AdminServer?
  ) {
    self.core = core
    self.admin = admin
    self.group = group
    self.listener = listener
    self.loops = loops
    self.port = listener.localAddress?.port ?? core.settings.listenPort
  }

  /// The admin listener's port; nil where there is none.
  public var adminPort: Int? { admin?.port }

  /// Other keys, teams or users are there from now on. What they spent stays counted, and where a budget looks further back
  /// than is known, it lets nothing in until the raw log was read.
  public func configure(_ access: Access) { core.configure(access) }

  /// Running costs are told by these prices from now on.
  public func use(_ prices: PriceBook) { core.prices.put(prices) }

  /// Gives back what is not needed of shared budgets, and says what was used; something calls it every second or so.
  public func returnShares() { core.returnShares() }

  /// Takes no new connections, lets the running requests finish within the grace, ends the log and seals it.
  public func stop() async throws {
    guard !hasStopped.exchange(true, ordering: .relaxed) else { return }
    core.isStopping.store(true, ordering: .relaxed)
    try await listener.close()
    for loop in loops { try await loop.eventLoop.submit { loop.value.beginStop() }.get() }
    let clock = ContinuousClock()
    let graceEnd = clock.now.advanced(by: .milliseconds(core.settings.limits.stopGraceMilliseconds))
    while try await isBusy(), clock.now < graceEnd {
      try await clock.sleep(for: .milliseconds(Self.stopPollMilliseconds))
    }
    for loop in loops { try await loop.eventLoop.submit { loop.value.cutAll() }.get() }
    // What waits for the disk is let out, or a disk that does not answer would keep the proxy for ever.
    let lastCall = clock.now.advanced(by: .milliseconds(Self.lastCallMilliseconds))
    while try await isBusy(), clock.now < lastCall {
      try await clock.sleep(for: .milliseconds(Self.stopPollMilliseconds))
    }
    for loop in loops { try await loop.eventLoop.submit { loop.value.endStop() }.get() }
    try await returnAllShares()
    try await admin?.stop()
    core.content?.close()
    try await closeLog()
    await core.aws?.stop()
    try await group.shutdownGracefully()
  }

  /// What is not spent of shared budgets is others' from now on. The second time for what came in meanwhile.
  private func returnAllShares() async throws {
    guard core.admission.settings.bank != nil else { return }
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: .milliseconds(Self.lastSharesMilliseconds))
    func wait() async throws {
      while core.admission.isReturning.load(ordering: .acquiring), clock.now < deadline {
        try await clock.sleep(for: .milliseconds(Self.stopPollMilliseconds))
      }
    }
    for _ in 0..<2 {
      try await wait()
      core.returnShares(all: true)
    }
    try await wait()
  }

  /// Others get the shares when the period ends, where the store does not answer by then.
  private static let lastSharesMilliseconds = 3000
  private static let stopPollMilliseconds = 10
  private static let lastCallMilliseconds = 2000

  private func isBusy() async throws -> Bool {
    for loop in loops {
      if try await loop.eventLoop.submit({ loop.value.isBusy }).get() { return true }
    }
    return false
  }

  /// Sealing waits for the disk, which no thread of the cooperative pool should.
  private func closeLog() async throws {
    let log = core.log
    let result: Result<Void, LogError> = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        do throws(LogError) {
          try log.close()
          continuation.resume(returning: .success(()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    try result.get()
  }

  private static func listen(
    _ settings: ProxySettings, group: MultiThreadedEventLoopGroup, loops: [NIOLoopBound<LoopContext>]
  ) async throws -> any Channel {
    let contexts = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
    return try await ServerBootstrap(group: group)
      .serverChannelOption(ChannelOptions.backlog, value: backlog)
      .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
      // Without a descriptor for the next client it waits a while, or it would ask again at once, and again.
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
        }
      }
      .childChannelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let context = contexts[ObjectIdentifier(channel.eventLoop)] else {
            throw ChannelError.operationUnsupported
          }
          try channel.pipeline.syncOperations.addHandler(ClientConnection(context.value))
        }
      }
      .bind(host: settings.listenHost, port: settings.listenPort).get()
  }

  /// The system's error says neither which address nor what to do.
  private static func listenFault(_ host: String, _ port: Int, _ error: any Error) -> ProxySettingsError {
    let address = "\(host):\(port)"
    let advice = "Stop the other program or let the proxy listen on another port."
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE:
      return .init(description: "cannot listen on \(address): the address is in use. \(advice)")
    case EACCES:
      return .init(description: "cannot listen on \(address): no right to. Take a port above 1023.")
    case EADDRNOTAVAIL:
      return .init(description: "cannot listen on \(address): this machine has no such address.")
    default: return .init(description: "cannot listen on \(address): \(error)")
    }
  }

  /// Connections that wait to be accepted; the kernel cuts it to its own limit.
  private static let backlog: Int32 = 1024
}
