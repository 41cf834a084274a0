internal import JSON

/// Walks a line once and notes where its fields stand: the quick way for lines as programs write them.
///
/// It takes JSON without white space between its tokens and without escapes in its texts, the format's own fields in
/// any order, each once and of its type. Whatever else a line is, it says so, and the strict reader decides: so it
/// never has to say what is wrong, and what it takes means what the strict reader reads in it.
public struct LineWalk: ~Copyable {
  private let places: UnsafeMutablePointer<LinePlace>
  private let numbers: UnsafeMutablePointer<Int64>
  /// Each field's name in quotes with its colon, one after another, and where each begins.
  private let names: UnsafeMutablePointer<UInt8>
  private let nameStarts: UnsafeMutablePointer<Int>
  private let kinds: UnsafeMutablePointer<Step>
  /// Which field stood behind each one last time; the last places are for the beginnings of objects. An `end` has a
  /// list of its own, behind that of the other lines.
  private let following: UnsafeMutablePointer<Int>

  private enum Step: UInt8 { case text, whole, bool, object, tags, shape }

  private static let fields = LineField.allCases.count
  private static let namesBytes = 1024
  private static let placesOfFollowing = 2 * fields + 1

  public init() {
    places = .allocate(capacity: Self.fields)
    places.initialize(repeating: LinePlace(start: 0, count: 0), count: Self.fields)
    numbers = .allocate(capacity: Self.fields)
    numbers.initialize(repeating: 0, count: Self.fields)
    names = .allocate(capacity: Self.namesBytes)
    names.initialize(repeating: 0, count: Self.namesBytes)
    nameStarts = .allocate(capacity: Self.fields + 1)
    kinds = .allocate(capacity: Self.fields)
    following = .allocate(capacity: 2 * Self.placesOfFollowing)
    var at = 0
    for field in LineField.allCases {
      nameStarts[field.rawValue] = at
      for byte in Array("\"\(field.name)\":".utf8) {
        names[at] = byte
        at += 1
      }
      kinds[field.rawValue] =
        switch field.kind {
        case .text: .text
        case .whole: .whole
        case .bool: .bool
        case .object: .object
        case .tags: .tags
        case .shape: .shape
        }
    }
    nameStarts[Self.fields] = at
    for index in 0..<2 * Self.placesOfFollowing { following[index] = 0 }
  }

  deinit {
    places.deallocate()
    numbers.deallocate()
    names.deallocate()
    nameStarts.deallocate()
    kinds.deallocate()
    following.deallocate()
  }

  /// - Parameters:
  ///   - line: without its line feed; `JSONShapes.Limit.slackBytes` behind it can be read.
  ///   - shape: is given a vendor's object's place and the fields so far, and says how many bytes the object has; 0
  ///     where it does not know it.
  /// - Returns: nil for a line that the strict reader must look at.
  public func walk(
    _ line: UnsafeRawBufferPointer,
    shape: (LineField, UnsafePointer<UInt8>, UnsafePointer<UInt8>, borrowing WalkedLine) -> Int
  ) -> WalkedLine? {
    guard let start = line.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
    var walked = WalkedLine(places: places, numbers: numbers, base: start)
    let end = start + line.count
    guard let behind = object(LineField.top, 2 * Self.fields, start, end, &walked, shape), behind == end
    else { return nil }
    return walked
  }

  /// - Parameter beginning: where it is kept which field came first.
  private func object(
    _ fields: Range<Int>, _ beginning: Int, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ walked: inout WalkedLine,
    _ shape: (LineField, UnsafePointer<UInt8>, UnsafePointer<UInt8>, borrowing WalkedLine) -> Int
  ) -> UnsafePointer<UInt8>? {
    var at = start
    guard at < end, at.pointee == UInt8(ascii: "{") else { return nil }
    at += 1
    if at < end, at.pointee == UInt8(ascii: "}") { return at + 1 }
    var previous = beginning
    while true {
      let guess = following + (walked.isEnd ? Self.placesOfFollowing : 0) + previous
      var field = guess.pointee
      if !fields.contains(field) || !isName(field, at, end) {
        field = fields.lowerBound
        while field < fields.upperBound, !isName(field, at, end) { field += 1 }
        guard field < fields.upperBound else { return nil }
        guess.pointee = field
      }
      previous = field
      let bit: UInt64 = 1 << UInt64(field)
      guard walked.written & bit == 0 else { return nil }
      walked.written |= bit
      at += nameStarts[field + 1] - nameStarts[field]
      guard let behind = value(field, bit, at, end, &walked, shape), behind < end else { return nil }
      at = behind + 1
      if behind.pointee == UInt8(ascii: "}") { return at }
      guard behind.pointee == UInt8(ascii: ",") else { return nil }
    }
  }

  @inline(__always)
  private func isName(_ field: Int, _ at: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    let name = names + nameStarts[field]
    let count = nameStarts[field + 1] - nameStarts[field]
    guard end - at > count else { return false }
    var offset = 0
    while offset &+ 8 <= count {
      guard word(at + offset) == word(name + offset) else { return false }
      offset = offset &+ 8
    }
    let rest = UInt64(count &- offset) &* 8
    if rest == 0 { return true }
    // What lies behind the name is masked out; both texts can be read on.
    return (word(at + offset) ^ word(name + offset)) << (64 &- rest) == 0
  }

  @inline(__always)
  private func value(
    _ field: Int, _ bit: UInt64, _ at: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ walked: inout WalkedLine,
    _ shape: (LineField, UnsafePointer<UInt8>, UnsafePointer<UInt8>, borrowing WalkedLine) -> Int
  ) -> UnsafePointer<UInt8>? {
    if at.pointee == UInt8(ascii: "n") { return isWord("null", at, end) ? at + 4 : nil }
    walked.present |= bit
    switch kinds[field] {
    case .text:
      guard at.pointee == UInt8(ascii: "\""), let behind = text(at + 1, end) else { return nil }
      places[field] = LinePlace(
        start: Int32(truncatingIfNeeded: at + 1 - walked.base),
        count: Int32(truncatingIfNeeded: behind - at - 1))
      if field == LineField.kind.rawValue { walked.isEnd = at[1] == UInt8(ascii: "e") }
      return behind + 1
    case .whole:
      return whole(field, at, end)
    case .bool:
      let isTrue = isWord("true", at, end)
      guard isTrue || isWord("false", at, end) else { return nil }
      numbers[field] = isTrue ? 1 : 0
      return at + (isTrue ? 4 : 5)
    case .tags:
      guard let behind = tags(at, end) else { return nil }
      places[field] = LinePlace(
        start: Int32(truncatingIfNeeded: at - walked.base), count: Int32(truncatingIfNeeded: behind - at))
      return behind
    case .object:
      guard let known = LineField(rawValue: field), case .object(let inside) = known.kind else { return nil }
      return object(inside, Self.fields + field, at, end, &walked, shape)
    case .shape:
      guard let known = LineField(rawValue: field) else { return nil }
      let count = shape(known, at, end, walked)
      return count > 0 ? at + count : nil
    }
  }

  private func whole(
    _ field: Int, _ at: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var here = at
    var value: Int64 = 0
    while true {
      let digit = here.pointee &- 48
      guard digit < 10 else { break }
      value = value &* 10 &+ Int64(digit)
      here += 1
      if here - at > JSONShapes.Limit.digitsMax { return nil }
    }
    guard here > at, here - at == 1 || at.pointee != UInt8(ascii: "0") else { return nil }
    numbers[field] = value
    return here
  }

  /// An object of texts and nulls.
  private func tags(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    guard start.pointee == UInt8(ascii: "{") else { return nil }
    var at = start + 1
    if at.pointee == UInt8(ascii: "}") { return at + 1 }
    while true {
      guard at.pointee == UInt8(ascii: "\""), let name = text(at + 1, end), name[1] == UInt8(ascii: ":")
      else {
        return nil
      }
      at = name + 2
      if isWord("null", at, end) {
        at += 4
      } else {
        guard at.pointee == UInt8(ascii: "\""), let value = text(at + 1, end) else { return nil }
        at = value + 1
      }
      if at >= end { return nil }
      if at.pointee == UInt8(ascii: "}") { return at + 1 }
      guard at.pointee == UInt8(ascii: ",") else { return nil }
      at += 1
    }
  }

  /// The quote that ends a text; nil for a text with an escape, a control character or no end, or not in UTF-8.
  @inline(__always)
  private func text(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var at = start
    while at < end {
      let bytes = word(at)
      let quote = bytes ^ (ones &* 0x22)
      let escape = bytes ^ (ones &* 0x5C)
      let found =
        ((quote &- ones) & ~quote) | ((escape &- ones) & ~escape) | ((bytes &- ones &* 0x20) & ~bytes) | bytes
      let marks = found & highs
      if marks == 0 {
        at += 8
        continue
      }
      at += marks.trailingZeroBitCount >> 3
      guard at < end else { return nil }
      if at.pointee == UInt8(ascii: "\"") { return at }
      return at.pointee >= 0x80 ? foreignText(start, at, end) : nil
    }
    return nil
  }

  /// A text with characters beyond ASCII.
  private func foreignText(
    _ start: UnsafePointer<UInt8>, _ from: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var at = from
    while at < end, at.pointee != UInt8(ascii: "\"") {
      guard at.pointee >= 0x20, at.pointee != UInt8(ascii: "\\") else { return nil }
      at += 1
    }
    guard at < end else { return nil }
    let bytes = UnsafeBufferPointer(start: start, count: at - start)
    return String(validating: bytes, as: UTF8.self) == nil ? nil : at
  }
}

@inline(__always) private func word(_ at: UnsafePointer<UInt8>) -> UInt64 {
  UInt64(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
}

@inline(__always)
private func isWord(
  _ text: StaticString, _ at: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
) -> Bool {
  guard end - at >= text.utf8CodeUnitCount else { return false }
  for offset in 0..<text.utf8CodeUnitCount where at[offset] != text.utf8Start[offset] { return false }
  return true
}
