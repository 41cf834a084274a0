internal import JSON
internal import ProxyServer

/// Server-sent events: what is learned and what passes is the same however they are cut; nothing is put in, and nothing
/// is taken out but usage that the client did not order.
enum EventsLaw {
  private static let formats: [AnswerFormat] = [.chat, .messages, .responses, .units, .gemini]
  private static let lineBytesMax = 1 << 20
  private static let smallLineBytesMax = 64

  static func check(_ input: Input) throws(LawBroken) {
    let format = formats[input.choice(formats.count)]
    for hidesUsage in [false, true] {
      func told(_ pieces: [[UInt8]], _ lineBytesMax: Int) -> Told {
        Told(
          pieces,
          EventStream(format: format, hidesUsage: hidesUsage, tape: JSONTape(), lineBytesMax: lineBytesMax)
        ) { $0.heldBytes }
      }
      let whole = told([input.text], lineBytesMax)
      let cut = told(input.pieces, lineBytesMax)
      try hold(whole.facts == cut.facts, "hides \(hidesUsage): \(whole.facts)\ncut: \(cut.facts)")
      try hold(whole.passed == cut.passed, "hides \(hidesUsage): other bytes pass when they are cut")
      try checkPassed(whole.passed, input.text, hidesUsage)
      try hold(hidesUsage || whole.isUntouched && cut.isUntouched, "bytes are made anew")

      let small = told(input.pieces, smallLineBytesMax)
      try hold(small.heldBytes <= 2 * smallLineBytesMax, "\(small.heldBytes) bytes are held")
      try hold(isThinned(small.passed, input.text), "blind: bytes pass that did not come")
      if hidesUsage {
        let again = told([whole.passed], lineBytesMax)
        try hold(again.passed == whole.passed, "what has passed once does not pass again")
      }
    }
  }

  private static func checkPassed(
    _ passed: [UInt8], _ came: [UInt8], _ hidesUsage: Bool
  ) throws(LawBroken) {
    // The word may be written with escapes.
    let mayHoldUsage = has(came, "usage") || has(came, "\\u")
    if hidesUsage, mayHoldUsage {
      try hold(isThinned(passed, came), "bytes pass that did not come")
    } else {
      try hold(passed == came, "other bytes pass than came")
    }
  }

  private static func has(_ bytes: [UInt8], _ word: String) -> Bool {
    let word = Array(word.utf8)
    return bytes.indices.contains { bytes[$0...].starts(with: word) }
  }
}
