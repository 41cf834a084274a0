public import Ledger

/// What prices look at in a request: equal queries have equal rates.
public struct RateQuery: Hashable, Sendable {
  public var provider: String?
  public var returned: String?
  public var requested: String?
  public var region: String?
  public var serviceTier: String
  public var facts: [RequestFacts.Tag]

  public init(
    provider: String?, returned: String?, requested: String?, region: String?, serviceTier: String,
    facts: [RequestFacts.Tag] = []
  ) {
    self.provider = provider
    self.returned = returned
    self.requested = requested
    self.region = region
    self.serviceTier = serviceTier
    self.facts = facts
  }

  /// The request's own model.
  public init(_ facts: RequestFacts) {
    self.init(
      provider: facts.provider, returned: facts.modelReturned,
      requested: facts.modelRouted ?? facts.modelRequested, region: facts.region,
      serviceTier: serviceTierName(facts.serviceTier), facts: facts.priceFacts)
  }

  /// Another model inside the same answer.
  public init(_ facts: RequestFacts, other model: String) {
    self.init(
      provider: facts.provider, returned: model, requested: nil, region: facts.region,
      serviceTier: serviceTierName(facts.serviceTier), facts: facts.priceFacts)
  }

  func fact(_ name: String) -> String? {
    switch name {
    case "region": region
    case "service_tier": serviceTier
    default: facts.first { $0.name == name }?.value
    }
  }
}

/// The tier's word in reports and prices: `standard` for absent, null and `default`, else the vendor's own.
public func serviceTierName(_ vendors: String?) -> String {
  guard let vendors, vendors != "default", !vendors.isEmpty else { return "standard" }
  return vendors
}

extension PriceBook {
  /// The rates that hold for such a request at a time.
  public func rateCard(_ query: RateQuery, at time: Int64) -> RateCard {
    let match = match(
      provider: query.provider, returned: query.returned, requested: query.requested,
      region: query.region)
    let own = contractedRows(query, match)
    guard match != nil || own.contains(where: { $0.rate != nil }) else {
      return RateCard(
        match: nil,
        missing: missing(
          provider: query.provider, returned: query.returned, requested: query.requested),
        span: Int64.min..<Int64.max, levels: [])
    }
    let found =
      match
      ?? Match(
        entry: Entry(provider: query.provider ?? "", model: own.first?.model ?? "", region: ""),
        step: "contracted")
    var rows = found.entry.rows + own
    for name in names(query, found) {
      for (pattern, row) in familyFactors[found.entry.provider] ?? [] where pattern.matches(name) {
        if !rows.contains(row) { rows.append(row) }
      }
    }
    let resolver = RateResolver(rows: rows, query: query, time: time)
    return RateCard(
      match: found, missing: nil, span: resolver.span, levels: resolver.levels(),
      listLevels: resolver.listLevels())
  }

  /// The contracted rows for a model under any of its names, the most particular first.
  private func contractedRows(_ query: RateQuery, _ match: Match?) -> [PriceRow] {
    let names = names(query, match)
    var found: [(rank: Int, row: PriceRow)] = []
    for provider in [query.provider ?? "", "*"] {
      for (pattern, row) in contracted[provider] ?? [] where names.contains(where: pattern.matches) {
        let regions = query.region.map(regionScopes) ?? []
        guard row.region.isEmpty || regions.contains(row.region) || row.region == match?.entry.region else {
          continue
        }
        let isExact = !row.model.utf8.contains(UInt8(ascii: "*"))
        found.append(((isExact ? 1000 : 0) + row.model.utf8.count, row))
      }
    }
    return found.sorted { $0.rank > $1.rank }.map(\.row)
  }

  private func names(_ query: RateQuery, _ match: Match?) -> [String] {
    var names: [String] = []
    for name in [query.returned, query.requested] {
      if let name { names += modelNames(name).map(\.name) }
      // What came back decides; the requested name counts where nothing came back.
      if query.returned != nil { break }
    }
    if let entry = match?.entry { names.append(entry.model) }
    return names
  }
}

/// Chooses rates out of the rows of one model, at one time.
private struct RateResolver {
  let query: RateQuery
  let time: Int64
  /// Of each subject the row that holds at `time`, where its condition holds, in the order of their rank.
  private let current: [PriceRow]
  /// Around `time`, until any of the rows says something else.
  let span: Range<Int64>

  init(rows: [PriceRow], query: RateQuery, time: Int64) {
    self.query = query
    self.time = time
    var latest: [PriceRow.Subject: (order: Int, row: PriceRow)] = [:]
    var begin = Int64.min
    var end = Int64.max
    for (order, row) in rows.enumerated() {
      let from = row.effectiveFrom ?? .min
      if from <= time { begin = max(begin, from) } else { end = min(end, from) }
      let steady = row.when.span(around: time)
      begin = max(begin, steady.lowerBound)
      end = min(end, steady.upperBound)
      guard from <= time else { continue }
      let subject = row.subject
      if let known = latest[subject], (known.row.effectiveFrom ?? .min) >= from { continue }
      latest[subject] = (latest[subject]?.order ?? order, row)
    }
    span = begin..<end
    current = latest.values.filter { $0.row.when.holds(at: time, query.fact) }
      .sorted { a, b in
        if a.row.basis != b.row.basis { return a.row.basis == .contracted }
        if a.row.basis == .contracted, a.row.model != b.row.model { return a.order < b.order }
        if a.row.when.weight != b.row.when.weight { return a.row.when.weight > b.row.when.weight }
        if a.row.contextOver != b.row.contextOver { return a.row.contextOver > b.row.contextOver }
        return a.order < b.order
      }.map(\.row)
  }

  private var thresholds: [Int64] { Set(current.map(\.contextOver)).union([0]).sorted() }

  func levels() -> [RateCard.Level] { thresholds.map { level($0, current) } }

  /// The same levels by the vendor's public prices; empty where no contract is in force.
  func listLevels() -> [RateCard.Level] {
    guard current.contains(where: { $0.basis == .contracted }) else { return [] }
    let list = current.filter { $0.basis == .list }
    return thresholds.map { level($0, list) }
  }

  private func level(_ over: Int64, _ rows: [PriceRow]) -> RateCard.Level {
    var level = RateCard.Level(contextOver: over)
    let usable = rows.filter { $0.contextOver <= over }
    func set(_ slot: Int, _ source: RateSource) {
      var source = source
      guard case .price(let meter, let rate?) = source.row.item else { return }
      source.factors = factors(on: meter, source, usable)
      let factored = source.factors.reduce(rate) { rate, row in
        guard case .factor(_, let factor) = row.item else { return rate }
        return factor.times(rate)
      }
      // Prices are bounded when a file is read; a factor of 1000 upon the largest would still not be one.
      level.rates[slot] = Int64(clamping: factored.femtodollars)
      level.sources[slot] = source
    }
    for meter in Meter.allCases {
      guard let source = source(of: meter, usable) else { continue }
      level.priced |= MeterSet.of(meter).rawValue
      set(Int(meter.rawValue), source)
    }
    if let source = find(.reasoning, usable) {
      level.hasReasoning = true
      set(RateCard.Level.reasoning, source)
    }
    return level
  }

  /// A meter's own rate, else that of the meter it is a finer part of.
  private func source(of meter: Meter, _ usable: [PriceRow]) -> RateSource? {
    if let own = find(.meter(meter), usable) { return own }
    for substitute in meter.substitutes {
      // A longer lifetime is as dear as plain input only where the vendor takes nothing for writing.
      if meter.isLongCacheWrite, find(.meter(.cacheWrite5m), usable) != nil { return nil }
      guard var source = find(.meter(substitute), usable) else { continue }
      source.substitute = substitute
      return source
    }
    return nil
  }

  /// The rate of the tier that served, else the standard tier's.
  private func find(_ meter: PricedMeter, _ usable: [PriceRow]) -> RateSource? {
    for tier in query.serviceTier == "standard" ? ["standard"] : [query.serviceTier, "standard"] {
      for row in usable where row.serviceTier == tier {
        guard row.rate != nil, case .price(meter, _) = row.item else { continue }
        return RateSource(row: row, serviceTier: query.serviceTier)
      }
    }
    return nil
  }

  /// A tier's factor is for rates that the tier has no price of its own for. A contracted factor is upon list
  /// prices: a contracted price is agreed as it stands. Of one kind of factor the first by rank counts.
  private func factors(
    on meter: PricedMeter, _ source: RateSource, _ usable: [PriceRow]
  ) -> [PriceRow] {
    var result: [PriceRow] = []
    var kinds: Set<String> = []
    for row in usable {
      guard case .factor(let scope, _) = row.item, scope == .all || meter.isToken else { continue }
      if row.basis == .contracted, source.row.basis == .contracted { continue }
      if row.serviceTier != "*" {
        guard row.serviceTier == query.serviceTier else { continue }
        if row.serviceTier != "standard", source.row.serviceTier == query.serviceTier { continue }
      }
      let kind = "\(row.basis) \(row.serviceTier) \(row.when.terms.map(\.name))"
      if kinds.insert(kind).inserted { result.append(row) }
    }
    return result
  }
}

extension Meter {
  /// The meters it is counted in where a vendor does not price it apart.
  fileprivate var substitutes: [Meter] {
    switch self {
    case .inputAudio, .inputImage, .inputVideo, .cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h:
      [.input]
    case .outputAudio, .outputImage: [.output]
    case .cacheReadAudio, .cacheReadImage: [.cacheRead, .input]
    default: []
    }
  }

  fileprivate var isLongCacheWrite: Bool { self == .cacheWrite1h || self == .cacheWrite12h }
}
