internal import Ledger

/// One version of the prices, ready to be asked which of them hold for a request.
public struct PriceBook: Sendable {
  /// SHA-256 of its price lines.
  public let version: String
  let entries: [EntryKey: Entry]
  /// Other names of models, by provider and name.
  private let aliases: [AliasKey: String]
  /// Aliases and entries whose model is a pattern, the longest first.
  private let aliasPatterns: [String: [(pattern: Pattern, target: String)]]
  let patternEntries: [String: [(pattern: Pattern, entry: Entry)]]
  /// The contracted rows, by provider.
  let contracted: [String: [(pattern: Pattern, row: PriceRow)]]
  /// Factors of a whole vendor or family: list rows whose model is a pattern.
  let familyFactors: [String: [(pattern: Pattern, row: PriceRow)]]
  /// When vendors stop serving models: the first instant.
  private let retirements: [AliasKey: Int64]
  /// The regions in which a model has a price.
  private let regions: [AliasKey: [String]]

  struct EntryKey: Hashable {
    var provider: String
    var model: String
    var region: String
  }

  struct AliasKey: Hashable {
    var provider: String
    var model: String
  }

  /// All list prices of one model in one region.
  public struct Entry: Sendable {
    public let provider: String
    public let model: String
    public let region: String
    var rows: [PriceRow] = []

    public var name: String { "\(provider)/\(model)" + (region.isEmpty ? "" : " in \(region)") }
  }

  public init(version: String, rows: [PriceRow]) {
    self.version = version
    var entries: [EntryKey: Entry] = [:]
    var aliases: [AliasKey: String] = [:]
    var aliasPatterns: [String: [(pattern: Pattern, target: String)]] = [:]
    var patternEntries: [EntryKey: Entry] = [:]
    var contracted: [String: [(pattern: Pattern, row: PriceRow)]] = [:]
    var familyFactors: [String: [(pattern: Pattern, row: PriceRow)]] = [:]
    var retirements: [AliasKey: Int64] = [:]
    for row in rows {
      let isPattern = row.model.utf8.contains(UInt8(ascii: "*"))
      let key = EntryKey(provider: row.provider, model: row.model, region: row.region)
      let fresh = Entry(provider: row.provider, model: row.model, region: row.region)
      switch row.item {
      case .alias(let target):
        if isPattern {
          aliasPatterns[row.provider, default: []].append((Pattern(row.model), target))
        } else {
          aliases[AliasKey(provider: row.provider, model: row.model)] = target
        }
      case .retired:
        let key = AliasKey(provider: row.provider, model: row.model)
        retirements[key] = min(retirements[key] ?? .max, row.effectiveFrom ?? .min)
      case .price where row.basis == .list, .factor where row.basis == .list && !isPattern:
        if isPattern {
          patternEntries[key, default: fresh].rows.append(row)
        } else {
          entries[key, default: fresh].rows.append(row)
        }
      case .factor where row.basis == .list:
        familyFactors[row.provider, default: []].append((Pattern(row.model), row))
      default: contracted[row.provider, default: []].append((Pattern(row.model), row))
      }
    }
    self.entries = entries
    self.aliases = aliases
    self.aliasPatterns = aliasPatterns.mapValues { list in
      list.sorted {
        ($1.pattern.text.utf8.count, $0.pattern.text) < ($0.pattern.text.utf8.count, $1.pattern.text)
      }
    }
    self.patternEntries = Dictionary(grouping: patternEntries.values, by: \.provider).mapValues { list in
      list.map { (Pattern($0.model), $0) }.sorted {
        ($1.pattern.text.utf8.count, $0.pattern.text, $0.entry.region)
          < ($0.pattern.text.utf8.count, $1.pattern.text, $1.entry.region)
      }
    }
    self.contracted = contracted
    self.retirements = retirements
    self.familyFactors = familyFactors
    var regions: [AliasKey: [String]] = [:]
    for key in entries.keys {
      regions[AliasKey(provider: key.provider, model: key.model), default: []].append(key.region)
    }
    self.regions = regions
  }

  // MARK: - Which entry

  /// The entry that prices a model, and how its name was found.
  public struct Match: Sendable {
    public var entry: Entry
    /// In words, for `explain`: `returned model, exact`.
    public var step: String
  }

  /// Finds the entry for the model that served: the returned name before the requested one, each first as it
  /// is, then without its snapshot date, a vendor's prefix, a region's prefix; under each of these first a
  /// price of the very region, then of its geography, then one for any region. A price of another region is
  /// never taken; where the request's region is not known, the `global` one is.
  public func match(
    provider: String?, returned: String?, requested: String?, region: String?
  ) -> Match? {
    guard let provider else { return nil }
    for (which, name) in [("returned", returned), ("requested", requested)] {
      guard let name else { continue }
      let names = modelNames(name)
      for candidate in names {
        if let found = entry(provider, candidate.name, scopes(region, candidate)) {
          return Match(entry: found, step: "\(which) model, \(candidate.step)" + scopeWords(found, region))
        }
        if let target = aliases[AliasKey(provider: provider, model: candidate.name)],
          let found = entry(provider, target, scopes(region, candidate))
        {
          return Match(
            entry: found,
            step: "\(which) model, \(candidate.step), another name of \(target)" + scopeWords(found, region))
        }
      }
      for candidate in names {
        if let found = patternMatch(provider, candidate, region) {
          return Match(entry: found.entry, step: "\(which) model, \(candidate.step), \(found.words)")
        }
      }
    }
    return nil
  }

  private func patternMatch(
    _ provider: String, _ name: ModelName, _ region: String?
  ) -> (entry: Entry, words: String)? {
    let scopes = scopes(region, name)
    for alias in aliasPatterns[provider] ?? [] where alias.pattern.matches(name.name) {
      if let found = entry(provider, alias.target, scopes) {
        return (found, "like \(alias.pattern.text), another name of \(alias.target)")
      }
    }
    for (pattern, entry) in patternEntries[provider] ?? []
    where scopes.contains(entry.region) && pattern.matches(name.name) {
      return (entry, "like \(pattern.text)")
    }
    return nil
  }

  private func entry(_ provider: String, _ model: String, _ scopes: [String]) -> Entry? {
    for scope in scopes {
      if let found = entries[EntryKey(provider: provider, model: model, region: scope)] { return found }
    }
    return nil
  }

  func scopes(_ region: String?, _ name: ModelName) -> [String] {
    // What the name says is where the vendor bills: the region is then only where the call entered.
    if let said = name.region { return [said, ""] }
    guard let region else { return ["", "global"] }
    return regionScopes(region) + [""]
  }

  private func scopeWords(_ entry: Entry, _ region: String?) -> String {
    if entry.region.isEmpty { return "" }
    if region == nil, entry.region == "global" { return ", region unknown: the global price" }
    return ", region \(entry.region)"
  }

  /// When a vendor stops serving a model, by its name as it is or as it is listed; nil where no date is known.
  public func retired(provider: String, model: String) -> Int64? {
    for candidate in modelNames(model) {
      if let at = retirements[AliasKey(provider: provider, model: candidate.name)] { return at }
    }
    return nil
  }

  /// Why a model has no entry, in words.
  func missing(provider: String?, returned: String?, requested: String?) -> String {
    guard let provider else { return "no price entry: the vendor is not known" }
    for name in [returned, requested] {
      for candidate in name.map(modelNames) ?? [] {
        let known = regions[AliasKey(provider: provider, model: candidate.name)] ?? []
        guard !known.isEmpty else { continue }
        return "no price entry for this model in this region; there are prices in "
          + known.sorted().joined(separator: ", ")
      }
    }
    return "no price entry for this model"
  }
}
