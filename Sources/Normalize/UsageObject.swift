internal import JSON
internal import Ledger

/// A vendor's object in, the fields that its rule names out. What no rule names, and is a number, is noted.
///
/// Each format declares its fields beside its rule: those it reads, as cases of an enum, and those it knowingly
/// leaves, with the reason. A rule can read what it declared and nothing else, so the list cannot fall behind.
final class KnownFields<Field: CaseIterable & RawRepresentable & Sendable>: Sendable
where Field.RawValue == Int {
  /// Where each field stands. A field with several names takes the one that is there.
  let read: [(path: String, field: Field)]
  /// What is known and left, and why.
  let left: [(path: String, reason: String)]
  let paths: JSONPaths

  init(read: KeyValuePairs<String, Field>, left: KeyValuePairs<String, String> = [:]) {
    self.read = read.map { ($0.key, $0.value) }
    self.left = left.map { ($0.key, $0.value) }
    let leftSlot = Field.allCases.count
    paths = JSONPaths(
      read.map { ($0.key, $0.value.rawValue) } + left.map { ($0.key, leftSlot) })
    precondition(
      Set(self.read.map(\.field.rawValue)) == Set(0..<leftSlot), "every field has a place to be read from")
  }

  fileprivate func path(of field: Field) -> String {
    read.first { $0.field.rawValue == field.rawValue }?.path ?? ""
  }
}

/// One of a vendor's objects, seen as its format declares it.
struct UsageObject<Field: CaseIterable & RawRepresentable & Sendable> where Field.RawValue == Int {
  private let known: KnownFields<Field>
  private let found: JSONFound

  /// - Parameters:
  ///   - path: where the object stands in the usage object; `""` for the usage object itself.
  ///   - beside: paths that another rule reads from the same object.
  ///   - notesTop: false where that other rule notes what stands in the object itself.
  init(
    _ object: JSONValue, _ known: KnownFields<Field>, at path: String = "", beside: JSONPaths? = nil,
    notesTop: Bool = true, _ result: inout Normalized
  ) {
    self.known = known
    found = known.paths.find(in: object) { parent, name, value in
      guard result.unknownFields.count < NormalizeLimit.unknownFieldsMax else { return }
      if parent.isEmpty, !notesTop || beside?.knows(top: name) == true { return }
      result.note(stranger: value, at: path.dotted(parent).dotted(UnknownField.safe(name)))
    }
  }

  /// What stands there; nil where it is absent or null.
  subscript(field: Field) -> JSONValue? { found[field.rawValue] }

  func hasAny(_ fields: Field...) -> Bool { fields.contains { self[$0] != nil } }

  /// A count: `12.0` and `"12"` are 12.
  func count(_ field: Field) throws(NormalizeFault) -> Int64? {
    guard let number = found.count(field.rawValue) else { return nil }
    guard number >= 0, number <= NormalizeLimit.countMax else {
      throw NormalizeFault("`\(known.path(of: field))` is not a count (a whole number from 0 to 2^53)")
    }
    return number
  }

  /// The first of several fields that is there.
  func count(first fields: Field...) throws(NormalizeFault) -> Int64? {
    for field in fields {
      if let found = try count(field) { return found }
    }
    return nil
  }

  /// A time in seconds, in thousandths of one.
  func milliseconds(_ field: Field) throws(NormalizeFault) -> Int64? {
    guard let value = found[field.rawValue] else { return nil }
    guard let number = value.thousandths, number <= NormalizeLimit.countMax else {
      throw NormalizeFault("`\(known.path(of: field))` is not a time of 0 or more")
    }
    return number
  }

  func word(_ field: Field) -> String? { found[field.rawValue]?.string }
}

/// Counts of a list added up, which together must still be a count.
func sum(_ a: Int64, _ b: Int64, of what: StaticString) throws(NormalizeFault) -> Int64 {
  guard a + b <= NormalizeLimit.countMax else {
    throw NormalizeFault("the `\(what)` add up to more than 2^53")
  }
  return a + b
}

enum NormalizeLimit {
  /// What a double holds exactly: JSON's readers elsewhere see the same number.
  static let countMax: Int64 = 1 << 53
  /// Enough to see what is new in a vendor's answer; a hostile object may have thousands.
  static let unknownFieldsMax = 8
  static let unknownPathCharactersMax = 80
}

enum UnknownField {
  /// A name from outside, with nothing in it but what names have.
  static func safe(_ name: JSONValue) -> String {
    var text = ""
    for character in (name.string ?? "").unicodeScalars.prefix(NormalizeLimit.unknownPathCharactersMax) {
      switch character {
      case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-": text.unicodeScalars.append(character)
      default: if text.last != "…" { text.append("…") }
      }
    }
    return text.isEmpty ? "…" : text
  }
}

extension String {
  fileprivate func dotted(_ name: String) -> String {
    isEmpty ? name : name.isEmpty ? self : self + "." + name
  }
}

extension Normalized {
  /// Notes the numbers in something that no rule reads.
  mutating func note(stranger value: JSONValue, at path: String) {
    guard unknownFields.count < NormalizeLimit.unknownFieldsMax, value.mayHoldCount else { return }
    switch value.kind {
    case .object:
      for (name, member) in value.members where member.mayHoldCount {
        note(stranger: member, at: path.dotted(UnknownField.safe(name)))
      }
    case .array:
      for element in value.eachElement { note(stranger: element, at: path) }
    default: noteUnknown(path)
    }
  }

  mutating func noteUnknown(_ path: String) {
    flags.insert(.unknownField)
    let path = String(path.prefix(NormalizeLimit.unknownPathCharactersMax))
    guard unknownFields.count < NormalizeLimit.unknownFieldsMax, !unknownFields.contains(path) else { return }
    unknownFields.append(path)
  }

  /// Takes `part` out of `whole` and returns what could be taken: a part larger than its whole is cut to fit,
  /// and the answer is flagged.
  mutating func take(_ part: Int64?, outOf whole: inout Int64) -> Int64 {
    guard let part else { return 0 }
    if part > whole { flags.insert(.clamped) }
    let taken = min(part, whole)
    whole -= taken
    return taken
  }

  /// A part that stays inside its whole.
  mutating func within(_ part: Int64?, _ whole: Int64) -> Int64 {
    var rest = whole
    return take(part, outOf: &rest)
  }

  /// Holds a vendor's own total against the sum of its parts.
  mutating func check(total: Int64?, is sum: Int64) {
    if let total, total != sum { flags.insert(.totalMismatch) }
  }
}
