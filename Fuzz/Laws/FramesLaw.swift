internal import CZlib
internal import JSON
internal import ProxyServer

/// Amazon's frames: bytes always pass as they are; what is learned does not depend on the cuts, and of frames that are well
/// made it is what their payloads say when they are read one by one.
enum FramesLaw {
  private static let messageBytesMax = 1 << 16

  static func check(_ input: Input) throws(LawBroken) {
    let choice = input.choice(4)
    let format: AnswerFormat = choice & 1 == 0 ? .converse : .invoke
    var frames: [Frame] = []
    if choice < 2 { frames = input.text.split(separator: 0x0A).map { Frame($0) } }
    let bytes = choice < 2 ? frames.flatMap(\.bytes) : input.text
    func told(_ pieces: [[UInt8]]) -> Told {
      Told(pieces, FrameStream(format: format, tape: JSONTape(), messageBytesMax: messageBytesMax)) {
        $0.heldBytes
      }
    }
    let whole = told([bytes])
    let cut = told(cutUp(bytes, input.cut))
    try hold(whole.facts == cut.facts, "\(whole.facts)\ncut: \(cut.facts)")
    try hold(whole.isUntouched && cut.isUntouched && whole.passed == bytes, "bytes are made anew")
    try hold(cut.heldBytes < messageBytesMax, "\(cut.heldBytes) bytes are held")

    let events = frames.compactMap { $0.event(format) }
    guard choice < 2, events.count == frames.count else { return }
    var facts = AnswerFacts(format)
    let tape = JSONTape()
    for event in events {
      if let event = parsed(event, tape) { facts.readEvent(event) }
    }
    let expected = say(facts) + " blind false"
    try hold(whole.facts.hasPrefix(expected), "\(whole.facts)\none by one: \(expected)")
  }
}

/// A line of a fuzzer's text as a frame: its first letter says what kind.
private struct Frame {
  private let kind: UInt8
  private let line: [UInt8]

  init(_ text: ArraySlice<UInt8>) {
    kind = text.first ?? 0
    line = Array(text.dropFirst())
  }

  /// What of it is an event of this format; nil where the law has no word on it.
  func event(_ format: AnswerFormat) -> [UInt8]? {
    switch (kind, format) {
    case (UInt8(ascii: "c"), .invoke), (UInt8(ascii: "e"), .converse): line
    case (UInt8(ascii: "c"), _): Array(chunk.utf8)
    default: nil
    }
  }

  private var chunk: String { #"{"bytes":"\#(base64(line))"}"# }

  var bytes: [UInt8] {
    switch kind {
    case UInt8(ascii: "e"): message([(":message-type", "event"), (":event-type", "x")], line)
    case UInt8(ascii: "c"):
      message([(":event-type", "chunk"), (":message-type", "event")], Array(chunk.utf8))
    case UInt8(ascii: "x"): message([(":message-type", "exception"), (":exception-type", text(line))], [])
    case UInt8(ascii: "r"): message([(":message-type", "error"), (":error-code", text(line))], line)
    case UInt8(ascii: "h"): sealed(headers: line, [])
    default: sealed(headers: [], line).dropLast() + [kind]
    }
  }

  private func message(_ headers: [(String, String)], _ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, value) in headers {
      let value = Array(value.utf8.prefix(200))
      bytes += [UInt8(name.utf8.count)] + name.utf8 + [7, UInt8(value.count >> 8), UInt8(value.count & 255)]
      bytes += value
    }
    return sealed(headers: bytes, payload)
  }

  private func sealed(headers: [UInt8], _ payload: [UInt8]) -> [UInt8] {
    var bytes = number(16 + headers.count + payload.count) + number(headers.count)
    bytes += number(sum(bytes))
    bytes += headers + payload
    return bytes + number(sum(bytes))
  }

  private func sum(_ bytes: [UInt8]) -> Int { Int(crc32(0, bytes, UInt32(bytes.count))) }

  private func number(_ value: Int) -> [UInt8] {
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}

private func base64(_ bytes: [UInt8]) -> String {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var result: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let three = bytes[start..<min(start + 3, bytes.count)]
    let bits = three.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - three.count))
    for place in 0...three.count { result.append(letters[bits >> (18 - 6 * place) & 63]) }
    result += Array(repeating: UInt8(ascii: "="), count: 3 - three.count)
  }
  return text(result)
}
