import Ledger

/// One line a day × product × provider × model × tier × entry, as an Excel table: what a pivot table wants. No
/// subtotals, no merged cells, figures as figures.
///
/// Days come from the books' own day rows, so they add up to the other sheets. Nothing here is kept in memory by
/// the workbook: a quarter of a million lines take no more of it than ten.
enum DataSheet {
  enum Limit {
    /// A billionth of a dollar: a day's cheapest model still shows, and a spreadsheet's 15 digits hold it.
    static let digits = 9
  }

  static func write(
    _ books: Books, _ scope: Scope, in file: WorkbookFile
  ) throws(ReportError) -> WorkbookControl {
    let language = books.language
    let lines = DataLines(books, scope)
    guard lines.count < WorkbookFile.Limit.rowsMax - 1 else {
      throw ReportError(
        code: .tooLarge, path: language("Data", "データ"),
        advice: "a sheet has no room for \(lines.count) rows; report shorter periods, or use the CSV")
    }
    let sheet = try StreamedSheet(language("Data", "データ"), of: books, in: file)
    let columns = columns(language)
    sheet.head(columns)
    let costs = lines.printedCosts
    let texts = SheetTexts(books, sheet)
    let counts = CountColumn.allCases
    for index in lines.order.indices {
      let line = lines[index]
      texts.write(line, sheet)
      if line.state != .unpriced { sheet.money(costs[index], column: 10) }
      for column in counts.indices {
        sheet.count(lines.count(counts[column], index), column: 11 + column)
      }
      sheet.endRow()
    }
    let total = costs.reduce(.zero, +)
    guard !lines.order.isEmpty else {
      sheet.finish(isTable: false)
      return WorkbookControl(sheet: sheet.name, formula: "0", value: .zero)
    }
    sheet.finish(isTable: true)
    let range = sheet.address(rows: 1...lines.order.count, column: 10)
    return WorkbookControl(sheet: sheet.name, formula: "ROUND(SUM(\(range)),9)", value: total)
  }

  private static func columns(_ language: Language) -> [StreamedSheet.Column] {
    let texts: [(String, Int)] = [
      (language("Product", "プロダクト"), 24), (language("Product ID", "プロダクトID"), 20),
      (language("Cost center", "コストセンター"), 16), (language("Provider", "ベンダー"), 14),
      (language("Model", "モデル"), 36), (language("Tier", "ティア"), 12), (language("Entry", "区分"), 10),
      (language("For period", "対象期間"), 14), (language("Cost is", "費用の状態"), 14),
    ]
    return [.init(title: language("Day", "日付"), kind: .day, width: 16)]
      + texts.map { .init(title: $0.0, kind: .text, width: $0.1) }
      + [.init(title: language.amount("Cost", "費用"), kind: .money, width: 18)]
      + Columns.counts(language).map { .init(title: $0.title, kind: .count, width: 16) }
  }

  /// The texts of the lines, each made fit for a cell once.
  private struct SheetTexts {
    let products: [(name: StreamedSheet.Text, id: StreamedSheet.Text, center: StreamedSheet.Text)]
    let language: Language

    init(_ books: Books, _ sheet: StreamedSheet) {
      language = books.language
      products = books.products.indices.map { index in
        let product = books.products[index]
        return (
          sheet.text(books.name(ofProduct: index)), sheet.text(product.id),
          sheet.text(product.costCenter ?? "")
        )
      }
    }

    func write(_ line: DataLines.Line, _ sheet: StreamedSheet) {
      if let day = line.day { sheet.day(day, column: 0) }
      let product = products[line.product]
      sheet.write(product.name, column: 1)
      sheet.write(product.id, column: 2)
      sheet.write(product.center, column: 3)
      sheet.write(sheet.text(line.provider), column: 4)
      sheet.write(sheet.text(line.model.isEmpty ? language.unknown : line.model), column: 5)
      sheet.write(sheet.text(line.serviceTier), column: 6)
      sheet.write(sheet.text(line.entry.word(language)), column: 7)
      sheet.write(sheet.text(language.period(line.forPeriod)), column: 8)
      sheet.write(sheet.text(line.state.word(language)), column: 9)
    }
  }
}
