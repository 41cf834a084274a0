public import Ledger

/// In: the books with their review. Out: the tables that the summary, the workbook and the terminal share.
extension Books {
  /// A comparison, product by product: each row's steps add up to its difference, each column to its total.
  public func bridgeTable(_ bridge: Bridge) -> Table {
    let printed = PrintedBridge(bridge, self)
    func cell(_ amount: Money, _ exact: Money) -> Table.Cell {
      PrintedMoney.cell(amount, exact: exact, digits: printed.digits)
    }
    var table = Table(
      columns: [.init(language("Product", "プロダクト"), .text), .init(language("Was", "前"), .money)]
        + printed.steps.map { .init(ReviewWords.step($0, language), .money) }
        + [
          .init(language("Is", "今"), .money), .init(language("Difference", "差"), .money),
          .init(language("Change", "増減率"), .percent),
        ])
    for (line, exact) in zip(printed.lines, bridge.lines) {
      table.rows.append(
        [.text(name(of: line.product)), cell(line.was, exact.was)]
          + printed.steps.enumerated().map { cell(line.steps[$0.offset], exact.amount($0.element)) }
          + [
            cell(line.now, exact.now), cell(line.difference, exact.difference),
            basisPoints(exact.difference, of: exact.was).map { .basisPoints($0) } ?? .empty,
          ])
    }
    table.total =
      [.text(language.total), cell(printed.was, bridge.was)]
      + printed.steps.enumerated().map { cell(printed.total($0.offset), bridge.amount($0.element)) }
      + [
        cell(printed.now, bridge.now), cell(printed.now - printed.was, bridge.difference),
        basisPoints(bridge.difference, of: bridge.was).map { .basisPoints($0) } ?? .empty,
      ]
    return table
  }

  /// What changed most: was, is, difference.
  func moversTable(_ movers: [Movers.Mover], title: String, hasProduct: Bool) -> Table {
    let (was, now, digits) = Movers.printed(movers)
    let names = Dictionary(products.map { ($0.id, name(of: $0)) }) { first, _ in first }
    var table = Table(
      columns: (hasProduct ? [.init(language("Product", "プロダクト"), .text)] : []) + [
        .init(title, .text), .init(language("Was", "前"), .money), .init(language("Is", "今"), .money),
        .init(language("Difference", "差"), .money),
      ])
    for (index, mover) in movers.enumerated() {
      table.rows.append(
        (hasProduct ? [.text(names[mover.product] ?? mover.product)] : []) + [
          .text(mover.name.isEmpty ? language.unknown : mover.name),
          PrintedMoney.cell(was[index], exact: mover.was, digits: digits),
          PrintedMoney.cell(now[index], exact: mover.now, digits: digits),
          PrintedMoney.cell(now[index] - was[index], exact: mover.difference, digits: digits),
        ])
    }
    return table
  }

  /// What caching saved where, and what the best day's rate would save more.
  func cachingTable(_ review: Review, rowsMax: Int) -> Table {
    let lines = Array(review.caching.prefix(rowsMax))
    let digits = PrintedMoney.digits(for: lines.map(\.cost) + lines.compactMap(\.withoutCache))
    let costs = PrintedMoney.rounded(lines.map(\.cost), digits: digits)
    let without = PrintedMoney.rounded(lines.map { $0.withoutCache ?? .zero }, digits: digits)
    let more = PrintedMoney.rounded(lines.map { $0.best?.saving ?? .zero }, digits: digits)
    var table = Table(columns: [
      .init(language("Product", "プロダクト"), .text), .init(language("Model", "モデル"), .text),
      .init(language("Tier", "サービス階層"), .text), .init(language("Read from a cache", "キャッシュ利用率"), .percent),
      .init(language("Reads and writes cost", "読み書きの費用"), .money),
      .init(language("As plain input", "通常入力なら"), .money), .init(language("Saved", "節約額"), .money),
      .init(language("Best day", "最良の日"), .text), .init(language("Its rate", "その利用率"), .percent),
      .init(language("More at its rate", "その率での追加節約"), .money),
    ])
    for (index, line) in lines.enumerated() {
      table.rows.append([
        .text(name(ofProduct: line.product)), .text(line.model), .text(line.serviceTier),
        .basisPoints(Int64(line.hitRate.times(10_000))), .money(costs[index]),
        line.withoutCache == nil ? .empty : .money(without[index]),
        line.withoutCache == nil ? .empty : .money(without[index] - costs[index]),
        .text(line.best.map { language.day($0.day) } ?? ""),
        line.best.map { .basisPoints(Int64($0.hitRate.times(10_000))) } ?? .empty,
        line.best == nil ? .empty : .money(more[index]),
      ])
    }
    let isAll = lines.count == review.caching.count
    guard isAll, lines.count > 1 else { return table }
    let known = lines.indices.filter { lines[$0].withoutCache != nil }
    table.total = [
      .text(language.total), .empty, .empty, .empty, .money(costs.reduce(.zero, +)),
      .money(without.reduce(.zero, +)), .money(known.reduce(.zero) { $0 + without[$1] - costs[$1] }), .empty,
      .empty, .money(more.reduce(.zero, +)),
    ]
    return table
  }

  /// What failed attempts cost, by product.
  func wasteTable(_ review: Review) -> Table {
    let all = review.wasted
    let digits = PrintedMoney.digits(for: all.map(\.total))
    func rounded(_ part: (WastedUse) -> Money) -> [Money] {
      PrintedMoney.rounded(all.map(part), digits: digits)
    }
    let columns = [rounded(\.failed), rounded(\.retried), rounded(\.abandoned)]
    let interrupted = PrintedCounts.forPeople(self)
    var table = Table(columns: [
      .init(language("Product", "プロダクト"), .text), .init(language("Failed", "失敗"), .money),
      .init(language("Repeated", "再試行"), .money), .init(language("Client had left", "クライアント切断"), .money),
      .init(language("Together", "合計"), .money), .init(language("Interrupted requests", "中断件数"), .count),
    ])
    for (index, product) in products.enumerated() where index < all.count {
      let count = interrupted[.interruptedRequests, product: index]
      guard all[index].total != .zero || count != 0 else { continue }
      table.rows.append(
        [.text(name(of: product))] + columns.map { .money($0[index]) }
          + [.money(columns.reduce(.zero) { $0 + $1[index] }), Books.countCell(count)])
    }
    table.total =
      [.text(language.total)] + columns.map { .money($0.reduce(.zero, +)) }
      + [
        .money(columns.reduce(.zero) { $0 + $1.reduce(.zero, +) }),
        Books.countCell(interrupted.total(.interruptedRequests)),
      ]
    return table
  }

  func anomaliesTable(_ review: Review) -> Table {
    let digits = PrintedMoney.digits(for: review.anomalies.flatMap { [$0.cost, $0.usual] })
    func rounded(_ money: Money) -> Money { PrintedMoney.rounded([money], digits: digits)[0] }
    return Table(
      columns: [
        .init(language("Day", "日"), .text), .init(language("Key", "キー"), .text),
        .init(language("Cost", "費用"), .money), .init(language("Usually", "通常"), .money),
      ],
      rows: review.anomalies.map { one in
        [
          .text(language.day(one.day)), .text(one.key.isEmpty ? language("no key", "キーなし") : one.key),
          .money(rounded(one.cost)), .money(rounded(one.usual)),
        ]
      })
  }

  /// What one unit cost, over the months.
  func unitCostTable(_ units: UnitCosts) -> Table {
    let names = Dictionary(products.map { ($0.id, name(of: $0)) }) { first, _ in first }
    var table = Table(
      columns: [.init(language("Product", "プロダクト"), .text), .init(language("Unit", "単位"), .text)]
        + units.months.map { .init(language.period($0), .money) }
        + [
          .init(language("Count, \(period.label)", "\(periodName) 件数"), .count),
          .init(language("Cost, \(period.label)", "\(periodName) 費用"), .money),
        ])
    let printed = printedProductCosts(digits: productDigits)
    for line in units.lines {
      let product = products.firstIndex { $0.id == line.product }
      let digits = PrintedMoney.digits(for: line.months.compactMap { $0?.perUnit(digits: 6) })
      table.rows.append(
        [.text(names[line.product] ?? line.product), .text(line.unit)]
          + line.months.map { $0.flatMap { $0.perUnit(digits: digits) }.map { .money($0) } ?? .empty }
          + [
            line.months.last.flatMap { $0 }.map { .count($0.count) } ?? .empty,
            line.months.last.flatMap { $0 } == nil ? .empty : product.map { .money(printed[$0]) } ?? .empty,
          ])
    }
    return table
  }
}

extension Books {
  /// A product's name, though it be one of an earlier period's rules.
  func name(of product: Product) -> String {
    product == .unattributed ? name(ofProduct: unattributedIndex) : product.name
  }
}
