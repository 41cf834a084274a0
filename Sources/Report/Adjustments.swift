public import Ledger

/// What closed periods are corrected by in an open one.
public struct Adjustments: Sendable {
  /// One closed period that is corrected.
  public struct Corrected: Sendable {
    public var period: Period
    /// At least one, in the order of their places and reasons.
    public var list: [Adjustment]
    /// Requests that the period has now and had not when it was last booked.
    public var lateRequests: Int64
    /// SHA-256 of the names, digests and line counts of all files that the period's lines now stand in.
    public var inputsSHA256: String

    public init(period: Period, list: [Adjustment], lateRequests: Int64, inputsSHA256: String) {
      self.period = period
      self.list = list
      self.lateRequests = lateRequests
      self.inputsSHA256 = inputsSHA256
    }

    public var total: Money { list.reduce(.zero) { $0 + $1.difference } }
  }

  public var corrected: [Corrected] = []

  public init() {}

  public var isEmpty: Bool { corrected.isEmpty }
  public var list: [Adjustment] { corrected.flatMap(\.list) }
  public var total: Money { corrected.reduce(.zero) { $0 + $1.total } }

  /// A cost that was known, or nothing, has an unknown part now.
  public var bringUnknownCost: Bool {
    corrected.contains { one in
      one.list.contains { ($0.now?.state.isUnknown ?? false) && !($0.was?.state.isUnknown ?? false) }
    }
  }
}

extension Books {
  /// Books corrections to closed periods in this one: as rows of their own, beside the usage.
  /// - Parameter known: products of the rules that the corrected periods were attributed by, for names of
  ///   products that today's rules no longer have.
  public mutating func include(_ corrected: [Adjustments.Corrected], products known: [Product]) {
    precondition(adjustments.isEmpty, "corrections are booked once")
    guard !corrected.isEmpty else { return }
    adjustments.corrected = corrected
    for adjustment in adjustments.list { addProduct(adjustment.place.product, known) }
    let numbers = Dictionary(uniqueKeysWithValues: products.enumerated().map { ($1.id, $0) })
    var sums: [CorrectionKey: (cost: Money, states: [CostState])] = [:]
    for adjustment in adjustments.list {
      let place = adjustment.place
      let key = CorrectionKey(
        product: numbers[place.product] ?? products.count - 1, provider: place.provider,
        model: place.model, serviceTier: place.serviceTier, forPeriod: adjustment.forPeriod)
      sums[key, default: (.zero, [])].cost += adjustment.difference
      sums[key, default: (.zero, [])].states.append(adjustment.now?.state ?? .exact)
    }
    rows += sums.map { key, sum in
      var state = state(of: sum.states)
      // The difference itself is a figure, and an unpriced row would not show it.
      if state == .unpriced, sum.cost != .zero { state = .partial }
      return Row(
        product: key.product, provider: key.provider, model: key.model, serviceTier: key.serviceTier,
        entry: .adjustment, forPeriod: key.forPeriod, counts: WeightedCounts(), cost: sum.cost, state: state)
    }
    sortRows()
    let booked = rows.reduce(Money.zero) { $1.entry == .adjustment ? $0 + $1.cost : $0 }
    checks.append(
      Check(
        name: "adjustments add up to their rows", passed: booked == adjustments.total,
        detail: "rows \(booked) USD, adjustments \(adjustments.total) USD",
        japanese: ("調整額が明細行と一致", "明細行 \(booked) USD、調整 \(adjustments.total) USD")))
  }

  /// Before `unattributed`, which stays the last.
  mutating func addProduct(_ id: String, _ known: [Product]) {
    guard !products.contains(where: { $0.id == id }) else { return }
    let last = products.count - 1
    products.insert(known.first { $0.id == id } ?? Product(id: id, name: id), at: last)
    for index in rows.indices where rows[index].product == last { rows[index].product = last + 1 }
    for day in days.indices { days[day].insert(DayCell(), at: last) }
    for index in callers.indices where callers[index].product == last { callers[index].product = last + 1 }
    use.addProduct(before: last)
  }

  /// By product, provider, model, tier; usage before what corrects it or stands beside it.
  mutating func sortRows() {
    rows.sort {
      ($0.product, $0.provider, $0.model, $0.serviceTier, $0.order)
        < ($1.product, $1.provider, $1.model, $1.serviceTier, $1.order)
    }
  }

  /// What the period's own requests cost.
  public var usageCost: Money { rows.reduce(.zero) { $1.entry == .usage ? $0 + $1.cost : $0 } }

  func usageCost(ofProduct product: Int) -> Money {
    rows.reduce(.zero) { $1.product == product && $1.entry == .usage ? $0 + $1.cost : $0 }
  }
}

private struct CorrectionKey: Hashable {
  var product: Int
  var provider: String
  var model: String
  var serviceTier: String
  var forPeriod: String
}

extension Books.Row {
  /// Usage stands before what corrects it.
  fileprivate var order: String { entry == .usage ? "" : entry.rawValue + " " + forPeriod }
}
