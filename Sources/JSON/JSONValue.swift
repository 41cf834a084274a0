internal import Glibc

/// One value on a tape.
public struct JSONValue {
  let layout: JSONLayout
  let index: Int

  public enum Kind: Sendable { case null, bool, number, string, array, object }

  private var node: JSONLayout.Node { layout.nodes[index] }

  public var kind: Kind {
    switch node.kind {
    case .null: .null
    case .falseValue, .trueValue: .bool
    case .number: .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  public var isNull: Bool { node.kind == .null }
  public var isObject: Bool { node.kind == .object }

  /// Where the value stands in the text, quotes and brackets included.
  public var range: Range<Int> { Int(node.start)..<Int(node.end) }
  /// The value as it was written.
  public var rawBytes: ArraySlice<UInt8> { bytes(range) }
  public var rawText: String {
    String(
      decoding: UnsafeBufferPointer(start: layout.bytes + range.lowerBound, count: range.count), as: UTF8.self
    )
  }

  public var bool: Bool? {
    switch node.kind {
    case .trueValue: true
    case .falseValue: false
    default: nil
    }
  }

  /// A number's own text; nil for anything else.
  public var numberText: String? { node.kind == .number ? rawText : nil }

  /// A string's content with its escapes decoded; a lone surrogate becomes U+FFFD. Nil for anything else.
  public var string: String? {
    guard node.kind == .string else { return nil }
    let start = Int(node.start) + 1
    guard node.escaped else {
      let content = UnsafeBufferPointer(start: layout.bytes + start, count: Int(node.end) - 1 - start)
      return String(decoding: content, as: UTF8.self)
    }
    let content = bytes(start..<Int(node.end) - 1)
    return decoded(content)
  }

  /// A string's bytes where it has no escapes: nothing is copied to a `String`.
  public func withStringBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
    guard node.kind == .string, !node.escaped else { return nil }
    let start = Int(node.start) + 1
    return withExtendedLifetime(layout) {
      body(UnsafeBufferPointer(start: layout.bytes + start, count: Int(node.end) - 1 - start))
    }
  }

  /// A string content of `text`, compared without making a `String` where it has no escapes.
  public func isString(_ text: StaticString) -> Bool {
    guard node.kind == .string else { return false }
    return isName(index, text)
  }

  /// A string content of `text`; false for nil.
  public func isText(_ text: String?) -> Bool {
    guard let text, node.kind == .string else { return false }
    if node.escaped { return string == text }
    let start = Int(node.start) + 1
    let content = UnsafeBufferPointer(start: layout.bytes + start, count: Int(node.end) - 1 - start)
    return text.utf8.withContiguousStorageIfAvailable { content.elementsEqual($0) }
      ?? text.utf8.elementsEqual(content)
  }

  /// Written as these bytes are; false for nil.
  public func isRaw(_ json: [UInt8]?) -> Bool {
    guard let json else { return false }
    return json.elementsEqual(UnsafeBufferPointer(start: layout.bytes + range.lowerBound, count: range.count))
  }

  /// A number that is whole: `12`, `12.0`, `1.2e1`. Nil where it is not, or does not fit 64 bits.
  public var wholeNumber: Int64? {
    guard node.kind == .number else { return nil }
    if let wholes = layout.wholes { return wholes[index] }
    return parseWholeNumber(UnsafeBufferPointer(start: layout.bytes + range.lowerBound, count: range.count))
  }

  /// As `wholeNumber`, and also the same inside quotes: some gateways quote their counts.
  public var lenientWholeNumber: Int64? {
    if node.kind == .string { return withStringBytes { parseWholeNumber($0) } ?? nil }
    return wholeNumber
  }

  /// A number of 0 or more in thousandths: `12.5` is 12500; what is finer is cut off. Nil where it does not fit.
  public var thousandths: Int64? {
    guard node.kind == .number else { return nil }
    var mantissa = Array(bytes(range))
    var exponent = 0
    if let letter = mantissa.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
      guard let power = Int(String(decoding: mantissa[(letter + 1)...], as: UTF8.self)), power.magnitude < 400
      else {
        return nil
      }
      exponent = power
      mantissa.removeSubrange(letter...)
    }
    let isNegative = mantissa.first == UInt8(ascii: "-")
    if isNegative { mantissa.removeFirst() }
    let point = mantissa.firstIndex(of: UInt8(ascii: ".")) ?? mantissa.count
    let digits = mantissa.filter { $0 != UInt8(ascii: ".") }
    guard !isNegative || digits.allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
    // So many digits stand before the point once it has moved three places and the exponent's.
    let places = max(0, point + exponent + 3)
    let kept =
      (digits.prefix(places) + repeatElement(UInt8(ascii: "0"), count: max(0, places - digits.count)))
      .drop { $0 == UInt8(ascii: "0") }
    guard kept.count <= 18 else { return nil }
    return kept.reduce(0) { $0 * 10 + Int64($1 - 48) }
  }

  // MARK: - Objects

  /// The member of that name; nil where this is not an object or has none. The last one wins.
  public subscript(name: StaticString) -> JSONValue? {
    let nodes = layout.nodes
    guard nodes[index].kind == .object else { return nil }
    let end = Int(nodes[index].next)
    var found: Int?
    var at = index + 1
    while at < end {
      if isName(at, name) { found = at + 1 }
      at = Int(nodes[at + 1].next)
    }
    return found.map { JSONValue(layout: layout, index: $0) }
  }

  /// As the subscript, but nil for a `null` too: an absent fact is absent or null.
  public func present(_ name: StaticString) -> JSONValue? {
    guard let value = self[name], !value.isNull else { return nil }
    return value
  }

  /// An object with anything in it.
  public var hasMembers: Bool { node.kind == .object && Int(node.next) > index + 1 }

  /// Every member in the order written, repeated names included.
  public var members: [(name: JSONValue, value: JSONValue)] {
    guard node.kind == .object else { return [] }
    var result: [(name: JSONValue, value: JSONValue)] = []
    var at = index + 1
    while at < Int(node.next) {
      result.append((JSONValue(layout: layout, index: at), JSONValue(layout: layout, index: at + 1)))
      at = Int(layout.nodes[at + 1].next)
    }
    return result
  }

  public var elements: [JSONValue] {
    guard node.kind == .array else { return [] }
    var result: [JSONValue] = []
    var at = index + 1
    while at < Int(node.next) {
      result.append(JSONValue(layout: layout, index: at))
      at = Int(layout.nodes[at].next)
    }
    return result
  }

  /// The members one after another, without a list of them.
  public var eachMember: JSONMembers {
    let isObject = node.kind == .object
    return JSONMembers(layout: layout, at: index + 1, end: isObject ? Int(node.next) : index + 1)
  }

  /// The elements one after another, without a list of them.
  public var eachElement: JSONElements {
    let isArray = node.kind == .array
    return JSONElements(layout: layout, at: index + 1, end: isArray ? Int(node.next) : index + 1)
  }

  public var firstElement: JSONValue? {
    var elements = eachElement
    return elements.next()
  }

  /// A number other than 0, whatever its form.
  public var isNonZeroNumber: Bool {
    guard node.kind == .number else { return false }
    if let wholes = layout.wholes { return wholes[index] != 0 }
    let text = UnsafeBufferPointer(start: layout.bytes + range.lowerBound, count: range.count)
    return text.prefix { $0 | 0x20 != UInt8(ascii: "e") }.contains { $0 >= 49 && $0 <= 57 }
  }

  /// A number other than 0, quoted or not, or something that may have one inside.
  public var mayHoldCount: Bool {
    switch node.kind {
    case .null, .falseValue, .trueValue: false
    case .number: isNonZeroNumber
    case .string: (lenientWholeNumber ?? 0) != 0
    case .array, .object: Int(node.next) > index + 1
    }
  }

  // MARK: -

  @inline(__always) func isString(
    _ names: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int
  ) -> Bool {
    let node = layout.nodes[index]
    if node.escaped { return string.map { Array($0.utf8) } == Array(names[start..<start + count]) }
    guard Int(node.end - node.start) - 2 == count, let base = names.baseAddress else { return false }
    return memcmp(layout.bytes + Int(node.start) + 1, base + start, count) == 0
  }

  private func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> {
    Array(UnsafeBufferPointer(start: layout.bytes + range.lowerBound, count: range.count))[...]
  }

  private func isName(_ index: Int, _ text: StaticString) -> Bool {
    let node = layout.nodes[index]
    if node.escaped { return JSONValue(layout: layout, index: index).string == text.description }
    let count = Int(node.end - node.start) - 2
    return count == text.utf8CodeUnitCount
      && memcmp(layout.bytes + Int(node.start) + 1, text.utf8Start, count) == 0
  }
}

/// An array's elements, one after another.
public struct JSONElements: Sequence, IteratorProtocol {
  fileprivate let layout: JSONLayout
  fileprivate var at: Int
  fileprivate let end: Int

  public mutating func next() -> JSONValue? {
    guard at < end else { return nil }
    defer { at = Int(layout.nodes[at].next) }
    return JSONValue(layout: layout, index: at)
  }
}

/// An object's members, one after another, repeated names included.
public struct JSONMembers: Sequence, IteratorProtocol {
  fileprivate let layout: JSONLayout
  fileprivate var at: Int
  fileprivate let end: Int

  public mutating func next() -> (name: JSONValue, value: JSONValue)? {
    guard at < end else { return nil }
    defer { at = Int(layout.nodes[at + 1].next) }
    return (JSONValue(layout: layout, index: at), JSONValue(layout: layout, index: at + 1))
  }
}

/// Decodes the escapes of a string that the parser has found well-formed.
private func decoded(_ content: ArraySlice<UInt8>) -> String {
  var result = ""
  var plain: [UInt8] = []
  var at = content.startIndex
  func unit(_ start: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 << 4 | (hexDigit(content[start + $1]) ?? 0) }
  }
  func flush() {
    result += String(decoding: plain, as: UTF8.self)
    plain.removeAll(keepingCapacity: true)
  }
  while at < content.endIndex {
    guard content[at] == UInt8(ascii: "\\") else {
      plain.append(content[at])
      at += 1
      continue
    }
    let letter = content[at + 1]
    at += 2
    switch letter {
    case UInt8(ascii: "b"): plain.append(0x08)
    case UInt8(ascii: "f"): plain.append(0x0C)
    case UInt8(ascii: "n"): plain.append(0x0A)
    case UInt8(ascii: "r"): plain.append(0x0D)
    case UInt8(ascii: "t"): plain.append(0x09)
    case UInt8(ascii: "u"):
      var code = unit(at)
      at += 4
      if (0xD800..<0xDC00).contains(code), at + 6 <= content.endIndex,
        content[at] == UInt8(ascii: "\\"), content[at + 1] == UInt8(ascii: "u")
      {
        let low = unit(at + 2)
        if (0xDC00..<0xE000).contains(low) {
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
          at += 6
        }
      }
      flush()
      result.unicodeScalars.append(Unicode.Scalar(code) ?? "\u{FFFD}")
    default: plain.append(letter)
    }
  }
  flush()
  return result
}

/// A whole number in JSON's number grammar, fraction and exponent allowed where they leave it whole.
private func parseWholeNumber(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
  var rest = Slice(base: text, bounds: text.indices)
  let negative = rest.first == UInt8(ascii: "-")
  if negative { rest.removeFirst() }
  var digits: [UInt8] = []
  var fraction = 0
  var exponent = 0
  var plain: Int64 = 0
  var overflow = false
  var isPlain = !rest.isEmpty && rest.count <= 18
  for byte in rest {
    guard byte >= 48, byte <= 57 else {
      isPlain = false
      break
    }
    plain = plain &* 10 &+ Int64(byte - 48)
  }
  if isPlain { return negative ? -plain : plain }

  func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
  while let byte = rest.first, isDigit(byte) {
    digits.append(byte - 48)
    rest.removeFirst()
  }
  guard !digits.isEmpty else { return nil }
  if rest.first == UInt8(ascii: ".") {
    rest.removeFirst()
    while let byte = rest.first, isDigit(byte) {
      digits.append(byte - 48)
      fraction += 1
      rest.removeFirst()
    }
    guard fraction > 0 else { return nil }
  }
  if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
    rest.removeFirst()
    let negativeExponent = rest.first == UInt8(ascii: "-")
    if negativeExponent || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    guard !rest.isEmpty, rest.count <= 4 else { return nil }
    for byte in rest {
      guard isDigit(byte) else { return nil }
      exponent = exponent * 10 + Int(byte - 48)
    }
    rest = rest[rest.endIndex...]
    if negativeExponent { exponent = -exponent }
  }
  guard rest.isEmpty else { return nil }
  // digits × 10^(exponent − fraction)
  var shift = exponent - fraction
  while shift < 0, let last = digits.last {
    guard last == 0 else { return nil }
    digits.removeLast()
    shift += 1
  }
  var value: Int64 = 0
  for digit in digits {
    let (scaled, over) = value.multipliedReportingOverflow(by: 10)
    // Towards its own sign, so that the least number of 64 bits is taken too.
    let (sum, over2) = scaled.addingReportingOverflow(negative ? -Int64(digit) : Int64(digit))
    overflow = overflow || over || over2
    value = sum
  }
  if value != 0, shift > 18 { return nil }
  while shift > 0, value != 0 {
    let (scaled, over) = value.multipliedReportingOverflow(by: 10)
    overflow = overflow || over
    value = scaled
    shift -= 1
  }
  return overflow ? nil : value
}
