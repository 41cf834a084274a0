import Ledger

extension ReviewWords {
  enum Limit {
    /// What a person does about a month.
    static let actionsMax = 3
  }

  /// Things to do, those with the most money in them first: what they are about stands in the books.
  var actions: [String] {
    let all = unpriced + overBudget + oddDays + growth + cache + wasted + unattributed
    let sorted = all.enumerated().sorted { a, b in
      a.element.weight == b.element.weight ? a.offset < b.offset : a.element.weight > b.element.weight
    }
    return sorted.prefix(Limit.actionsMax).map(\.element.words)
  }

  private struct Action {
    var weight: Money
    var words: String
  }

  /// Nobody knows how much it is: it comes before what is known.
  private var unpriced: [Action] {
    guard !books.unpriced.isEmpty else { return [] }
    let models = Set(books.unpriced.map(\.model)).sorted()
    let named = models.prefix(2).map { name($0.isEmpty ? "?" : $0) }.joined(separator: ", ")
    let more = models.count > 2 ? language(" and \(models.count - 2) more", " ほか\(models.count - 2)件") : ""
    return [
      Action(
        weight: Money(femtodollars: .max),
        words: language(
          "Import a price for \(named)\(more): its cost is missing from every figure here.",
          "\(named)\(more)の価格を取り込む: 費用がどの数字にも入っていません。"))
    ]
  }

  private var overBudget: [Action] {
    (review.budget?.lines ?? []).compactMap { line in
      guard line.product != BudgetEntry.total, let left = line.left, left < .zero else { return nil }
      return Action(
        weight: -left,
        words: language(
          "Agree with the owner of \(name(title(line.product))) on what to do: it is \(money(-left)) over its budget.",
          "\(name(title(line.product)))の責任者と対応を決める: 予算を\(money(-left))超えています。"))
    }
  }

  private var oddDays: [Action] {
    review.anomalies.filter { $0.difference > .zero }.prefix(1).map { one in
      Action(
        weight: one.difference,
        words: language(
          "Look at what \(name(one.key)) did on \(one.day): \(money(one.difference)) more than usual.",
          "\(language.day(one.day))の\(name(one.key))を調べる: 通常より\(money(one.difference))多くかかっています。"))
    }
  }

  private var growth: [Action] {
    guard let movers = review.movers?.models,
      let index = movers.firstIndex(where: { $0.difference > .zero })
    else { return [] }
    let (was, now, _) = Movers.printed(movers)
    let (mover, more) = (movers[index], signed(now[index] - was[index]))
    return [
      Action(
        weight: mover.difference,
        words: language(
          "Ask whether \(name(title(mover.product))) needs that much of \(name(mover.name)): \(more) since "
            + "\(review.previous?.label ?? "").",
          "\(name(title(mover.product)))の\(name(mover.name))の増加（\(language.period(review.previous?.label ?? ""))から\(more)）が必要か確認する。"
        ))
    ]
  }

  private var cache: [Action] {
    let best = review.caching.compactMap { line in line.best.map { (line, $0) } }
      .max { $0.1.saving < $1.1.saving }
    return best.map { line, best in
      [
        Action(
          weight: best.saving,
          words: language(
            "Cache more of \(name(books.name(ofProduct: line.product)))'s prompts to \(name(line.model)): at the rate of "
              + "\(best.day) (\(percent(best.hitRate)), now \(percent(line.hitRate))) it saves up to "
              + "\(money(best.saving)).",
            "\(name(books.name(ofProduct: line.product)))の\(name(line.model))のキャッシュ利用率を\(language.day(best.day))の水準（\(percent(best.hitRate))、現在\(percent(line.hitRate))）に上げる: 最大\(money(best.saving))の節約。"
          ))
      ]
    } ?? []
  }

  private var wasted: [Action] {
    let all = review.wasted.reduce(into: WastedUse()) { $0 += $1 }
    guard all.total > .zero else { return [] }
    return [
      Action(
        weight: all.total,
        words: language(
          "Find out why answers were lost: failed, repeated and abandoned attempts cost \(money(all.total)).",
          "失敗・再試行・切断の原因を調べる: 合わせて\(money(all.total))かかっています。"))
    ]
  }

  private var unattributed: [Action] {
    let cost = books.unattributedCost
    guard cost > .zero else { return [] }
    return [
      Action(
        weight: cost,
        words: language(
          "Add a rule for what belongs to no product: \(money(cost)).",
          "どのプロダクトにも属さない\(money(cost))のルールを追加する。"))
    ]
  }

  /// A product's name by its id.
  func title(_ id: String) -> String {
    if id == BudgetEntry.total { return language.total }
    return books.products.first { $0.id == id }.map(books.name(of:)) ?? id
  }
}
