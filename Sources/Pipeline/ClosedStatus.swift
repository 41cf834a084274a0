internal import Crypto
public import JSON
public import Ledger
public import Store

/// A closed period as it stands today: its files, and what has come since.
public struct ClosedStatus: Sendable {
  public var closed: ClosedPeriod
  public var folder: String
  public var files: [ClosedPeriod.File]
  /// Files that are not those of the close: each with its place, and what to do. None where all is well.
  public var problems: [String]
  /// What was booked at the close.
  public var closedCost: Money
  public var first: Booking
  /// Adjustments frozen in later closed periods, by their labels.
  public var frozen: [(period: String, total: Money)]
  /// What is corrected now, and the open period that it is booked in.
  public var correction: Correction
  public var openPeriod: String

  public var frozenTotal: Money { frozen.reduce(.zero) { $0 + $1.total } }
  /// The period's cost with everything that has come since.
  public var costNow: Money { closedCost + frozenTotal + correction.total }
}

extension Run {
  /// Nil for an open period.
  public func closedStatus(of period: Period) throws -> ClosedStatus? {
    try closedBooks.closed(period).map { try status($0) }
  }

  /// Every closed period, in the order of time.
  public func closedStatuses() throws -> [ClosedStatus] { try store.closedPeriods().map { try status($0) } }

  private func status(_ closed: ClosedPeriod) throws -> ClosedStatus {
    let correction = try closedBooks.correction(of: closed)
    let labels = Dictionary(uniqueKeysWithValues: try store.closedPeriods().map { ($0.id, $0.label) })
    var frozen: [(period: String, total: Money)] = []
    for (id, one) in try store.adjustments(forClosed: closed) {
      let label = labels[id] ?? ""
      if frozen.last?.period != label { frozen.append((label, .zero)) }
      frozen[frozen.count - 1].total += one.difference
    }
    let rows = try store.rows(ofClosed: closed.id)
    let files = try store.files(ofClosed: closed.id)
    let folder = folder(correction.period)
    return ClosedStatus(
      closed: closed, folder: folder.path, files: files, problems: problems(files, folder),
      closedCost: rows.reduce(.zero) { $0 + $1.amount.cost },
      first: try store.bookings(forClosed: closed.id).first ?? correction.booked, frozen: frozen,
      correction: correction, openPeriod: try closedBooks.openPeriod(after: closed).label)
  }

  private func problems(_ files: [ClosedPeriod.File], _ folder: ReportFolder) -> [String] {
    let advice =
      "closed books are not written again; put the original back from a backup, its SHA-256 is "
    return files.compactMap { file in
      let path = folder.path + "/" + file.name
      guard let bytes = folder.contents(ofFile: file.name) else {
        return "\(path): is missing; \(advice)\(file.sha256)"
      }
      guard hexText(SHA256.hash(data: bytes)) != file.sha256 else { return nil }
      return "\(path): was changed after the close; \(advice)\(file.sha256)"
    }
  }
}

extension ClosedStatus {
  /// What has come since the close, a sentence each.
  public var sentences: [String] {
    var result: [String] = []
    if let lost = correction.lostSentence { result.append(lost) }
    for one in frozen { result.append("adjusted by \(one.total) USD in \(one.period), which is closed too") }
    if correction.list.isEmpty {
      let late = correction.lateRequests
      result.append(
        late > 0
          ? "\(late) requests came since it was last booked; they change no cost"
          : "nothing has come since that is not booked")
    } else {
      var words: [String] = []
      for reason in Adjustment.Reason.allCases {
        let list = correction.list.filter { $0.reason == reason }
        guard !list.isEmpty else { continue }
        words.append("\(reason.rawValue) \(list.reduce(Money.zero) { $0 + $1.difference }) USD")
      }
      result.append(
        "to be adjusted by \(correction.total) USD in \(openPeriod), which is open: "
          + words.joined(separator: ", "))
      if correction.lateRequests > 0 {
        result.append("\(correction.lateRequests) requests came since it was last booked")
      }
    }
    return result
  }

  public func writeJSON(_ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("period", closed.label)
      writer.member("zone", closed.zone)
      writer.member("closed_at", Timestamp.text(closed.closedAt))
      writer.member("incomplete", closed.isIncomplete)
      writer.member("program", first.program)
      writer.member("prices_version", first.pricesVersion)
      writer.member("rules_version", first.rulesVersion)
      writer.member("costs_version", first.costsVersion)
      writer.member("closed_usd", closedCost.description)
      writer.name("adjusted")
      writer.array { writer in
        for one in frozen {
          writer.object { writer in
            writer.member("in", one.period)
            writer.member("difference_usd", one.total.description)
          }
        }
      }
      writer.member("open_in", openPeriod)
      writer.member("open_difference_usd", correction.total.description)
      writer.member("late_requests", correction.lateRequests)
      writer.member("lost_requests", correction.lostRequests)
      writer.member("now_usd", costNow.description)
      writer.member("now_prices_version", correction.now.pricesVersion)
      writer.member("now_rules_version", correction.now.rulesVersion)
      writer.member("now_costs_version", correction.now.costsVersion)
      writer.name("files")
      writer.array { writer in
        for file in files {
          writer.object { writer in
            writer.member("name", file.name)
            writer.member("sha256", file.sha256)
          }
        }
      }
      writer.name("problems")
      writer.array { writer in
        for problem in problems { writer.string(problem) }
      }
    }
  }
}
