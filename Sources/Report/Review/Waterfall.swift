import Ledger

/// The bridge as a picture: where it began, a floating bar for each step, where it ended.
struct Waterfall {
  struct Bar {
    var label: String
    /// The lower and the upper end.
    var low: Money
    var high: Money
    /// Nil for the first and the last.
    var change: Money?
  }

  let bars: [Bar]
  let digits: Int
  /// Where the axis begins: nothing, unless the steps would be too small to see.
  let base: Money
  let step: Money
  let top: Money

  /// Nil where there is nothing to draw, or a bar would be below nothing.
  init?(_ bridge: Bridge, _ books: Books) {
    let printed = PrintedBridge(bridge, books)
    let language = books.language
    guard printed.was > .zero || printed.now > .zero else { return nil }
    let label = books.review?.previous?.label ?? ""
    var bars = [
      Bar(label: label.isEmpty ? language("Was", "前") : language.period(label), low: .zero, high: printed.was)
    ]
    var level = printed.was
    for (index, step) in printed.steps.enumerated() {
      let amount = printed.total(index)
      let next = level + amount
      bars.append(
        Bar(
          label: ReviewWords.step(step, language), low: min(level, next), high: max(level, next),
          change: amount))
      level = next
    }
    bars.append(Bar(label: books.periodName, low: .zero, high: printed.now))
    guard bars.allSatisfy({ $0.low >= .zero }) else { return nil }
    self.bars = bars
    digits = printed.digits
    let highest = bars.map(\.high).max() ?? .zero
    let lowest = bars.map { $0.change == nil ? $0.high : $0.low }.min() ?? .zero
    let span = highest - lowest
    // Small steps upon large sums: the axis begins below them, and says so.
    let isCut = span.femtodollars * 4 < highest.femtodollars && span > .zero
    let from = isCut ? lowest.femtodollars - span.femtodollars / 2 : 0
    var exponent = 0
    var unit: Int128 = 1
    search: while true {
      for factor: Int128 in [1, 2, 5] {
        unit = factor * powerOfTen(exponent)
        if unit * 5 >= highest.femtodollars - from { break search }
      }
      exponent += 1
    }
    step = Money(femtodollars: unit)
    base = Money(femtodollars: from / unit * unit)
    top = Money(femtodollars: (highest.femtodollars + unit - 1) / unit * unit)
  }

  var isCut: Bool { base > .zero }

  var ticks: [Money] {
    var ticks = [base]
    while let last = ticks.last, last < top { ticks.append(last + step) }
    return ticks
  }
}

/// `charts/bridge.svg`.
enum BridgeChart {
  static let rise: UInt32 = 0xB45F06
  static let fall: UInt32 = 0x5B93C7

  static func svg(_ books: Books) -> String? {
    guard let bridge = books.review?.previous?.bridge, let picture = Waterfall(bridge, books) else {
      return nil
    }
    let language = books.language
    let label = books.review?.previous?.label ?? ""
    let title = language(
      "From \(label) to \(books.period.label), USD", "\(language.period(label))から\(books.periodName)への増減（USD）"
    )
    var svg = SVG(width: 960, height: 400, title: title)
    svg.label(title, x: 240, y: 300, bold: true, size: 15)
    if picture.isCut {
      let from = CellText.dollars(picture.base, digits: picture.digits)
      svg.label(
        language("The axis begins at \(from)", "縦軸は\(from)から始まります"), x: 240, y: 500, color: Palette.muted)
    }
    let plot = (x: 900, y: 700, width: 8500, height: 2700)
    func y(_ money: Money) -> Int {
      let height = picture.top - picture.base
      let part = max(money, picture.base) - picture.base
      guard height > .zero else { return plot.y + plot.height }
      return plot.y + plot.height
        - Int(divideHalfEven(part.femtodollars * Int128(plot.height), by: height.femtodollars))
    }
    for tick in picture.ticks {
      svg.horizontalLine(x: plot.x, y: y(tick), width: plot.width, color: Palette.line)
      svg.label(
        CellText.dollars(tick, digits: tickDigits(picture.step)), x: plot.x - 80, y: y(tick) + 40,
        anchor: .end,
        color: Palette.muted)
    }
    let step = plot.width / picture.bars.count
    let width = min(step * 7 / 10, 900)
    for (index, bar) in picture.bars.enumerated() {
      let x = plot.x + step * index + (step - width) / 2
      let color = bar.change.map { $0 > .zero ? rise : fall } ?? Palette.accent
      let (high, low) = (y(bar.high), y(bar.change == nil ? picture.base : bar.low))
      let amount = bar.change ?? bar.high
      let text =
        (bar.change.map { $0 > .zero } == true ? "+" : "") + CellText.dollars(amount, digits: picture.digits)
      svg.rectangle(
        x: x, y: high, width: width, height: max(low - high, 10), color: color, tip: "\(bar.label) \(text)")
      svg.label(text, x: x + width / 2, y: high - 60, anchor: .middle)
      svg.label(
        PlainText.fitted(bar.label, columns: 18), x: x + width / 2, y: plot.y + plot.height + 200,
        anchor: .middle,
        color: Palette.muted)
    }
    return svg.text
  }

  private static func tickDigits(_ step: Money) -> Int {
    let text = step.description
    guard let point = text.firstIndex(of: ".") else { return 0 }
    return text.distance(from: point, to: text.endIndex) - 1
  }
}
