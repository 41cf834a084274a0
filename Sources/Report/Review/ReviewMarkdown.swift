import Ledger

/// The review's sections in `summary.md`.
enum ReviewMarkdown {
  enum Limit {
    /// A screenful; the workbook has them all.
    static let cachingMax = 10
    static let anomaliesMax = 5
  }

  static func words(_ books: Books, _ review: Review) -> ReviewWords {
    ReviewWords(
      books: books, review: review, name: Markdown.escaped,
      money: {
        CellText.dollars(Self.rounded($0, books), digits: Self.digits($0, books)).replacing("$", with: "\\$")
      })
  }

  /// Single amounts are rounded by themselves; small ones with more digits.
  static func digits(_ money: Money, _ books: Books) -> Int {
    max(
      books.productDigits,
      money.femtodollars.magnitude < UInt128(powerOfTen(13)) ? PrintedMoney.digits(for: [money]) : 2)
  }

  static func rounded(_ money: Money, _ books: Books) -> Money {
    PrintedMoney.rounded([money], digits: digits(money, books))[0]
  }

  /// Change, why, and what to do: behind the total. Nil where nobody looked.
  static func answer(_ books: Books) -> String? {
    guard let review = books.review else { return nil }
    let words = words(books, review)
    var text = [words.change, words.why].compactMap { $0 }.joined(separator: "\n")
    if let forecast = words.forecast { text += (text.isEmpty ? "" : "\n\n") + forecast }
    let actions = words.actions
    guard !actions.isEmpty else { return text.isEmpty ? nil : text + "\n" }
    let title = books.language("What to do", "やること")
    text += (text.isEmpty ? "" : "\n\n") + "**\(title)**\n\n"
    text += actions.enumerated().map { "\($0.offset + 1). \($0.element)" }.joined(separator: "\n")
    return text + "\n"
  }

  /// The sections behind it; nil where nobody looked.
  static func sections(_ books: Books) -> String? {
    guard let review = books.review else { return nil }
    let words = words(books, review)
    let parts = [
      changes(books, review, words), caching(books, review, words), waste(books, review, words),
      budget(books, review, words), anomalies(books, review, words), units(books, review),
    ]
    return parts.compactMap { $0 }.joined(separator: "\n")
  }

  private static func changes(_ books: Books, _ review: Review, _ words: ReviewWords) -> String? {
    guard !review.comparisons.isEmpty else { return nil }
    let language = books.language
    var text = "## \(language("Why it changed", "なぜ変わったか"))\n"
    for comparison in review.comparisons {
      text += "\n"
      if let absence = words.absence(comparison) {
        text += absence + "\n"
        continue
      }
      guard let bridge = comparison.bridge else { continue }
      text += "### \(language("Since", "比較対象: ")) \(words.earlier(comparison))\n\n"
      if comparison.kind == .previous, Waterfall(bridge, books) != nil {
        text += "![\(language("Bridge", "増減"))](charts/bridge.svg)\n\n"
      }
      text += Markdown.table(books.bridgeTable(bridge))
      if let basis = words.basis(comparison) { text += "\n\(basis)\n" }
    }
    if review.comparisons.contains(where: { $0.bridge != nil }) { text += "\n\(words.driversNote)\n" }
    guard let movers = review.movers else { return text }
    for (list, title, hasProduct) in [
      (movers.models, language("Model", "モデル"), true), (movers.keys, language("Key", "キー"), false),
      (movers.users, language("User", "ユーザー"), false),
    ] where !list.isEmpty {
      text += "\n### \(language("Largest changes", "増減の大きい順")): \(title)\n\n"
      text += Markdown.table(
        books.moversTable(list, title: title, hasProduct: hasProduct), codeColumns: [hasProduct ? 1 : 0])
    }
    return text
  }

  private static func caching(_ books: Books, _ review: Review, _ words: ReviewWords) -> String? {
    guard let sentence = words.caching else { return nil }
    return "## \(books.language("Caching", "キャッシュ"))\n\n\(sentence)\n\n"
      + Markdown.table(books.cachingTable(review, rowsMax: Limit.cachingMax), codeColumns: [1])
  }

  private static func waste(_ books: Books, _ review: Review, _ words: ReviewWords) -> String? {
    guard let sentence = words.waste else { return nil }
    return "## \(books.language("Lost answers", "使われなかった応答"))\n\n\(sentence)\n\n"
      + Markdown.table(books.wasteTable(review))
  }

  private static func budget(_ books: Books, _ review: Review, _ words: ReviewWords) -> String? {
    guard let budget = review.budget else { return nil }
    var text = "## \(books.language("Budget", "予算"))\n\n"
    if budget.lines.isEmpty { text += books.language("No budget for these months.\n", "対象月の予算はありません。\n") }
    if !budget.lines.isEmpty { text += Markdown.table(books.budgetTable(budget, review)) }
    if let note = words.yearNote(budget) { text += "\n\(note)\n" }
    return text
  }

  private static func anomalies(_ books: Books, _ review: Review, _ words: ReviewWords) -> String? {
    guard !review.anomalies.isEmpty else { return nil }
    let lines = review.anomalies.prefix(Limit.anomaliesMax).map { "- \(words.anomaly($0))\n" }.joined()
    return "## \(books.language("Unusual days", "通常と異なる日"))\n\n" + lines
  }

  private static func units(_ books: Books, _ review: Review) -> String? {
    guard let units = review.unitCosts, !units.lines.isEmpty else { return nil }
    return "## \(books.language("Cost per unit", "単位あたり費用"))\n\n" + Markdown.table(books.unitCostTable(units))
  }
}

extension Books {
  /// The change against the period before and what made it, for a terminal; none where nobody looked.
  public var changeLines: [String] {
    guard let review else { return [] }
    let words = ReviewWords.plain(self, review)
    return [words.change, words.why, words.forecast].compactMap { $0 }
  }
}

extension ReviewWords {
  /// Which months of the year count.
  func yearNote(_ budget: BudgetReview) -> String? {
    guard !budget.missing.isEmpty else { return nil }
    let known = budget.months.map(language.period).joined(separator: language(", ", "、"))
    let missing = budget.missing.map(language.period).joined(separator: language(", ", "、"))
    return language(
      "To date is of \(known): the store has nothing of \(missing), so neither their cost nor their budget counts.",
      "累計は\(known)のみ。\(missing)のデータは保存されていないため、費用も予算も含みません。")
  }
}
