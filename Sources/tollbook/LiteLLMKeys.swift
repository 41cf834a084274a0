internal import Foundation
internal import Ingest
internal import JSON
internal import Ledger
internal import Pipeline

/// LiteLLM's keys in, ours out: an answer of its `/key/list?return_full_object=true`, or the table
/// `LiteLLM_VerificationToken` as JSON or CSV. The SHA-256 of a key is the same there and here, so clients keep theirs.
enum LiteLLMKeys {
  struct Row {
    var sha256: String
    var key: ClientKey
    /// What it had that has no counterpart here.
    var left: [String]
  }

  /// - Throws: `UsageError` with the row, for a file that is not one of these.
  static func read(_ bytes: [UInt8], file: String, zone: String, now: Int64) throws -> [Row] {
    var rows: [Row] = []
    for (place, fields) in try objects(bytes, file: file) {
      do {
        rows.append(try row(fields, zone: zone, now: now))
      } catch {
        throw UsageError("\(file):\(place): \(error)")
      }
    }
    guard !rows.isEmpty else { throw UsageError("\(file): has no keys") }
    return rows
  }

  private static func row(_ fields: Fields, zone: String, now: Int64) throws -> Row {
    guard let token = fields.text("token") ?? fields.text("token_id"), token.utf8.count == 64,
      token.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { throw UsageError("`token` is not a SHA-256: ask /key/list with return_full_object=true") }
    var key = ClientKey(id: "k_" + token.prefix(16), name: "", created: now)
    key.name = try KeyChange.name(fields.text("key_alias") ?? key.id, "key_alias")
    key.team =
      try fields.text("team_alias").map { try KeyChange.name($0, "team_alias") }
      ?? fields.text("team_id").map { try KeyChange.name($0, "team_id") }
    key.user = try fields.text("user_id").map { try KeyChange.name($0, "user_id") }
    key.policy.models = fields.texts("models").filter { $0 != "all-proxy-models" && $0 != "all-team-models" }
    key.policy.requestsPerMinute = fields.number("rpm_limit")
    key.policy.tokensPerMinute = fields.number("tpm_limit")
    key.policy.parallelRequests = fields.number("max_parallel_requests")
    key.policy.isDisabled = fields.flag("blocked")
    key.networks = fields.texts("allowed_ips")
    for network in key.networks where Network(network) == nil {
      throw UsageError("`allowed_ips` has \"\(network.prefix(64))\", which is no network")
    }
    if let expires = fields.text("expires") {
      guard let time = time(expires) else { throw UsageError("`expires` is not a time") }
      key.expires = time
    }
    var left: [String] = []
    // There the team's own list would hold; here the team's policy does, once somebody makes it.
    if fields.texts("models").contains("all-team-models") { left.append("models of its team") }
    for tag in fields.texts("tags") + fields.nested("metadata", "tags") {
      key.tags.append(.init(name: tag, value: "true"))
    }
    key.tags.sort { $0.name < $1.name }
    key.policy.budgets = try budgets(fields, zone: zone, &left)
    left += uncarried.filter { fields.isSet($0) }
    return Row(sha256: token, key: key, left: left)
  }

  private static let uncarried = [
    "model_max_budget", "budget_fallbacks", "model_rpm_limit", "model_tpm_limit", "soft_budget", "tpd_limit",
    "budget_id", "guardrails", "policies", "permissions", "aliases", "object_permission", "allowed_routes",
    "organization_id", "project_id", "router_settings", "config", "spend",
  ]

  private static func budgets(_ fields: Fields, zone: String, _ left: inout [String]) throws -> [Budget] {
    var found: [(amount: String, duration: String?)] = []
    if let amount = fields.amount("max_budget") { found.append((amount, fields.text("budget_duration"))) }
    for item in fields.items("budget_limits") {
      if let amount = item.amount("max_budget") { found.append((amount, item.text("budget_duration"))) }
    }
    var result: [Budget] = []
    for (amount, duration) in found {
      let span = try span(duration)
      guard let budget = Budget("\(amount)/\(span)", zone: zone) else {
        throw UsageError("budget \(amount) for \(duration ?? "ever") is not understood")
      }
      if result.contains(where: { $0.name == budget.name }) {
        left.append("a second budget for \(budget.name)")
      } else {
        result.append(budget)
      }
    }
    return result
  }

  /// LiteLLM's own rules: a day, a week and thirty days begin at midnight, on Monday, on the first.
  private static func span(_ duration: String?) throws -> String {
    guard let duration else { return "total" }
    switch duration {
    case "1d", "24h", "daily": return "day"
    case "7d", "1w", "weekly": return "week"
    case "30d", "1mo", "monthly": return "month"
    case "1h", "hourly": return "rolling-1h"
    default:
      guard let unit = duration.last, let count = Int64(duration.dropLast()), count > 0, count < 10_000 else {
        throw UsageError("`budget_duration` \"\(duration.prefix(32))\" is not understood")
      }
      switch unit {
      case "d": return "rolling-\(count)d"
      case "w": return "rolling-\(count * 7)d"
      case "h": return "rolling-\(count)h"
      case "m": return "rolling-\(max(1, (count + 59) / 60))h"
      case "s": return "rolling-\(max(1, (count + 3599) / 3600))h"
      default: throw UsageError("`budget_duration` \"\(duration.prefix(32))\" is not understood")
      }
    }
  }

  /// With a zone, or as PostgreSQL writes it: `2027-01-31 00:00:00.123`, in UTC.
  private static func time(_ text: String) -> Int64? {
    let text = text.replacing(" ", with: "T")
    return Timestamp.parse(text.utf8) ?? Timestamp.parse((text + "Z").utf8)
      ?? Timestamp.parse((text + ":00").utf8)
  }

  // MARK: - The file's forms

  /// A row's members; what a table's export has as JSON text, or as PostgreSQL's `{a,b}`, is read like the rest.
  struct Fields {
    var value: JSONValue

    private func present(_ name: String) -> JSONValue? {
      value.members.last { $0.name.string == name && !$0.value.isNull }?.value
    }

    func text(_ name: String) -> String? {
      guard let text = present(name)?.string, !text.isEmpty else { return nil }
      return text
    }

    func amount(_ name: String) -> String? { present(name)?.numberText ?? text(name) }

    func number(_ name: String) -> Int64? { present(name)?.lenientWholeNumber }

    func flag(_ name: String) -> Bool {
      present(name)?.bool ?? ["true", "t"].contains(text(name)?.lowercased() ?? "")
    }

    private func structured(_ name: String) -> JSONValue? {
      guard let found = present(name), let text = found.string else { return present(name) }
      do throws(JSONError) { return try JSONTape().parse(text) } catch { return nil }
    }

    func texts(_ name: String) -> [String] {
      if let list = structured(name), list.kind == .array { return list.elements.compactMap(\.string) }
      guard let text = text(name), text.hasPrefix("{"), text.hasSuffix("}") else { return [] }
      return text.dropFirst().dropLast().split(separator: ",").map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: "\" "))
      }
    }

    func nested(_ name: String, _ member: String) -> [String] {
      structured(name).map { Fields(value: $0).texts(member) } ?? []
    }

    func items(_ name: String) -> [Fields] {
      (structured(name)?.elements ?? []).filter(\.isObject).map { Fields(value: $0) }
    }

    /// It has something that matters.
    func isSet(_ name: String) -> Bool {
      guard let found = structured(name) else { return text(name) != nil && text(name) != "{}" }
      switch found.kind {
      case .null: return false
      case .bool: return found.bool == true
      case .number: return found.wholeNumber != 0
      case .string: return !(found.string ?? "").isEmpty
      case .array: return !found.elements.isEmpty
      case .object: return !found.members.isEmpty
      }
    }
  }

  private static func objects(_ bytes: [UInt8], file: String) throws -> [(place: Int, Fields)] {
    let first = bytes.first { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }
    if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
      do throws(JSONError) {
        let root = try JSONTape().parse(bytes)
        let list = root.kind == .array ? root : root["keys"] ?? root
        let rows = list.kind == .array ? list.elements : [list]
        return rows.enumerated().map { ($0.offset + 1, Fields(value: $0.element)) }
      } catch {
        throw UsageError("\(file): not JSON: \(error)")
      }
    }
    var records = csv(bytes)
    guard !records.isEmpty else { throw UsageError("\(file): is empty") }
    let header = try fields(records.removeFirst(), file)
    guard header.contains("token") else {
      throw UsageError("\(file): neither JSON nor a CSV with a column `token`")
    }
    return try records.map { record in
      let place = "\(file):\(record.line)"
      let fields = try fields(record, file)
      guard fields.count == header.count else {
        throw UsageError("\(place): \(fields.count) fields, where the header names \(header.count)")
      }
      var writer = JSONWriter()
      writer.object { writer in
        for (name, field) in zip(header, fields) where !field.isEmpty { writer.member(name, field) }
      }
      do throws(JSONError) { return (record.line, Fields(value: try JSONTape().parse(writer.bytes))) } catch {
        throw UsageError("\(place): \(error)")
      }
    }
  }

  private static func fields(_ record: (line: Int, bytes: ArraySlice<UInt8>), _ file: String) throws
    -> [String]
  {
    guard let fields = record.bytes.withUnsafeBytes({ CSVRecord.fields($0) }) else {
      throw UsageError("\(file):\(record.line): its quotes do not fit")
    }
    return fields.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Records with the line each begins at; a line feed in quotes belongs to its record. Blank lines are none.
  private static func csv(_ bytes: [UInt8]) -> [(line: Int, bytes: ArraySlice<UInt8>)] {
    var records: [(line: Int, bytes: ArraySlice<UInt8>)] = []
    var (line, begin, firstLine, isQuoted) = (1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0, 1, false)
    for end in begin...bytes.count {
      if end < bytes.count {
        if bytes[end] == UInt8(ascii: "\"") { isQuoted.toggle() }
        if bytes[end] == 0x0A { line += 1 }
        guard bytes[end] == 0x0A, !isQuoted else { continue }
      }
      let record = bytes[begin..<end]
      let whole = record.last == 0x0D ? record.dropLast() : record
      if !whole.isEmpty { records.append((firstLine, whole)) }
      begin = end + 1
      firstLine = line
    }
    return records
  }
}
