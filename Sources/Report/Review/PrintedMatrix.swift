import Ledger

/// A table of money rounded for people so that its rows and its columns add up to their printed sums.
///
/// Each cell is first rounded by itself; what a row and a column then lack is put where it costs least, and never into a
/// cell that is exactly nothing while another will do.
struct PrintedMatrix {
  /// `cells[row][column]`, whole printed units.
  private(set) var cells: [[Int128]]
  private let exact: [[Int128]]
  private let unit: Int128

  /// - Parameters:
  ///   - exact: rows of femtodollars.
  ///   - rowSums: printed units; together as much as `columnSums`.
  ///   - unit: femtodollars of a printed unit.
  init(_ exact: [[Int128]], rowSums: [Int128], columnSums: [Int128], unit: Int128) {
    precondition(rowSums.reduce(0, +) == columnSums.reduce(0, +), "both sums are of the same table")
    self.exact = exact
    self.unit = unit
    cells = exact.map { $0.map { divideHalfEven($0, by: unit) } }
    guard !columnSums.isEmpty else { return }
    var rows = zip(rowSums, cells).map { $0 - $1.reduce(0, +) }
    var columns = columnSums.indices.map { column in columnSums[column] - cells.reduce(0) { $0 + $1[column] }
    }
    settle(&rows, &columns)
    // What is left has another sign in another row, or column: it moves along.
    while let from = rows.firstIndex(where: { $0 > 0 }), let to = rows.firstIndex(where: { $0 < 0 }) {
      let column = cheapest(columns.indices) { cost(from, $0, 1) + cost(to, $0, -1) }
      cells[from][column] += 1
      cells[to][column] -= 1
      rows[from] -= 1
      rows[to] += 1
    }
    while let from = columns.firstIndex(where: { $0 > 0 }), let to = columns.firstIndex(where: { $0 < 0 }) {
      let row = cheapest(rows.indices) { cost($0, from, 1) + cost($0, to, -1) }
      cells[row][from] += 1
      cells[row][to] -= 1
      columns[from] -= 1
      columns[to] += 1
    }
  }

  /// A row and a column that lack the same way share a cell.
  private mutating func settle(_ rows: inout [Int128], _ columns: inout [Int128]) {
    for sign: Int128 in [1, -1] {
      while true {
        var best: (row: Int, column: Int, cost: Int128)?
        for row in rows.indices where rows[row] * sign > 0 {
          for column in columns.indices where columns[column] * sign > 0 {
            let cost = cost(row, column, sign)
            if cost < best?.cost ?? .max { best = (row, column, cost) }
          }
        }
        guard let best else { break }
        cells[best.row][best.column] += sign
        rows[best.row] -= sign
        columns[best.column] -= sign
      }
    }
  }

  /// How far from the exact figure a cell would be; far for what is exactly nothing.
  private func cost(_ row: Int, _ column: Int, _ step: Int128) -> Int128 {
    let distance = abs((cells[row][column] + step) * unit - exact[row][column])
    return exact[row][column] == 0 ? distance + 1000 * unit : distance
  }

  private func cheapest(_ range: Range<Int>, _ cost: (Int) -> Int128) -> Int {
    range.min { cost($0) < cost($1) } ?? range.lowerBound
  }
}

/// A comparison as printed: each product's steps add up to its difference, and each step's column to its sum.
struct PrintedBridge {
  struct Line {
    var product: Product
    var was: Money
    var now: Money
    /// In the order of `steps`.
    var steps: [Money]
    var difference: Money { now - was }
  }

  let steps: [Bridge.Step]
  let digits: Int
  private(set) var lines: [Line] = []

  init(_ bridge: Bridge, _ books: Books) {
    steps = bridge.steps
    digits = max(
      books.productDigits, PrintedMoney.digits(for: bridge.lines.map(\.was) + bridge.lines.map(\.now)))
    let unit = powerOfTen(Money.fractionDigits - digits)
    func units(_ column: [Money]) -> [Int128] { roundColumn(column.map(\.femtodollars), denominator: unit) }
    func money(_ units: Int128) -> Money { Money(femtodollars: units * unit) }
    // Products in the order of the books, so that their costs are rounded as everywhere else.
    let was = units(bridge.lines.map(\.was))
    let now = units(bridge.lines.map(\.now))
    let rows = zip(now, was).map { $0 - $1 }
    var columns = units(bridge.steps.map { bridge.amount($0) })
    // Both sums are rounded by themselves: where they differ by a unit, the step that it takes the least far takes it.
    var rest = rows.reduce(0, +) - columns.reduce(0, +)
    while rest != 0 {
      let sign = rest.signum()
      func distance(_ column: Int) -> Int128 {
        let exact = bridge.amount(bridge.steps[column]).femtodollars
        return exact == 0 ? .max : abs((columns[column] + sign) * unit - exact)
      }
      guard let nearest = columns.indices.min(by: { distance($0) < distance($1) }) else { break }
      columns[nearest] += sign
      rest -= sign
    }
    let matrix = PrintedMatrix(
      bridge.lines.map { line in bridge.steps.map { line.amount($0).femtodollars } }, rowSums: rows,
      columnSums: columns, unit: unit)
    for (index, line) in bridge.lines.enumerated() {
      lines.append(
        Line(
          product: line.product, was: money(was[index]), now: money(now[index]),
          steps: matrix.cells[index].map(money)))
    }
  }

  var was: Money { lines.reduce(.zero) { $0 + $1.was } }
  var now: Money { lines.reduce(.zero) { $0 + $1.now } }
  func total(_ step: Int) -> Money { lines.reduce(.zero) { $0 + $1.steps[step] } }
}

/// `12.34 %` as 1234, half-even; nil of nothing.
func basisPoints(_ part: Money, of whole: Money) -> Int64? {
  guard whole > .zero else { return nil }
  let points = Ratio(10_000, over: whole.femtodollars).times(part.femtodollars)
  return Int64(exactly: points)
}
