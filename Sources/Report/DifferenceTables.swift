public import Ledger

extension Reports {
  /// Was, is and difference of a period's books, by product, by model and by day; only what differs.
  public static func differenceTables(
    was: [BookPlace: BookedAmount], now: [BookPlace: BookedAmount]
  ) -> [Table] {
    let places = Set(was.keys).union(now.keys)
    var amounts: [Money] = []
    for place in places { amounts.append((now[place]?.cost ?? .zero) - (was[place]?.cost ?? .zero)) }
    let digits = max(4, PrintedMoney.digits(for: amounts))
    return [("Product", \BookPlace.product), ("Model", \BookPlace.model), ("Day", \BookPlace.day)].map {
      title, name in
      var sums: [String: (was: Money, now: Money)] = [:]
      for place in places {
        sums[place[keyPath: name], default: (.zero, .zero)].was += was[place]?.cost ?? .zero
        sums[place[keyPath: name], default: (.zero, .zero)].now += now[place]?.cost ?? .zero
      }
      return table(title, sums, digits: digits)
    }
  }

  /// Was, is and difference of lines that are named by some columns.
  public static func movesTable(_ lines: [(names: [String], was: Money, now: Money)], titles: [String])
    -> Table
  {
    let digits = max(4, PrintedMoney.digits(for: lines.map { $0.now - $0.was }))
    return table(titles, lines, digits: digits)
  }

  private static func table(
    _ title: String, _ sums: [String: (was: Money, now: Money)], digits: Int
  ) -> Table {
    var lines = sums.keys.sorted().compactMap { name in sums[name].map { (name: name, $0.was, $0.now) } }
    let unchanged = lines.filter { $0.1 == $0.2 }
    lines.removeAll { $0.1 == $0.2 }
    if !unchanged.isEmpty {
      let cost = unchanged.reduce(Money.zero) { $0 + $1.1 }
      lines.append(("\(unchanged.count) unchanged", cost, cost))
    }
    return table([title], lines.map { ([$0.name], $0.1, $0.2) }, digits: digits)
  }

  /// Is minus was is the difference in each line, and each column adds up to its total, as printed.
  private static func table(
    _ titles: [String], _ lines: [(names: [String], was: Money, now: Money)], digits: Int
  ) -> Table {
    var table = Table(
      columns: titles.map { .init($0, .text) } + [
        .init("Was (USD)", .money), .init("Is (USD)", .money), .init("Difference (USD)", .money),
      ])
    let was = PrintedMoney.rounded(lines.map(\.was), digits: digits)
    let differences = PrintedMoney.rounded(lines.map { $0.now - $0.was }, digits: digits)
    for (index, line) in lines.enumerated() {
      table.rows.append(
        line.names.enumerated().map { .text($1.isEmpty && $0 == 0 ? "unknown" : $1) } + [
          .money(was[index]), .money(was[index] + differences[index]), .money(differences[index]),
        ])
    }
    let (before, change) = (was.reduce(.zero, +), differences.reduce(.zero, +))
    table.total =
      [.text("Total")] + titles.dropFirst().map { _ in .empty } + [
        .money(before), .money(before + change), .money(change),
      ]
    return table
  }
}
