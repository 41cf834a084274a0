internal import JSON
internal import Ledger

/// Devin's `GET /v3/…/consumption/daily`: ACUs by day and product. It states no money, and no requests: what an ACU
/// costs is a line of the price book.
enum DevinConsumption {
  static let layout = SourceLayout(
    signature: ["total_acus", "consumption_by_date"], required: ["total_acus", "consumption_by_date"])

  struct Day {
    var begin: Int64
    var end: Int64
    /// By product, in millionths of an ACU.
    var amounts: [(product: String, millionths: Int64)]
  }

  /// Two sums of decimals may differ by what each of their parts was rounded.
  private static let slackMillionths: Int64 = 100
  /// A day begins at 08:00 UTC: midnight of Pacific standard time, all year.
  private static let dayBeginSeconds: Int64 = 8 * 3600

  static func days(_ page: JSONValue) throws(SourceFault) -> [Day] {
    guard let list = page.present("consumption_by_date"), list.kind == .array else {
      throw .file("`consumption_by_date` is not a list")
    }
    var days: [Day] = []
    var sum: Int64 = 0
    for element in list.elements {
      let (day, acus) = try day(element)
      guard !days.contains(where: { $0.begin == day.begin }) else {
        throw .file("\(Timestamp.text(day.begin)) is there twice; fetch the report again, once")
      }
      sum += acus
      days.append(day)
    }
    let total = try amount(page.present("total_acus"), "total_acus")
    guard abs(total - sum) <= slackMillionths * Int64(days.count + 1) else {
      throw .file(
        "its days add up to \(text(sum)) ACUs, not to its `total_acus` \(text(total)); fetch it again")
    }
    return days
  }

  private static func day(_ element: JSONValue) throws(SourceFault) -> (Day, acus: Int64) {
    guard let date = element.present("date")?.wholeNumber, (0..<4_102_444_800).contains(date),
      date % 86_400 == dayBeginSeconds
    else {
      throw .file("a `date` is not the begin of one of Devin's days in seconds since 1970 (08:00 UTC)")
    }
    let begin = date * 1_000_000
    let acus = try amount(element.present("acus"), "acus")
    var amounts: [(product: String, millionths: Int64)] = []
    for (name, value) in element.present("acus_by_product")?.members ?? [] where !value.isNull {
      let used = try amount(value, "acus_by_product")
      if used > 0 { amounts.append((printable(name.string ?? ""), used)) }
    }
    let sum = amounts.reduce(0) { $0 + $1.millionths }
    if amounts.isEmpty, acus > 0 { amounts = [("devin", acus)] }
    guard sum == 0 || abs(sum - acus) <= slackMillionths * Int64(amounts.count + 1) else {
      throw .file(
        "\(Timestamp.text(begin)): its products add up to \(text(sum)) ACUs, not to its \(text(acus))")
    }
    return (Day(begin: begin, end: begin + VendorStatement.dayMicroseconds, amounts: amounts), acus)
  }

  private static func amount(_ value: JSONValue?, _ name: StaticString) throws(SourceFault) -> Int64 {
    guard let text = value?.numberText, let amount = millionths(text) else {
      throw .file("`\(name)` is not a number of ACUs of 0 or more")
    }
    return amount
  }

  private static func text(_ millionths: Int64) -> String {
    decimalText(Int128(millionths), fractionDigits: 6, trimmed: true)
  }

  static func usage(
    _ amount: (product: String, millionths: Int64), _ day: Day, _ scope: [RequestFacts.Tag]
  ) -> Usage {
    var usage = Usage(
      id: "\(amount.product)|\(amount.millionths)", attempt: 1, final: true, time: day.begin,
      place: .init(file: "", line: 0),
      facts: RequestFacts(
        endpoint: "devin.consumption", provider: "devin", modelReturned: amount.product,
        tags: scope.filter { $0.name == "organization" }), outcome: .ok)
    usage.user = scope.first { $0.name == "user" }?.value
    usage.flags = .aggregate
    usage.counts[.creditMillionth] = amount.millionths
    return usage
  }
}
