/// One request at a vendor: the vendor's events in, the client's bytes and the log's lines out.
///
/// The laws it keeps: the `start` line is written before the vendor is called, the `end` line once and before
/// the client gets its last byte, and a client's leaving does not stop the metering.
internal import Ledger
internal import NIOCore
internal import HTTPWire
internal import RawLog

final class Exchange {
  /// Why the vendor's answer is over.
  enum Ending {
    case complete
    /// The vendor stopped in the middle.
    case broken
    case silent
    /// The client has left, and the bound for reading on is reached.
    case undrained
    /// The proxy stops and its grace is over.
    case stopped
  }

  private enum ClientPart {
    case head(AnswerHead)
    case body(ByteBuffer)
    case end
    case abort
    /// Instead of a vendor's answer.
    case own(OwnAnswer)
  }

  private struct Drain {
    var deadline: NIODeadline
    var bytesLeft: Int
  }

  private let loop: LoopContext
  private let plan: Plan
  private var client: ClientConnection?
  private var vendor: VendorConnection?
  private var meter: AnswerMeter?
  private var deadline: NIODeadline
  private var drain: Drain?
  private var isLineWritten = false
  /// The `end` line could not be written, and then nobody is to get a whole answer.
  private var isLineLost = false
  private var isOver = false
  /// What is free leaves no lines.
  private let isLogged: Bool
  /// The answer's head, until there is something behind it or the vendor pauses.
  private var pendingHead: AnswerHead?
  private var needsFlush = false
  /// The `end` line is on its way to the kernel, or to the disk, and these parts wait for it.
  private var heldBack: [ClientPart]?
  /// Of a key that asks for it.
  private var content: Content?

  init(_ plan: Plan, client: ClientConnection, loop: LoopContext) {
    self.plan = plan
    self.client = client
    self.loop = loop
    if case .request = plan.request.endpoint.metering { self.isLogged = true } else { self.isLogged = false }
    self.deadline = .now() + .milliseconds(Int64(loop.limits.connectMilliseconds) * 2)
    if let log = loop.core.content, plan.request.key?.logsContent == true, isLogged {
      content = Content(plan.request.body, bytesMax: log.settings.partBytesMax)
    }
  }

  func start() {
    loop.add(self)
    if isLogged {
      loop.write(.start, plan.record, time: plan.request.time, for: self)
    } else {
      askVendor()
    }
  }

  /// - Parameter fault: why the line is not in the log; nil where it is.
  func lineWritten(_ kind: LineKind, _ fault: LogError?) {
    if kind == .end { return endLineWritten(fault) }
    guard !isOver else { return }
    if fault != nil, loop.core.settings.whenLogFails == .refuse {
      isLineWritten = true
      content = nil
      emit(.own(ownAnswer(.logUnavailable)))
      over()
    } else {
      askVendor()
    }
  }

  private func askVendor() {
    let pool = loop.pools[plan.vendor.index]
    while let connection = pool.take() {
      guard connection.isOpen else { continue }
      return send(over: connection)
    }
    pool.connect { [self] connection in
      guard !isOver else {
        connection?.close()
        return
      }
      guard let connection else { return fail(.vendorUnreachable) }
      send(over: connection)
    }
  }

  private func send(over connection: VendorConnection) {
    vendor = connection
    loop.metrics.count(overhead: .now() - plan.request.complete)
    deadline = .now() + .milliseconds(Int64(loop.limits.headMilliseconds))
    connection.send(plan, loop, for: self)
  }

  // MARK: - The vendor's events

  func vendorHead(_ head: ResponseHead) {
    deadline = .now() + .milliseconds(Int64(loop.limits.readSilenceMilliseconds))
    plan.record.status = head.status
    let meter = AnswerMeter(
      head, call: plan.request.call, asksForUsage: plan.hidesSome, cost: CostInUsage(plan, loop: loop),
      tape: loop.tape, limits: loop.limits)
    plan.record.vendorRequestID = meter.vendorRequestID
    self.meter = meter
    content?.answerEncoding = head.headers.first("content-encoding")
    pendingHead = AnswerHead(head, requestID: plan.record.id, keepsLength: !meter.changesBytes)
  }

  func vendorBody(_ bytes: ByteBuffer) {
    let now = NIODeadline.now()
    deadline = now + .milliseconds(Int64(loop.limits.readSilenceMilliseconds))
    if plan.record.firstByteMicroseconds == nil {
      plan.record.firstByteMicroseconds = (now - plan.request.arrival).nanoseconds / 1000
    }
    content?.take(bytes)
    guard var passed = meter?.take(bytes) else { return }
    writeItems()
    if meter?.isAtLength == true {
      var rest = meter?.finish() ?? ByteBuffer()
      if rest.readableBytes > 0 { passed.writeBuffer(&rest) }
      writeItems()
      // The length is right and the stream is not: without these bytes the client sees that, too.
      if meter?.isComplete == false { return breakOff(.broken, rest: ByteBuffer()) }
      sayLength()
    }
    // A client may stop at these bytes, so the line is written before they go out.
    if meter?.isLastForClient == true {
      writeEnd(.complete)
      if isLineLost { return withhold() }
    }
    if passed.readableBytes > 0 { emit(.body(passed)) }
    spendDrain(bytes.readableBytes)
  }

  func vendorReadComplete() {
    // A stream's client waits for the head; any other head loses nothing by going out with its body, and until
    // then an error of the proxy's own can still be told.
    if meter?.isStream == true { emitPendingHead() }
    guard needsFlush else { return }
    needsFlush = false
    client?.flush()
    if let client, !client.isWritable { vendor?.pause() }
  }

  /// The answer ended as HTTP demands. A stream must also have said that it is complete.
  func vendorEnd() {
    vendor = nil
    let rest = meter?.finish() ?? ByteBuffer()
    writeItems()
    guard meter?.isComplete ?? true else { return breakOff(.broken, rest: rest) }
    sayLength()
    writeEnd(.complete)
    if isLineLost { return withhold() }
    if rest.readableBytes > 0 { emit(.body(rest)) }
    emit(.end)
    over()
  }

  func vendorClosed() {
    let isReached = vendor?.isReached ?? false
    vendor = nil
    guard !isOver else { return }
    guard meter != nil else { return fail(isReached ? .vendorClosed : .vendorUnreachable) }
    breakOff(.broken, rest: meter?.finish() ?? ByteBuffer())
  }

  // MARK: - The client's events

  func clientGone() {
    client = nil
    guard !isOver else { return }
    // No vendor has got a byte of it.
    guard let vendor else { return fail(.clientLeft) }
    guard loop.drains < loop.limits.drainsMaxPerLoop else { return over(.undrained) }
    loop.drains += 1
    drain = Drain(
      deadline: .now() + .milliseconds(Int64(loop.limits.drainMilliseconds)),
      bytesLeft: loop.limits.drainBytesMax)
    vendor.resume()
  }

  func clientWritabilityChanged(_ isWritable: Bool) {
    deadline = .now() + .milliseconds(Int64(loop.limits.readSilenceMilliseconds))
    if isWritable { vendor?.resume() } else if meter != nil { vendor?.pause() }
  }

  // MARK: - Time

  func check(_ now: NIODeadline) {
    if let drain, drain.deadline <= now { return over(.undrained) }
    guard deadline <= now else { return }
    if meter == nil { return fail(vendor == nil ? .vendorUnreachable : .vendorTimeout) }
    if let client, !client.isWritable {
      // It is not the vendor that is silent: nobody reads.
      client.close()
    } else {
      breakOff(.silent, rest: ByteBuffer())
    }
  }

  /// The proxy's grace for stopping is over.
  func cut() {
    if meter == nil {
      fail(vendor == nil ? .stopping : .stopped)
    } else {
      breakOff(.stopped, rest: ByteBuffer())
    }
  }

  private func spendDrain(_ bytes: Int) {
    guard drain != nil else { return }
    drain?.bytesLeft -= bytes
    if let drain, drain.bytesLeft < 0 { over(.undrained) }
  }

  // MARK: - Endings

  /// No answer came that could be relayed.
  private func fail(_ problem: Problem) {
    guard !isOver, !isLineWritten else { return }
    plan.record.status = problem.status
    plan.record.outcome = problem.outcome
    plan.record.error = .init(type: problem.type, message: problem.message)
    writeEndLine()
    emit(.own(ownAnswer(isLineLost ? .logUnavailable : problem)))
    over()
  }

  /// The log does not know this answer's end, so the client must not take it for whole.
  private func withhold() {
    if pendingHead == nil {
      emit(.abort)
    } else {
      pendingHead = nil
      emit(.own(ownAnswer(.logUnavailable)))
    }
    over()
  }

  /// The client must see that the answer is not whole: its connection ends without the end of the answer.
  private func breakOff(_ ending: Ending, rest: ByteBuffer) {
    guard !isOver else { return }
    writeEnd(ending)
    if rest.readableBytes > 0 { emit(.body(rest)) }
    emit(.abort)
    over()
  }

  private func over(_ ending: Ending) {
    writeEnd(ending)
    over()
  }

  private func over() {
    guard !isOver else { return }
    isOver = true
    writeContent()
    vendor?.close()
    vendor = nil
    if drain != nil { loop.drains -= 1 }
    drain = nil
    // What has no `end` line has nothing to settle by.
    loop.release(plan.record.id)
    if heldBack == nil { loop.remove(self) }
  }

  private func ownAnswer(_ problem: Problem) -> OwnAnswer {
    OwnAnswer(problem, plan.request.endpoint.dialect, requestID: plan.record.id)
  }

  // MARK: - The log

  private func writeEnd(_ ending: Ending) {
    guard !isLineWritten else { return }
    let isClientThere = client != nil
    let facts = meter?.complete(
      &plan.record, ending: ending, isClientThere: isClientThere, textBytes: plan.requestTextBytes,
      billing: plan.billing)
    if meter == nil {
      plan.record.outcome = isClientThere ? .vendorError : .clientGone
    }
    if let facts, takeUp(facts) { return }
    if ending == .complete, case .results = plan.request.endpoint.metering, plan.record.status == 200,
      let work = plan.request.call.workID
    {
      loop.core.resultsFetched(of: work)
    }
    writeEndLine()
  }

  /// Work that goes on at the vendor, and what of it is fetched here.
  /// - Returns: true where this request has no `end` of its own now.
  private func takeUp(_ facts: AnswerFacts) -> Bool {
    switch plan.request.endpoint.metering {
    case .request:
      // Its `end` is written when somebody fetches the answer, or never: then its cost is unknown, not zero.
      guard facts.isBackground, !facts.usageIsFinal, facts.error == nil, let id = facts.responseID else {
        return false
      }
      loop.core.created.note(id, WorkOrder(plan.record, time: plan.request.time))
      isLineWritten = true
      loop.detach(plan.record.id)
      return true
    case .background: loop.meterFetched(facts, plan.record, plan.request)
    case .free:
      for batch in facts.batches {
        if [.openAINewBatch, .messagesNewBatch].contains(plan.request.endpoint) {
          var order = WorkOrder(plan.record, time: plan.request.time)
          order.bound = plan.record.bound
          loop.core.created.note(batch.id, order)
          loop.detach(plan.record.id, as: batch.id)
        }
        loop.core.created.note(files: batch.files, of: batch.id)
      }
    case .results, .own: break
    }
    return false
  }

  private func writeItems() {
    guard let items = meter?.takeItems() else { return }
    for item in items where !loop.meter(item, plan.record, plan.request) {
      isLineLost = loop.core.settings.whenLogFails == .refuse
    }
  }

  /// Before the client has its last byte, as the line.
  private func writeContent() {
    guard let content else { return }
    self.content = nil
    loop.core.content?.append(content, plan.record, time: plan.request.time, now: loop.core.clock())
  }

  private func writeEndLine() {
    guard !isLineWritten else { return }
    isLineWritten = true
    writeContent()
    guard isLogged else { return }
    plan.record.durationMicroseconds = (NIODeadline.now() - plan.request.arrival).nanoseconds / 1000
    heldBack = []
    heldBack?.reserveCapacity(Self.usualParts)
    loop.write(.end, plan.record, time: plan.request.time, for: self)
  }

  /// A head, a body and the end.
  private static let usualParts = 3

  private func endLineWritten(_ fault: LogError?) {
    guard fault == nil, client != nil, loop.core.settings.fsync == .always else { return release(fault) }
    let box = NIOLoopBound(self, eventLoop: loop.eventLoop)
    let eventLoop = loop.eventLoop
    loop.core.log.whenDurable { failure in
      eventLoop.execute {
        if let failure { box.value.loop.core.lineNotWritten(failure) }
        box.value.release(failure)
      }
    }
  }

  // MARK: - To the client

  private func emit(_ part: ClientPart) {
    switch part {
    case .body, .end: emitPendingHead()
    case .head, .abort, .own: break
    }
    guard heldBack == nil else {
      heldBack?.append(part)
      return
    }
    guard let client else { return }
    switch part {
    case .head(let head):
      client.send(head)
      needsFlush = true
    case .body(let bytes):
      client.send(bytes)
      needsFlush = true
    case .end:
      self.client = nil
      client.sendEnd()
    case .abort:
      self.client = nil
      client.close()
    case .own(let answer):
      self.client = nil
      client.send(answer)
    }
  }

  /// An answer that was held whole has a length of its own.
  private func sayLength() {
    guard let length = meter?.heldLength else { return }
    pendingHead?.length = length
  }

  private func emitPendingHead() {
    guard let head = pendingHead else { return }
    pendingHead = nil
    emit(.head(head))
  }

  /// The line is where it must be, or could not be brought there.
  private func release(_ failure: LogError?) {
    guard var parts = heldBack else { return }
    heldBack = nil
    if failure != nil, loop.core.settings.whenLogFails == .refuse {
      isLineLost = true
      let isHeadHere = pendingHead != nil || parts.contains { if case .head = $0 { true } else { false } }
      let isOwn = parts.contains { if case .own = $0 { true } else { false } }
      pendingHead = nil
      parts = [isHeadHere || isOwn ? .own(ownAnswer(.logUnavailable)) : .abort]
    }
    for part in parts { emit(part) }
    if needsFlush {
      needsFlush = false
      client?.flush()
    }
    if isLineLost { over() }
    if isOver { loop.remove(self) }
  }
}
