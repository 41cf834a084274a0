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

  /// Is minus was is the difference in each line, and each column adds up to its total, as printed.
  private static func table(
    _ title: String, _ sums: [String: (was: Money, now: Money)], digits: Int
  ) -> Table {
    var table = Table(columns: [
      .init(title, .text), .init("Was (USD)", .money), .init("Is (USD)", .money),
      .init("Difference (USD)", .money),
    ])
    var lines = sums.keys.sorted().compactMap { name in sums[name].map { (name: name, $0.was, $0.now) } }
    let unchanged = lines.filter { $0.1 == $0.2 }
    lines.removeAll { $0.1 == $0.2 }
    if !unchanged.isEmpty {
      let cost = unchanged.reduce(Money.zero) { $0 + $1.1 }
      lines.append(("\(unchanged.count) unchanged", cost, cost))
    }
    let was = PrintedMoney.rounded(lines.map { $0.1 }, digits: digits)
    let differences = PrintedMoney.rounded(lines.map { $0.2 - $0.1 }, digits: digits)
    for (index, line) in lines.enumerated() {
      table.rows.append([
        .text(line.name.isEmpty ? "unknown" : line.name), .money(was[index]),
        .money(was[index] + differences[index]), .money(differences[index]),
      ])
    }
    let (before, change) = (was.reduce(.zero, +), differences.reduce(.zero, +))
    table.total = [.text("Total"), .money(before), .money(before + change), .money(change)]
    return table
  }
}
