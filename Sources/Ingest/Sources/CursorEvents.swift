internal import Crypto
internal import JSON
internal import Ledger

/// Cursor's usage events, one row a request: the team's CSV export, or the answers of
/// `POST /teams/filtered-usage-events`.
struct CursorEvents {
  static let csv = SourceLayout(
    signature: [
      "Max Mode", "Input (w/ Cache Write)", "Input (w/o Cache Write)", "Cache Read", "Output Tokens",
      "Total Tokens",
    ],
    required: [
      "Date", "Model", "Input (w/ Cache Write)", "Input (w/o Cache Write)", "Cache Read", "Output Tokens",
      "Total Tokens",
    ],
    known: ["User", "Kind", "Cost", "Cloud Agent ID", "Automation ID"])
  static let json = SourceLayout(
    signature: ["timestamp", "userEmail", "tokenUsage", "chargedCents", "isTokenBasedCall", "maxMode"],
    required: ["timestamp", "model"],
    known: [
      "kind", "kindLabel", "requestsCosts", "isChargeable", "isHeadless", "cursorTokenFee", "owningUser",
      "serviceAccountId",
    ])

  /// Events have no id; equal events of one instant are told apart by their order.
  private var instant: Int64 = 0
  private var seen: [String: Int] = [:]

  mutating func usage(_ row: SourceFields, place: Usage.Place) throws(SourceFault) -> Usage {
    let isCSV = row.root.present("Date") != nil
    let time = try isCSV ? row.time("Date") : Self.milliseconds(row)
    guard let time else { throw .row("`\(isCSV ? "Date" : "timestamp")` is missing") }
    let model = try isCSV ? row.text("Model") : row.text("model")
    var usage = Usage(
      id: "", attempt: 1, final: true, time: time, place: place,
      facts: RequestFacts(
        endpoint: "cursor.events", provider: "cursor", modelRequested: model, modelReturned: model),
      outcome: .ok)
    usage.user = try isCSV ? row.text("User") : row.text("userEmail")
    usage.facts.tags = try Self.tags(row)
    let hasCounts = try isCSV ? Self.readCSVCounts(row, &usage) : Self.readJSONCounts(row, &usage)
    usage.statedCost = try isCSV ? Self.cost(row) : Self.cents(row)
    let kind = try Self.kind(row)
    if kind.hasPrefix("Errored") { usage.outcome = .vendorError }
    // "Included" has a value that the subscription pays; these have none.
    if kind == "Free" || kind.contains("No Charge") || kind.contains("Not Charged") {
      usage.flags.insert(.notBilled)
    } else if !hasCounts {
      usage.flags.insert(.usageMissing)
    }
    usage.id = id(usage)
    return usage
  }

  private mutating func id(_ usage: Usage) -> String {
    if usage.time != instant {
      seen.removeAll()
      instant = usage.time
    }
    let counts = usage.counts
    let text = [
      String(usage.time), usage.user ?? "", usage.facts.modelReturned ?? "", String(counts[.input]),
      String(counts[.cacheRead]), String(counts[.cacheWrite5m]), String(counts[.output]),
    ].joined(separator: "\u{0}")
    let number = seen[text, default: 0]
    seen[text] = number + 1
    return "cursor-" + hexText(SHA256.hash(data: Array("\(text)\u{0}\(number)".utf8)))
  }

  private static func kind(_ row: SourceFields) throws(SourceFault) -> String {
    for name in ["Kind", "kind", "kindLabel"] as [StaticString] {
      if let kind = try row.text(name) { return kind }
    }
    return ""
  }

  private static func milliseconds(_ row: SourceFields) throws(SourceFault) -> Int64? {
    guard let value = row.root.present("timestamp"), value.string != "" else { return nil }
    guard let number = value.lenientWholeNumber, (0...SourceLimit.millisecondsMax).contains(number) else {
      throw .row("`timestamp` is not a time in milliseconds since 1970")
    }
    return number * 1000
  }

  private static func tags(_ row: SourceFields) throws(SourceFault) -> [RequestFacts.Tag] {
    var tags = SourceTags()
    if let agent = try row.text("Cloud Agent ID") { tags.add("cloud_agent_id", agent) }
    if let automation = try row.text("Automation ID") { tags.add("automation_id", automation) }
    return tags.list
  }

  /// `Input (w/ Cache Write)` is all input or what was written alone, as the export's version has it: the total
  /// says which.
  private static func readCSVCounts(_ row: SourceFields, _ usage: inout Usage) throws(SourceFault) -> Bool {
    guard let total = try row.count("Total Tokens") else { return false }
    let with = try row.count("Input (w/ Cache Write)") ?? 0
    let without = try row.count("Input (w/o Cache Write)") ?? 0
    let read = try row.count("Cache Read") ?? 0
    let output = try row.count("Output Tokens") ?? 0
    let written: Int64
    if with >= without, total == with + read + output {
      written = with - without
    } else if total == with + without + read + output {
      written = with
    } else {
      throw .row("its tokens do not add up to `Total Tokens` (\(total))")
    }
    usage.counts[.input] = without
    usage.counts[.cacheWrite5m] = written
    usage.counts[.cacheRead] = read
    usage.counts[.output] = output
    return total > 0
  }

  private static func readJSONCounts(_ row: SourceFields, _ usage: inout Usage) throws(SourceFault) -> Bool {
    guard let tokens = row.root.present("tokenUsage") else { return false }
    guard tokens.isObject else { throw .row("`tokenUsage` is not an object") }
    usage.counts[.input] = try row.count("inputTokens", in: tokens) ?? 0
    usage.counts[.cacheWrite5m] = try row.count("cacheWriteTokens", in: tokens) ?? 0
    usage.counts[.cacheRead] = try row.count("cacheReadTokens", in: tokens) ?? 0
    usage.counts[.output] = try row.count("outputTokens", in: tokens) ?? 0
    return !usage.counts.isZero
  }

  /// `0.12`, `$0.12`, `Free`; `Included` and `-` state nothing.
  private static func cost(_ row: SourceFields) throws(SourceFault) -> Money? {
    guard let text = try row.text("Cost"), text != "Included", text != "-" else { return nil }
    if text == "Free" { return .zero }
    let digits = text.hasPrefix("$") ? String(text.dropFirst()) : text
    guard let number = DecimalNumber(digits), !number.negative, let (amount, _) = number.femtodollars(per: 1)
    else { throw .row("`Cost` is no amount in dollars, Included, Free or -") }
    return Money(femtodollars: amount)
  }

  private static func cents(_ row: SourceFields) throws(SourceFault) -> Money? {
    guard let value = row.root.present("chargedCents"), value.string != "" else { return nil }
    guard let text = value.numberText ?? value.string, let number = DecimalNumber(text), !number.negative,
      let (amount, _) = number.femtodollars(per: 100)
    else { throw .row("`chargedCents` is not an amount of 0 or more") }
    return Money(femtodollars: amount)
  }
}
