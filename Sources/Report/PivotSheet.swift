import Ledger

/// Products side by side: those that cost something, and where they are too many the dearest, and the rest as one.
struct ProductColumns {
  /// Of each column: one product, or those that share the last.
  let products: [[Int]]
  /// Index into `products`, for each product that cost something.
  private(set) var columnOfProduct: [Int: Int] = [:]

  init(_ books: Books, max: Int) {
    var used = Set<Int>()
    for row in books.rows where row.cost != .zero { used.insert(row.product) }
    let costs = books.productCosts
    let dearest = used.sorted { costs[$0] == costs[$1] ? $0 < $1 : costs[$0] > costs[$1] }
    let alone = used.count > max ? dearest.prefix(max - 1).sorted() : used.sorted()
    let rest = used.subtracting(alone).sorted()
    products = alone.map { [$0] } + (rest.isEmpty ? [] : [rest])
    for (index, column) in products.enumerated() {
      for product in column { columnOfProduct[product] = index }
    }
  }

  init(only product: Int) {
    products = [[product]]
    columnOfProduct = [product: 0]
  }

  func titles(_ books: Books) -> [String] {
    products.map { column in
      column.count == 1
        ? books.name(ofProduct: column[0]) : books.language("\(column.count) others", "ほか\(column.count)件")
    }
  }
}

/// Models down, products across: who spends on what, at a glance.
enum PivotSheet {
  enum Limit {
    /// More columns do not fit a page that can be read; the rest share one.
    static let productColumnsMax = 12
    /// More models are a job for the data sheet; the rest share one row.
    static let modelRowsMax = 500
  }

  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) -> WorkbookControl {
    let language = books.language
    let sheet = try WorkbookSheet(
      language("Product × model", "プロダクト×モデル"), of: books, in: file)
    sheet.title(
      language("Cost by model and product", "モデル×プロダクトの費用"),
      language(
        "US dollars. Each column adds up to its product's cost; the darker, the dearer.",
        "金額は米ドルです。各列の和はプロダクトの費用と一致します。濃いほど費用が大きいことを表します。"))
    let grid = Grid(books)
    let table = grid.table
    let money = 2..<(table.columns.count - 1)
    let placed = sheet.draw(table, row: 3, summed: Set(2..<table.columns.count), rowSum: money)
    if !table.rows.isEmpty {
      sheet.heat(rows: placed.firstRow...placed.lastRow, columns: 2...(table.columns.count - 2))
    }
    sheet.freeze(rows: placed.firstRow, columns: 1)
    sheet.repeatOnEachPage(rows: placed.headRow...placed.headRow)
    sheet.finish()
    return WorkbookControl(
      sheet: sheet.name, formula: sheet.address(placed.lastRow + 1, table.columns.count - 1),
      value: grid.total)
  }

  /// Costs by model and column, each column rounded to its products' printed cost.
  private struct Grid {
    private struct Name: Hashable {
      var model: String
      var provider: String
    }

    let books: Books
    let columns: ProductColumns
    private var names: [Name?]
    private var exact: [[Money]]
    private var printed: [[Money]]

    var total: Money { printed.joined().reduce(.zero, +) }

    init(_ books: Books) {
      self.books = books
      columns = ProductColumns(books, max: Limit.productColumnsMax)
      let column = columns.columnOfProduct
      var sums: [Name: [Money]] = [:]
      let zeros = columns.products.map { _ in Money.zero }
      for row in books.rows {
        guard row.cost != .zero, let at = column[row.product] else { continue }
        sums[Name(model: row.model, provider: row.provider), default: zeros][at] += row.cost
      }
      var lines = sums.map { (name: Optional($0.key), costs: $0.value) }.sorted { a, b in
        let (first, second) = (a.costs.reduce(.zero, +), b.costs.reduce(.zero, +))
        if first != second { return first > second }
        return (a.name?.model ?? "", a.name?.provider ?? "") < (b.name?.model ?? "", b.name?.provider ?? "")
      }
      if lines.count > Limit.modelRowsMax {
        let rest = lines[(Limit.modelRowsMax - 1)...]
        let sum = zeros.indices.map { index in rest.reduce(Money.zero) { $0 + $1.costs[index] } }
        lines.removeSubrange((Limit.modelRowsMax - 1)...)
        lines.append((nil, sum))
      }
      names = lines.map(\.name)
      exact = lines.map(\.costs)
      let digits = books.productDigits
      let totals = books.printedProductCosts(digits: digits)
      let byColumn = columns.products.enumerated().map { index, products in
        PrintedMoney.rounded(
          lines.map { $0.costs[index] }, addingUpTo: products.reduce(.zero) { $0 + totals[$1] },
          digits: digits)
      }
      printed = lines.indices.map { line in byColumn.map { $0[line] } }
    }

    var table: Table {
      let language = books.language
      let digits = books.productDigits
      let heads = columns.titles(books)
      var table = Table(
        columns: [.init(language("Model", "モデル"), .text), .init(language("Provider", "ベンダー"), .text)]
          + heads.map { .init($0, .money) } + [.init(language.amount("Total", "合計"), .money)])
      for (index, name) in names.enumerated() {
        let more = language("other models", "その他のモデル")
        let model = name.map { $0.model.isEmpty ? language.unknown : $0.model } ?? more
        let cells = columns.products.indices.map { column -> Table.Cell in
          exact[index][column] == .zero && printed[index][column] == .zero
            ? .empty
            : PrintedMoney.cell(printed[index][column], exact: exact[index][column], digits: digits)
        }
        table.rows.append(
          [.text(model), .text(name?.provider ?? "")] + cells
            + [.money(printed[index].reduce(.zero, +))])
      }
      let sums = columns.products.indices.map { column in printed.reduce(Money.zero) { $0 + $1[column] } }
      table.total =
        [.text(language.total), .empty] + sums.map { .money($0) } + [.money(sums.reduce(.zero, +))]
      return table
    }
  }
}
