import Ledger

/// Words that more than one report says, and how dates are written.
extension Language {
  /// `2026-10` → `2026年10月`, `2026-10-05` → `2026年10月5日（月）`, `2026-W41` → `2026年第41週`, `FY2026` →
  /// `2026年度`, `A..B` → `A〜B`. English keeps the label, which is ISO 8601.
  func period(_ label: String) -> String {
    guard self == .ja else { return label }
    if let range = label.firstRange(of: "..") {
      return period(String(label[..<range.lowerBound])) + "〜" + period(String(label[range.upperBound...]))
    }
    if label.hasPrefix("FY") { return label.dropFirst(2) + "年度" }
    let parts = label.split(separator: "-").map(String.init)
    if parts.count == 2, parts[1].hasPrefix("W") {
      return "\(parts[0])年第\(Self.plain(parts[1].dropFirst()))週"
    }
    if parts.count == 2 { return "\(parts[0])年\(Self.plain(parts[1]))月" }
    if parts.count == 3 { return "\(parts[0])年" + day(label) }
    return label
  }

  /// `2026-10-05` → `10月5日（月）`.
  func day(_ label: String) -> String {
    let parts = label.split(separator: "-").map(String.init)
    guard self == .ja, parts.count == 3, let weekday = Self.weekday(label) else {
      return parts.count == 2 ? period(label) : label
    }
    return "\(Self.plain(parts[1]))月\(Self.plain(parts[2]))日（\(weekday)）"
  }

  /// `2026-10-05` → `10/5`, beside an axis.
  func shortDay(_ label: String) -> String {
    let parts = label.split(separator: "-").map(String.init)
    guard parts.count == 3 else { return parts.count == 2 ? period(label) : label }
    return self == .ja ? "\(Self.plain(parts[1]))/\(Self.plain(parts[2]))" : "\(parts[1])-\(parts[2])"
  }

  /// Without its leading zero.
  private static func plain(_ digits: some StringProtocol) -> String { String(digits.drop { $0 == "0" }) }

  private static func weekday(_ label: String) -> Character? {
    guard let midnight = Timestamp.parse("\(label)T00:00:00Z".utf8) else { return nil }
    // 1970-01-01 was a Thursday.
    let day = Int(midnight / 86_400_000_000) + 4
    return Array("日月火水木金土")[((day % 7) + 7) % 7]
  }

  /// `1,234 requests`, `1 request`; `1,234件`.
  func counted(_ count: some BinaryInteger, _ noun: String, _ unit: String) -> String {
    let figure = CellText.grouped(String(count))
    return self("\(figure) \(noun)\(count == 1 ? "" : "s")", figure + unit)
  }

  var total: String { self("Total", "合計") }

  /// In place of a name that nobody gave.
  var unknown: String { self("unknown", "不明") }

  func quoted(_ words: String) -> String { self(" “\(words)”", "「\(words)」") }

  func more(_ count: Int) -> String {
    let figure = CellText.grouped(String(count))
    return self("and \(figure) more", "ほか\(figure)件")
  }

  /// `cost` beside the currency it is in: `Cost (USD)`.
  func amount(_ english: String, _ japanese: String) -> String {
    self("\(english) (USD)", "\(japanese)（USD）")
  }
}

extension CostState {
  /// The state as people read it; files for machines have `rawValue`.
  func word(_ language: Language) -> String {
    switch self {
    case .exact: language("exact", "確定")
    case .estimated: language("estimated", "推定")
    case .partial: language("partial", "一部不明")
    case .unpriced: language("unpriced", "単価不明")
    }
  }
}

extension Entry {
  func word(_ language: Language) -> String {
    switch self {
    case .usage: language("usage", "利用")
    case .adjustment: language("adjustment", "調整")
    case .fixed: language("fixed", "固定費")
    case .credit: language("credit", "控除")
    case .allocation: language("allocation", "再配賦")
    }
  }
}

extension Adjustment.Reason {
  func word(_ language: Language) -> String {
    switch self {
    case .lateLines: language(rawValue, "締め後の到着")
    case .program: language(rawValue, "プログラム")
    case .prices: language(rawValue, "単価")
    case .rules: language(rawValue, "配賦ルール")
    case .costs: language(rawValue, "固定費")
    }
  }
}

extension Books {
  /// A product's name; what no rule placed has one in each language.
  func name(ofProduct product: Int) -> String {
    let name = products[product].name
    if product == unattributedIndex, name == Product.unattributed.name { return language(name, "未配賦") }
    return products[product] == .centre ? language(name, "本部") : name
  }

  /// The period as people write it, and whether it is still running.
  public var periodName: String {
    let name = language.period(period.label)
    return isToDate ? language("\(name) to date", "\(name)（途中経過）") : name
  }

  /// `2026-10-01 to 2026-10-31, days of Asia/Tokyo`
  var periodRange: String {
    let (first, last) = (period.days.first?.label ?? "", period.days.last?.label ?? "")
    return first == last
      ? language("\(first), a day of \(period.zone)", "\(language.period(first))、\(period.zone)の日付")
      : language(
        "\(first) to \(last), days of \(period.zone)",
        "\(language.period(first))〜\(language.period(last))、\(period.zone)の日付")
  }
}
