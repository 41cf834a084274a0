/// How far back the raw logs in the folder reach, held against how far back budgets look.
internal import Ledger
internal import RawLog

extension ProxyCore {
  private static let hour: Int64 = 3_600_000_000
  private static let budgetsNamed = 5

  /// Segments that were moved away, or lost with a disk, would give a budget back what was spent of it.
  func tellWhatIsNotInTheLog(_ access: Access) {
    // Of what was spent under another name the shares tell.
    let named: Int64 = admission.settings.bank == nil ? .min : admission.settings.nameSince ?? clock()
    let oldest = oldestSegment() ?? clock() / Self.hour * Self.hour
    var names: [String] = []
    func look(_ policy: AccessPolicy, _ holder: String, since created: Int64) {
      for budget in policy.budgets {
        var own = AccessPolicy()
        own.budgets = [budget]
        // Nobody spent anything before there was a key.
        let first =
          max(created, named, admission.firstInstant(of: [own]) ?? clock()) / Self.hour * Self.hour
        if first < oldest { names.append("\(holder): $\(budget.amount)/\(budget.name)") }
      }
    }
    let keys = access.keys.filter { !$0.revoked }
    for key in keys { look(key.policy, "key \"\(key.name)\"", since: key.created) }
    for holder in access.holders {
      let created = keys.filter { key in
        holder.kind == .team ? key.team == holder.name : key.user == holder.name
      }.map(\.created).min()
      if let created { look(holder.policy, "\(holder.kind.rawValue) \"\(holder.name)\"", since: created) }
    }
    guard !names.isEmpty else { return }
    let more = names.count > Self.budgetsNamed ? " and \(names.count - Self.budgetsNamed) more" : ""
    notices(
      "Nothing older than \(Timestamp.text(oldest)) is in the raw logs at \(settings.rawLogs), and some budgets look "
        + "further back: \(names.prefix(Self.budgetsNamed).joined(separator: ", "))\(more). If segments were moved away, "
        + "what they say was spent does not count here: move them back.")
  }

  /// The hour's first instant.
  private func oldestSegment() -> Int64? {
    do throws(SegmentError) {
      return try findSegments(in: settings.rawLogs).compactMap { RawLog.hour(inPath: $0.name) }.min()
    } catch {
      // Before the first request there is no folder; any other fault was told by who read the log.
      return nil
    }
  }
}
