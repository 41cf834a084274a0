import JSON
import Ledger

/// The review in `run.json`: exact money as text, counts as integers.
enum ReviewJSON {
  static func write(_ books: Books, _ json: inout JSONWriter) {
    guard let review = books.review else { return }
    json.member(
      "review",
      object: { json in
        json.member("days_over", review.daysOver)
        json.member(
          "comparisons",
          array: { json in
            for comparison in review.comparisons { json.object { write(comparison, &$0) } }
          })
        if let movers = review.movers { write(movers, &json) }
        write(wasted: review.wasted, books, &json)
        json.member(
          "caching",
          array: { json in
            for line in review.caching { json.object { write(line, books, &$0) } }
          })
        if let forecast = review.forecast { write(forecast, books, &json) }
        json.member(
          "anomalies",
          array: { json in
            for one in review.anomalies { json.object { write(one, &$0) } }
          })
        if let budget = review.budget { write(budget, &json) }
        if let units = review.unitCosts { write(units, &json) }
      })
  }

  private static func write(_ comparison: Comparison, _ json: inout JSONWriter) {
    json.member("with", comparison.kind.rawValue)
    json.member("period", comparison.label)
    json.member("days", comparison.days)
    json.member("known_by", comparison.basis.rawValue)
    json.member("closed", comparison.isClosed)
    json.member("prices_version", comparison.pricesVersion)
    json.member("rules_version", comparison.rulesVersion)
    json.member("costs_version", comparison.costsVersion)
    json.member("inputs_sha256", comparison.inputsSHA256)
    guard let bridge = comparison.bridge else { return }
    json.member("was_usd", bridge.was.description)
    json.member("is_usd", bridge.now.description)
    json.member("difference_usd", bridge.difference.description)
    json.member(
      "steps_usd",
      object: { json in
        for step in bridge.steps { json.member(step.rawValue, bridge.amount(step).description) }
      })
    json.member(
      "products",
      array: { json in
        for line in bridge.lines {
          json.object { json in
            json.member("id", line.product.id)
            json.member("was_usd", line.was.description)
            json.member("is_usd", line.now.description)
            json.member(
              "steps_usd",
              object: { json in
                for step in bridge.steps { json.member(step.rawValue, line.amount(step).description) }
              })
          }
        }
      })
  }

  private static func write(_ movers: Movers, _ json: inout JSONWriter) {
    json.member(
      "movers",
      object: { json in
        for (name, list) in [("models", movers.models), ("keys", movers.keys), ("users", movers.users)] {
          json.member(
            name,
            array: { json in
              for mover in list {
                json.object { json in
                  json.member("name", mover.name)
                  if name == "models" { json.member("product", mover.product) }
                  json.member("was_usd", mover.was.description)
                  json.member("is_usd", mover.now.description)
                }
              }
            })
        }
        json.member("more_users", movers.hasMoreUsers)
      })
  }

  private static func write(wasted: [WastedUse], _ books: Books, _ json: inout JSONWriter) {
    json.member(
      "lost_answers",
      array: { json in
        for (product, use) in zip(books.products, wasted) where use.total != .zero {
          json.object { json in
            json.member("product", product.id)
            json.member("failed_usd", use.failed.description)
            json.member("repeated_usd", use.retried.description)
            json.member("abandoned_usd", use.abandoned.description)
          }
        }
      })
  }

  private static func write(_ line: CacheLine, _ books: Books, _ json: inout JSONWriter) {
    json.member("product", books.products[line.product].id)
    json.member("provider", line.provider)
    json.member("model", line.model)
    json.member("service_tier", line.serviceTier)
    json.member("hit_percent", percent(line.hitRate))
    json.member("cost_usd", line.cost.description)
    json.member("without_cache_usd", line.withoutCache?.description)
    json.member("saved_usd", line.saved?.description)
    guard let best = line.best else { return }
    json.member("best_day", best.day)
    json.member("best_hit_percent", percent(best.hitRate))
    json.member("more_usd", best.saving.description)
  }

  private static func percent(_ ratio: Ratio) -> String {
    decimalText(ratio.times(10_000), fractionDigits: 2, trimmed: true)
  }

  private static func write(_ forecast: Forecast, _ books: Books, _ json: inout JSONWriter) {
    func estimate(_ range: Forecast.Estimate, _ json: inout JSONWriter) {
      json.member("expected_usd", range.expected.description)
      json.member("low_usd", range.low.description)
      json.member("high_usd", range.high.description)
    }
    json.member(
      "forecast",
      object: { json in
        json.member("days_left", forecast.daysLeft)
        if let period = forecast.period { json.member("period", object: { estimate(period, &$0) }) }
        if let year = forecast.fiscalYear {
          json.member(
            "fiscal_year",
            object: { json in
              json.member("label", year.label)
              estimate(year.range, &json)
            })
        }
        guard forecast.period != nil else { return }
        json.member(
          "products",
          array: { json in
            for (product, range) in zip(books.products, forecast.products) {
              json.object { json in
                json.member("id", product.id)
                estimate(range, &json)
              }
            }
          })
      })
  }

  private static func write(_ one: Anomaly, _ json: inout JSONWriter) {
    json.member("day", one.day)
    json.member("key", one.key)
    json.member("cost_usd", one.cost.description)
    json.member("usual_usd", one.usual.description)
    json.member("days_compared", one.days)
    json.member("driver", one.step.rawValue)
    json.member("driver_usd", one.stepAmount.description)
    json.member("model", one.model)
  }

  private static func write(_ budget: BudgetReview, _ json: inout JSONWriter) {
    json.member(
      "budget",
      object: { json in
        json.member("fiscal_year", budget.year)
        json.member("months", array: { json in for month in budget.months { json.string(month) } })
        json.member("missing_months", array: { json in for month in budget.missing { json.string(month) } })
        json.member(
          "products",
          array: { json in
            for line in budget.lines {
              json.object { json in
                json.member("id", line.product)
                json.member("budget_usd", line.budget?.description)
                json.member("actual_usd", line.actual.description)
                json.member("year_budget_usd", line.yearBudget.description)
                json.member("year_actual_usd", line.yearActual.description)
              }
            }
          })
      })
  }

  private static func write(_ units: UnitCosts, _ json: inout JSONWriter) {
    json.member(
      "unit_costs",
      array: { json in
        for line in units.lines {
          for (month, made) in zip(units.months, line.months) {
            guard let made else { continue }
            json.object { json in
              json.member("product", line.product)
              json.member("unit", line.unit)
              json.member("month", month)
              json.member("count", made.count)
              json.member("cost_usd", made.cost.description)
              json.member("per_unit_usd", made.perUnit(digits: 6)?.description)
            }
          }
        }
      })
  }
}
