import Ledger

/// What is said of a cost in its tables, in the books' language.
struct CostWords {
  let language: Language

  func name(_ line: CostLine) -> String {
    line.kind == .spread ? language("Unattributed cost", "未配賦コスト") : line.name
  }

  func kind(_ kind: CostLine.Kind) -> String {
    switch kind {
    case .fixed: language("fixed cost", "固定費")
    case .commitment: language("unused commitment", "コミット未使用分")
    case .credit: language("credit", "クレジット・値引")
    case .spread: language("spread", "再配賦")
    }
  }

  /// `2026-10`, or how many of its days.
  func month(_ slice: MonthSlice) -> String {
    let month = language.period(slice.month)
    guard !slice.isWhole else { return month }
    return language(
      "\(month), \(slice.days.count) of \(slice.daysInMonth) days",
      "\(month)（\(slice.daysInMonth)日中\(slice.days.count)日）")
  }

  /// `120000 JPY a month at 151.25`, `5% of usage`.
  func given(_ line: CostLine) -> String {
    guard let given = line.given else { return "" }
    if given.unit == "%" { return language("\(given.amount)% of usage", "利用額の\(given.amount)%") }
    let sum = "\(CellText.grouped(given.amount)) \(given.unit)"
    let monthly =
      given.isMonthly ? language("\(sum) a month", "月額 \(sum)") : language("\(sum) once", "一時 \(sum)")
    if given.unit == "USD" { return monthly }
    return given.rate.isEmpty
      ? language("\(monthly), no rate", "\(monthly)（レートなし）")
      : language("\(monthly) at \(given.rate)", "\(monthly)（レート \(given.rate)）")
  }

  func method(_ line: CostLine) -> String {
    if line.hadNoBasis {
      return language(
        "\(method(line.method)): there was none, so on nobody", "\(method(line.method))（該当なしのため未配賦）")
    }
    return method(line.method)
  }

  private func method(_ method: AllocationMethod) -> String {
    switch method {
    case .product: language("one product", "単一プロダクト")
    case .seats: language("seats", "シート数比")
    case .evenly: language("equal parts", "均等割")
    case .weights: language("fixed weights", "固定比率")
    case .usage(let providers) where providers.isEmpty: language("metered cost", "従量コスト比")
    case .usage(let providers):
      language(
        "metered cost of \(providers.joined(separator: ", "))", "従量コスト比（\(providers.joined(separator: "、"))）")
    case .centre: language("kept at the centre", "本部負担")
    }
  }

  /// `3 of 5 seats`, `$12.34 of $56.78`.
  func basis(_ part: CostLine.Part, of line: CostLine) -> String {
    if line.hadNoBasis { return language("nothing to go by", "基準なし") }
    let (own, all) = (part.weight, line.weightTotal)
    switch line.method {
    case .product, .centre: return language("all of it", "全額")
    case .seats: return language("\(own) of \(all) seats", "\(all)シート中\(own)シート")
    case .evenly: return language("1 of \(all)", "\(all)分の1")
    case .weights: return language("\(own) of \(all)", "\(all)分の\(own)")
    case .usage:
      func dollars(_ femtodollars: Int128) -> String {
        let money = Money(femtodollars: femtodollars)
        return CellText.dollars(money, digits: PrintedMoney.digits(for: [money]))
      }
      return language("\(dollars(own)) of \(dollars(all))", "\(dollars(all))中\(dollars(own))")
    }
  }

  func payer(_ tax: TaxLine) -> String {
    tax.isReverseCharge
      ? language("reverse charge: declared by the buyer, not billed", "リバースチャージ（自社申告・請求なし）")
      : language("billed by the vendor", "ベンダー請求")
  }
}
