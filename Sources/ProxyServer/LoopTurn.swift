/// What one turn of an event loop puts off to its end, so that a crowd of requests shares it: their lines of the raw log go in
/// one write, then what waited for these lines goes on, then all sockets that have something to send are flushed.
internal import NIOCore
internal import RawLog

final class LoopTurn {
  enum Limit {
    /// With so much put off, the turn ends early, so that nobody waits for a crowd.
    static let putOffMax = 32
  }

  private let core: ProxyCore
  private let eventLoop: any EventLoop
  private var lines = LogLines()
  /// Who is told of each line.
  private var waiting: [Exchange] = []
  private var clients: [ClientConnection] = []
  private var vendors: [VendorConnection] = []
  private var isEndComing = false

  init(core: ProxyCore, eventLoop: any EventLoop) {
    self.core = core
    self.eventLoop = eventLoop
  }

  /// The exchange is told when its line is written, or could not be.
  func write(_ kind: LineKind, _ record: LogRecord, time: Int64, for exchange: Exchange) {
    lines.add(kind, time: time) { line in
      if kind == .start { record.writeStart(to: &line) } else { record.writeEnd(to: &line) }
    }
    waiting.append(exchange)
    comeToEnd()
  }

  func flush(_ client: ClientConnection) {
    clients.append(client)
    comeToEnd()
  }

  func flush(_ vendor: VendorConnection) {
    vendors.append(vendor)
    comeToEnd()
  }

  /// A handler calls it where nothing of its own is under way.
  func endIfFull() {
    if waiting.count + clients.count + vendors.count >= Limit.putOffMax { end() }
  }

  /// Tasks run when all sockets that were ready have been looked at.
  private func comeToEnd() {
    guard !isEndComing else { return }
    isEndComing = true
    eventLoop.assumeIsolated().execute { [self] in
      isEndComing = false
      end()
    }
  }

  /// What is put off meanwhile belongs to this end.
  func end() {
    repeat {
      writeLines()
      for vendor in taken(&vendors) { vendor.flush() }
      for client in taken(&clients) { client.flushNow() }
    } while !waiting.isEmpty || !clients.isEmpty || !vendors.isEmpty
  }

  private func writeLines() {
    guard !waiting.isEmpty else { return }
    var lines = LogLines()
    swap(&lines, &self.lines)
    let waiting = taken(&waiting)
    var next = 0
    while next < lines.count {
      let (end, fault) = core.log.append(lines, from: next)
      if end > next { core.lineWritten() }
      for index in next..<end { waiting[index].lineWritten(lines.kind(index), nil) }
      next = end
      guard let fault else { continue }
      core.lineNotWritten(fault)
      waiting[next].lineWritten(lines.kind(next), fault)
      next += 1
    }
    if self.lines.isEmpty {
      lines.removeAll()
      self.lines = lines
    }
  }

  private func taken<T>(_ list: inout [T]) -> [T] {
    var taken: [T] = []
    taken.reserveCapacity(Limit.putOffMax)
    swap(&taken, &list)
    return taken
  }
}
