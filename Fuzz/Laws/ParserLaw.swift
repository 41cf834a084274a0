/// Bytes from a fuzzer in; which law they break, out.
///
/// What reads bytes from outside has a law here, a file each: beyond "it does not crash", the answer must not depend on how the
/// network cut the bytes, bytes that are to pass must pass, two readers of one thing must agree, and nothing may be held that
/// is longer than its bound. `Fuzz/run.sh` looks for bytes that break one; the tests try the seeds and changes of them.
package enum ParserLaw: String, CaseIterable, Sendable {
  /// Server-sent events.
  case events
  /// Amazon's event stream.
  case frames
  /// Gemini's array of answers.
  case array
  /// Raw log lines.
  case lines
  /// The authorization header of a signed request.
  case signature
  /// Multipart forms.
  case forms
  /// Bodies in JSON, and what the proxy changes in them.
  case requests
  case json
  /// Compressed answers.
  case inflate
  /// HTTP/1.1's heads and bodies, of requests and of answers.
  case heads

  /// - Throws: what is broken, in a sentence.
  package func check(_ input: [UInt8]) throws(LawBroken) {
    switch self {
    case .events: try EventsLaw.check(Input(input))
    case .frames: try FramesLaw.check(Input(input))
    case .array: try ArrayLaw.check(Input(input))
    case .lines: try LinesLaw.check(Input(input))
    case .signature: try SignatureLaw.check(Input(input))
    case .forms: try FormsLaw.check(Input(input))
    case .requests: try RequestsLaw.check(Input(input))
    case .json: try JSONLaw.check(Input(input))
    case .inflate: try InflateLaw.check(Input(input))
    case .heads: try HeadsLaw.check(Input(input))
    }
  }
}

package struct LawBroken: Error, CustomStringConvertible {
  package var description: String
}

func hold(_ holds: Bool, _ broken: @autoclosure () -> String) throws(LawBroken) {
  guard !holds else { return }
  throw LawBroken(description: broken())
}

/// What a fuzzer gave: one byte that says what to do, one for how to cut, and a text.
struct Input {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// One of so many ways: `0` is the first.
  func choice(_ count: Int) -> Int {
    bytes.isEmpty ? 0 : Int(bytes[0] &- UInt8(ascii: "0")) % count
  }
  var cut: UInt8 { bytes.count < 2 ? 0 : bytes[1] }
  var text: [UInt8] { Array(bytes.dropFirst(2)) }

  /// The text as a network may bring it: byte by byte, or in pieces of any size.
  var pieces: [[UInt8]] { cutUp(text, cut) }
}

func cutUp(_ text: [UInt8], _ cut: UInt8) -> [[UInt8]] {
  if cut == UInt8(ascii: "1") { return text.map { [$0] } }
  var pieces: [[UInt8]] = []
  var state = UInt32(cut) | 1
  var at = 0
  while at < text.count {
    state = state &* 1_664_525 &+ 1_013_904_223
    let count = min(1 + Int(state >> 20) % (cut & 1 == 0 ? 8 : 90), text.count - at)
    pieces.append(Array(text[at..<at + count]))
    at += count
  }
  return pieces
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// Whether the first is the second with bytes taken out.
func isThinned(_ part: [UInt8], _ whole: [UInt8]) -> Bool {
  var rest = part[...]
  for byte in whole where rest.first == byte { rest = rest.dropFirst() }
  return rest.isEmpty
}
