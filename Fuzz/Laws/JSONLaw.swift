internal import Foundation
internal import JSON

/// JSON: what is taken is JSON to another reader too, values lie one inside the other, a text written anew is the same document,
/// numbers are what they say, and a shape finds in a text what the parser finds.
enum JSONLaw {
  static func check(_ input: Input) throws(LawBroken) {
    let tape = JSONTape()
    let document: JSONValue
    do throws(JSONError) {
      document = try tape.parse(input.text)
    } catch {
      try hold(error.offset <= input.text.count, "an error beyond the text")
      return
    }
    // Half of a surrogate pair is no character, and only this reader puts one in its place; only this one takes numbers
    // of any size.
    let mayDiffer = text(input.text).lowercased().contains("\\ud") || holdsHuge(document)
    try hold(
      mayDiffer || foundationTakes(input.text), "taken, and another reader refuses: \(text(input.text))")
    try checkPlaces(document, 0..<input.text.count)
    try checkWrittenAnew(document)
    if document.isObject { try checkShape(input.text, document) }
  }

  private static func foundationTakes(_ bytes: [UInt8]) -> Bool {
    do {
      _ = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      return true
    } catch {
      return false
    }
  }

  private static func holdsHuge(_ value: JSONValue) -> Bool {
    if value.kind == .number, let double = Double(value.rawText) {
      return double.isInfinite || double == 0 && value.isNonZeroNumber
    }
    return value.elements.contains { holdsHuge($0) } || value.members.contains { holdsHuge($0.value) }
  }

  private static func checkPlaces(_ value: JSONValue, _ room: Range<Int>) throws(LawBroken) {
    try hold(
      room.contains(value.range.lowerBound) && value.range.upperBound <= room.upperBound, "a value is outside"
    )
    var end = value.range.lowerBound
    let children = value.elements + value.members.flatMap { [$0.name, $0.value] }
    for child in children {
      try hold(child.range.lowerBound >= end, "values overlap")
      end = child.range.upperBound
      try checkPlaces(child, value.range)
    }
    if value.kind == .number { try checkNumber(value) }
  }

  private static func checkNumber(_ value: JSONValue) throws(LawBroken) {
    guard let double = Double(value.rawText) else {
      throw LawBroken(description: "no number: \(value.rawText)")
    }
    if let whole = value.wholeNumber {
      try hold(Double(whole) == double, "\(value.rawText) is read as \(whole)")
    }
    if let thousandths = value.thousandths {
      let off = abs(double * 1000 - Double(thousandths))
      try hold(off <= 1 + double * 1e-12, "\(value.rawText) is read as \(thousandths) thousandths")
    }
    try hold(value.isNonZeroNumber || double == 0, "\(value.rawText) is read as zero")
  }

  private static func checkWrittenAnew(_ document: JSONValue) throws(LawBroken) {
    var writer = JSONWriter()
    write(document, &writer)
    guard let again = parsed(writer.bytes, JSONTape()) else {
      throw LawBroken(description: "written anew it is none: \(writer.text)")
    }
    var twice = JSONWriter()
    write(again, &twice)
    try hold(twice.bytes == writer.bytes, "written twice: \(writer.text)\n\(twice.text)")
  }

  private static func write(_ value: JSONValue, _ writer: inout JSONWriter) {
    switch value.kind {
    case .null: writer.null()
    case .bool: writer.bool(value.bool == true)
    case .number: writer.raw(value.rawBytes)
    case .string: writer.string(value.string ?? "")
    case .array: writer.array { for element in value.elements { write(element, &$0) } }
    case .object:
      writer.object { writer in
        for member in value.members {
          writer.name(member.name.string ?? "")
          write(member.value, &writer)
        }
      }
    }
  }

  // MARK: - Shapes

  private static func checkShape(_ bytes: [UInt8], _ object: JSONValue) throws(LawBroken) {
    let shapes = JSONShapes()
    shapes.learn(object)
    let object = Array(object.rawBytes)
    try checkMatch(object, shapes)
    // The same with other numbers.
    var other: [UInt8] = []
    for byte in object {
      let isDigit = byte >= 48 && byte <= 57
      other.append(isDigit && other.last != UInt8(ascii: "u") ? 57 - (byte - 48) / 2 : byte)
    }
    try checkMatch(other, shapes)
    try checkMatch(Array(object.dropLast()), shapes)
  }

  private static func checkMatch(_ bytes: [UInt8], _ shapes: JSONShapes) throws(LawBroken) {
    let room = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + JSONShapes.Limit.slackBytes)
    defer { room.deallocate() }
    room.initialize(repeating: 0x30, count: bytes.count + JSONShapes.Limit.slackBytes)
    for (index, byte) in bytes.enumerated() { room[index] = byte }
    guard let found = shapes.match(at: room, end: room + bytes.count) else { return }
    try hold(found.count <= bytes.count, "a shape reads beyond the text")
    let part = Array(bytes.prefix(found.count))
    guard let parsed = parsed(part, JSONTape()) else {
      throw LawBroken(description: "a shape took what is no JSON: \(text(part))")
    }
    try hold(say(found.value) == say(parsed), "a shape reads \(say(found.value)), the parser \(say(parsed))")
  }

  private static func say(_ value: JSONValue) -> String {
    switch value.kind {
    case .number: "\(value.wholeNumber.map { "\($0)" } ?? value.rawText) \(value.isNonZeroNumber)"
    case .array: "[" + value.elements.map { say($0) }.joined(separator: ",") + "]"
    case .object:
      "{" + value.members.map { "\($0.name.string ?? ""):\(say($0.value))" }.joined(separator: ",") + "}"
    default: value.rawText
    }
  }
}
