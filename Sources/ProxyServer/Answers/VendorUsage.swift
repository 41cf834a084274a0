/// A vendor's usage object in the vendor's own bytes, and the estimate that stands in where none came.
package import JSON
internal import RawLog

package struct VendorUsage {
  private var members: [(name: [UInt8], value: [UInt8])]
  /// The object as it came, while nothing was merged into it.
  private var verbatim: [UInt8]?
  /// More was merged than a usage object has; nothing of it is kept.
  private var isTooLarge = false

  package init(verbatim object: JSONValue) {
    self.members = []
    self.verbatim = Array(object.rawBytes)
  }

  /// An object to be filled member by member.
  package init() { self.init(members: []) }

  private init(members: [(name: [UInt8], value: [UInt8])]) {
    self.members = members
    self.verbatim = nil
  }

  /// Overwrites one member; the name needs no escapes.
  package mutating func set(_ name: String, _ json: [UInt8]) {
    spread()
    set(Self.quoted(name), json)
  }

  /// Overwrites with every member of `object` that is not null.
  package mutating func merge(_ object: JSONValue) {
    spread()
    for (name, value) in object.members where !value.isNull {
      set(Array(name.rawBytes), Array(value.rawBytes))
    }
    let bytes = members.reduce(0) { $0 + $1.name.count + $1.value.count }
    if bytes > LogRecordLimit.usageBytesMax { giveUp() }
  }

  /// The object on one line; nil where it is too large to be one.
  package var json: [UInt8]? {
    guard !isTooLarge else { return nil }
    var bytes = verbatim ?? []
    if verbatim == nil {
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes += member.name
        bytes.append(UInt8(ascii: ":"))
        bytes += member.value
      }
      bytes.append(UInt8(ascii: "}"))
    }
    guard bytes.count <= LogRecordLimit.usageBytesMax else { return nil }
    return bytes.contains { $0 == 0x0A || $0 == 0x0D } ? Self.withoutSpace(bytes) : bytes
  }

  /// Without the white space between the tokens.
  private static func withoutSpace(_ json: [UInt8]) -> [UInt8] {
    var isInString = false
    var isEscaped = false
    return json.filter { byte in
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        return true
      }
      if byte == UInt8(ascii: "\"") { isInString = true }
      return byte > 0x20
    }
  }

  /// Where a stream ends before the vendor's last word: about four bytes of UTF-8 make a token, both of what
  /// was asked and of what was answered. The vendor's own input counts are kept where it has said them.
  package static func estimate(
    _ format: AnswerFormat, known: VendorUsage?, requestTextBytes: Int, answerTextBytes: Int
  ) -> VendorUsage {
    let input = tokens(requestTextBytes)
    let output = tokens(answerTextBytes)
    var names = format.countNames
    var keepsKnown = format == .messages || format == .gemini
    if format == .invoke, let known, known.has("input_tokens") {
      // Claude speaks through Bedrock as it does itself.
      names = AnswerFormat.messages.countNames
      keepsKnown = true
    }
    guard keepsKnown, var usage = known, usage.json != nil else {
      var members = [(quoted(names.input), digits(input)), (quoted(names.output), digits(output))]
      if let total = names.total { members.append((quoted(total), digits(input + output))) }
      return VendorUsage(members: members)
    }
    usage.spread()
    // At the start the vendor's output count is a placeholder, later it is a running total.
    let said = usage.count(quoted(names.output)) ?? 0
    usage.set(quoted(names.output), digits(max(said, output)))
    // A total of what was said so far is none of what is estimated.
    usage.members.removeAll { $0.name == quoted("totalTokenCount") }
    return usage
  }

  private func has(_ name: String) -> Bool {
    var copy = self
    copy.spread()
    return copy.count(Self.quoted(name)) != nil
  }

  private mutating func spread() {
    guard let bytes = verbatim else { return }
    verbatim = nil
    do throws(JSONError) {
      for (name, value) in try JSONTape().parse(bytes).members {
        set(Array(name.rawBytes), Array(value.rawBytes))
      }
    } catch {
      preconditionFailure("the object was parsed before")
    }
  }

  private mutating func set(_ name: [UInt8], _ value: [UInt8]) {
    guard !isTooLarge else { return }
    if let index = members.firstIndex(where: { $0.name == name }) {
      members[index].value = value
    } else {
      members.append((name, value))
    }
    if members.count > Self.membersMax { giveUp() }
  }

  /// A stream may bring names without end; a usage object has a few dozen.
  private static let membersMax = 1024

  private mutating func giveUp() {
    members = []
    isTooLarge = true
  }

  private func count(_ name: [UInt8]) -> Int? {
    members.first { $0.name == name }.flatMap { Int(String(decoding: $0.value, as: UTF8.self)) }
  }

  private static func tokens(_ bytes: Int) -> Int { (bytes + 3) / 4 }
  private static func quoted(_ name: String) -> [UInt8] { Array("\"\(name)\"".utf8) }
  private static func digits(_ value: Int) -> [UInt8] { Array(String(value).utf8) }
}
