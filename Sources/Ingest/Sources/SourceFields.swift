internal import JSON
internal import Ledger
internal import RawLog

/// Why a source's row, or its whole file, is not taken.
enum SourceFault: Error {
  case row(String)
  /// What holds for the whole file: nothing of it is kept.
  case file(String)

  var problem: String {
    switch self {
    case .row(let problem), .file(let problem): problem
    }
  }
}

enum SourceLimit {
  /// Ids are a few dozen characters; a longer one is none.
  static let idCharactersMax = 256
  /// Names of columns that are not read, kept to be shown.
  static let namesMax = 64
  static let nameCharactersMax = 64
  /// The end of the year 9999, in milliseconds since 1970.
  static let millisecondsMax: Int64 = 253_402_300_799_999
  /// Rows that a file is recognised by.
  static let probedRowsMax = 20
  /// The first line of an object that is spread over lines: a bracket, a name or two.
  static let openingBytesMax = 256
}

/// A name from outside, bounded, with nothing in it but what names have.
func printable(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars.prefix(SourceLimit.nameCharactersMax) {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-", " ", "(", ")", "/":
      text.unicodeScalars.append(scalar)
    default: if text.last != "…" { text.append("…") }
    }
  }
  return text.isEmpty ? "…" : text
}

/// Typed reading of one row. Absent, null and empty are the same; what is there and is not what it should be is a
/// fault. Numbers may stand in quotes, objects as JSON text: CSV and some exporters write them so.
struct SourceFields {
  let root: JSONValue
  let zone: SourceZone?

  func text(_ name: StaticString, in object: JSONValue? = nil) throws(SourceFault) -> String? {
    guard let value = (object ?? root).present(name) else { return nil }
    guard let text = value.string ?? value.numberText else { throw .row("`\(name)` is not a text") }
    return text.isEmpty ? nil : bounded(text)
  }

  func id(_ name: StaticString) throws(SourceFault) -> String {
    guard let value = root.present(name), value.string != "" else { throw .row("`\(name)` is missing") }
    guard let text = value.string, text.unicodeScalars.count <= SourceLimit.idCharactersMax,
      text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
    else { throw .row("`\(name)` is not an id") }
    return text
  }

  func count(_ name: StaticString, in object: JSONValue? = nil) throws(SourceFault) -> Int64? {
    guard let value = (object ?? root).present(name), value.string != "" else { return nil }
    guard let number = value.lenientWholeNumber, (0...RawLogFormat.countMax).contains(number) else {
      throw .row("`\(name)` is not a count (a whole number from 0 to 2^53)")
    }
    return number
  }

  /// An amount of dollars, to the femtodollar half-even.
  func dollars(_ name: StaticString) throws(SourceFault) -> Money? {
    guard let value = root.present(name), value.string != "" else { return nil }
    guard let text = value.numberText ?? value.string, let number = DecimalNumber(text), !number.negative,
      let (amount, _) = number.femtodollars(per: 1)
    else { throw .row("`\(name)` is not an amount of 0 or more") }
    return Money(femtodollars: amount)
  }

  func time(_ name: StaticString) throws(SourceFault) -> Int64? {
    guard let value = root.present(name), value.string != "" else { return nil }
    guard let text = value.string, let time = SourceTime(text) else {
      throw .row("`\(name)` is not a time such as 2026-10-01T00:00:00Z")
    }
    if let exact = time.exact { return exact }
    guard let zone else {
      throw .file(
        "`\(name)` has no time zone; say which it is written in: `zone: UTC` of the source, or --zone UTC "
          + "(an offset such as +09:00 also)")
    }
    return time.local - zone.offsetMicroseconds
  }

  /// An object, as it is or as JSON text.
  func object(_ name: StaticString, with tape: JSONTape) throws(SourceFault) -> JSONValue? {
    let value = try json(name, with: tape)
    guard value == nil || value?.isObject == true else { throw .row("`\(name)` is not a JSON object") }
    return value
  }

  func json(_ name: StaticString, with tape: JSONTape) throws(SourceFault) -> JSONValue? {
    guard let value = root.present(name) else { return nil }
    guard let text = value.string else { return value }
    guard !text.isEmpty else { return nil }
    do throws(JSONError) {
      let inner = try tape.parse(text)
      return inner.isNull ? nil : inner
    } catch {
      throw .row("`\(name)` is not JSON: \(error)")
    }
  }
}

/// A row's tags: bounded in number and length, each name once, the last value wins.
struct SourceTags {
  private var byName: [String: String] = [:]

  mutating func add(_ name: some StringProtocol, _ value: some StringProtocol) {
    let name = bounded(name)
    guard !name.isEmpty, byName[name] != nil || byName.count < LogRecordLimit.tagsMax else { return }
    byName[name] = bounded(value)
  }

  var list: [RequestFacts.Tag] {
    byName.map { RequestFacts.Tag(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
  }
}

private func bounded(_ text: some StringProtocol) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.prefix(LogRecordLimit.textCharactersMax)))
}

/// The zone that a source's times are written in where they do not say: UTC or a fixed offset.
public struct SourceZone: Hashable, Sendable {
  public var offsetMicroseconds: Int64

  /// `UTC`, `+09:00`, `-05:00`; nil for anything else.
  public init?(_ text: String) {
    let stamp = text == "UTC" || text == "Z" ? "Z" : text
    guard let time = Timestamp.parse("1970-01-01T00:00:00\(stamp)".utf8) else { return nil }
    offsetMicroseconds = -time
  }
}

/// A time as exports write it: `T` or a blank between date and time; `Z`, `UTC`, `+00`, `+0000`, `+00:00` or
/// nothing behind it.
struct SourceTime {
  /// Where the text names its zone.
  var exact: Int64?
  /// The clock's reading, as if it were UTC.
  var local: Int64

  init?(_ text: String) {
    var bytes = Array(text.utf8)
    guard bytes.count >= 19, bytes.count <= 64 else { return nil }
    if bytes[10] == 0x20 { bytes[10] = UInt8(ascii: "T") }
    if bytes.suffix(4).elementsEqual(" UTC".utf8) { bytes = bytes.dropLast(4) + [UInt8(ascii: "Z")] }
    guard let sign = bytes[19...].lastIndex(where: { $0 == 0x2B || $0 == 0x2D }) else {
      if bytes.last.map({ $0 | 0x20 }) == UInt8(ascii: "z") {
        guard let time = Timestamp.parse(bytes) else { return nil }
        (exact, local) = (time, time)
      } else {
        guard let time = Timestamp.parse(bytes + [UInt8(ascii: "Z")]) else { return nil }
        local = time
      }
      return
    }
    let clock = bytes[..<sign]
    var offset = Array(bytes[(sign + 1)...])
    if offset.count == 2 { offset += Array("00".utf8) }
    if offset.count == 4 { offset.insert(UInt8(ascii: ":"), at: 2) }
    guard let time = Timestamp.parse(Array(clock) + [bytes[sign]] + offset),
      let reading = Timestamp.parse(Array(clock) + [UInt8(ascii: "Z")])
    else { return nil }
    (exact, local) = (time, reading)
  }
}
