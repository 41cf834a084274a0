import Ledger

/// In: the books. Out: two drawings, cost by day and cost by product. Lengths are in tenths of a pixel.
enum Charts {
  enum Limit {
    /// More series than this cannot be told apart: the rest are drawn as one.
    static let seriesMax = 7
    /// More bars than this do not fit a page.
    static let barsMax = 20
    /// Columns of text that all the legend's names have together.
    static let legendColumnsMax = 84
    static let legendNameColumnsMax = 24
  }

  // MARK: - Cost by day

  static func daily(_ books: Books) -> String {
    let days = PrintedDays(books, byMonthWhenLong: true)
    let series = seriesOf(books)
    let language = books.language
    let title = days.isByMonth ? language("Cost by month", "月別の費用") : language("Cost by day", "日別の費用")
    var svg = SVG(
      width: 960, height: 380, title: title + language(", \(books.periodName)", "、\(books.periodName)"))
    svg.label(title + language(", USD", "（USD）"), x: 240, y: 300, bold: true, size: 15)
    legend(series, &svg)

    let plot = (x: 760, y: 800, width: 8600, height: 2500)
    let highest = days.lines.map { $0.costs.reduce(.zero) { $0 + max($1, .zero) } }.max() ?? .zero
    let scale = Scale(upTo: highest)
    for tick in scale.ticks {
      let y = plot.y + plot.height - scale.length(tick, of: plot.height)
      svg.horizontalLine(x: plot.x, y: y, width: plot.width, color: Palette.line)
      svg.label(scale.label(tick), x: plot.x - 80, y: y + 40, anchor: .end, color: Palette.muted)
    }
    let step = plot.width / max(1, days.lines.count)
    let columnWidth = max(10, min(step * 7 / 10, 600))
    // Labels that would touch are left out: one in two, one in seven, …
    let labelEvery = max(1, (days.isByMonth ? 560 : 300) / max(1, step) + 1)
    for (index, line) in days.lines.enumerated() {
      let x = plot.x + step * index + (step - columnWidth) / 2
      var stacked = Money.zero
      for one in series {
        let cost = one.products.reduce(Money.zero) { $0 + max(line.costs[$1], .zero) }
        let below = scale.length(stacked, of: plot.height)
        stacked += cost
        let height = scale.length(stacked, of: plot.height) - below
        guard height > 0 else { continue }
        svg.rectangle(
          x: x, y: plot.y + plot.height - below - height, width: columnWidth, height: height,
          color: one.color,
          tip: "\(language.day(line.label)) \(one.name) \(CellText.dollars(cost, digits: days.digits))")
      }
      if index % labelEvery == 0 {
        svg.label(
          language.shortDay(line.label), x: x + columnWidth / 2, y: plot.y + plot.height + 200,
          anchor: .middle, color: Palette.muted)
      }
    }
    return svg.text
  }

  private struct Series {
    var name: String
    var color: UInt32
    var products: [Int]
  }

  /// One series a product that cost something; beyond the limit the cheapest share one.
  private static func seriesOf(_ books: Books) -> [Series] {
    // Only usage has days; what is spread or fixed would hide or add a series.
    let costs = books.products.indices.map { books.usageCost(ofProduct: $0) }
    let last = books.unattributedIndex
    let used = books.products.indices.filter { costs[$0] > .zero }
    let dearest = used.sorted { costs[$0] == costs[$1] ? $0 < $1 : costs[$0] > costs[$1] }
    let alone = Set(used.count > Limit.seriesMax ? Array(dearest.prefix(Limit.seriesMax - 1)) : dearest)
    var series = used.filter(alone.contains).map {
      Series(
        name: books.name(ofProduct: $0), color: Palette.color(ofProduct: $0, unattributed: last),
        products: [$0])
    }
    let rest = used.filter { !alone.contains($0) }
    if !rest.isEmpty {
      series.append(
        Series(
          name: books.language("\(rest.count) others", "ほか\(rest.count)件"), color: Palette.line,
          products: rest))
    }
    return series
  }

  private static func legend(_ series: [Series], _ svg: inout SVG) {
    var x = 240
    let columns = min(Limit.legendNameColumnsMax, Limit.legendColumnsMax / max(1, series.count))
    for one in series {
      let name = PlainText.fitted(PlainText.oneLine(one.name), columns: columns)
      svg.rectangle(x: x, y: 475, width: 110, height: 110, color: one.color)
      svg.label(name, x: x + 170, y: 575, color: Palette.muted)
      x += 170 + PlainText.width(name) * 68 + 220
    }
  }

  // MARK: - Cost by product

  static func products(_ books: Books) -> String {
    let digits = books.productDigits
    let costs = books.printedProductCosts(digits: digits)
    let shares = PrintedMoney.shares(books.productCosts, of: books.totalCost)
    let order = books.products.indices.filter { costs[$0] > .zero || books.state(ofProduct: $0) == .unpriced }
      .sorted { costs[$0] == costs[$1] ? $0 < $1 : costs[$0] > costs[$1] }
    let shown = order.prefix(Limit.barsMax)
    let rowHeight = 340
    let language = books.language
    var svg = SVG(
      width: 960, height: 70 + max(1, order.count > shown.count ? shown.count + 1 : shown.count) * 34,
      title: language("Cost by product, \(books.periodName)", "プロダクト別の費用、\(books.periodName)"))
    svg.label(language("Cost by product, USD", "プロダクト別の費用（USD）"), x: 240, y: 300, bold: true, size: 15)
    let plot = (x: 2600, y: 520, width: 4800)
    let dearest = costs.max() ?? .zero
    for (line, product) in shown.enumerated() {
      let y = plot.y + rowHeight * line
      let isUnpriced = books.state(ofProduct: product) == .unpriced
      let length = dearest > .zero ? scaled(costs[product], of: dearest, to: plot.width) : 0
      let name = PlainText.fitted(PlainText.oneLine(books.name(ofProduct: product)), columns: 30)
      svg.label(name, x: plot.x - 120, y: y + 150, anchor: .end)
      svg.rectangle(
        x: plot.x, y: y, width: max(length, 10), height: 220,
        color: product == books.unattributedIndex
          ? Palette.color(ofProduct: product, unattributed: product) : Palette.accent)
      let share = shares.map {
        " (" + decimalText(Int128($0[product]), fractionDigits: 2, trimmed: false) + "%)"
      }
      let figure = CellText.dollars(costs[product], digits: digits) + (share ?? "")
      svg.label(
        isUnpriced ? language("unknown: no price", "不明（単価なし）") : figure, x: plot.x + length + 90, y: y + 150,
        color: Palette.muted)
    }
    if order.count > shown.count {
      svg.label(
        language.more(order.count - shown.count), x: plot.x, y: plot.y + rowHeight * shown.count + 150,
        color: Palette.muted)
    }
    if order.isEmpty {
      svg.label(language("No cost in this period", "この期間の費用はありません"), x: 240, y: 650, color: Palette.muted)
    }
    return svg.text
  }

  fileprivate static func scaled(_ part: Money, of whole: Money, to length: Int) -> Int {
    guard part > .zero, whole > .zero else { return 0 }
    return Int(divideHalfEven(part.femtodollars * Int128(length), by: whole.femtodollars))
  }
}

/// An axis from nothing to a round number, with four or five ticks at 1, 2 or 5 times a power of ten.
private struct Scale {
  let ticks: [Money]
  private let top: Money
  private let digits: Int

  init(upTo highest: Money) {
    guard highest > .zero else {
      ticks = [.zero]
      top = Money(femtodollars: 1)
      digits = 2
      return
    }
    var exponent = 0
    var step: Int128 = 1
    search: while true {
      for factor: Int128 in [1, 2, 5] {
        step = factor * powerOfTen(exponent)
        if step * 5 >= highest.femtodollars { break search }
      }
      exponent += 1
    }
    let count = (highest.femtodollars + step - 1) / step
    ticks = (0...Int(count)).map { Money(femtodollars: Int128($0) * step) }
    top = Money(femtodollars: count * step)
    digits = max(0, Money.fractionDigits - exponent)
  }

  func length(_ amount: Money, of full: Int) -> Int { Charts.scaled(amount, of: top, to: full) }

  func label(_ tick: Money) -> String { CellText.dollars(tick, digits: digits) }
}
