import Ledger

/// The review in sentences. Names from outside go through `name`, so that each renderer can make them harmless.
struct ReviewWords {
  let books: Books
  let review: Review
  /// Makes a name fit for where the sentence will stand.
  let name: (String) -> String
  /// Money as text, such as `$1,234.50`.
  let money: (Money) -> String

  var language: Language { books.language }

  // MARK: - Steps

  static func step(_ step: Bridge.Step, _ language: Language) -> String {
    switch step {
    case .volume: language("Volume", "件数")
    case .mix: language("Model mix", "モデル構成")
    case .size: language("Request size", "1件の大きさ")
    case .cache: language("Cache hits", "キャッシュ")
    case .price: language("Unit price", "単価")
    case .unsplit: language("Size, cache, price", "大きさ・キャッシュ・単価")
    case .unpriced: language("Had no price", "単価不明分")
    case .late: language("Came after the close", "締め後の到着")
    case .adjustments: language("Adjustments", "調整")
    case .fixed: language("Fixed costs", "固定費")
    case .credits: language("Credits", "控除")
    case .allocation: language("Allocation", "再配賦")
    }
  }

  func signed(_ amount: Money) -> String { (amount > .zero ? "+" : "") + money(amount) }

  static func percent(_ points: Int64, signed: Bool = false) -> String {
    (signed && points > 0 ? "+" : "") + decimalText(Int128(points), fractionDigits: 2, trimmed: false) + "%"
  }

  func percent(_ ratio: Ratio) -> String { Self.percent(Int64(ratio.times(10_000))) }

  // MARK: - The answer

  /// The change against the period before, in money and percent, or why there is none.
  var change: String? {
    guard let comparison = review.previous else { return nil }
    guard let bridge = comparison.bridge else { return absence(comparison) }
    let printed = PrintedBridge(bridge, books)
    let difference = printed.now - printed.was
    let points =
      basisPoints(bridge.difference, of: bridge.was).map { " (\(Self.percent($0, signed: true)))" } ?? ""
    let label = earlier(comparison)
    if difference == .zero {
      return language(
        "As much as in \(label): \(money(printed.was)).", "\(label)（\(money(printed.was))）と同額です。")
    }
    return language(
      "\(signed(difference))\(points) against \(label) (\(money(printed.was))).",
      "\(label)（\(money(printed.was))）に比べて\(signed(difference))\(points)です。")
  }

  /// The largest steps in one sentence; nil where nothing changed.
  var why: String? {
    guard let bridge = review.previous?.bridge else { return nil }
    let printed = PrintedBridge(bridge, books)
    let parts = printed.steps.indices.map { (step: printed.steps[$0], amount: printed.total($0)) }
      .filter { $0.amount != .zero }
      .sorted { $0.amount.femtodollars.magnitude > $1.amount.femtodollars.magnitude }
    guard let first = parts.first else { return nil }
    let list = parts.prefix(3).map { "\(Self.step($0.step, language)) \(signed($0.amount))" }
    let index = printed.steps.firstIndex(of: first.step) ?? 0
    let lead = printed.lines.max {
      $0.steps[index].femtodollars * sign(first.amount) < $1.steps[index].femtodollars * sign(first.amount)
    }
    var text = language("Why: ", "主な要因: ") + list.joined(separator: language(", ", "、"))
    if let lead, printed.lines.count > 1 {
      text += language(
        "; most of the first in \(name(books.name(of: lead.product))) (\(signed(lead.steps[index])))",
        "。うち最大は\(name(books.name(of: lead.product)))（\(signed(lead.steps[index]))）")
    }
    return text + language(".", "。")
  }

  private func sign(_ money: Money) -> Int128 { money < .zero ? -1 : 1 }

  /// `2026-09`, or how much of it.
  func earlier(_ comparison: Comparison) -> String {
    let label = language.period(comparison.label)
    guard let days = comparison.days else { return label }
    return language("the first \(days) days of \(label)", "\(label)の最初の\(days)日間")
  }

  func absence(_ comparison: Comparison) -> String? {
    switch comparison.basis {
    case .nothing:
      language(
        "Nothing to compare with: the store has no request of \(comparison.label).",
        "比較対象なし: \(language.period(comparison.label))のリクエストは保存されていません。")
    case .dropped:
      language(
        "Nothing to compare with: the requests of \(comparison.label) were dropped, and it was never closed.",
        "比較対象なし: \(language.period(comparison.label))のリクエストは締め前に削除されています。")
    case .requests, .sums: nil
    }
  }

  /// How the earlier period is known, where that needs a word.
  func basis(_ comparison: Comparison) -> String? {
    if comparison.basis == .sums {
      return language(
        "The requests of \(comparison.label) were dropped: only the sums of its close are left, so size, cache and "
          + "price cannot be told apart, and volume is of all requests.",
        "\(language.period(comparison.label))のリクエストは削除済みです。締め時の合計しか残っていないため、大きさ・キャッシュ・単価は分けられず、件数は全リクエストで数えます。"
      )
    }
    guard comparison.isClosed else { return nil }
    return language(
      "\(comparison.label) is closed and counts as it was booked.",
      "\(language.period(comparison.label))は締め済みのため、計上時の金額で比較しています。")
  }

  var driversNote: String {
    language(
      "Each step is what the cost changed by when its driver moved, one after the other, from left to right. The unit "
        + "price is the mean price of a token: list and contract prices, and how much of the use fell under long-context, "
        + "regional or hourly ones.",
      "各列は、左から順に要因を一つずつ今の値に置き換えたときの費用の変化です。単価はトークンあたりの平均で、価格表・契約価格のほか、長文・地域・時間帯別の価格が適用された割合でも動きます。")
  }

  // MARK: - Single findings

  func anomaly(_ one: Anomaly) -> String {
    let key = one.key.isEmpty ? language("(no key)", "（キーなし）") : name(one.key)
    let head = language(
      "\(one.day), \(key): \(money(one.cost)), usually \(money(one.usual)).",
      "\(language.day(one.day)) \(key): \(money(one.cost))（通常\(money(one.usual))）。")
    return head + " " + reason(one)
  }

  func reason(_ one: Anomaly) -> String {
    let model = one.model.isEmpty ? language("no model", "モデルなし") : name(one.model)
    let amount = signed(one.stepAmount)
    func whole(_ ratio: Ratio?) -> String { CellText.grouped(String((ratio ?? .zero).times(Int128(1)))) }
    let tokens = (whole(one.tokensPerCall), whole(one.usualTokensPerCall))
    switch one.step {
    case .volume:
      return language(
        "Volume (\(amount)): \(whole(one.calls)) calls, usually \(whole(one.usualCalls)); mostly \(model).",
        "件数（\(amount)）: \(whole(one.calls))回、通常\(whole(one.usualCalls))回。主に\(model)。")
    case .mix:
      return language(
        "Model mix (\(amount)): other models than usual; mostly \(model).",
        "モデル構成（\(amount)）: 通常と異なるモデル。主に\(model)。")
    case .size:
      return language(
        "Request size (\(amount)): \(tokens.0) tokens a call, usually \(tokens.1); mostly \(model).",
        "1件の大きさ（\(amount)）: 1回\(tokens.0)トークン、通常\(tokens.1)。主に\(model)。")
    case .cache:
      return language(
        "Cache hits (\(amount)): another part of the prompts came from the cache; mostly \(model).",
        "キャッシュ（\(amount)）: キャッシュ利用率が通常と異なります。主に\(model)。")
    default:
      return language(
        "Unit price (\(amount)): tokens cost more or less than usual; mostly \(model).",
        "単価（\(amount)）: トークン単価が通常と異なります。主に\(model)。")
    }
  }

  /// What caching saved, in one sentence; nil where nothing was cached.
  var caching: String? {
    guard !review.caching.isEmpty else { return nil }
    let known = review.caching.filter { $0.saved != nil }
    let saved = known.reduce(Money.zero) { $0 + ($1.saved ?? .zero) }
    let more = review.caching.reduce(Money.zero) { $0 + ($1.best?.saving ?? .zero) }
    var text = language(
      "Caching saved \(money(saved)): the tokens read from and written to a cache would have cost that much more as "
        + "plain input.",
      "キャッシュによる節約は\(money(saved))です（読み書きしたトークンを通常の入力として払った場合との差）。")
    if more > .zero {
      text += language(
        " At each model's best day, up to \(money(more)) more.",
        " 各モデルが最も良かった日の利用率なら、さらに最大\(money(more))。")
    }
    if known.count < review.caching.count {
      text += language(
        " \(review.caching.count - known.count) places have no price for plain input.",
        " \(review.caching.count - known.count)か所は通常入力の価格がありません。")
    }
    return text
  }

  /// What failed attempts cost; nil where they cost nothing and none was interrupted.
  var waste: String? {
    let all = review.wasted.reduce(into: WastedUse()) { $0 += $1 }
    let interrupted = books.whole(books.totalCounts.interruptedRequests)
    guard all.total != .zero || interrupted > 0 else { return nil }
    var text = language(
      "Answers that nobody could use cost \(money(all.total)): failed requests \(money(all.failed)), attempts that were "
        + "repeated \(money(all.retried)), clients that had left \(money(all.abandoned)).",
      "使われなかった応答の費用は\(money(all.total))です（失敗\(money(all.failed))、再試行された分\(money(all.retried))、クライアント切断\(money(all.abandoned))）。"
    )
    if interrupted > 0 {
      text += language(
        " \(language.counted(interrupted, "interrupted request", "件")) may cost more: nobody knows.",
        " 中断された\(CellText.grouped(String(interrupted)))件の費用は不明です。")
    }
    return text
  }

  var forecast: String? {
    guard let forecast = review.forecast else { return nil }
    func words(_ range: Forecast.Estimate, _ when: String) -> String {
      language(
        "\(when): \(money(range.expected)) expected, from \(money(range.low)) to \(money(range.high)).",
        "\(when): 見込み\(money(range.expected))（\(money(range.low))〜\(money(range.high))）。")
    }
    var parts: [String] = []
    if let period = forecast.period {
      parts.append(
        words(
          period,
          language(
            "End of \(books.period.label), \(forecast.daysLeft) days from now",
            "\(language.period(books.period.label))末（残り\(forecast.daysLeft)日）")))
    }
    if let year = forecast.fiscalYear {
      parts.append(words(year.range, language("End of \(year.label)", "\(language.period(year.label))末")))
    }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }
}
