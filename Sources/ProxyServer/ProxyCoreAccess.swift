/// What the whole proxy knows of keys and their spending, and shows of itself.
internal import Dispatch
internal import Ledger
internal import NIOCore
internal import RawLog
internal import Synchronization

extension ProxyCore {
  /// Before the first request: who there is, and what the raw log says they spent.
  func learnAccess(_ access: Access) async {
    configure(access)
    await withCheckedContinuation { continuation in
      replays.async { [self] in
        tellWhatIsNotInTheLog(access)
        resumeBatches()
        continuation.resume()
      }
    }
  }

  /// Who there is from now on. What their budgets must know of the time before is read behind this, and until then they let
  /// nothing in.
  func configure(_ access: Access) {
    known.withLock { since in
      let known = since ?? clock()
      if since == nil { admission.beginKnowing(since: known) }
      admission.configure(keys: access.keys, holders: access.holders)
      if content == nil, let key = access.keys.first(where: { $0.logsContent && !$0.revoked }) {
        notices(
          "The key \"\(key.name)\" asks for a content log, and this proxy has none: set `content-log` under `proxy`."
        )
      }
      let first = admission.firstInstant(keys: access.keys, holders: access.holders) ?? known
      // Before the first request, a clock that was ahead once must not hide what it said.
      let until = since ?? .max
      since = min(first, known)
      guard first < known else { return }
      replays.async { [self] in
        SpendReplay.run(
          folder: settings.rawLogs, times: first..<until, ownWriter: log.writer, prices: prices,
          each: admission.replay,
          unfinished: { [admission] in admission.resume($0.id, keyID: $0.keyID, cost: $0.cost, time: $0.time)
          },
          metered: { [created] in _ = created.meter($0) }, trouble: notices)
        admission.finishReplay(since: first)
      }
    }
  }

  func returnShares(all: Bool = false) { admission.returnShares(all: all) }

  func pages(_ loops: [NIOLoopBound<LoopContext>]) -> AdminPages {
    AdminPages(
      isReady: { [self] in isReady },
      metrics: { [self] in metricsText(loops) },
      budgets: { [admission] in admission.states() })
  }

  /// Waits for the loops, so no loop may call it.
  private func metricsText(_ loops: [NIOLoopBound<LoopContext>]) -> String {
    var all = LoopMetrics()
    var gauges = ProxyGauges()
    for loop in loops {
      let counted = loop.eventLoop.submit {
        (loop.value.metrics, loop.value.exchangeCount, loop.value.clientCount)
      }
      do {
        let (metrics, running, connections) = try counted.wait()
        all.add(metrics)
        gauges.running += running
        gauges.connections += connections
      } catch {
        // The loop has stopped; there is nothing to count any more.
      }
    }
    gauges.logLagMicroseconds = log.lag()
    gauges.linesNotWritten = linesNotWritten.load(ordering: .relaxed)
    gauges.isReady = isReady
    gauges.program = settings.program
    gauges.pricesVersion = prices.bookVersion ?? "none"
    gauges.budgets = admission.states()
    return MetricsText.make(all, gauges)
  }
}
