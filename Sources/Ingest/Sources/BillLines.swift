internal import Crypto
internal import Glibc
internal import JSON
internal import Ledger
internal import RawLog

/// AWS's Cost and Usage Report 2.0 as CSV, the lines of Bedrock: what a bill says of a day, by usage type and
/// application inference profile. A report in several parts is read as one, from its first part.
enum BillLines {
  static let layout = SourceLayout(
    signature: [
      "line_item_product_code", "line_item_usage_type", "line_item_unblended_cost",
      "line_item_line_item_type",
      "line_item_usage_start_date", "line_item_currency_code",
    ],
    required: [
      "line_item_product_code", "line_item_usage_type", "line_item_unblended_cost",
      "line_item_line_item_type",
      "line_item_usage_start_date", "line_item_currency_code", "line_item_resource_id",
    ],
    known: [
      "identity_line_item_id", "bill_billing_period_start_date", "line_item_usage_amount", "pricing_unit",
      "product",
    ])

  enum Limit {
    /// Days, usage types and profiles of one month; beyond it the export is of something else.
    static let sumsMax = 1_000_000
    /// A month has at most so many days, and a report is of a month.
    static let daysMax: Int64 = 32
    /// A manifest names some files and columns.
    static let manifestBytesMax = 1 << 20
  }

  private struct Key: Hashable {
    var day: Int64
    var model: String
    var profile: String
  }

  /// The sums of all rows, and every day from the first to the last that any service has.
  static func read(_ file: SourceFile, segment: String) throws(SegmentError) -> StatementFile {
    let parts = try parts(of: file)
    var sums: [Key: Money] = [:]
    var first = Int64.max
    var last = Int64.min
    var hash = SHA256()
    var result = StatementFile()
    for part in parts {
      guard let shape = try probe(part, named: .cur) else { continue }
      let read = try readRows(part, shape) { row throws(SourceFault) in
        guard let time = try time(row) else { throw .row("`line_item_usage_start_date` is missing") }
        let day = VendorStatement.day(of: time)
        (first, last) = (min(first, day), max(last, day))
        guard last - first < Limit.daysMax else { throw .row("the report is of more than one month") }
        guard try (row.text("line_item_product_code") ?? "").lowercased().contains("bedrock") else { return }
        let key = try key(row, day)
        sums[key] = (sums[key] ?? .zero) + (try amount(row))
        guard sums.count <= Limit.sumsMax else { throw .row("more than \(Limit.sumsMax) sums of Bedrock") }
      }
      hash.update(data: Array(read.sha256.utf8))
      result.bytes += read.bytes
    }
    result.provider = "bedrock"
    result.kinds = ["bill"]
    if first <= last { result.days = Set(first...last) }
    result.sha256 = hexText(hash.finalize())
    for (key, amount) in sums.sorted(by: {
      ($0.key.day, $0.key.profile, $0.key.model) < ($1.key.day, $1.key.profile, $1.key.model)
    }) {
      var one = VendorStatement(
        kind: "bill", provider: "bedrock", day: key.day, model: key.model,
        place: .init(file: segment, line: Int64(result.statements.count + 1)))
      one.profile = key.profile
      one.amount = amount
      result.statements.append(one)
    }
    return result
  }

  private static func time(_ row: SourceFields) throws(SourceFault) -> Int64? {
    guard let text = try row.text("line_item_usage_start_date") else { return nil }
    // The report's times are UTC, whether they say so or not.
    guard let time = SourceTime(text) else {
      throw .row("`line_item_usage_start_date` is not a time such as 2026-10-01T00:00:00.000Z")
    }
    return time.exact ?? time.local
  }

  private static func key(_ row: SourceFields, _ day: Int64) throws(SourceFault) -> Key {
    let kind = try row.text("line_item_line_item_type") ?? ""
    let usage = try row.text("line_item_usage_type")
    let resource = try row.text("line_item_resource_id") ?? ""
    return Key(
      day: day, model: statedName(kind.hasSuffix("Usage") ? usage : kind),
      profile: resource.contains("application-inference-profile/") ? resource : "")
  }

  private static func amount(_ row: SourceFields) throws(SourceFault) -> Money {
    let currency = try row.text("line_item_currency_code") ?? ""
    guard currency == "USD" else {
      throw .row("a cost is in \"\(printable(currency))\", not in US dollars")
    }
    guard let text = try row.text("line_item_unblended_cost"), let number = DecimalNumber(text),
      let (femtodollars, _) = number.femtodollars(per: 1)
    else { throw .row("`line_item_unblended_cost` is not a number of dollars") }
    return Money(femtodollars: femtodollars)
  }

  /// `export-00001.csv` and those behind it, in their order; a file without such a number alone.
  /// - Throws: where a part is missing, of those that are here or that the manifest names.
  private static func parts(of file: SourceFile) throws(SegmentError) -> [SourceFile] {
    guard let stem = stem(file.lastName) else { return [file] }
    let folder = file.path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
      separator: "/")
    var parts: [String: SourceFile] = [:]
    for found in try findSourceFiles(at: folder.isEmpty ? "." : folder)
    where Self.stem(found.lastName) == stem && found.name.split(separator: "/").count == 2 {
      parts[found.lastName] = found
    }
    let named = try namesInManifest(stem, folder)
    var result: [SourceFile] = []
    for number in 1...max(1, parts.count, named.count) {
      let digits = String(number)
      let name = stem + "-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".csv"
      guard let part = parts[name] else {
        throw SegmentError(
          path: file.path,
          problem: "the report's part \(printable(name)) is not beside it; fetch all parts of the month")
      }
      result.append(part)
    }
    return result
  }

  /// The parts that the report's manifest names, beside the parts or in `metadata` where they are in `data`.
  private static func namesInManifest(_ stem: String, _ folder: String) throws(SegmentError) -> Set<String> {
    var names: Set<String> = []
    for place in [folder, folder.replacing("/data/", with: "/metadata/")] {
      let path = place + "/" + stem + "-Manifest.json"
      guard access(path, R_OK) == 0 else { continue }
      let file = try SegmentFile(path: path, compression: .none)
      var bytes = [UInt8](repeating: 0, count: Limit.manifestBytesMax)
      var count = 0
      var failure: SegmentError?
      bytes.withUnsafeMutableBytes { bytes in
        do throws(SegmentError) { count = try file.read(into: bytes) } catch { failure = error }
      }
      if let failure { throw failure }
      let text = String(decoding: bytes[..<count], as: UTF8.self)
      for piece in text.split(whereSeparator: { "\"/,[]{} \n".contains($0) }) {
        let name = piece.hasSuffix(".gz") ? String(piece.dropLast(3)) : String(piece)
        if Self.stem(name) == stem { names.insert(name) }
      }
    }
    return names
  }

  /// Whether another file, the first part, brings this one's rows.
  static func isLaterPart(_ file: SourceFile) -> Bool {
    stem(file.lastName) != nil && !file.lastName.hasSuffix("-00001.csv")
  }

  /// What stands before `-00001.csv`.
  private static func stem(_ name: String) -> String? {
    guard name.hasSuffix(".csv") else { return nil }
    let base = name.dropLast(4)
    let number = base.suffix(5)
    guard number.count == 5, number.allSatisfy({ ("0"..."9").contains($0) }), base.dropLast(5).last == "-"
    else {
      return nil
    }
    return String(base.dropLast(6))
  }
}
