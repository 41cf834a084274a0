/// A request that could be served goes to the admission, and its end brings what it really used: the way between the event
/// loops and the book, the same for every endpoint.
internal import HTTPWire
internal import JSON
internal import Ledger
internal import NIOCore
internal import Price
internal import RawLog

extension LoopContext {
  enum Admitted {
    case yes(Plan)
    case no(Problem)
    /// It will be said later, on this loop.
    case later

    var problem: Problem? { if case .no(let problem) = self { problem } else { nil } }
  }

  /// - Parameter later: told on this loop where a share of a budget must be asked for first.
  func admit(_ plan: Plan, later: @escaping (Admitted) -> Void) -> Admitted {
    defer { bodyOnTape = nil }
    guard hasRoom else { return .no(.overloaded) }
    guard let key = plan.request.key else { return .yes(plan) }
    guard isCharged(plan.request.endpoint) else { return permit(plan, key) }
    let demand: AdmissionBook.Demand
    do throws(Problem) {
      demand = try self.demand(plan, key)
    } catch {
      // Who may not ask for the model at all is told that first.
      return permit(plan, key).problem.map { .no($0) } ?? .no(error)
    }
    if let cost = demand.cost, cost > 0 { plan.record.bound = Money(femtodollars: cost) }
    switch core.admission.admit(demand) {
    case .admitted(let ticket):
      tickets[plan.record.id] = ticket
      return .yes(plan)
    case .refused(let refusal): return .no(Problem(refusal, now: core.clock()))
    case .wait(let needs):
      ask(for: needs, then: demand, plan, Patience(later, self))
      return .later
    }
  }

  /// Its cost is known when it ends, or for a batch when its results are fetched.
  private func isCharged(_ endpoint: Endpoint) -> Bool {
    if case .request = endpoint.metering { true } else { endpoint == .messagesNewBatch }
  }

  /// What costs nothing by itself is counted nowhere, and only to whom it is allowed is looked at.
  private func permit(_ plan: Plan, _ key: ClientKey) -> Admitted {
    if plan.request.endpoint == .openAINewBatch, core.admission.isCounted(key.id).cost {
      return .no(.batchNotBounded)
    }
    let demand = AdmissionBook.Demand(keyID: key.id, models: plan.models, cost: nil, tokens: 0)
    return core.admission.forbids(demand).map { .no(Problem($0, now: core.clock())) } ?? .yes(plan)
  }

  /// Asks until the request is let in or there is nothing to have: what came for it may have gone to another request, or
  /// another of its budgets been used up meanwhile. All of it within one patience.
  private func ask(
    for needs: [LeaseNeed], then demand: AdmissionBook.Demand, _ plan: Plan, _ patience: Patience
  ) {
    let box = NIOLoopBound((plan, patience, self), eventLoop: eventLoop)
    let (eventLoop, admission) = (eventLoop, core.admission)
    admission.ask(needs) { outcome in
      eventLoop.execute {
        let (plan, patience, loop) = box.value
        // Whoever has lost patience is gone; the share is there for others.
        guard patience.isWaiting else { return }
        var demand = demand
        demand.mayWait = outcome == .given
        switch admission.admit(demand) {
        case .admitted(let ticket):
          loop.tickets[plan.record.id] = ticket
          patience.tell(.yes(plan))
        case .refused(let refusal):
          patience.tell(
            .no(outcome == .notAsked ? .budgetsUnavailable : Problem(refusal, now: loop.core.clock())))
        case .wait(let needs) where outcome != .notAsked: loop.ask(for: needs, then: demand, plan, patience)
        case .wait: patience.tell(.no(.budgetsUnavailable))
        }
      }
    }
  }

  /// Who is told, once: of an answer, or of the end of the patience.
  private final class Patience {
    private var later: ((Admitted) -> Void)?
    private var timeout: Scheduled<Void>?

    init(_ later: @escaping (Admitted) -> Void, _ loop: LoopContext) {
      self.later = later
      timeout = loop.eventLoop.assumeIsolated().scheduleTask(
        in: .milliseconds(Int64(loop.limits.budgetAnswerMilliseconds))
      ) { [weak self] in self?.tell(.no(.budgetsUnavailable)) }
    }

    var isWaiting: Bool { later != nil }

    func tell(_ admitted: Admitted) {
      timeout?.cancel()
      let later = self.later
      self.later = nil
      later?(admitted)
    }
  }

  /// How much the request can use at most, where something counts it.
  private func demand(_ plan: Plan, _ key: ClientKey) throws(Problem) -> AdmissionBook.Demand {
    let model = plan.record.modelRequested ?? ""
    var demand = AdmissionBook.Demand(keyID: key.id, models: plan.models, cost: nil, tokens: 0)
    let counted = core.admission.isCounted(key.id)
    let unpriced = core.admission.settings.unpriced
    guard counted.cost || counted.tokens || unpriced == .refuse else { return demand }
    if plan.request.endpoint == .messagesNewBatch {
      guard counted.cost else { return demand }
      uses.use(core.prices)
      guard let cost = batchCost(plan) else { throw .unpriced }
      demand.cost = cost.femtodollars
      return demand
    }
    let bound = requestBound(plan, model)
    demand.tokens = bound.likelyTokens
    guard counted.cost || unpriced == .refuse else { return demand }
    uses.use(core.prices)
    // Where other models may answer instead, the dearest of them.
    let costs = (plan.models.isEmpty ? [model] : plan.models).map { cost(bound, plan, $0) }
    if let cost = costs.reduce(
      Money.zero, { dearest, cost in dearest.flatMap { dearest in cost.map { max(dearest, $0) } } })
    {
      if counted.cost { demand.cost = cost.femtodollars }
    } else if unpriced != .allow {
      throw .unpriced
    } else if counted.cost {
      // What has no price counts nothing, but no more is let in once a budget is used up.
      demand.cost = 0
    }
    return demand
  }

  private func requestBound(_ plan: Plan, _ model: String) -> RequestBound {
    let limits = limitsOfModel(plan.record.modelRouted ?? model)
    let body = plan.request.body ?? ByteBuffer()
    var value = bodyOnTape
    if value == nil { do throws(JSONError) { value = try parse(body) } catch { value = nil } }
    var bound = RequestBound(value, bytes: body.readableBytes, endpoint: plan.record.endpoint, model: limits)
    if Self.searching.matches(model) { bound.searchesBySelf() }
    return bound
  }

  private static let searching = Pattern("*-search*")

  /// All that a batch asks for, at the price of asking one by one.
  private func batchCost(_ plan: Plan) -> Money? {
    guard let body = plan.request.body else { return nil }
    var total = Money.zero
    let value: JSONValue
    do throws(JSONError) { value = try parse(body) } catch { return nil }
    for element in value["requests"]?.elements ?? [] {
      guard let params = element["params"], let model = params["model"]?.string else { return nil }
      let bound = RequestBound(
        params, bytes: params.range.count, endpoint: Endpoint.messages.name,
        model: core.admission.limits.of(model))
      guard let cost = cost(bound, plan, model) else { return nil }
      total = Money(femtodollars: total.femtodollars + cost.femtodollars)
    }
    return total
  }

  private func cost(_ bound: RequestBound, _ plan: Plan, _ model: String) -> Money? {
    let record = plan.record
    let routed = record.modelRequested == model ? record.modelRouted ?? model : model
    var facts: [RequestFacts.Tag] = []
    if let geo = bound.inferenceGeo { facts.append(.init(name: "inference_geo", value: geo)) }
    if let speed = bound.speed { facts.append(.init(name: "speed", value: speed)) }
    let asked = bound.serviceTier ?? plan.request.head.headers.first("x-amzn-bedrock-service-tier")
    let tier = asked == "fast" ? "priority" : asked
    // The vendor may serve by the standard tier whatever was asked for, and where nothing or `auto` is, an OpenAI
    // project's own setting decides.
    let isOpen = (tier == nil || tier == "auto") && plan.request.endpoint.dialect == .openAI
    let query = RateQuery(
      provider: record.provider, returned: nil, requested: routed, region: record.region,
      serviceTier: serviceTierName(tier == "auto" ? nil : tier), facts: facts)
    var dearest: Money?
    for card in uses.cards(
      query, orTiers: isOpen ? ["standard", "priority"] : ["standard"], at: plan.request.time)
    {
      guard let cost = card.costMax(bound.use) else { return nil }
      dearest = max(dearest ?? .zero, cost)
    }
    return dearest
  }

  /// An `end` is written, or was to be: what the request used takes the place of what was reserved.
  func finished(_ record: LogRecord, time: Int64) {
    uses.use(core.prices)
    let use = uses.read(record, time: time)
    metrics.count(record, use)
    if record.final, let ticket = tickets.removeValue(forKey: record.id) {
      let cost = use.isUnknown ? max(ticket.cost, use.cost) : use.cost
      core.admission.settle(ticket, cost: cost, tokens: use.tokens)
    } else if let keyID = record.keyID, use.cost > 0 || use.tokens > 0 {
      // Work that was asked for earlier, or an attempt that another one follows.
      if !core.admission.settleDetached(record.id, cost: use.cost, tokens: use.tokens) {
        core.admission.count(keyID: keyID, cost: use.cost, tokens: use.tokens, time: time)
      }
    }
  }

  /// Nothing was sent to a vendor, and no `end` will tell.
  func release(_ id: String) {
    guard let ticket = tickets.removeValue(forKey: id) else { return }
    core.admission.settle(ticket, cost: 0, tokens: 0)
  }

  /// The vendor goes on with it, and what it used is known when somebody asks for its answer.
  /// - Parameter work: what it is asked for by then; nil for the request's own id.
  func detach(_ id: String, as work: String? = nil) {
    guard let ticket = tickets.removeValue(forKey: id) else { return }
    core.admission.detach(work ?? id, ticket)
  }
}

extension Problem {
  init(_ refusal: Refusal, now: Int64) {
    switch refusal.reason {
    case .disabled: self = .disabled(refusal.holder)
    case .model:
      self = .modelNotAllowed
      message = "The \(refusal.holder) may not use the requested model."
    case .budget(let budget, let used, let needs, let running):
      self = .budget(refusal, budget, used, needs, running, now)
    case .budgetNotKnown:
      self = .budgetsUnavailable
      message =
        "What the \(refusal.holder) has spent of its budget is being read from the log. Try again in some seconds."
      headers = [("retry-after", String(refusal.seconds ?? 1))]
    case .requests(let limit):
      self = .rate(refusal, "requests", limit, "\(limit) requests a minute")
    case .tokens(let limit, _):
      self = .rate(refusal, "tokens", limit, "\(limit) tokens a minute")
    case .parallel(let limit):
      self = .rate(refusal, "requests", limit, "\(limit) requests at the same time")
    }
  }

  private static func budget(
    _ refusal: Refusal, _ budget: Budget, _ used: Money, _ needs: Money, _ running: Bool,
    _ now: Int64
  ) -> Problem {
    let left = Money(femtodollars: max(0, budget.amount.femtodollars - used.femtodollars))
    var words =
      "The \(refusal.holder) has $\(left.dollars(fractionDigits: 4)) left of its budget of $\(budget.amount) for "
      + "\(budget.name), and this request may cost up to $\(needs.dollars(fractionDigits: 4))."
    if running { words += " A part of the budget is reserved for requests that are running." }
    if let resets = refusal.resets {
      words += " It has room again at \(Timestamp.text(resets).prefix(19))Z at the latest."
    }
    words += " A smaller limit on the answer's tokens needs less of it."
    var problem = Problem(
      status: 429, type: "budget_exceeded", outcome: .refused, openAIType: "insufficient_quota",
      openAICode: "insufficient_quota", anthropicType: "billing_error", message: words)
    // Asking again at once would not help, and an SDK must not try; where requests run, it may a little later.
    if running, needs <= budget.amount {
      problem.headers = [("retry-after", "2")]
    } else {
      problem.headers = [("x-should-retry", "false")]
      if let resets = refusal.resets {
        problem.headers.append(("retry-after", String(max(1, (resets - now + 999_999) / 1_000_000))))
      }
    }
    return problem
  }

  private static func rate(_ refusal: Refusal, _ what: String, _ limit: Int64, _ words: String) -> Problem {
    let seconds = refusal.seconds ?? 1
    var problem = Problem(
      status: 429, type: "rate_limited", outcome: .refused, openAIType: what,
      openAICode: "rate_limit_exceeded",
      anthropicType: "rate_limit_error",
      message: "The \(refusal.holder) is limited to \(words). Ask again in \(seconds) s.")
    problem.headers = [
      ("retry-after", String(seconds)), ("x-ratelimit-limit-\(what)", String(limit)),
      ("x-ratelimit-remaining-\(what)", "0"), ("x-ratelimit-reset-\(what)", "\(seconds)s"),
    ]
    return problem
  }

  private static func refused(_ status: Int, _ type: String, _ anthropic: String, _ message: String)
    -> Problem
  {
    Problem(
      status: status, type: type, outcome: .refused, openAIType: "invalid_request_error", openAICode: type,
      anthropicType: anthropic, message: message)
  }

  static func disabled(_ holder: String) -> Problem {
    refused(403, "key_disabled", "permission_error", "The \(holder) is disabled. Ask the proxy's operator.")
  }

  static let unpriced = refused(
    403, "model_not_priced", "permission_error",
    "The requested model has no price here, so no budget could hold. Ask the proxy's operator for a price of it."
  )
  static let batchNotBounded = refused(
    403, "batch_not_bounded", "permission_error",
    "What a batch from a file may cost is not known before it is done, so a key with a budget cannot order one."
  )
  static let ipNotAllowed = refused(
    403, "ip_not_allowed", "permission_error", "Requests from this address are not allowed.")
  static let originNotAllowed = refused(
    403, "origin_not_allowed", "permission_error", "Requests must come through this service's front door.")

  static let budgetsUnavailable: Problem = {
    var problem = refused(
      503, "budget_unavailable", "api_error",
      "What is left of a budget that several proxies share cannot be asked at the moment. Try again later.")
    problem.headers = [("retry-after", "5")]
    return problem
  }()
  static let overloaded: Problem = {
    var problem = refused(
      503, "overloaded", "overloaded_error", "This proxy serves as many requests as it may. Try again later.")
    problem.headers = [("retry-after", "1")]
    return problem
  }()
}
