internal import ArgumentParser
internal import Dispatch
internal import Foundation
internal import Pipeline
internal import ProxyServer

struct ProxyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proxy",
    abstract: "Stand between clients and LLM vendors, and write the raw log. SIGTERM stops it gracefully.")
  @OptionGroup var common: CommonOptions
  @Option(help: "Address and port, such as 127.0.0.1:8787 (default); port 0 takes any that is free.")
  var listen: String?

  mutating func run() async throws {
    let settings = try Settings(common)
    let log = OperatorLog(isJSON: settings.file.proxy.isJSONLog)
    // From here on SIGTERM and SIGINT ask for a stop, also while starting.
    let stop = StopSignal()
    let desk = try ProxyDesk(settings, address: address(settings), log: log)
    let keys = try LiveKeys(store: settings.store)
    let place = try ProxyPlace(settings, keys, log)
    defer { withExtendedLifetime(place) {} }
    let bits = RandomBits()
    let proxy = try await ProxyServer.start(
      try desk.proxySettings(access: keys.access, place: place), keys: keys,
      clock: try desk.clock(),
      random: bits.next, notices: { log.say(.warning, $0) },
      adminOpened: { log.say(.info, "admin on http://\(desk.adminHost):\($0)") })
    log.say(.info, "listening on http://\(desk.host):\(proxy.port)")
    let follower = Follower(keys: keys, prices: desk.livePrices, proxy: proxy, log: log)
    follower.start()
    for await _ in stop.requests { break }
    withExtendedLifetime(stop) {}
    log.say(.info, "stopping: no new requests, running ones may finish")
    try await proxy.stop()
    follower.stop()
    log.say(
      .info,
      "stopped after \(proxy.requests) requests, \(proxy.refused) refused, \(proxy.linesNotWritten) log lines not written"
    )
  }

  private func address(_ settings: Settings) -> String {
    listen ?? settings.environment["TOLLBOOK_LISTEN"] ?? settings.file.proxy.listen ?? "127.0.0.1:8787"
  }
}
