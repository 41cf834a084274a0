import Ledger

/// Usages in, what was odd in the vendors' own objects out: fields that no rule reads, totals that do not fit.
/// Order does not matter: the same usages give the same list.
struct OddityCounts {
  enum Limit {
    /// Names come from outside, so there may be any number of them; those that sort first are kept.
    static let unknownFieldsMax = 50
  }

  private struct FieldKey: Hashable, Comparable {
    var endpoint: String
    var path: String

    static func < (a: FieldKey, b: FieldKey) -> Bool { (a.endpoint, a.path) < (b.endpoint, b.path) }
  }

  private struct Seen {
    var answers: Int64 = 0
    var first: Usage.Place

    mutating func add(_ place: Usage.Place) {
      answers += 1
      if (place.file, place.line) < (first.file, first.line) { first = place }
    }
  }

  private var fields: [FieldKey: Seen] = [:]
  private var hasMoreFields = false
  private var mismatches: [String: Seen] = [:]

  mutating func add(_ usage: Usage) {
    guard !usage.flags.isDisjoint(with: [.unknownField, .totalMismatch]) else { return }
    let endpoint = usage.facts.endpoint ?? ""
    if usage.flags.contains(.totalMismatch) {
      mismatches[endpoint, default: Seen(first: usage.place)].add(usage.place)
    }
    for path in usage.unknownFields {
      fields[FieldKey(endpoint: endpoint, path: path), default: Seen(first: usage.place)].add(usage.place)
      // What sorts behind fifty others never comes back among the first fifty, so no count is cut.
      if fields.count > Limit.unknownFieldsMax, let last = fields.keys.max() {
        fields.removeValue(forKey: last)
        hasMoreFields = true
      }
    }
  }

  func fill(_ books: inout Books) {
    books.unknownFields = fields.sorted { $0.key < $1.key }.map { key, seen in
      Books.UnknownField(endpoint: key.endpoint, path: key.path, answers: seen.answers, first: seen.first)
    }
    books.hasMoreUnknownFields = hasMoreFields
    books.mismatches = mismatches.sorted { $0.key < $1.key }.map { endpoint, seen in
      Books.Mismatch(endpoint: endpoint, answers: seen.answers, first: seen.first)
    }
  }
}
