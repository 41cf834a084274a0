internal import Crypto
public import Ledger

/// The books of one period, to the day: what a place costs there. A place that is not in it has no amount.
public typealias DayBook = [BookPlace: BookedAmount]

/// One step from what is booked to what would be booked today.
struct CorrectionStep {
  var reason: Adjustment.Reason
  var words: String
  /// The books afresh, after the step.
  var now: DayBook
  var prices: (was: String, now: String)
  var rules: (was: String, now: String)
  var costs: (was: String, now: String)
}

/// The differences of each step, place by place, in the order of places and steps.
///
/// Each step begins where the one before it ended, so the differences of all steps add up to the books afresh less
/// what is booked, whatever the steps are.
func adjustments(from booked: DayBook, through steps: [CorrectionStep], for period: String) -> [Adjustment] {
  var places = Set(booked.keys)
  for step in steps { places.formUnion(step.now.keys) }
  var result: [Adjustment] = []
  for place in places.sorted() {
    var was = booked[place]
    for step in steps {
      let now = step.now[place]
      defer { was = now }
      guard isChange(was, now) else { continue }
      result.append(
        Adjustment(
          forPeriod: period, place: place, reason: step.reason, words: step.words, was: was, now: now,
          pricesWas: step.prices.was, pricesNow: step.prices.now, rulesWas: step.rules.was,
          rulesNow: step.rules.now, costsWas: step.costs.was, costsNow: step.costs.now))
    }
  }
  return result
}

/// What is booked of a closed period: its close, and what later closes froze, in their order.
func booked(_ rows: DayBook, _ frozen: [Adjustment]) -> DayBook {
  var result = rows
  for one in frozen {
    guard let state = one.now?.state else {
      let rest = (result[one.place]?.cost ?? .zero) + one.difference
      // Whatever is gone costs nothing: a rest would be a loss, and stays in sight.
      result[one.place] = rest == .zero ? nil : BookedAmount(cost: rest, state: .exact)
      continue
    }
    result[one.place] = BookedAmount(
      cost: (result[one.place]?.cost ?? .zero) + one.difference, state: state)
  }
  return result
}

/// Another cost, or the same one known less or more well. Nothing and an exact zero are alike.
private func isChange(_ was: BookedAmount?, _ now: BookedAmount?) -> Bool {
  if (was?.cost ?? .zero) != (now?.cost ?? .zero) { return true }
  return (was?.state ?? .exact) != (now?.state ?? .exact)
}

/// SHA-256 over the files that a period's lines stand in.
func inputsDigest(_ inputs: [(name: String, sha256: String, lines: Int64)]) -> String {
  var hash = SHA256()
  for input in inputs { hash.update(data: Array("\(input.name)\t\(input.sha256)\t\(input.lines)\n".utf8)) }
  return hexText(hash.finalize())
}
