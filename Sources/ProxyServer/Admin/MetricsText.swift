/// Counts in, Prometheus's text format (version 0.0.4) out.
internal import Ledger

/// Besides what the loops counted.
struct ProxyGauges {
  var running = 0
  var connections = 0
  var logLagMicroseconds: Int64?
  var linesNotWritten = 0
  var isReady = true
  var program = ""
  var pricesVersion = ""
  var budgets: [BudgetState] = []

  /// A budget is a series of its own; more are left out, and `tollbook_budgets_left_out` says so.
  static let budgetsMax = 500
}

struct MetricsText {
  private var text = ""

  static func make(_ metrics: LoopMetrics, _ gauges: ProxyGauges) -> String {
    var page = MetricsText()
    page.requests(metrics)
    page.gauges(gauges)
    page.budgets(gauges.budgets)
    return page.text
  }

  private mutating func requests(_ metrics: LoopMetrics) {
    let all = metrics.series.sorted { Self.labels($0.key) < Self.labels($1.key) }
    func each(_ value: (LoopMetrics.Counts) -> String) -> [(String, String)] {
      all.map { (Self.labels($0.key), value($0.value)) }
    }
    family(
      "tollbook_requests_total", "counter", "Requests that ended, refused ones included.",
      each { String($0.requests) })
    family(
      "tollbook_tokens_total", "counter",
      "Tokens as the vendors count them; cached ones are a part of input.",
      all.flatMap { key, counts in
        [
          (Self.labels(key) + ",class=\"input\"", String(counts.inputTokens)),
          (Self.labels(key) + ",class=\"cached\"", String(counts.cachedTokens)),
          (Self.labels(key) + ",class=\"output\"", String(counts.outputTokens)),
        ]
      })
    family(
      "tollbook_cost_usd_total", "counter", "What requests cost, by the prices that budgets count with.",
      each { Money(femtodollars: $0.femtodollars).description })
    family(
      "tollbook_unpriced_requests_total", "counter",
      "Requests of which something has no price or no known usage.",
      each { String($0.unpriced) })
    family(
      "tollbook_refused_requests_total", "counter",
      "Requests that the proxy refused, by the reason in the raw log.",
      metrics.refused.sorted { $0.key < $1.key }.map { ("reason=\"\($0.key)\"", String($0.value)) })
    var duration: [String: Histogram] = [:]
    var firstByte: [String: Histogram] = [:]
    for (key, counts) in all {
      let label = "endpoint=\"\(Self.escaped(key.endpoint))\""
      duration[label, default: Histogram(bounds: Histogram.latency)].add(counts.duration)
      firstByte[label, default: Histogram(bounds: Histogram.latency)].add(counts.firstByte)
    }
    histogram(
      "tollbook_request_duration_seconds", "From a request's first byte to its answer's end.", duration)
    histogram(
      "tollbook_first_byte_seconds", "From a request's first byte to the first byte of the vendor's body.",
      firstByte)
    histogram(
      "tollbook_request_overhead_seconds",
      "The proxy's own time from a whole request to its sending on, with the making of a connection where one is made.",
      ["": metrics.overhead])
  }

  private mutating func gauges(_ gauges: ProxyGauges) {
    func one(_ value: String) -> [(String, String)] { [("", value)] }
    family("tollbook_running_requests", "gauge", "Requests at a vendor now.", one(String(gauges.running)))
    family(
      "tollbook_client_connections", "gauge", "Open connections of clients.", one(String(gauges.connections)))
    if let lag = gauges.logLagMicroseconds {
      family(
        "tollbook_log_lag_seconds", "gauge", "How long the oldest line of the raw log waits for the disk.",
        one(Self.seconds(lag)))
    }
    family(
      "tollbook_log_lines_not_written_total", "counter", "Lines of the raw log that could not be written.",
      one(String(gauges.linesNotWritten)))
    family("tollbook_ready", "gauge", "1 while new requests are taken.", one(gauges.isReady ? "1" : "0"))
    family(
      "tollbook_build_info", "gauge", "The program and the prices it counts with.",
      [("program=\"\(Self.escaped(gauges.program))\",prices=\"\(Self.escaped(gauges.pricesVersion))\"", "1")])
  }

  private mutating func budgets(_ states: [BudgetState]) {
    let shown = states.prefix(ProxyGauges.budgetsMax).map { state -> (String, BudgetState) in
      let (kind, id) = state.holderParts
      return (
        "kind=\"\(kind)\",id=\"\(Self.escaped(id))\",budget=\"\(Self.escaped(state.budget.name))\"", state
      )
    }
    family(
      "tollbook_budget_usd", "gauge", "A budget's amount.",
      shown.map { ($0.0, $0.1.budget.amount.description) })
    family(
      "tollbook_budget_spent_usd", "gauge", "What this proxy knows to be spent of it in its span.",
      shown.map { ($0.0, $0.1.spent.description) })
    family(
      "tollbook_budget_reserved_usd", "gauge", "What running requests may cost of it at most.",
      shown.map { ($0.0, $0.1.reserved.description) })
    family(
      "tollbook_budgets_left_out", "gauge", "Budgets that are not among these series.",
      [("", String(max(0, states.count - ProxyGauges.budgetsMax)))])
  }

  // MARK: - The format

  private mutating func family(_ name: String, _ type: String, _ help: String, _ samples: [(String, String)])
  {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    for (labels, value) in samples { sample(name, labels, value) }
  }

  private mutating func sample(_ name: String, _ labels: String, _ value: String) {
    text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
  }

  private mutating func histogram(_ name: String, _ help: String, _ histograms: [String: Histogram]) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
    for (labels, histogram) in histograms.sorted(by: { $0.key < $1.key }) {
      let comma = labels.isEmpty ? "" : ","
      var total: Int64 = 0
      for (bound, count) in zip(histogram.bounds, histogram.counts) {
        total += count
        sample("\(name)_bucket", "\(labels)\(comma)le=\"\(Self.seconds(bound))\"", String(total))
      }
      sample("\(name)_bucket", "\(labels)\(comma)le=\"+Inf\"", String(histogram.count))
      sample("\(name)_sum", labels, Self.seconds(histogram.sum))
      sample("\(name)_count", labels, String(histogram.count))
    }
  }

  private static func labels(_ key: LoopMetrics.Series) -> String {
    "endpoint=\"\(escaped(key.endpoint))\",provider=\"\(escaped(key.provider))\",model=\"\(escaped(key.model))\","
      + "outcome=\"\(escaped(key.outcome))\""
  }

  private static func seconds(_ microseconds: Int64) -> String {
    decimalText(Int128(microseconds), fractionDigits: 6, trimmed: true)
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
