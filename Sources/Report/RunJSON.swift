import JSON
import Ledger

/// In: the books. Out: `run.json`, the same facts for machines, in a fixed order.
///
/// Money is a string of plain digits. Counts are integers; only where a split cut a product's requests or
/// tokens do they have up to six decimals.
enum RunJSON {
  enum Limit {
    /// Enough places to see what is wrong with a file; the count says how many there are.
    static let rejectionsMax = 20
  }

  static func bytes(_ books: Books) -> [UInt8] {
    var json = JSONWriter(indent: 2)
    json.object { json in
      json.member("period", books.period.label)
      json.member("zone", books.period.zone)
      json.member("begin", Timestamp.text(books.period.begin))
      json.member("end", Timestamp.text(books.period.end))
      json.member("program", books.programVersion)
      json.member("language", books.language.rawValue)
      if books.isToDate { json.member("to_date", true) }
      if let asOf = books.asOf { json.member("as_of", asOf) }
      json.member("complete", books.isComplete)
      totals(books, &json)
      coverage(books, &json)
      products(books, &json)
      ingest(books, &json)
      adjustments(books, &json)
      versions(books, &json)
      CostsJSON.write(books, &json)
      inputs(books, &json)
      otherInputs(books, &json)
      troubles(books, &json)
      statedCosts(books, &json)
      statedDays(books, &json)
      statedUsage(books, &json)
      ReviewJSON.write(books, &json)
    }
    return json.bytes + [0x0A]
  }

  private static func totals(_ books: Books, _ json: inout JSONWriter) {
    let counts = books.totalCounts
    json.object("totals") { json in
      json.member("requests", books.whole(counts.requests))
      json.member("failed_requests", books.whole(counts.failedRequests))
      json.member("cost_usd", books.totalCost.description)
      json.member("cost_state", books.state.rawValue)
      json.object("by_entry") { json in
        for entry in Entry.allCases {
          json.member(entry.rawValue, books.cost(of: entry).description)
        }
      }
      json.member("unpriced_requests", books.whole(counts.unpricedRequests))
      json.member("interrupted_requests", books.whole(counts.interruptedRequests))
      json.member("estimated_requests", books.estimatedRequests)
      json.member("unattributed_cost_usd", books.unattributedCost.description)
      json.member("input_tokens", books.whole(counts.inputTokens))
      json.member("cache_read_tokens", books.whole(counts.cacheReadTokens))
      json.member("cache_write_tokens", books.whole(counts.cacheWriteTokens))
      json.member("output_tokens", books.whole(counts.outputTokens))
    }
  }

  /// Percentages are text for the reason money is: a double would not hold 99.99.
  private static func coverage(_ books: Books, _ json: inout JSONWriter) {
    guard let coverage = Coverage(books) else {
      json.name("coverage")
      json.null()
      return
    }
    json.object("coverage") { json in
      for (name, share) in [
        ("exact_percent", coverage.exact), ("estimated_percent", coverage.estimated),
        ("unpriced_percent", coverage.unpriced), ("interrupted_percent", coverage.interrupted),
      ] {
        json.member(name, decimalText(Int128(share), fractionDigits: 2, trimmed: true))
      }
    }
  }

  private static func products(_ books: Books, _ json: inout JSONWriter) {
    let printed = PrintedCounts(books)
    json.array("products") { json in
      for (index, product) in books.products.enumerated() {
        let state = books.state(ofProduct: index)
        json.object { json in
          json.member("id", product.id)
          json.member("name", product.name)
          json.member("cost_center", product.costCenter)
          json.member("owner", product.owner)
          for column in CountColumn.allCases {
            json.name(column.rawValue)
            let figure = printed[column, product: index]
            json.raw(decimalText(figure, fractionDigits: 6, trimmed: true).utf8)
          }
          json.member("cost_usd", state == .unpriced ? nil : books.cost(ofProduct: index).description)
          json.member("cost_state", state.rawValue)
        }
      }
    }
  }

  private static func ingest(_ books: Books, _ json: inout JSONWriter) {
    json.object("ingest") { json in
      json.member("lines", books.linesRead)
      json.member("usages", books.usagesRead)
      json.member("duplicates", books.duplicatesRead)
      json.member("rejected", books.rejectedRead)
      json.member("control", books.controlRead)
    }
  }

  private static func versions(_ books: Books, _ json: inout JSONWriter) {
    json.object("prices") { json in
      json.member("version", books.prices.version)
      json.member("source", books.prices.source)
    }
    json.object("attribution") { json in
      json.member("version", books.attributionVersion)
    }
  }

  /// Only where a closed period is corrected; each place stands in adjustments.csv.
  private static func adjustments(_ books: Books, _ json: inout JSONWriter) {
    guard !books.adjustments.isEmpty else { return }
    json.object("adjustments") { json in
      json.member("count", books.adjustments.list.count)
      json.member("usage_usd", books.usageCost.description)
      json.member("difference_usd", books.adjustments.total.description)
      json.member("together_usd", books.totalCost.description)
      json.array("periods") { json in
        for one in books.adjustments.corrected { adjustments(one, &json) }
      }
    }
  }

  private static func adjustments(_ one: Adjustments.Corrected, _ json: inout JSONWriter) {
    json.object { json in
      json.member("period", one.period.label)
      json.member("difference_usd", one.total.description)
      json.member("late_requests", one.lateRequests)
      json.member("inputs_sha256", one.inputsSHA256)
      json.array("reasons") { json in
        for reason in Adjustment.Reason.allCases {
          let list = one.list.filter { $0.reason == reason }
          guard let first = list.first else { continue }
          json.object { json in
            json.member("reason", reason.rawValue)
            json.member("decision", first.words)
            json.member("count", list.count)
            json.member("difference_usd", list.reduce(Money.zero) { $0 + $1.difference }.description)
            json.member("prices_was", first.pricesWas)
            json.member("prices_is", first.pricesNow)
            json.member("rules_was", first.rulesWas)
            json.member("rules_is", first.rulesNow)
            json.member("costs_was", first.costsWas)
            json.member("costs_is", first.costsNow)
          }
        }
      }
    }
  }

  private static func inputs(_ books: Books, _ json: inout JSONWriter) {
    json.array("inputs") { json in
      for input in books.inputs {
        json.object { json in
          json.member("name", input.name)
          json.member("sha256", input.sha256)
          json.member("lines", input.lines)
          json.member("usages", input.usages)
          json.member("duplicates", input.duplicates)
          json.member("rejected", input.rejected)
          json.member("control", input.control)
        }
      }
    }
  }

  /// What `tollbook verify` needs beside the logs and the versions.
  private static func otherInputs(_ books: Books, _ json: inout JSONWriter) {
    json.object("settings") { json in
      for setting in books.settings { json.member(setting.name, setting.value) }
    }
    json.array("other_inputs") { json in
      for input in books.otherInputs {
        json.object { json in
          json.member("use", input.use)
          json.member("name", input.name)
          json.member("sha256", input.sha256)
        }
      }
    }
  }

  private static func troubles(_ books: Books, _ json: inout JSONWriter) {
    json.array("unpriced") { json in
      for item in books.unpriced {
        json.object { json in
          json.member("provider", item.provider)
          json.member("model", item.model)
          json.member("service_tier", item.serviceTier)
          json.member("reason", item.reason)
          json.member("requests", item.requests)
          json.object("counts") { json in
            for (meter, count) in item.counts.used { json.member(meter.name, count) }
          }
        }
      }
    }
    // The excerpt of a rejected line stays out: it may hold a piece of a prompt.
    json.object("rejected") { json in
      json.member("count", books.rejectedRead)
      json.array("first") { json in
        for rejection in books.rejections.prefix(Limit.rejectionsMax) {
          json.object { json in
            json.member("file", rejection.place.file)
            json.member("line", rejection.place.line)
            json.member("reason", rejection.reason)
          }
        }
      }
    }
    oddities(books, &json)
    json.array("holes") { json in
      for hole in books.holes {
        json.object { json in
          json.member("writer", hole.writer)
          json.member("first", hole.first)
          json.member("last", hole.last)
        }
      }
    }
    json.array("checks") { json in
      for check in books.checks {
        json.object { json in
          json.member("name", check.name)
          json.member("passed", check.passed)
          json.member("detail", check.detail)
        }
      }
    }
  }

  /// What was odd in the vendors' own usage objects.
  private static func oddities(_ books: Books, _ json: inout JSONWriter) {
    json.object("unknown_usage_fields") { json in
      json.member("more", books.hasMoreUnknownFields)
      json.array("fields") { json in
        for field in books.unknownFields {
          json.object { json in
            json.member("endpoint", field.endpoint)
            json.member("field", field.path)
            json.member("answers", field.answers)
            place(field.first, &json)
          }
        }
      }
    }
    json.array("mismatched_totals") { json in
      for item in books.mismatches {
        json.object { json in
          json.member("endpoint", item.endpoint)
          json.member("answers", item.answers)
          place(item.first, &json)
        }
      }
    }
  }

  private static func place(_ place: Usage.Place, _ json: inout JSONWriter) {
    json.member("file", place.file)
    json.member("line", place.line)
  }
}

extension JSONWriter {
  fileprivate mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
    member(name, object: body)
  }

  fileprivate mutating func array(_ name: String, _ body: (inout JSONWriter) -> Void) {
    member(name, array: body)
  }
}
