public import Attribute
public import Ledger
public import Price
internal import Report
public import Store

/// Rules with the text they were read from, so that a closed period keeps it.
public struct RulesSource: Sendable {
  public var rules: Rules
  /// The file's name, for places in it.
  public var name: String
  public var text: String

  public init(rules: Rules, name: String, text: String) {
    self.rules = rules
    self.name = name
    self.text = text
  }

  public static let none = RulesSource(rules: .none, name: "", text: "")

  public var version: String { rules.version }

  /// No rules have no text.
  func save(in store: Store) throws(StoreError) {
    guard version != Rules.none.version else { return }
    try store.saveRules(version: version, name: name, text: text)
  }
}

/// What stands in the books of a closed period, and what it would cost today.
public struct Correction: Sendable {
  public var closed: ClosedPeriod
  public var period: Period
  /// How it was last booked, and how it would be today.
  public var booked: Booking
  public var now: Booking
  public var bookedAmounts: DayBook
  public var amounts: DayBook
  /// From the one to the other; none where nothing changed.
  public var list: [Adjustment]
  public var inputsSHA256: String
  public var products: [Product]
  /// Requests that came late, when rows of the period were dropped already: what they change cannot be said any more.
  public var lostRequests: Int64 = 0

  /// Requests that came since it was last booked. An attempt that another one followed is no request any more.
  public var lateRequests: Int64 { max(0, now.seen.requests - booked.seen.requests) }
  public var total: Money { list.reduce(.zero) { $0 + $1.difference } }
}

/// Closed periods, and what corrects them: adjustment = afresh − closed − adjustments frozen before.
public struct ClosedBooks {
  let store: Store
  let priceFolder: PriceFolder
  let programVersion: String

  public init(store: Store, priceFolder: PriceFolder, programVersion: String) {
    self.store = store
    self.priceFolder = priceFolder
    self.programVersion = programVersion
  }

  /// The closed period of this name; nil for an open one.
  /// - Throws: `UsageError` where it was closed in another zone, so that it is another range of time.
  public func closed(_ period: Period) throws -> ClosedPeriod? {
    guard let found = try store.closedPeriods().first(where: { $0.label == period.label }) else { return nil }
    guard found.zone == period.zone, found.begin == period.begin, found.end == period.end else {
      throw UsageError(
        "\(found.label) was closed as days of \(found.zone), and the books' zone is now \(period.zone); "
          + "a closed period keeps its zone: set it back")
    }
    return found
  }

  /// The closed period that holds an instant.
  public func closed(at time: Int64) throws -> ClosedPeriod? {
    try store.closedPeriods().first { $0.begin <= time && time < $0.end }
  }

  /// Where corrections of a closed period are booked: the first one of its calendar behind it that is not closed.
  public func openPeriod(after closed: ClosedPeriod) throws -> Period {
    let labels = Set(try store.closedPeriods().map(\.label))
    let calendar = try BookCalendar(zone: closed.zone)
    var label = closed.label
    repeat {
      guard let next = try calendar.next(after: label) else {
        throw UsageError("\(label) has no period behind it in a calendar")
      }
      label = next
    } while labels.contains(label)
    return try calendar.period(label)
  }

  /// The corrections that are booked in an open period.
  public func corrections(in open: Period) throws -> [Correction] {
    try store.closedPeriods().compactMap { closed in
      guard closed.zone == open.zone, closed.end <= open.begin,
        try openPeriod(after: closed).label == open.label
      else { return nil }
      return try correction(of: closed)
    }
  }

  /// What is booked of a closed period, and the steps to what it would cost today: late lines first, by the
  /// prices, rules and costs it was booked by; then prices; then rules; then costs.
  /// - Parameters:
  ///   - trying: a decision that has not been made yet.
  ///   - rules: its rules, where they are not in the store yet.
  ///   - costs: its costs, likewise.
  public func correction(
    of closed: ClosedPeriod, trying: Decision? = nil, rules: Rules? = nil, costs: CostsSource? = nil
  ) throws -> Correction {
    guard let booking = try store.bookings(forClosed: closed.id).last else {
      throw Store.damagedClose(closed.label)
    }
    let rows = Dictionary(
      uniqueKeysWithValues: try store.rows(ofClosed: closed.id).map { ($0.place, $0.amount) })
    let frozen = try store.adjustments(forClosed: closed).map(\.adjustment)
    var pending = try store.decisions(forClosed: closed.id).filter { $0.id > booking.decision }
    if var trying {
      trying.id = (pending.last?.id ?? booking.decision) + 1
      pending.append(trying)
    }
    var result = Correction(
      closed: closed, period: try BookCalendar(zone: closed.zone).period(closed.label), booked: booking,
      now: booking, bookedAmounts: booked(rows, frozen), amounts: [:], list: [], inputsSHA256: "",
      products: []
    )
    result.amounts = result.bookedAmounts
    result.now.program = programVersion
    result.now.seen = try store.tally(from: closed.begin, to: closed.end)
    if let last = pending.last {
      result.now.decision = last.id
      result.now.pricesVersion = last.pricesVersion
      result.now.rulesVersion = last.rulesVersion
      result.now.costsVersion = last.costsVersion
    }
    guard result.now != booking else { return result }
    if pending.isEmpty, try !store.droppedMonths(from: closed.begin, to: closed.end).isEmpty {
      // Without the rows nothing can be made afresh: another program has nothing to say, and late lines are told of.
      result.lostRequests = max(0, result.now.seen.requests - booking.seen.requests)
      result.now = booking
      return result
    }
    let steps = try steps(&result, pending, rules, costs)
    result.list = adjustments(from: result.bookedAmounts, through: steps, for: closed.label)
    return result
  }

  private func steps(
    _ correction: inout Correction, _ pending: [Decision], _ tried: Rules?, _ triedCosts: CostsSource?
  ) throws -> [CorrectionStep] {
    let (was, now) = (correction.booked, correction.now)
    var steps: [CorrectionStep] = []
    func step(
      _ reason: Adjustment.Reason, _ words: String, prices: String, rules version: String,
      costs costsVersion: String, _ correction: inout Correction
    ) throws {
      let rules =
        try tried.flatMap { $0.version == version ? $0 : nil } ?? loadRules(version, correction.period)
      let costs =
        try triedCosts.flatMap { $0.version == costsVersion ? $0 : nil } ?? loadCosts(costsVersion)
      let making = BookMaking(
        store: store, prices: try loadPrices(prices), rules: rules, costs: costs,
        programVersion: programVersion)
      let books = try making.books(of: correction.period)
      correction.products += books.products
      correction.amounts = Dictionary(uniqueKeysWithValues: books.dayRows.map { ($0.place, $0.amount) })
      correction.inputsSHA256 = inputsDigest(books.inputs.map { ($0.name, $0.sha256, $0.lines) })
      let last = steps.last
      steps.append(
        CorrectionStep(
          reason: reason, words: words, now: correction.amounts,
          prices: (last?.prices.now ?? was.pricesVersion, prices),
          rules: (last?.rules.now ?? was.rulesVersion, version),
          costs: (last?.costs.now ?? was.costsVersion, costsVersion)))
    }
    try step(
      was.seen == now.seen ? .program : .lateLines, "", prices: was.pricesVersion, rules: was.rulesVersion,
      costs: was.costsVersion, &correction)
    if now.pricesVersion != was.pricesVersion {
      let words = lastChange(of: \.pricesVersion, from: was.pricesVersion, pending)
      try step(
        .prices, words, prices: now.pricesVersion, rules: was.rulesVersion, costs: was.costsVersion,
        &correction)
    }
    if now.rulesVersion != was.rulesVersion {
      let words = lastChange(of: \.rulesVersion, from: was.rulesVersion, pending)
      try step(
        .rules, words, prices: now.pricesVersion, rules: now.rulesVersion, costs: was.costsVersion,
        &correction)
    }
    if now.costsVersion != was.costsVersion {
      let words = lastChange(of: \.costsVersion, from: was.costsVersion, pending)
      try step(
        .costs, words, prices: now.pricesVersion, rules: now.rulesVersion, costs: now.costsVersion,
        &correction)
    }
    return steps
  }

  /// The words of the last decision that changed this; decisions before it came to nothing.
  private func lastChange(of version: KeyPath<Decision, String>, from: String, _ decisions: [Decision])
    -> String
  {
    var words = ""
    var current = from
    for decision in decisions where decision[keyPath: version] != current {
      words = decision.reason
      current = decision[keyPath: version]
    }
    return words
  }

  /// - Throws: `PriceError`.
  func loadPrices(_ version: String) throws -> PriceFolder.Stored {
    do {
      return try priceFolder.load(version: version)
    } catch {
      throw RunError(problems: [
        "\(error)",
        "A closed period is priced by this version: put its file and its line in published.jsonl back.",
      ])
    }
  }

  /// The rules of a closed period, read again from their own text.
  func loadRules(_ version: String, _ period: Period) throws -> Rules {
    if version == Rules.none.version { return .none }
    guard let kept = try store.rules(version: version) else {
      throw StoreError("the rules \(version) of a closed period are missing: the store is damaged")
    }
    let calendar = try BookCalendar(zone: period.zone)
    return try Rules(yaml: kept.text, name: kept.name, dayBegin: { calendar.begin(dayText: $0) })
  }

  /// The costs of a closed period, read again from their own text.
  func loadCosts(_ version: String) throws -> CostsSource {
    if version == CostsSource.none.version { return .none }
    guard let kept = try store.costs(version: version) else {
      throw StoreError("the costs \(version) of a closed period are missing: the store is damaged")
    }
    return try CostsSource(name: kept.name, text: kept.text, ratesText: kept.rates)
  }
}

extension Store {
  static func damagedClose(_ label: String) -> StoreError {
    StoreError("\(label) was closed, and how is not noted: the store is damaged")
  }
}

extension Correction {
  /// What a person should know of requests that are in no books; nil where there are none.
  public var lostSentence: String? {
    guard lostRequests > 0 else { return nil }
    return
      "\(closed.label): \(lostRequests) requests came after its request rows were dropped (retention), so no adjustment "
      + "can be made of them; see them with: tollbook requests --period \(closed.label)"
  }
}

extension Books {
  /// Books corrections in this open period.
  mutating func include(_ corrections: [Correction]) {
    let changed = corrections.filter { !$0.list.isEmpty }
    include(
      changed.map {
        Adjustments.Corrected(
          period: $0.period, list: $0.list, lateRequests: $0.lateRequests, inputsSHA256: $0.inputsSHA256)
      }, products: changed.flatMap(\.products))
  }
}
