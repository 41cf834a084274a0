public import Ledger
internal import Price
internal import Report
internal import Store

public enum RepriceLimit {
  /// A sentence that fits a cell and a line of the review.
  public static let reasonCharactersMax = 100
}

/// What a decision on a closed period would change, or changed.
public struct Repricing: Sendable {
  public var correction: Correction
  public var openPeriod: String
  /// False where the period is priced and attributed by these already: then nothing was written.
  public var isNew: Bool
  public var wasWritten: Bool
  /// By product, by model, by day.
  public var tables: [Table]
}

extension Run {
  /// Decides that a closed period is from now on priced by `pricesVersion`, attributed by `rules` and has `costs`; what
  /// that changes is booked in the open period.
  /// - Parameters:
  ///   - pricesVersion: nil keeps the prices in force.
  ///   - rules: nil keeps the rules in force.
  ///   - costs: nil keeps the costs in force.
  ///   - dryRun: only say what it would change, and write nothing.
  public func reprice(
    _ period: Period, pricesVersion: String?, rules: RulesSource?, costs: CostsSource? = nil, reason: String,
    dryRun: Bool
  ) throws -> Repricing {
    guard let closed = try closedBooks.closed(period) else {
      throw UsageError(
        "\(period.label) is not closed: an open period takes new prices and rules at its next run")
    }
    guard pricesVersion != nil || rules != nil || costs != nil else {
      throw UsageError(
        "give prices with --prices-version VERSION, rules with --attribution FILE, costs with --costs FILE")
    }
    let words = reason.trimmedOneLine
    guard dryRun || !words.isEmpty else {
      throw UsageError("--reason is needed: the reports show who reads them why a closed period changed")
    }
    guard words.unicodeScalars.count <= RepriceLimit.reasonCharactersMax else {
      throw UsageError("--reason is longer than \(RepriceLimit.reasonCharactersMax) characters")
    }
    let version = try pricesVersion.map { try closedBooks.priceFolder.load(version: $0).book.version }
    let current = try closedBooks.correction(of: closed).now
    let decision = Decision(
      decidedAt: now(), pricesVersion: version ?? current.pricesVersion,
      rulesVersion: rules?.version ?? current.rulesVersion,
      costsVersion: costs?.version ?? current.costsVersion, reason: words)
    let isNew =
      decision.pricesVersion != current.pricesVersion || decision.rulesVersion != current.rulesVersion
      || decision.costsVersion != current.costsVersion
    let correction = try closedBooks.correction(
      of: closed, trying: isNew ? decision : nil, rules: rules?.rules, costs: costs)
    if isNew, !dryRun {
      try store.transaction { () throws(StoreError) in
        try rules?.save(in: store)
        try costs?.save(in: store)
        try store.add(decision, for: closed.id)
      }
    }
    return Repricing(
      correction: correction, openPeriod: try closedBooks.openPeriod(after: closed).label, isNew: isNew,
      wasWritten: isNew && !dryRun,
      tables: Reports.differenceTables(was: correction.bookedAmounts, now: correction.amounts))
  }
}

extension String {
  /// Without blanks around it, and without anything that could steer a terminal or begin a line of its own.
  fileprivate var trimmedOneLine: String {
    let line = PlainText.oneLine(self, max: RepriceLimit.reasonCharactersMax + 1)
    return String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
