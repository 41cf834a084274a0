/// Work that was done in the background or in a batch, metered when it is fetched: one `end` an item, under the key that
/// asked for it. Whoever fetches it again, and through whichever proxy, writes a `metered_id` that is taken.
internal import JSON
internal import Ledger
internal import NIOCore
internal import RawLog

extension LoopContext {
  /// A background answer. The `end` takes up the request that asked for it, where it is known.
  func meterFetched(_ facts: AnswerFacts, _ fetch: LogRecord, _ request: IncomingRequest) {
    guard let id = facts.responseID, facts.isBackground, !facts.isPending,
      facts.usage != nil || facts.error != nil,
      core.created.meter(id)
    else { return }
    var record = fetch
    var time = request.time
    if let order = core.created.order(id) {
      record.id = order.requestID
      time = order.time
      order.put(into: &record)
    }
    record.meteredID = id
    _ = writeEnd(record, time: time)
  }

  /// One item of a batch.
  /// - Returns: false where its line could not be written.
  func meter(_ item: FetchedItem, _ fetch: LogRecord, _ request: IncomingRequest) -> Bool {
    guard let work = request.call.workID, (200..<300).contains(item.status) else { return true }
    let now = core.clock()
    var record = LogRecord(id: core.ids.next(time: now), endpoint: item.endpoint)
    (record.keyID, record.keyName, record.team) = (fetch.keyID, fetch.keyName, fetch.team)
    (record.tags, record.session, record.user) = (fetch.tags, fetch.session, fetch.user)
    (record.provider, record.upstream, record.region) = (fetch.provider, fetch.upstream, fetch.region)
    (record.clientIP, record.clientAgent) = (fetch.clientIP, fetch.clientAgent)
    let order = core.created.order(work)
    order?.put(into: &record)
    record.status = item.status
    record.responseID = item.facts.responseID
    record.modelRequested = record.modelRequested ?? item.facts.model
    record.modelReturned = item.facts.model
    record.usage = item.facts.usage?.json
    record.usageSource = record.usage == nil ? .none : .vendor
    record.billing =
      item.facts.billing.filter { $0.name != "service_tier" } + [
        .init(name: "batch", json: Array("true".utf8))
      ]
    let id = "\(work)/\(item.id)"
    // Fetched again through this proxy: nothing was used again.
    guard core.created.meter(id) else { return true }
    record.meteredID = id
    record.stream = false
    // It was reserved when it was ordered, so that is when it counts.
    let isWritten = writeEnd(record, time: order?.time ?? now)
    if !isWritten { core.created.forget(id) }
    return isWritten
  }
}

extension ProxyCore {
  /// All items of a batch have been counted, so what was reserved for it is free again.
  func resultsFetched(of batch: String) {
    guard admission.settleDetached(batch, cost: 0, tokens: 0) else { return }
    created.finish(batch)
  }

  /// Batches that an earlier process let in: what they may cost is reserved again.
  func resumeBatches() {
    for (id, order) in created.unfinished() {
      if let keyID = order.keyID, let bound = order.bound {
        admission.resume(id, keyID: keyID, cost: bound.femtodollars, time: order.time)
      }
    }
  }
}
