import Ledger

/// In: the books' fixed costs, credits, commitments, spreading, taxes and rates. Out: the tables of them that the
/// workbook and the review share. Amounts are rounded once; the parts of each cost add up to it as printed.
struct CostTables {
  let books: Books
  private let words: CostWords
  private let digits: Int
  private let converted: ConvertedBooks?

  init(_ books: Books) {
    self.books = books
    words = CostWords(language: books.language)
    digits = books.productDigits
    converted = ConvertedBooks(books)
  }

  /// Costs that add to the books; what is spread adds nothing.
  var pools: [CostLine] { books.costs.filter { $0.kind != .spread } }
  var spreads: [CostLine] { books.costs.filter { $0.kind == .spread } }

  /// Each cost with its amount and method. A total row, unless they are only moved.
  func pools(_ lines: [CostLine]) -> Table {
    let language = books.language
    let amounts = printed(lines)
    var table = Table(
      columns: [
        .init(language("Cost", "費目"), .text), .init(language("Vendor", "ベンダー"), .text),
        .init(language("Kind", "種別"), .text), .init(language("Month", "月"), .text),
        .init(language("As given", "登録額"), .text), .init(language("Put on products by", "配賦方法"), .text),
        .init(language.amount("Amount", "金額"), .money),
      ] + convertedColumn)
    let converted = convertedAmounts(lines.map { ($0.slice.month, $0.amount ?? .zero) })
    for (index, line) in lines.enumerated() {
      table.rows.append(
        [
          .text(words.name(line)), .text(line.vendor), .text(words.kind(line.kind)),
          .text(words.month(line.slice)), .text(words.given(line)), .text(words.method(line)),
          line.amount.map { PrintedMoney.cell(amounts[index], exact: $0, digits: digits) } ?? .empty,
        ] + (converted.map { [line.amount == nil ? .empty : $0[index].cell] } ?? []))
    }
    let exact = lines.reduce(Money.zero) { $0 + ($1.amount ?? .zero) }
    table.total =
      [.text(language.total)] + Array(repeating: .empty, count: 5)
      + [PrintedMoney.cell(amounts.reduce(.zero, +), exact: exact, digits: digits)]
      + (converted.map { [$0.total] } ?? [])
    return table
  }

  /// Each cost's part for each product, and what decided it; total row as in `pools`.
  func parts(_ lines: [CostLine]) -> Table {
    let language = books.language
    var table = Table(
      columns: [
        .init(language("Cost", "費目"), .text), .init(language("Month", "月"), .text),
        .init(language("Product", "プロダクト"), .text), .init(language("Basis", "配賦基準"), .text),
        .init(language.amount("Part", "配賦額"), .money),
      ] + convertedColumn)
    let amounts = printed(lines)
    let names = Dictionary(
      books.products.indices.map { (books.products[$0].id, books.name(ofProduct: $0)) },
      uniquingKeysWith: { first, _ in first })
    let all = lines.flatMap { line in line.parts.map { (line.slice.month, $0.cost) } }
    let converted = convertedAmounts(all)
    var at = 0
    for (line, amount) in zip(lines, amounts) {
      let parts = PrintedMoney.rounded(line.parts.map(\.cost), addingUpTo: amount, digits: digits)
      for (part, printed) in zip(line.parts, parts) {
        table.rows.append(
          [
            .text(words.name(line)), .text(books.language.period(line.slice.month)),
            .text(names[part.product] ?? part.product),
            .text(words.basis(part, of: line)),
            line.amount == nil ? .empty : PrintedMoney.cell(printed, exact: part.cost, digits: digits),
          ] + (converted.map { [line.amount == nil ? .empty : $0[at].cell] } ?? []))
        at += 1
      }
    }
    let exact = lines.reduce(Money.zero) { $0 + ($1.amount ?? .zero) }
    table.total =
      [.text(language.total), .empty, .empty, .empty]
      + [PrintedMoney.cell(amounts.reduce(.zero, +), exact: exact, digits: digits)]
      + (converted.map { [$0.total] } ?? [])
    return table
  }

  /// What was promised to vendors, drawn and left; nil without commitments.
  var commitments: Table? {
    let lines = books.costs.filter { $0.kind == .commitment && $0.amount != nil }
    guard !lines.isEmpty else { return nil }
    let language = books.language
    var table = Table(columns: [
      .init(language("Commitment", "コミットメント"), .text), .init(language("Vendor", "ベンダー"), .text),
      .init(language("Month", "月"), .text), .init(language.amount("Committed", "契約額"), .money),
      .init(language.amount("Drawn by usage", "利用充当額"), .money),
      .init(language.amount("Unused", "未使用額"), .money),
    ])
    let whole = PrintedMoney.rounded(lines.map { $0.committed ?? .zero }, digits: digits)
    let drawn = PrintedMoney.rounded(lines.map { $0.drawn ?? .zero }, digits: digits)
    for (index, line) in lines.enumerated() {
      table.rows.append([
        .text(line.name), .text(line.vendor), .text(words.month(line.slice)), .money(whole[index]),
        .money(drawn[index]), .money(whole[index] - drawn[index]),
      ])
    }
    return table
  }

  /// Taxes, which are beside the books; nil without one.
  var taxes: Table? {
    guard !books.taxes.isEmpty else { return nil }
    let language = books.language
    let bases = PrintedMoney.rounded(books.taxes.map(\.base), digits: digits)
    let amounts = PrintedMoney.rounded(books.taxes.map(\.tax), digits: digits)
    let converted = convertedAmounts(books.taxes.map { ($0.month, $0.tax) })
    var table = Table(
      columns: [
        .init(language("Tax", "税"), .text), .init(language("Vendor", "ベンダー"), .text),
        .init(language("Month", "月"), .text), .init(language("Rate", "税率"), .text),
        .init(language("Who pays it", "納税方式"), .text),
        .init(language.amount("Taxed amount", "課税対象額"), .money),
        .init(language.amount("Tax", "税額"), .money),
      ] + convertedColumn(language("Tax", "税額")))
    for (index, tax) in books.taxes.enumerated() {
      table.rows.append(
        [
          .text(tax.name), .text(tax.vendor), .text(language.period(tax.month)), .text(tax.rate + "%"),
          .text(words.payer(tax)), PrintedMoney.cell(bases[index], exact: tax.base, digits: digits),
          PrintedMoney.cell(amounts[index], exact: tax.tax, digits: digits),
        ] + (converted.map { [$0[index].cell] } ?? []))
    }
    // What is billed and what the buyer declares are no sum that anybody pays.
    guard Set(books.taxes.map(\.isReverseCharge)).count == 1 else { return table }
    let base = books.taxes.reduce(Money.zero) { $0 + $1.base }
    let tax = books.taxes.reduce(Money.zero) { $0 + $1.tax }
    table.total =
      [.text(language.total), .empty, .empty, .empty, .empty]
      + [
        PrintedMoney.cell(bases.reduce(.zero, +), exact: base, digits: digits),
        PrintedMoney.cell(amounts.reduce(.zero, +), exact: tax, digits: digits),
      ] + (converted.map { [$0.total] } ?? [])
    return table
  }

  /// The rates of the period's months; nil where the books are in dollars alone.
  var rates: Table? {
    guard let currency = books.currency else { return nil }
    let language = books.language
    return Table(
      columns: [
        .init(language("Month", "月"), .text),
        .init(language("\(currency.code) per USD", "1 USDあたり\(currency.code)"), .text),
        .init(language("Kind", "レート種別"), .text), .init(language("Source", "出典"), .text),
        .init(language("Of", "基準日"), .text),
      ],
      rows: currency.rates.map {
        [.text(language.period($0.month)), .text($0.text), .text($0.kind), .text($0.source), .text($0.date)]
      }
        + currency.missingMonths.map {
          [.text(language.period($0)), .text(language("no rate", "レートなし")), .empty, .empty, .empty]
        })
  }

  // MARK: - Columns

  private func printed(_ lines: [CostLine]) -> [Money] {
    PrintedMoney.rounded(lines.map { $0.amount ?? .zero }, digits: digits)
  }

  private var convertedColumn: [Table.Column] { convertedColumn(books.language("Amount", "金額")) }

  private func convertedColumn(_ title: String) -> [Table.Column] {
    converted.map {
      [.init(books.language("\(title) (\($0.currency.code))", "\(title)（\($0.currency.code)）"), .count)]
    } ?? []
  }

  /// A column in the report currency that adds up to its total; nil for dollars alone.
  private func convertedAmounts(_ amounts: [(String, Money)]) -> ConvertedColumn? {
    converted.map { ConvertedColumn($0, amounts.map { (month: $0.0, amount: $0.1) }) }
  }

  private struct ConvertedColumn {
    let currency: ReportCurrency
    let units: [Int128]

    init(_ converted: ConvertedBooks, _ amounts: [(month: String, amount: Money)]) {
      currency = converted.currency
      units = converted.printed(amounts)
    }

    subscript(_ index: Int) -> (cell: Table.Cell, units: Int128) {
      (currency.cell(units[index]), units[index])
    }
    var total: Table.Cell { currency.cell(units.reduce(0, +)) }
  }
}
