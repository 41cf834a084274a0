internal import Ledger

/// A model's sets of prices laid out in time: of each span between two dates which prices hold at which hours
/// and on which conditions, as the rows that say so.
///
/// The last set of the list that holds is the only one, so a row ends where a later set has no such price.
struct GenAITimeline {
  private let model: GenAIModel
  /// The minutes of the day between which the same sets hold.
  private let pieces: [Range<Int>]
  private let dates: [Int64]

  private struct Context: Hashable {
    var serviceTier: String
    var when: PriceCondition
    var isStandard: Bool { serviceTier == "standard" && when.isEmpty }
  }

  init(_ model: GenAIModel) {
    self.model = model
    var edges: Set<Int> = [0, 1440]
    var dates: Set<Int64> = []
    for set in model.sets + model.variants.map(\.set) {
      switch set.constraint {
      case .always: break
      case .since(let time): dates.insert(time)
      case .minutes(let ranges):
        for range in ranges { edges.formUnion([range.lowerBound, range.upperBound]) }
      }
    }
    self.dates = dates.sorted()
    let sorted = edges.sorted()
    pieces = zip(sorted, sorted.dropFirst()).map { $0..<$1 }
  }

  func rows(provider: String) -> [PriceRow] {
    var result: [PriceRow] = []
    var standing: [PriceRow.Subject: PriceRow] = [:]
    for from in [nil] + dates.map(Optional.some) {
      var holding: [PriceRow.Subject: PriceRow] = [:]
      for var row in rows(at: from ?? .min, provider) {
        holding[row.subject] = row
        if standing[row.subject] == row { continue }
        row.effectiveFrom = from
        result.append(row)
      }
      for (subject, var row) in standing where holding[subject] == nil {
        guard case .price(let meter, _) = row.item else { continue }
        row.item = .price(meter, nil)
        row.effectiveFrom = from
        result.append(row)
      }
      standing = holding
    }
    return result
  }

  // MARK: - One span

  /// Everything that holds from `time` on until the next date, without it.
  private func rows(at time: Int64, _ provider: String) -> [PriceRow] {
    let standard = pieces.map { set(at: time, $0).prices }
    let standardMeters = standard.map(genAIMeters)
    var result: [PriceRow] = []
    for context in contexts {
      let said = pieces.map { variants(context, at: time, $0) }
      let resolved = zip(standard, said).map { $0.merging($1) { $1 } }
      let meters = context.isStandard ? standardMeters : resolved.map(genAIMeters)
      let saidMeters = said.map(genAIMeters)
      for meter in Set(meters.flatMap(\.keys)) {
        let levels = meters.map { $0[meter] }
        let isOwn = context.isStandard || saidMeters.contains { $0[meter] != nil }
        guard isOwn || levels != standardMeters.map({ $0[meter] }) else { continue }
        for (condition, levels) in byHours(levels, context) {
          for (over, rate) in levels {
            result.append(
              PriceRow(
                provider: provider, model: model.id, serviceTier: context.serviceTier, contextOver: over,
                when: condition, item: .price(meter, rate)))
          }
        }
      }
    }
    return result
  }

  private var contexts: [Context] {
    var contexts = [Context(serviceTier: "standard", when: PriceCondition())]
    for variant in model.variants {
      let context = Context(serviceTier: variant.serviceTier, when: variant.when)
      if !contexts.contains(context) { contexts.append(context) }
    }
    return contexts
  }

  /// The last set that holds; the first of all where none does.
  private func set(at time: Int64, _ piece: Range<Int>) -> GenAISet {
    model.sets.last { $0.constraint.holds(at: time, piece) } ?? model.sets[0]
  }

  /// Of each unit the price of the first variant that has one.
  private func variants(_ context: Context, at time: Int64, _ piece: Range<Int>) -> [String: GenAILevels] {
    var prices: [String: GenAILevels] = [:]
    for variant in model.variants
    where variant.serviceTier == context.serviceTier && variant.when == context.when
      && variant.set.constraint.holds(at: time, piece)
    {
      prices.merge(variant.set.prices) { known, _ in known }
    }
    return prices
  }

  /// What holds longest needs no hours, unless something else would hold where nothing should.
  private func byHours(
    _ levels: [GenAILevels?], _ context: Context
  ) -> [(condition: PriceCondition, levels: GenAILevels)] {
    var groups: [(levels: GenAILevels, pieces: [Range<Int>])] = []
    for (piece, levels) in zip(pieces, levels) {
      guard let levels else { continue }
      guard let at = groups.firstIndex(where: { $0.levels == levels }) else {
        groups.append((levels, [piece]))
        continue
      }
      if let last = groups[at].pieces.last, last.upperBound == piece.lowerBound {
        groups[at].pieces[groups[at].pieces.count - 1] = last.lowerBound..<piece.upperBound
      } else {
        groups[at].pieces.append(piece)
      }
    }
    let longest = groups.map { $0.pieces.reduce(0) { $0 + $1.count } }.max() ?? 0
    // A condition of its own must not be outweighed by the hours of the plain price.
    var isFree = !levels.contains { $0 == nil } && (pieces.count == 1 || context.when.isEmpty)
    return groups.map { group in
      if isFree, group.pieces.reduce(0, { $0 + $1.count }) == longest {
        isFree = false
        return (context.when, group.levels)
      }
      let hours =
        "utc="
        + group.pieces.map { PriceCondition.Hours(begin: $0.lowerBound, end: $0.upperBound).text }
        .joined(separator: "+")
      let terms = context.when.isEmpty ? hours : "\(context.when);\(hours)"
      return (PriceCondition(terms) ?? context.when, group.levels)
    }
  }
}

extension GenAIConstraint {
  /// - Parameter piece: minutes that are wholly inside or outside of its own.
  fileprivate func holds(at time: Int64, _ piece: Range<Int>) -> Bool {
    switch self {
    case .always: true
    case .since(let from): from <= time
    case .minutes(let ranges):
      ranges.contains { $0.lowerBound <= piece.lowerBound && piece.upperBound <= $0.upperBound }
    }
  }
}
