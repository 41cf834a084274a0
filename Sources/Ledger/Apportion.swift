/// Cuts a whole number of units into parts in proportion to `weights`, so that the parts add up to it exactly.
///
/// Each part is first rounded towards zero; what is left over goes, unit by unit, to the parts with the
/// largest remainders, ties to the earlier one (the largest-remainder, or Hamilton, method).
///
/// - Parameters:
///   - total: any sign.
///   - weights: none negative, at least one positive.
public func apportion(_ total: Int128, by weights: [Int128]) -> [Int128] {
  let sum = weights.reduce(0, +)
  precondition(sum > 0 && weights.allSatisfy { $0 >= 0 }, "weights are not negative and one is positive")
  let sign: Int128 = total < 0 ? -1 : 1
  let magnitude = total * sign
  var parts: [Int128] = []
  var remainders: [(index: Int, remainder: Int128)] = []
  for (index, weight) in weights.enumerated() {
    let (quotient, remainder) = portion(magnitude, weight, of: sum)
    parts.append(quotient)
    remainders.append((index, remainder))
  }
  let leftOver = Int(magnitude - parts.reduce(0, +))
  remainders.sort { $0.remainder == $1.remainder ? $0.index < $1.index : $0.remainder > $1.remainder }
  for n in 0..<leftOver { parts[remainders[n].index] += 1 }
  return parts.map { $0 * sign }
}

/// total × weight / sum, also where the product does not fit 128 bits: large money in proportion to large money.
private func portion(_ total: Int128, _ weight: Int128, of sum: Int128) -> (
  quotient: Int128, remainder: Int128
) {
  let (product, overflow) = total.multipliedReportingOverflow(by: weight)
  guard overflow else { return product.quotientAndRemainder(dividingBy: sum) }
  // The weight is a part of the sum, so the quotient is a part of the total and fits.
  let wide = total.magnitude.multipliedFullWidth(by: weight.magnitude)
  let (quotient, remainder) = sum.magnitude.dividingFullWidth(wide)
  return (Int128(quotient), Int128(remainder))
}

/// Rounds a column of exact figures so that the printed figures add up to the rounded column total.
///
/// - Parameters:
///   - exact: the figures, in units of 1/`denominator` printed units.
///   - denominator: how many exact units make one printed unit; positive.
/// - Returns: whole printed units, one a figure; their sum is the half-even rounding of the exact sum.
public func roundColumn(_ exact: [Int128], denominator: Int128) -> [Int128] {
  precondition(denominator > 0, "a positive denominator")
  let total = divideHalfEven(exact.reduce(0, +), by: denominator)
  return roundColumn(exact, addingUpTo: total, denominator: denominator)
}

/// Rounds a column of exact figures so that the printed figures add up to `total`, itself a rounding of their sum.
public func roundColumn(_ exact: [Int128], addingUpTo total: Int128, denominator: Int128) -> [Int128] {
  var rounded: [Int128] = []
  var remainders: [(index: Int, remainder: Int128)] = []
  for (index, figure) in exact.enumerated() {
    var (quotient, remainder) = figure.quotientAndRemainder(dividingBy: denominator)
    if remainder < 0 {
      quotient -= 1
      remainder += denominator
    }
    rounded.append(quotient)
    remainders.append((index, remainder))
  }
  let leftOver = Int(total - rounded.reduce(0, +))
  remainders.sort { $0.remainder == $1.remainder ? $0.index < $1.index : $0.remainder > $1.remainder }
  // The floor of each figure is at most one unit below it, so what is left over is never more than one a figure.
  for n in 0..<max(0, min(leftOver, rounded.count)) { rounded[remainders[n].index] += 1 }
  return rounded
}
