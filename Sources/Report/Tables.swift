public import Ledger

/// In: the books. Out: the tables that the summary, the chat post, the terminal and the workbook share.
extension Books {
  /// Every product with its cost, its part of the total and what 1,000 of its requests cost.
  public var productsTable: Table {
    let digits = productDigits
    let costs = printedProductCosts(digits: digits)
    let shares = PrintedMoney.shares(productCosts, of: totalCost)
    let counts = PrintedCounts.forPeople(self)
    let rates = thousandRequestRates
    let converted = ConvertedBooks(self)
    var table = Table(
      columns: [
        .init(language("Product", "プロダクト"), .text), .init(language.amount("Cost", "費用"), .money),
      ] + Columns.converted(converted, language) + [
        .init(language("Share", "構成比"), .percent), .init(language("Requests", "リクエスト数"), .count),
        .init(language("Cost per 1,000 requests", "1,000リクエストあたり"), .money),
        .init(language("Cost is", "費用の状態"), .text),
      ])
    for index in products.indices {
      let state = state(ofProduct: index)
      table.rows.append(
        [
          .text(name(ofProduct: index)),
          state == .unpriced
            ? .empty : PrintedMoney.cell(costs[index], exact: cost(ofProduct: index), digits: digits),
        ] + Columns.converted(converted, converted?.products[index], state) + [
          shares.map { state == .unpriced ? .empty : .basisPoints($0[index]) } ?? .empty,
          Self.countCell(counts[.requests, product: index]),
          rates.products[index].map { .money($0) } ?? .empty,
          .text(state.word(language)),
        ])
    }
    table.total =
      [
        .text(language.total),
        state == .unpriced
          ? .empty : PrintedMoney.cell(costs.reduce(.zero, +), exact: totalCost, digits: digits),
      ] + Columns.converted(converted, converted?.total, state) + [
        shares.map { .basisPoints($0.reduce(0, +)) } ?? .empty,
        Self.countCell(counts.total(.requests)), rates.all.map { .money($0) } ?? .empty,
        .text(state.word(language)),
      ]
    return table
  }

  /// The columns of `productsTable` whose rows add up to its total.
  var productsTableSums: Set<Int> { Set(1...(ConvertedBooks(self) == nil ? 3 : 4)) }

  /// The products' table of at most so many rows: the dearest in the rules' order, and the rest in one line.
  func productsTable(rowsMax: Int) -> Table {
    var table = productsTable
    guard table.rows.count > rowsMax else { return table }
    let costs = productCosts
    let order = costs.indices.sorted { costs[$0] == costs[$1] ? $0 < $1 : costs[$0] > costs[$1] }
    let shown = Set(order.prefix(rowsMax - 1))
    let rest = order.dropFirst(rowsMax - 1)
    let printed = printedProductCosts(digits: productDigits)
    let counts = PrintedCounts.forPeople(self)
    let converted = ConvertedBooks(self)
    let shares = PrintedMoney.shares(productCosts, of: totalCost)
    let state = self.state(of: rest.map { self.state(ofProduct: $0) })
    let line: [Table.Cell] =
      [
        .text(language("\(rest.count) others", "ほか\(rest.count)件")),
        PrintedMoney.cell(
          rest.reduce(.zero) { $0 + printed[$1] }, exact: rest.reduce(.zero) { $0 + costs[$1] },
          digits: productDigits),
      ] + Columns.converted(converted, rest.reduce(0) { $0 + (converted?.products[$1] ?? 0) }, state) + [
        shares.map { shares in .basisPoints(rest.reduce(0) { $0 + shares[$1] }) } ?? .empty,
        Self.countCell(rest.reduce(0) { $0 + counts[.requests, product: $1] }), .empty,
        .text(state.word(language)),
      ]
    table.rows = table.rows.indices.filter(shown.contains).map { table.rows[$0] } + [line]
    return table
  }

  /// What 1,000 requests of each product, and of all, cost: adjustments belong to the requests of other periods.
  private var thousandRequestRates: (products: [Money?], all: Money?) {
    func rate(_ digits: Int) -> Money? {
      costPerThousandRequests(cost: usageCost, requests: totalCounts.requests, state: state, digits: digits)
    }
    let digits = PrintedMoney.digits(for: [rate(6) ?? .zero])
    let each = products.indices.map { product in
      costPerThousandRequests(
        cost: usageCost(ofProduct: product), requests: self.counts(ofProduct: product).requests,
        state: state(ofProduct: product), digits: digits)
    }
    return (each, rate(digits))
  }

  /// Provider and model over all products and tiers, dearest first; those beyond `rowsMax` in one line.
  public func modelsTable(rowsMax: Int) -> Table {
    var groups: [ModelName: [Int]] = [:]
    // What is moved between products adds up to nothing, and is no model.
    for (index, row) in rows.enumerated() where row.entry != .allocation {
      groups[ModelName(provider: row.provider, model: row.model), default: []].append(index)
    }
    var lines: [ModelLine] = groups.map { name, members in
      let members = members.sorted()
      let cost = members.reduce(Money.zero) { $0 + rows[$1].cost }
      return ModelLine(
        name: name, rows: members, exact: cost, state: state(of: members.map { rows[$0].state }))
    }
    lines.sort { $0.exact == $1.exact ? $0.name < $1.name : $0.exact > $1.exact }
    if lines.count > rowsMax {
      let rest = lines[rowsMax...].flatMap(\.rows)
      let more = lines.count - rowsMax
      let name = ModelName(
        provider: "", model: language("\(more) more models", "ほか\(more)モデル"))
      lines.removeSubrange(rowsMax...)
      lines.append(
        ModelLine(
          name: name, rows: rest, exact: rest.reduce(.zero) { $0 + rows[$1].cost },
          state: state(of: rest.map { rows[$0].state })))
    }
    return modelsTable(lines)
  }

  private func modelsTable(_ lines: [ModelLine]) -> Table {
    let counts = PrintedCounts.forPeople(self)
    // The products' printed total is the one total of the report: it holds for the models as well.
    let total = printedProductCosts(digits: productDigits).reduce(.zero, +)
    let digits = productDigits
    let printed = PrintedMoney.rounded(lines.map(\.exact), addingUpTo: total, digits: digits)
    let shares = PrintedMoney.shares(lines.map(\.exact), of: totalCost)
    let converted = ConvertedBooks(self)
    let foreign = converted?.printed(groups: lines.map(\.rows))
    var table = Table(
      columns: [
        .init(language("Model", "モデル"), .text), .init(language("Provider", "ベンダー"), .text),
        .init(language.amount("Cost", "費用"), .money),
      ] + Columns.converted(converted, language) + [
        .init(language("Share", "構成比"), .percent), .init(language("Requests", "リクエスト数"), .count),
        .init(language("Input", "入力"), .count), .init(language("Cache read", "キャッシュ読込"), .count),
        .init(language("Cache write", "キャッシュ書込"), .count), .init(language("Output", "出力"), .count),
        .init(language("Cost is", "費用の状態"), .text),
      ])
    let tokens: [CountColumn] = [
      .requests, .inputTokens, .cacheReadTokens, .cacheWriteTokens, .outputTokens,
    ]
    for (index, line) in lines.enumerated() {
      let isUnpriced = line.state == .unpriced
      let named: [Table.Cell] = [
        .text(line.name.model.isEmpty ? language.unknown : line.name.model), .text(line.name.provider),
        isUnpriced ? .empty : PrintedMoney.cell(printed[index], exact: line.exact, digits: digits),
      ]
      let foreignCell = Columns.converted(converted, foreign?[index], line.state)
      let share: Table.Cell = shares.map { isUnpriced ? .empty : .basisPoints($0[index]) } ?? .empty
      let counted = tokens.map { Self.countCell(counts[$0, rows: line.rows]) }
      table.rows.append(named + foreignCell + [share] + counted + [.text(line.state.word(language))])
    }
    let named: [Table.Cell] = [
      .text(language.total), .empty,
      state == .unpriced ? .empty : PrintedMoney.cell(total, exact: totalCost, digits: digits),
    ]
    let foreignCell = Columns.converted(converted, converted?.total, state)
    let share: Table.Cell = shares.map { .basisPoints($0.reduce(0, +)) } ?? .empty
    let counted = tokens.map { Self.countCell(counts.total($0)) }
    table.total = named + foreignCell + [share] + counted + [.text(state.word(language))]
    return table
  }

  private struct ModelName: Hashable, Comparable {
    var provider: String
    var model: String
    static func < (a: ModelName, b: ModelName) -> Bool { (a.model, a.provider) < (b.model, b.provider) }
  }

  private struct ModelLine {
    var name: ModelName
    var rows: [Int]
    var exact: Money
    var state: CostState
  }

  /// A whole count where it is one; millionths where a split cut it.
  static func countCell(_ millionths: Int128) -> Table.Cell {
    millionths % 1_000_000 == 0 ? .sum(millionths / 1_000_000) : .millionths(millionths)
  }
}
