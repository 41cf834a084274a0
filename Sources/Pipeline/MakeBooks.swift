public import Attribute
public import Ledger
public import Price
internal import RawLog
public import Report
public import Store

/// The way from the store's rows to one period's books: price, attribute, add up.
public struct BookMaking {
  public var store: Store
  public var prices: PriceFolder.Stored
  public var rules: Rules
  public var costs: CostsSource
  public var programVersion: String

  public init(
    store: Store, prices: PriceFolder.Stored, rules: Rules, costs: CostsSource = .none, programVersion: String
  ) {
    self.store = store
    self.prices = prices
    self.rules = rules
    self.costs = costs
    self.programVersion = programVersion
  }

  /// - Throws: `StoreError`.
  public func books(of period: Period) throws -> Books {
    let builder = try added(period)
    let segments = try store.segments(of: period)
    var rejections: [Rejection] = []
    for (id, row) in segments where row.rejected > 0 {
      rejections += try store.rejections(segment: id, file: row.name)
    }
    var books = builder.finish(
      inputs: segments.map { _, row in
        Books.Input(
          name: row.name, sha256: row.sha256, lines: row.lines, usages: row.usages,
          duplicates: row.duplicates, rejected: row.rejected, control: row.control)
      },
      rejections: rejections, holes: try holes(of: period))
    include(costs, in: &books)
    return books
  }

  /// The books' figures alone, to be compared with: nothing of files and lines.
  func figures(of period: Period) throws -> Books {
    var books = try added(period).finish(inputs: [], rejections: [], holes: [])
    include(costs, in: &books)
    return books
  }

  /// Over the files that the period's lines stand in.
  func inputsSHA256(of period: Period) throws -> String {
    inputsDigest(try store.segments(of: period).map { ($0.row.name, $0.row.sha256, $0.row.lines) })
  }

  /// Every request of the period, one at a time.
  private func added(_ period: Period) throws -> BooksBuilder {
    try store.requireRows(of: period.label, from: period.begin, to: period.end)
    var builder = BooksBuilder(
      Books(
        period: period, programVersion: programVersion,
        prices: Books.PriceVersion(
          version: prices.book.version, source: prices.source),
        attributionVersion: rules.version, products: rules.products,
        weightDenominator: rules.weightDenominator ?? 1))
    builder.compare(with: try statements(of: period))
    var filter = Store.RequestFilter()
    filter.begin = period.begin
    filter.end = period.end
    let pricer = Pricer(book: prices.book)
    try store.forEachRequest(filter) { usage in
      var usage = usage
      if pricer.guessesContext(usage) { usage.flags.insert(.estimated) }
      let charges = pricer.charges(usage)
      let rule = rules.match(usage)
      builder.add(
        usage, serviceTier: serviceTierName(usage.facts.serviceTier), charges: charges,
        shares: charges.map { rules.shares(of: $0, rule: rule) },
        withoutCache: usage.usesCache ? pricer.charges(usage.withoutCache) : nil)
    }
    return builder
  }

  /// What no request made, put on products by what the requests cost.
  private func include(_ source: CostsSource, in books: inout Books) {
    let slices = books.period.monthSlices
    books.include(
      source.costs.lines(
        slices, metered: books.meteredCosts, products: rules.products, rates: source.rates),
      version: source.version)
    books.taxes = source.costs.taxLines(slices, billed: books.billedCosts)
  }

  /// Of the days in UTC that lie wholly in the period.
  private func statements(of period: Period) throws -> [VendorStatement] {
    let first = VendorStatement.day(of: period.begin + VendorStatement.dayMicroseconds - 1)
    let end = VendorStatement.day(of: period.end)
    return first < end ? try store.statements(days: first..<end) : []
  }

  private func holes(of period: Period) throws -> [Books.Hole] {
    var result: [Books.Hole] = []
    for writer in try store.writers() {
      for hole in Pipeline.holes(in: try store.taken(writer: writer))
      where hole.after < period.end && hole.before >= period.begin {
        result.append(Books.Hole(writer: writer, first: hole.first, last: hole.last))
      }
    }
    return result
  }
}

extension Usage {
  fileprivate var usesCache: Bool { counts.usesCache || otherModels.contains { $0.counts.usesCache } }

  /// The same request as if nothing had been cached.
  fileprivate var withoutCache: Usage {
    var result = self
    result.counts = counts.withoutCache
    for index in otherModels.indices {
      result.otherModels[index].counts = otherModels[index].counts.withoutCache
    }
    return result
  }
}

extension Store {
  /// The segments that a period's lines stand in.
  func segments(of period: Period) throws(StoreError) -> [(id: Int64, row: SegmentRow)] {
    try segments(from: period.begin, to: period.end) { name in
      hour(inPath: name).map { $0 < period.end && $0 + 3_600_000_000 > period.begin } ?? true
    }
  }
}
