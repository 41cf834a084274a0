public import Ledger

/// One version of the prices, ready to be asked.
public struct PriceBook: Sendable {
  /// SHA-256 of its price lines.
  public let version: String
  private let entries: [EntryKey: Entry]

  struct EntryKey: Hashable {
    var provider: String
    var model: String
    var region: String
  }

  /// All prices of one model in one region.
  public struct Entry: Sendable {
    public let provider: String
    public let model: String
    public let region: String
    /// By tier and meter; the highest threshold and the latest date first.
    fileprivate var rates: [RateKey: [Dated]] = [:]
  }

  struct RateKey: Hashable {
    var serviceTier: String
    var meter: PricedMeter
  }

  struct Dated: Hashable {
    var contextOver: Int64
    var effectiveFrom: Int64
    var rate: Money
  }

  public init(version: String, rows: [PriceRow]) {
    self.version = version
    var entries: [EntryKey: Entry] = [:]
    for row in rows {
      let key = EntryKey(provider: row.provider, model: row.model, region: row.region)
      entries[key, default: Entry(provider: row.provider, model: row.model, region: row.region)]
        .rates[RateKey(serviceTier: row.serviceTier, meter: row.meter), default: []]
        .append(
          Dated(
            contextOver: row.contextOver, effectiveFrom: row.effectiveFrom ?? .min, rate: row.rate))
    }
    for key in entries.keys {
      for rateKey in entries[key]?.rates.keys.map({ $0 }) ?? [] {
        entries[key]?.rates[rateKey]?.sort {
          ($0.contextOver, $0.effectiveFrom) > ($1.contextOver, $1.effectiveFrom)
        }
      }
    }
    self.entries = entries
  }

  // MARK: - Which entry

  /// The entry that prices a model, and how its name was found.
  public struct Match: Sendable {
    public var entry: Entry
    /// In words, for `explain`: `returned model, exact`.
    public var step: String
  }

  /// Finds the entry for the model that served: the returned name before the requested one, each first as it
  /// is, then without its snapshot date, then without a vendor's prefix. A price of another region is never taken.
  public func match(
    provider: String?, returned: String?, requested: String?, region: String?
  ) -> Match? {
    guard let provider else { return nil }
    for (which, name) in [("returned", returned), ("requested", requested)] {
      guard let name else { continue }
      for (step, candidate) in candidates(name) {
        for scope in [region ?? "", ""] {
          let key = EntryKey(provider: provider, model: candidate, region: scope)
          guard let entry = entries[key] else { continue }
          return Match(
            entry: entry,
            step: "\(which) model, \(step)" + (scope.isEmpty ? "" : ", region \(scope)"))
        }
      }
    }
    return nil
  }

  private func candidates(_ name: String) -> [(step: String, name: String)] {
    var result = [("exact", name)]
    let undated = withoutSnapshotDate(name)
    if let undated { result.append(("without its snapshot date", undated)) }
    if let slash = name.lastIndex(of: "/") {
      let bare = String(name[name.index(after: slash)...])
      result.append(("without its vendor prefix", bare))
      if let undated = withoutSnapshotDate(bare) {
        result.append(("without its vendor prefix and snapshot date", undated))
      }
    }
    return result
  }

  // MARK: - Which rate

  /// A rate and the words that say why it was this one.
  public struct Rate: Sendable {
    public var perUnit: Money
    public var note: String
  }

  /// The rate of one meter: of the tier that served, else of the standard tier; of the highest threshold that
  /// the whole input exceeds; the latest that was effective at `time`.
  public func rate(
    _ meter: PricedMeter, in entry: Entry, serviceTier: String, totalInput: Int64, at time: Int64
  ) -> Rate? {
    for tier in serviceTier == "standard" ? ["standard"] : [serviceTier, "standard"] {
      guard let dated = entry.rates[RateKey(serviceTier: tier, meter: meter)] else { continue }
      for candidate in dated
      where candidate.effectiveFrom <= time
        && (candidate.contextOver == 0 || totalInput > candidate.contextOver)
      {
        var note = "tier \(tier)"
        if tier != serviceTier { note += " (no \(serviceTier) price)" }
        if candidate.contextOver > 0 { note += ", input over \(candidate.contextOver) tokens" }
        if candidate.effectiveFrom != .min { note += ", since \(Timestamp.text(candidate.effectiveFrom))" }
        return Rate(perUnit: candidate.rate, note: note)
      }
    }
    return nil
  }
}

/// `gpt-4o-mini-2024-07-18` → `gpt-4o-mini`, `claude-sonnet-4-5-20250929` → `claude-sonnet-4-5`,
/// `claude-opus-4@20250514` → `claude-opus-4`; nil for a name without a date behind it.
func withoutSnapshotDate(_ name: String) -> String? {
  let shape = name.utf8.map { (48...57).contains($0) ? UInt8(ascii: "0") : $0 }
  for suffix in ["-0000-00-00", "-00000000", "@00000000"] {
    if shape.count > suffix.utf8.count, shape.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) {
      return String(name.utf8.dropLast(suffix.utf8.count))
    }
  }
  return nil
}
