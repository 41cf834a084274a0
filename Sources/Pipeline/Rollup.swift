public import Attribute
internal import Glibc
internal import Ingest
public import Ledger
public import Price
public import RawLog
internal import Store

/// Adds up raw logs straight from their files, by the columns that are asked for: every line once, priced and
/// attributed as in the books, and nothing kept but the sums.
public struct Rollup: ~Copyable {
  /// A column that is grouped by.
  public enum Column: String, CaseIterable, Sendable {
    case day, product, provider, model, user, team, key, endpoint
    case serviceTier = "service_tier"
  }

  public struct Settings: Sendable {
    public var columns: [Column]
    public var period: Period
    public var rules: Rules
    public var prices: PriceBook
    public var threads: Int

    public init(columns: [Column], period: Period, rules: Rules, prices: PriceBook, threads: Int) {
      self.columns = columns
      self.period = period
      self.rules = rules
      self.prices = prices
      self.threads = threads
    }
  }

  let settings: Settings
  let cells = RollupCells()
  /// The texts of each group, in the order of the columns that come from facts.
  private(set) var groups: [[String]] = []
  private(set) var users = TextNumbers()
  public private(set) var summary = IngestSummary()

  private let pricer: Pricer
  private var matcher: RuleMatcher
  let denominator: Int64
  private let hasUsers: Bool
  private let hasDays: Bool
  private let hasProducts: Bool
  private var groupNumbers: [[String]: UInt32] = [:]
  private var facts: [RequestFacts] = []
  private var factsNumbers: [RequestFacts: Int] = [:]
  /// By facts: 1 + the group of the request's own model; 0 where it is not known yet.
  private var factsGroups: [UInt32] = []
  private var numberings: [Int: Numbering] = [:]
  private var writers: [String: Int] = [:]
  private var taken: [TakenNumbers] = []
  private var meteredIDs: Set<String> = []
  private var open: [RequestID: Begun] = [:]
  /// Ends that no start was read for, of writers that have a hole in their numbers: their starts may still come.
  private var endedEarly: Set<RequestID> = []
  private var hasForgottenEnds = false
  private var hasOverflow = false
  private var today: (index: Int, range: Range<Int64>) = (0, 0..<0)
  private var charge = Charge(model: nil, counts: TokenCounts())
  private var counts = TokenCounts()

  /// A reader's numbers, in our own.
  private struct Numbering {
    var writers: [Int] = []
    var facts: [Int] = []
  }

  /// What is kept of a request that has begun and not ended.
  private struct Begun {
    var facts: Int
    var time: Int64
    var user: UInt32
    /// For rules that look at them.
    var userText: String?
    var ip: String?
    /// Its number came after higher ones of its writer, so its end may have been read before it.
    var isLate: Bool
  }

  public enum Limit {
    /// Splits finer than this have more digits than a count has room for.
    public static let denominatorMax: Int128 = 10_000
    /// Ends kept for starts that come later; beyond it the files are looked through a second time.
    public static let endedEarly = 1_000_000
  }

  /// - Throws: `RunError` for rules that split finer than can be added up here.
  public init(_ settings: Settings) throws(RunError) {
    self.settings = settings
    pricer = Pricer(book: settings.prices)
    matcher = RuleMatcher(settings.rules)
    let denominator = settings.rules.weightDenominator ?? Limit.denominatorMax + 1
    guard denominator <= Limit.denominatorMax else {
      throw RunError(problems: [
        "the rules split requests finer than 1/\(Limit.denominatorMax); use `tollbook report` for them"
      ])
    }
    guard settings.period.days.count < UInt16.max, settings.rules.products.count < UInt16.max else {
      throw RunError(problems: ["more than \(UInt16.max - 1) days or products cannot be added up in one run"])
    }
    self.denominator = Int64(denominator)
    hasUsers = settings.columns.contains(.user)
    hasDays = settings.columns.contains(.day)
    hasProducts = settings.columns.contains(.product)
  }

  /// Reads segments, in the order given.
  /// - Throws: `RunError` where a file could not be read to its end.
  public mutating func add(_ segments: [Segment], progress: (IngestProgress) -> Void) throws(RunError) {
    var problems: [String] = []
    let reader = makeReader(segments)
    defer { reader.stop() }
    while let item = reader.next() {
      switch item {
      case .failure(_, let error): problems.append(error.description)
      case .batch(let batch):
        take(batch)
        let chunk = batch.chunk
        if chunk.isLast { summary.files += 1 }
        progress(
          IngestProgress(
            files: segments.count, filesDone: summary.files, lines: summary.lines, name: chunk.segmentName))
        reader.giveBack(chunk)
      }
    }
    guard problems.isEmpty else { throw RunError(problems: problems) }
    guard !hasOverflow else {
      throw RunError(problems: [
        "tokens add up to more than 2^63: a line claims what cannot be; use `tollbook report`"
      ])
    }
    if hasForgottenEnds, open.values.contains(where: \.isLate) { findEnds(in: segments) }
    summary.interrupted = open.count
    for begun in open.values { addInterrupted(begun) }
    open.removeAll()
  }

  private func makeReader(_ segments: [Segment]) -> ParallelReader {
    ParallelReader(segments: segments.count, threads: settings.threads) { index throws(SegmentError) in
      try SegmentReader(segments[index], hashes: false)
    }
  }

  private mutating func take(_ batch: LineBatch) {
    learn(batch)
    guard let numbering = numberings[batch.numbering] else { return }
    summary.lines += Int64(batch.chunk.lineCount)
    summary.rejected += Int64(batch.rejected.count)
    let rows = batch.rows
    for index in rows.indices {
      let row = rows.baseAddress.unsafelyUnwrapped + index
      let writer = numbering.writers[Int(row.pointee.writer)]
      let isLate = row.pointee.seq <= taken[writer].last
      guard taken[writer].take(row.pointee.seq, time: row.pointee.time) else {
        summary.duplicates += 1
        continue
      }
      switch row.pointee.kind {
      case .control: summary.control += 1
      case .start:
        summary.control += 1
        begin(row, batch, numbering.facts[Int(row.pointee.facts)], isLate)
      case .end: end(row, batch, numbering.facts[Int(row.pointee.facts)], mayBeEarly: taken[writer].hasHole)
      }
    }
  }

  /// The numbers that this batch brings.
  private mutating func learn(_ batch: LineBatch) {
    if batch.newWriters.isEmpty, batch.newFacts.isEmpty, numberings[batch.numbering] != nil { return }
    var numbering = numberings[batch.numbering] ?? Numbering()
    for name in batch.newWriters {
      if writers[name] == nil {
        writers[name] = taken.count
        taken.append(TakenNumbers([]))
      }
      numbering.writers.append(writers[name] ?? 0)
    }
    for new in batch.newFacts {
      if factsNumbers[new] == nil {
        factsNumbers[new] = facts.count
        facts.append(new)
        factsGroups.append(0)
      }
      numbering.facts.append(factsNumbers[new] ?? 0)
    }
    numberings[batch.numbering] = numbering
  }

  // MARK: - Requests

  private mutating func begin(_ row: UnsafePointer<LineRow>, _ batch: LineBatch, _ facts: Int, _ isLate: Bool)
  {
    let id = batch.withText(row.pointee.id) {
      RequestID($0 ?? .init(start: nil, count: 0), attempt: row.pointee.attempt)
    }
    if isLate, endedEarly.remove(id) != nil { return }
    open[id] = Begun(
      facts: facts, time: row.pointee.time, user: user(row, batch),
      userText: matcher.looksAtUser ? batch.text(row.pointee.user) : nil,
      ip: matcher.looksAtIP ? batch.text(row.pointee.ip) : nil, isLate: isLate)
  }

  private mutating func end(
    _ row: UnsafePointer<LineRow>, _ batch: LineBatch, _ number: Int, mayBeEarly: Bool
  ) {
    if mayBeEarly || !open.isEmpty {
      let id = batch.withText(row.pointee.id) {
        RequestID($0 ?? .init(start: nil, count: 0), attempt: row.pointee.attempt)
      }
      if open.removeValue(forKey: id) == nil, mayBeEarly {
        if endedEarly.count < Limit.endedEarly { endedEarly.insert(id) } else { hasForgottenEnds = true }
      }
    }
    if row.pointee.meteredID.count > 0, let metered = batch.text(row.pointee.meteredID) {
      guard meteredIDs.insert(metered).inserted else {
        summary.duplicates += 1
        return
      }
    }
    summary.usages += 1
    guard let day = day(of: row.pointee.time) else { return }
    let known = facts[number]
    let rule = matcher.match(
      number, facts: known, time: row.pointee.time, user: { batch.text(row.pointee.user) },
      ip: { batch.text(row.pointee.ip) })
    let user = user(row, batch)
    if row.pointee.extra >= 0 {
      return addAll(batch.usage(row.pointee, facts: known), number, rule, day: day, user: user)
    }
    row.pointee.counts.fill(&counts)
    charge.reset(counts)
    charge.isUsageMissing = row.pointee.flags.contains(.usageMissing)
    let isBilled = !row.pointee.flags.contains(.notBilled)
    let isAnswered = (row.pointee.outcome == .ok || row.pointee.outcome == .clientGone) && isBilled
    let card =
      pricer.recentCard(number + 1, at: row.pointee.time)
      ?? pricer.card(known, number + 1, at: row.pointee.time)
    let total = card.price(&charge, isBilled: isBilled, isRequest: isAnswered)
    guard let product = wholeProduct(of: rule) else {
      return addAll(batch.usage(row.pointee, facts: known), number, rule, day: day, user: user)
    }
    let group = group(number, known)
    let cell = cells.find(
      .init(day: day, product: hasProducts ? UInt16(product) : 0, group: group, user: user))
    let one = row.pointee.final ? denominator : 0
    cell.pointee.femtodollars += total.femtodollars
    cell.pointee.requests += one
    let isUnpriced = charge.isUnpriced
    if isUnpriced { cell.pointee.hasUnknown = true }
    if isUnpriced || row.pointee.outcome.isFailure {
      cells.addRare(cell) { rare in
        if row.pointee.outcome.isFailure { rare.failedRequests += one }
        if isUnpriced { rare.unpricedRequests += one }
      }
    }
    if charge.hasPricedMeter { cell.pointee.hasPriced = true }
    add(BookedTokens(counts), times: denominator, to: cell)
  }

  /// The general way: several models in one answer, rarer meters, a split.
  private mutating func addAll(_ usage: Usage, _ number: Int, _ rule: Int?, day: UInt16, user: UInt32) {
    let charges = pricer.charges(usage)
    let isUnpriced = charges.contains(where: \.isUnpriced)
    let counted = usage.final || usage.outcome == .interrupted
    for (index, charge) in charges.enumerated() {
      let group = index == 0 ? group(number, usage.facts) : self.group(of: usage.facts, model: charge.model)
      let tokens = BookedTokens(charge.counts)
      for share in settings.rules.shares(of: charge, rule: rule) {
        let cell = cells.find(
          .init(day: day, product: hasProducts ? UInt16(share.product) : 0, group: group, user: user))
        let factor = denominator * share.weight / share.weightTotal
        cell.pointee.femtodollars += share.amounts.total.femtodollars
        if index == 0, counted {
          cell.pointee.requests += factor
          cells.addRare(cell) { rare in
            if usage.outcome.isFailure { rare.failedRequests += factor }
            if usage.outcome == .interrupted { rare.interruptedRequests += factor }
            if isUnpriced { rare.unpricedRequests += factor }
          }
        }
        if charge.isUnpriced || usage.outcome == .interrupted { cell.pointee.hasUnknown = true }
        if charge.hasPricedMeter { cell.pointee.hasPriced = true }
        add(tokens, times: factor, to: cell)
      }
    }
  }

  /// Sums are of 64 bits: what does not fit is no month's usage, and is told, not cut.
  private mutating func add(
    _ tokens: BookedTokens, times factor: Int64, to cell: UnsafeMutablePointer<RollupCell>
  ) {
    func sum(_ total: Int64, _ count: Int64) -> Int64 {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: factor)
      let (sum, isOver) = total.addingReportingOverflow(product)
      if isTooLarge || isOver { hasOverflow = true }
      return sum
    }
    cell.pointee.inputTokens = sum(cell.pointee.inputTokens, tokens.input)
    cell.pointee.cacheReadTokens = sum(cell.pointee.cacheReadTokens, tokens.cacheRead)
    cell.pointee.cacheWriteTokens = sum(cell.pointee.cacheWriteTokens, tokens.cacheWrite)
    cell.pointee.outputTokens = sum(cell.pointee.outputTokens, tokens.output)
  }

  private mutating func addInterrupted(_ begun: Begun) {
    guard let day = day(of: begun.time) else { return }
    let known = facts[begun.facts]
    let rule = settings.rules.match(known, user: begun.userText, ip: begun.ip, time: begun.time)
    let usage = Usage(
      id: "", attempt: 1, final: true, time: begun.time, place: .init(file: "", line: 0), facts: known,
      outcome: .interrupted)
    addAll(usage, begun.facts, rule, day: day, user: begun.user)
  }

  /// Starts that were read out of their writer's order, after more ends than are kept: the files are looked through
  /// once more.
  private mutating func findEnds(in segments: [Segment]) {
    let reader = makeReader(segments)
    defer { reader.stop() }
    while let item = reader.next() {
      guard case .batch(let batch) = item else { continue }
      for row in batch.rows where row.kind == .end {
        let id = batch.withText(row.id) { RequestID($0 ?? .init(start: nil, count: 0), attempt: row.attempt) }
        if open[id]?.isLate == true { open.removeValue(forKey: id) }
      }
      reader.giveBack(batch.chunk)
    }
  }

  // MARK: - Columns

  private mutating func day(of time: Int64) -> UInt16? {
    if !today.range.contains(time) {
      guard let index = settings.period.day(of: time) else { return nil }
      let days = settings.period.days
      today = (
        index, days[index].begin..<(index + 1 < days.count ? days[index + 1].begin : settings.period.end)
      )
    }
    return hasDays ? UInt16(today.index) : 0
  }

  private mutating func user(_ row: UnsafePointer<LineRow>, _ batch: LineBatch) -> UInt32 {
    guard hasUsers, row.pointee.user.count >= 0 else { return 0 }
    return batch.withText(row.pointee.user) { bytes in bytes.map { UInt32(users.number($0)) + 1 } ?? 0 }
  }

  /// The product that a rule puts whole requests on; nil for a split.
  private func wholeProduct(of rule: Int?) -> Int? {
    guard let rule else { return settings.rules.unattributed }
    let parts = settings.rules.rules[rule].parts
    return parts.count == 1 ? parts[0].product : nil
  }

  private mutating func group(_ number: Int, _ facts: RequestFacts) -> UInt32 {
    if factsGroups[number] == 0 { factsGroups[number] = group(of: facts, model: facts.model) + 1 }
    return factsGroups[number] - 1
  }

  private mutating func group(of facts: RequestFacts, model: String?) -> UInt32 {
    let texts = settings.columns.compactMap { column -> String? in
      switch column {
      case .day, .product, .user: nil
      case .provider: facts.provider ?? ""
      case .model: model ?? ""
      case .team: facts.team ?? ""
      case .key: facts.keyName ?? ""
      case .endpoint: facts.endpoint ?? ""
      case .serviceTier: serviceTierName(facts.serviceTier)
      }
    }
    if let known = groupNumbers[texts] { return known }
    let number = UInt32(groups.count)
    groupNumbers[texts] = number
    groups.append(texts)
    return number
  }
}

extension Segment {
  /// Whether a line of the period may stand in it: a line is written in the hour its request arrived in, or later.
  public func mayHold(_ period: Period) -> Bool {
    hour(inPath: name).map { $0 + 3_600_000_000 > period.begin } ?? true
  }
}
