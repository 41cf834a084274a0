/// A vendor's stand-in, a proxy before it, a client that sees every byte, and the log they leave.
import Glibc
import JSON
import Ledger
import NIOCore
import NIOPosix
import ProxyServer
import RawLog
import Synchronization
import TestKit

/// Keys by their SHA-256, computed with sha256sum.
struct FixedKeys: KeyDirectory {
  private static let byDigest: [String: ClientKey] = [
    // sk-tb-good
    "88b372c8b314934dc1d37c06f06b51e092d4f35356c157b6b2e7dd89f5f66d19": ClientKey(
      id: "k_0000000000000001", name: "good", team: "team-1",
      tags: [.init(name: "product", value: "from-key")], created: 0),
    // sk-tb-limited
    "b55d0dbc84deb117b077e0fae9efc0d1f88abf0cc680522dc1e923aafcfefda9": ClientKey(
      id: "k_0000000000000002", name: "limited", models: ["gpt-*"], created: 0),
    // sk-tb-expired
    "43bf1b8d759b433d9b10fa3c04c1a4733e76716abba23244dac2b0a00bf23e9d": ClientKey(
      id: "k_0000000000000003", name: "expired", expires: 1, created: 0),
    // sk-tb-revoked
    "165c86433bd640f340dfe5c35decb3efd87a53c4c075e625864724aa7aab1067": ClientKey(
      id: "k_0000000000000004", name: "revoked", revoked: true, created: 0),
    // The access key id of `AWSClient`, computed with Python's hashlib.
    "b4824eb9476d292f880ff843ab08ec43c6bb819c8e2a0729f6335c41a581c150": ClientKey(
      id: "k_0000000000000005", name: "signer", created: 0),
  ]

  func key(sha256Hex: String) -> ClientKey? { Self.byDigest[sha256Hex] }
}

final class ProxyHarness: Sendable {
  let vendor: VendorStandIn
  let proxy: ProxyServer
  let folder: String
  let notices: Notices

  final class Notices: Sendable {
    let texts = Mutex<[String]>([])
  }

  /// `2026-10-01T00:00:00Z` and onwards by the machine's own clock, so that one test stays in one hour.
  private static func clock() -> @Sendable () -> Int64 {
    let start = NIODeadline.now()
    return { 1_790_812_800_000_000 + (NIODeadline.now() - start).nanoseconds / 1000 }
  }

  static func run(
    fault: String = "", files: any LogFiles = POSIXLogFiles(),
    _ adjust: (inout ProxySettings) -> Void = { _ in },
    _ body: (ProxyHarness) async throws -> Void
  ) async throws {
    let vendor = VendorStandIn(defaultFault: try StandInFault(fault))
    let vendorPort = try await vendor.start()
    let folder = "/tmp/tollbook-proxy-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    var settings = ProxySettings(
      rawLogs: folder,
      upstreams: [
        Upstream(
          name: "openai-main", provider: "openai", baseURL: "http://127.0.0.1:\(vendorPort)/v1",
          key: Secret("vendor-secret-o"), region: "eu"),
        Upstream(
          name: "anthropic-main", provider: "anthropic", baseURL: "http://127.0.0.1:\(vendorPort)",
          key: Secret("vendor-secret-a")),
        Upstream(
          name: "bedrock-main", provider: "bedrock", baseURL: "http://127.0.0.1:\(vendorPort)",
          region: "us-east-1"),
        Upstream(
          name: "gemini-main", provider: "gemini", baseURL: "http://127.0.0.1:\(vendorPort)",
          key: Secret("vendor-secret-g")),
        Upstream(
          name: "azure-main", provider: "azure", baseURL: "http://127.0.0.1:\(vendorPort)",
          key: Secret("vendor-secret-z")),
      ])
    settings.awsCredentials = .fixed(
      AWSCredentials(accessKeyID: StandInBedrock.accessKeyID, secret: Secret(StandInBedrock.secret)))
    settings.awsKeySecret = Secret(AWSClient.master)
    adjust(&settings)
    let notices = Notices()
    let proxy = try await ProxyServer.start(
      settings, keys: FixedKeys(), clock: clock(), random: { UInt64.random(in: .min ... .max) }, files: files,
      notices: { text in notices.texts.withLock { $0.append(text) } })
    let harness = ProxyHarness(vendor: vendor, proxy: proxy, folder: folder, notices: notices)
    do {
      try await body(harness)
    } catch {
      try await harness.finish()
      throw error
    }
    try await harness.finish()
  }

  private init(vendor: VendorStandIn, proxy: ProxyServer, folder: String, notices: Notices) {
    self.vendor = vendor
    self.proxy = proxy
    self.folder = folder
    self.notices = notices
  }

  private func finish() async throws {
    try await proxy.stop()
    try await vendor.stop()
    removeTree(folder)
  }

  // MARK: - The log

  /// Every line of the log, each with a tape of its own.
  func lines(_ kind: String? = nil) -> [JSONValue] {
    var found: [JSONValue] = []
    for path in logFiles(folder) {
      for line in readWhole(path).split(separator: 0x0A) {
        guard let value = try? JSONTape().parse(Array(line)) else { continue }
        if kind == nil || value["kind"]?.string == kind { found.append(value) }
      }
    }
    return found
  }

  struct TooFewEnds: Error { var found: Int }

  /// The `end` lines, waited for where a request's end is not the client's.
  /// - Throws: `TooFewEnds` where they do not come.
  func ends(_ count: Int = 1) async throws -> [JSONValue] {
    for _ in 0..<500 {
      let found = lines("end")
      if found.count >= count { return found }
      try await Task.sleep(for: .milliseconds(10))
    }
    let found = lines("end")
    guard found.count >= count else { throw TooFewEnds(found: found.count) }
    return found
  }

  /// Waits until so many requests have come to the vendor.
  func waitForVendor(_ count: Int = 1) async throws {
    for _ in 0..<500 where vendor.requestsCount < count { try await Task.sleep(for: .milliseconds(10)) }
  }

  func logText() -> String {
    logFiles(folder).map { String(decoding: readWhole($0), as: UTF8.self) }.joined()
  }

  // MARK: - Requests

  func post(
    _ path: String, key: String = "sk-tb-good", headers: [String] = [], body: String, ask: String = ""
  ) async throws -> RawAnswer {
    var head = ["POST \(path) HTTP/1.1", "host: proxy", "authorization: Bearer \(key)", "connection: close"]
    head += ["content-type: application/json", "content-length: \(body.utf8.count)"]
    if !ask.isEmpty { head.append("x-stand-in: \(ask)") }
    return try await send((head + headers).joined(separator: "\r\n") + "\r\n\r\n" + body)
  }

  /// Sends the bytes and reads until the connection ends, or until the client has seen enough and leaves.
  func send(_ text: String, leaveAfterBytes: Int? = nil) async throws -> RawAnswer {
    try await RawClient.exchange(port: proxy.port, Array(text.utf8), leaveAfterBytes: leaveAfterBytes)
  }
}

/// A client that signs, with the pair that the master secret gives it; computed with Python's hmac.
enum AWSClient {
  static let master = "0123456789abcdef0123456789abcdef"
  static let accessKeyID = "AKTBTESTKEY234567ABC"
  static let secret = "d0cSy3T2YIL01JXe0VujWkCw0pX7wKNDTSQG3lYl"
}

/// Removes a folder of this test's own with all that is in it.
func removeTree(_ folder: String) {
  guard let stream = opendir(folder) else { return }
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard name != ".", name != ".." else { continue }
    let path = "\(folder)/\(name)"
    if entry.pointee.d_type == UInt8(DT_DIR) { removeTree(path) } else { unlink(path) }
  }
  closedir(stream)
  rmdir(folder)
}

func logFiles(_ folder: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var found: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard name != ".", name != ".." else { continue }
    let path = "\(folder)/\(name)"
    if entry.pointee.d_type == UInt8(DT_DIR) { found += logFiles(path) } else { found.append(path) }
  }
  return found.sorted()
}

func readWhole(_ path: String) -> [UInt8] {
  let file = open(path, O_RDONLY)
  guard file >= 0 else { return [] }
  defer { close(file) }
  var bytes: [UInt8] = []
  var room = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(file, &room, room.count)
    guard count > 0 else { return bytes }
    bytes += room[..<count]
  }
}

/// An HTTP/1.1 answer as it came over the socket.
struct RawAnswer: Sendable {
  var bytes: [UInt8]

  var text: String { String(decoding: bytes, as: UTF8.self) }

  private var headEnd: Int? {
    guard bytes.count >= 4 else { return nil }
    return (0...bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual([13, 10, 13, 10]) }
  }

  var status: Int? {
    let parts = text.prefix { $0 != "\r\n" }.split(separator: " ")
    return parts.count > 1 ? Int(parts[1]) : nil
  }

  func header(_ name: String) -> String? { headers(name).first }

  func headers(_ name: String) -> [String] {
    guard let headEnd else { return [] }
    let head = String(decoding: bytes[..<headEnd], as: UTF8.self)
    return head.split(separator: "\r\n").dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { return nil }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
  }

  private var rawBody: ArraySlice<UInt8> { headEnd.map { bytes[($0 + 4)...] } ?? [] }

  /// The body without its chunks, and whether HTTP says that it is whole.
  var body: (bytes: [UInt8], isWhole: Bool) {
    guard header("transfer-encoding") == "chunked" else {
      let length = header("content-length").flatMap { Int($0) }
      return (Array(rawBody), length == rawBody.count)
    }
    var rest = rawBody
    var result: [UInt8] = []
    while true {
      let line = rest.prefix { $0 != 13 }
      guard rest.count >= line.count + 2, let size = Int(String(decoding: line, as: UTF8.self), radix: 16)
      else {
        return (result, false)
      }
      rest = rest.dropFirst(line.count + 2)
      if size == 0 { return (result, rest.elementsEqual([13, 10])) }
      result += rest.prefix(size)
      guard rest.count >= size + 2 else { return (result, false) }
      rest = rest.dropFirst(size + 2)
    }
  }

  var bodyText: String { String(decoding: body.bytes, as: UTF8.self) }
}

enum RawClient {
  static func exchange(port: Int, _ request: [UInt8], leaveAfterBytes: Int?) async throws -> RawAnswer {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    let done = eventLoop.makePromise(of: [UInt8].self)
    let channel = try await ClientBootstrap(group: eventLoop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Collector(done: done, leaveAfterBytes: leaveAfterBytes))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    // A proxy may answer and close before it has read everything.
    try? await channel.writeAndFlush(ByteBuffer(bytes: request))
    return RawAnswer(bytes: try await done.futureResult.get())
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let done: EventLoopPromise<[UInt8]>
    private let leaveAfterBytes: Int?
    private var bytes: [UInt8] = []

    init(done: EventLoopPromise<[UInt8]>, leaveAfterBytes: Int?) {
      self.done = done
      self.leaveAfterBytes = leaveAfterBytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      bytes += Array(unwrapInboundIn(data).readableBytesView)
      if let leaveAfterBytes, bytes.count >= leaveAfterBytes { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed(bytes) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}

extension JSONValue {
  /// `line.at("model", "returned")`.
  func at(_ names: StaticString...) -> JSONValue? {
    var value: JSONValue? = self
    for name in names { value = value?[name] }
    return value
  }

  func text(_ names: StaticString...) -> String? {
    var value: JSONValue? = self
    for name in names { value = value?[name] }
    return value?.string
  }
}

/// A disk on which `end` lines find no room, or that no longer takes anything to its plates.
struct FailingDisk: LogFiles {
  enum Fault { case endLines, syncs }
  let fault: Fault
  private let real = POSIXLogFiles()

  init(_ fault: Fault) { self.fault = fault }

  func makeFolder(_ path: String) throws(FileFault) { try real.makeFolder(path) }
  func create(_ path: String) throws(FileFault) -> Int32 { try real.create(path) }

  func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFault) -> Int {
    if fault == .endLines, String(decoding: bytes, as: UTF8.self).contains("\"kind\":\"end\"") {
      throw FileFault(errno: ENOSPC)
    }
    return try real.write(file, bytes)
  }

  func truncate(_ file: Int32, to size: Int64) throws(FileFault) { try real.truncate(file, to: size) }

  func sync(_ file: Int32) throws(FileFault) {
    if fault == .syncs { throw FileFault(errno: EIO) }
    try real.sync(file)
  }

  func close(_ file: Int32) { real.close(file) }
  func rename(_ old: String, to new: String) throws(FileFault) { try real.rename(old, to: new) }
  func syncFolder(_ path: String) throws(FileFault) { try real.syncFolder(path) }
}
