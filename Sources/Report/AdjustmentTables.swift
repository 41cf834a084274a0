import Ledger

/// In: adjustments, to the day. Out: the tables that people read, and the sentences above them.
struct AdjustmentLine {
  var forPeriod: String
  /// Index into the books' products.
  var product: Int
  var provider: String
  var model: String
  var serviceTier: String
  var reason: Adjustment.Reason
  /// Over the days that changed; nil where all of it is unknown.
  var was: Money?
  var now: Money?
  var difference: Money
  var state: CostState

  /// Adjustments over their days, in the order of periods, products, models and reasons.
  static func lines(_ list: [Adjustment], _ books: Books) -> [AdjustmentLine] {
    var groups: [GroupKey: [Adjustment]] = [:]
    for one in list {
      groups[
        GroupKey(
          forPeriod: one.forPeriod, product: one.place.product, provider: one.place.provider,
          model: one.place.model, serviceTier: one.place.serviceTier, reason: one.reason), default: []
      ].append(one)
    }
    let order = Dictionary(
      books.products.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    let keys = groups.keys.sorted { a, b in
      (a.forPeriod, order[a.product] ?? 0, a.model, a.provider, a.serviceTier, a.reason.number)
        < (b.forPeriod, order[b.product] ?? 0, b.model, b.provider, b.serviceTier, b.reason.number)
    }
    return keys.map { key in
      let members = groups[key] ?? []
      return AdjustmentLine(
        forPeriod: key.forPeriod, product: order[key.product] ?? 0,
        provider: key.provider,
        model: key.model, serviceTier: key.serviceTier, reason: key.reason,
        was: known(members.map(\.was)), now: known(members.map(\.now)),
        difference: members.reduce(.zero) { $0 + $1.difference },
        state: members.map { $0.now?.state ?? .exact }.min() ?? .exact)
    }
  }

  private struct GroupKey: Hashable {
    var forPeriod: String
    var product: String
    var provider: String
    var model: String
    var serviceTier: String
    var reason: Adjustment.Reason
  }

  /// The sum of what is known; nil where nothing is.
  private static func known(_ amounts: [BookedAmount?]) -> Money? {
    if amounts.allSatisfy({ $0?.state == .unpriced }) { return nil }
    return amounts.reduce(.zero) { $0 + ($1?.cost ?? .zero) }
  }
}

extension Adjustment.Reason {
  fileprivate var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Books {
  /// The period's own costs, adjustments and both together as printed: the first two add up to the third.
  func printedParts(_ scope: Scope = .everything) -> (own: Money, adjustments: Money, total: Money) {
    let whole = printedWhole(scope)
    let changed = adjustments.list.reduce(Money.zero) { scope.holds($1, self) ? $0 + $1.difference : $0 }
    let parts = PrintedMoney.rounded(
      [whole.exact - changed, changed], addingUpTo: whole.printed, digits: productDigits)
    return (parts[0], parts[1], whole.printed)
  }

  /// What requests cost, as printed: beside what else is booked, it adds up to the printed cost.
  func printedUsage(_ scope: Scope) -> Money {
    let whole = printedWhole(scope)
    let usage = rows.reduce(Money.zero) {
      $1.entry == .usage && scope.holds($1.product) ? $0 + $1.cost : $0
    }
    return PrintedMoney.rounded(
      [usage, whole.exact - usage], addingUpTo: whole.printed, digits: productDigits)[0]
  }

  private func printedWhole(_ scope: Scope) -> (exact: Money, printed: Money) {
    let (exact, printed) = (productCosts, printedProductCosts(digits: productDigits))
    switch scope {
    case .everything: return (exact.reduce(.zero, +), printed.reduce(.zero, +))
    case .product(let product): return (exact[product], printed[product])
    }
  }

  /// What stands beside adjustments: usage, and whatever else the period has.
  var ownCostsName: String {
    costs.isEmpty
      ? language("Usage of the period", "当期の利用") : language("Usage and costs of the period", "当期の利用・固定費等")
  }

  /// Was, is and difference by period, product, model and reason. The differences add up to `total` as printed.
  /// Those of one product are rounded with the others, and add up to their own sum.
  func adjustmentsTable(
    rowsMax: Int, digits: Int, total whole: Money, _ scope: Scope = .everything
  ) -> Table {
    let all = AdjustmentLine.lines(adjustments.list, self)
    let rounded = PrintedMoney.rounded(all.map(\.difference), addingUpTo: whole, digits: digits)
    let held = all.indices.filter { scope.holds(all[$0].product) }
    let (lines, differences) = (held.map { all[$0] }, held.map { rounded[$0] })
    let total = differences.reduce(.zero, +)
    let exact = lines.reduce(Money.zero) { $0 + $1.difference }
    var table = Table(columns: [
      .init(language("Period", "対象期間"), .text), .init(language("Product", "プロダクト"), .text),
      .init(language("Provider", "ベンダー"), .text), .init(language("Model", "モデル"), .text),
      .init(language("Tier", "ティア"), .text), .init(language("Why", "理由"), .text),
      .init(language.amount("Was", "修正前"), .money), .init(language.amount("Is", "修正後"), .money),
      .init(language.amount("Difference", "差額"), .money), .init(language("Cost is", "費用の状態"), .text),
    ])
    for (line, difference) in zip(lines, differences).prefix(rowsMax) {
      let (was, now) = Self.printed(line, difference: difference, digits: digits)
      table.rows.append([
        .text(language.period(line.forPeriod)), .text(name(ofProduct: line.product)), .text(line.provider),
        .text(line.model.isEmpty ? language.unknown : line.model), .text(line.serviceTier),
        .text(line.reason.word(language)), was, now,
        PrintedMoney.cell(difference, exact: line.difference, digits: digits),
        .text(line.state.word(language)),
      ])
    }
    if lines.count > rowsMax {
      let rest = differences[rowsMax...].reduce(.zero, +)
      table.rows.append(
        [.text(language.more(lines.count - rowsMax))] + Array(repeating: .empty, count: 7)
          + [.money(rest), .empty])
    }
    table.total =
      [.text(language.total)] + Array(repeating: .empty, count: 7)
      + [PrintedMoney.cell(total, exact: exact, digits: digits), .empty]
    return table
  }

  /// Is minus was is the difference, as printed too; what is nothing stays nothing.
  private static func printed(
    _ line: AdjustmentLine, difference: Money, digits: Int
  ) -> (was: Table.Cell, now: Table.Cell) {
    var was = PrintedMoney.rounded([line.was ?? .zero], digits: digits)[0]
    if line.now ?? .zero == .zero { was = -difference }
    if line.was ?? .zero == .zero { was = .zero }
    return (
      line.was.map { PrintedMoney.cell(was, exact: $0, digits: digits) } ?? .empty,
      line.now.map { PrintedMoney.cell(was + difference, exact: $0, digits: digits) } ?? .empty
    )
  }

  /// `Usage of the period $12.30 + adjustments to 2026-10 -$0.05 = $12.25.`
  public var adjustmentsSentence: String? {
    guard !adjustments.isEmpty else { return nil }
    let digits = productDigits
    let parts = printedParts()
    func dollars(_ money: Money) -> String { CellText.dollars(money, digits: digits) }
    let labels = adjustments.corrected.map { language.period($0.period.label) }
    let periods =
      labels.count > 2
      ? language("\(labels.count) closed periods", "締め済み\(labels.count)期間")
      : labels.joined(separator: language(" and ", "・"))
    return language(
      "\(ownCostsName) \(dollars(parts.own)) + adjustments to \(periods) "
        + "\(dollars(parts.adjustments)) = \(dollars(parts.total)).",
      "\(ownCostsName) \(dollars(parts.own)) + \(periods)の調整 \(dollars(parts.adjustments)) = "
        + "\(dollars(parts.total))")
  }

  /// What stands behind the adjustments, a sentence for each reason in each period.
  func adjustmentReasons(_ scope: Scope = .everything) -> [(reason: String, words: String)] {
    var result: [(reason: String, words: String)] = []
    for one in adjustments.corrected {
      for reason in Adjustment.Reason.allCases {
        guard let first = one.list.first(where: { $0.reason == reason && scope.holds($0, self) })
        else { continue }
        // How many requests came late is known of all products together, and is no owner's business alone.
        // What was decided may speak of the others.
        var (one, words) = (one, first.words)
        if case .product = scope { (one.lateRequests, words) = (0, "") }
        result.append((sentence(reason, one, first), words))
      }
    }
    return result
  }

  private func sentence(
    _ reason: Adjustment.Reason, _ one: Adjustments.Corrected, _ first: Adjustment
  ) -> String {
    let period = language.period(one.period.label)
    let (pricesNow, pricesWas) = (first.pricesNow.prefix(12), first.pricesWas.prefix(12))
    let (rulesNow, rulesWas) = (first.rulesNow.prefix(12), first.rulesWas.prefix(12))
    switch reason {
    case .lateLines:
      let late = one.lateRequests
      return late > 0
        ? language(
          "\(period), late lines: \(language.counted(late, "request", "件")) came after the close.",
          "\(period)、締め後の到着: 締めの後に\(language.counted(late, "request", "件"))のリクエストが届きました。")
        : language(
          "\(period), late lines: what was interrupted at the close has ended since, or tokens came late.",
          "\(period)、締め後の到着: 締めの時点で中断扱いだったリクエストの終了、または遅れて届いたトークンです。")
    case .program:
      return language(
        "\(period), program: this version of the program reads or prices its lines otherwise.",
        "\(period)、プログラム: このバージョンでは読み取りまたは計算が異なります。")
    case .prices:
      return language(
        "\(period), prices: now priced by \(pricesNow), before by \(pricesWas).",
        "\(period)、単価: 修正後は単価表 \(pricesNow)、修正前は \(pricesWas) です。")
    case .costs:
      let (now, was) = (first.costsNow.prefix(12), first.costsWas.prefix(12))
      return language(
        "\(period), costs: now by the costs file \(now), before by \(was).",
        "\(period)、固定費: 修正後は費用定義 \(now)、修正前は \(was) です。")
    case .rules:
      return language(
        "\(period), rules: now attributed by \(rulesNow), before by \(rulesWas).",
        "\(period)、配賦ルール: 修正後は \(rulesNow)、修正前は \(rulesWas) です。")
    }
  }
}
