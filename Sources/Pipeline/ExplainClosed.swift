public import Attribute
internal import JSON
internal import Ledger
public import Price
internal import Store

extension ClosedBooks {
  /// Explains every attempt of a request: one of a closed period by the prices and rules that are in force for it,
  /// beside what was booked of it at the close.
  /// - Parameter isPinned: the prices were asked for by name, and hold for closed periods too.
  public func explain(
    id: String, prices: PriceFolder.Stored, rules: Rules, isPinned: Bool
  ) throws -> [Explanation] {
    try Pipeline.explain(id: id, store: store, prices: prices, rules: rules).map { open in
      let usage = open.usage
      guard let closed = try closed(at: usage.time) else { return open }
      let period = try BookCalendar(zone: closed.zone).period(closed.label)
      guard let first = try store.bookings(forClosed: closed.id).first else { return open }
      let last = try store.decisions(forClosed: closed.id).last
      let rulesNow = try loadRules(last?.rulesVersion ?? first.rulesVersion, period)
      let pricesNow = isPinned ? prices : try loadPrices(last?.pricesVersion ?? first.pricesVersion)
      var result = Explanation(of: usage, prices: pricesNow, rules: rulesNow)
      let wasRead = try store.inputs(ofClosed: closed.id).contains {
        $0.name == usage.place.file && usage.place.line <= $0.lines
      }
      var booked: Explanation.BookedPart?
      if wasRead {
        let then = Explanation(
          of: usage, prices: try loadPrices(first.pricesVersion),
          rules: try loadRules(first.rulesVersion, period))
        booked = Explanation.BookedPart(
          cost: then.isUnknown ? nil : then.total,
          products: then.productAmounts.map { (then.products[$0.product].id, $0.amount) },
          priceVersion: first.pricesVersion, attributionVersion: first.rulesVersion)
      }
      result.closed = Explanation.ClosedPart(
        period: closed.label, closedAt: closed.closedAt, booked: booked,
        openPeriod: try openPeriod(after: closed).label)
      return result
    }
  }
}

extension Explanation {
  func textLines(_ closed: ClosedPart) -> [String] {
    var lines = ["  " + padded("closed", 13) + "\(closed.period), at \(Timestamp.text(closed.closedAt))"]
    guard let booked = closed.booked else {
      lines.append(
        "  " + padded("booked then", 13)
          + "nothing, or as interrupted: this line was read after the close; it is adjusted in \(closed.openPeriod)"
      )
      return lines
    }
    let cost = booked.cost.map { "\($0) USD" } ?? "unknown"
    lines.append(
      "  " + padded("booked then", 13)
        + "\(cost), prices \(booked.priceVersion.prefix(12)), rules \(booked.attributionVersion.prefix(12))")
    for product in booked.products {
      let part = booked.cost == nil ? "unknown" : "\(product.cost) USD"
      lines.append("    \(padded(safe(product.id), 34)) \(part)")
    }
    lines.append("  " + padded("costs now", 13) + (isUnknown ? "unknown" : "\(total) USD"))
    return lines
  }

  func writeJSON(_ closed: ClosedPart, _ writer: inout JSONWriter) {
    writer.name("closed")
    writer.object { writer in
      writer.member("period", closed.period)
      writer.member("closed_at", Timestamp.text(closed.closedAt))
      writer.member("open_period", closed.openPeriod)
      guard let booked = closed.booked else {
        writer.name("booked")
        writer.null()
        return
      }
      writer.name("booked")
      writer.object { writer in
        writer.member("cost_usd", booked.cost?.description)
        writer.member("prices_version", booked.priceVersion)
        writer.member("attribution_version", booked.attributionVersion)
        writer.name("products")
        writer.array { writer in
          for product in booked.products {
            writer.object { writer in
              writer.member("product", product.id)
              writer.member("cost_usd", booked.cost == nil ? nil : product.cost.description)
            }
          }
        }
      }
    }
  }
}
