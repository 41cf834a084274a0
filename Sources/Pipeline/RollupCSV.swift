internal import Attribute
internal import Ledger
internal import Report

extension Rollup {
  private enum CSVLimit {
    /// Bytes gathered before they are handed on.
    static let part = 1 << 20
  }

  /// The sums as CSV (RFC 4180, UTF-8), sorted by the columns that were asked for: counts and money exact, the cost
  /// empty where nothing has a price and something may have cost.
  public func csv(_ put: ([UInt8]) throws -> Void) rethrows {
    var csv = CSVWriter(byteOrderMark: false)
    for column in settings.columns { csv.text(column.rawValue) }
    for column in CountColumn.allCases { csv.text(column.rawValue) }
    csv.text("cost_usd")
    csv.endLine()
    let columns = settings.columns.map { Texts(texts(of: $0)) }
    let order = sorted(columns)
    let printed = PrintedRollupCounts(cells, order, denominator: denominator)
    for (index, number) in order.enumerated() {
      let cell = cells.cell(Int(number))
      for (position, column) in settings.columns.enumerated() {
        csv.made(columns[position].cells[textNumber(cell.pointee.key, column)])
      }
      printed.write(index, Int(number), cells, &csv)
      if cell.pointee.isUnpriced {
        csv.number("")
      } else {
        csv.number(Money(femtodollars: cell.pointee.femtodollars))
      }
      csv.endLine()
      if csv.bytes.count >= CSVLimit.part { try put(csv.take()) }
    }
    try put(csv.take())
  }

  /// A column's texts as cells, and each one's place among them.
  private struct Texts {
    var cells: [[UInt8]]
    var ranks: [UInt32]

    init(_ texts: [String]) {
      cells = texts.map { CSVWriter.cell($0) }
      ranks = Array(repeating: 0, count: texts.count)
      // By the bytes that are printed, quotes aside: the same order on every machine, and in `LC_ALL=C sort`.
      let guarded = texts.map { CSVWriter.guarded($0) }
      let order = texts.indices.sorted { guarded[$0].utf8.lexicographicallyPrecedes(guarded[$1].utf8) }
      var rank: UInt32 = 0
      for (place, index) in order.enumerated() {
        if place > 0, texts[order[place - 1]] != texts[index] { rank += 1 }
        ranks[index] = rank
      }
    }
  }

  private func texts(of column: Column) -> [String] {
    switch column {
    case .day: settings.period.days.map(\.label)
    case .product: settings.rules.products.map(\.id)
    case .user: [""] + users.texts
    default: groups.map { $0[groupColumn(column)] }
    }
  }

  private func textNumber(_ key: RollupCell.Key, _ column: Column) -> Int {
    switch column {
    case .day: Int(key.day)
    case .product: Int(key.product)
    case .user: Int(key.user)
    default: Int(key.group)
    }
  }

  /// Where a column that comes from facts stands in a group's texts.
  private func groupColumn(_ column: Column) -> Int {
    let columns = settings.columns.filter { $0 != .day && $0 != .product && $0 != .user }
    return columns.firstIndex(of: column) ?? 0
  }

  /// The cells' numbers in the order of their texts.
  private func sorted(_ columns: [Texts]) -> [UInt32] {
    let widths = columns.map { column in
      UInt64(UInt64.bitWidth - UInt64(column.ranks.max() ?? 0).leadingZeroBitCount)
    }
    guard widths.reduce(0, +) <= 64 else { return sortedSlowly(columns) }
    var keyed: [(rank: UInt64, number: UInt32)] = []
    keyed.reserveCapacity(cells.count)
    for number in 0..<cells.count {
      let key = cells.cell(number).pointee.key
      var rank: UInt64 = 0
      for (position, column) in settings.columns.enumerated() {
        rank = rank << widths[position] | UInt64(columns[position].ranks[textNumber(key, column)])
      }
      keyed.append((rank, UInt32(number)))
    }
    keyed.sort { $0.rank < $1.rank }
    return keyed.map(\.number)
  }

  private func sortedSlowly(_ columns: [Texts]) -> [UInt32] {
    (0..<UInt32(cells.count)).sorted { a, b in
      let (a, b) = (cells.cell(Int(a)).pointee.key, cells.cell(Int(b)).pointee.key)
      for (position, column) in settings.columns.enumerated() {
        let ranks = columns[position].ranks
        let (left, right) = (ranks[textNumber(a, column)], ranks[textNumber(b, column)])
        if left != right { return left < right }
      }
      return false
    }
  }
}

/// Counts as they are printed: whole, or with up to six digits cut by largest remainder where splits made parts.
private struct PrintedRollupCounts {
  private let denominator: Int64
  /// By column, in millionths; empty where every count is whole.
  private var millionths: [[Int128]] = []

  init(_ cells: RollupCells, _ order: [UInt32], denominator: Int64) {
    self.denominator = denominator
    guard denominator > 1 else { return }
    millionths = CountColumn.allCases.map { column in
      let values = order.map { Int128(cells[column, Int($0)]) * 1_000_000 }
      return roundColumn(values, denominator: Int128(denominator))
    }
  }

  func write(_ index: Int, _ number: Int, _ cells: RollupCells, _ csv: inout CSVWriter) {
    for (position, column) in CountColumn.allCases.enumerated() {
      if millionths.isEmpty {
        csv.number(cells[column, number])
      } else {
        csv.number(decimalText(millionths[position][index], fractionDigits: 6, trimmed: true))
      }
    }
  }
}

extension RollupCells {
  fileprivate subscript(column: CountColumn, number: Int) -> Int64 {
    let cell = cell(number)
    return switch column {
    case .requests: cell.pointee.requests
    case .failedRequests: rareCounts(cell).failedRequests
    case .interruptedRequests: rareCounts(cell).interruptedRequests
    case .unpricedRequests: rareCounts(cell).unpricedRequests
    case .inputTokens: cell.pointee.inputTokens
    case .cacheReadTokens: cell.pointee.cacheReadTokens
    case .cacheWriteTokens: cell.pointee.cacheWriteTokens
    case .outputTokens: cell.pointee.outputTokens
    }
  }
}
