internal import JSON
internal import ProxyServer

/// Server-sent events: what is learned and what passes is the same however they are cut; nothing is taken out but usage that
/// the client did not order, and nothing is put in but what it cost, where it wants to know.
enum EventsLaw {
  private static let formats: [AnswerFormat] = [.chat, .messages, .responses, .units, .gemini]
  private static let lineBytesMax = 1 << 20
  private static let smallLineBytesMax = 64

  private enum Way: CaseIterable { case untouched, hidesUsage, tellsCost }

  static func check(_ input: Input) throws(LawBroken) {
    let format = formats[input.choice(formats.count)]
    for way in Way.allCases {
      func told(_ pieces: [[UInt8]], _ lineBytesMax: Int) -> Told {
        let cost = way == .tellsCost ? CostInUsage { facts in Array("\(facts.textBytes).5".utf8) } : nil
        let stream = EventStream(
          format: format, hidesUsage: way == .hidesUsage, cost: cost, tape: JSONTape(),
          lineBytesMax: lineBytesMax)
        return Told(pieces, stream) { $0.heldBytes }
      }
      let whole = told([input.text], lineBytesMax)
      let cut = told(input.pieces, lineBytesMax)
      try hold(whole.facts == cut.facts, "\(way): \(whole.facts)\ncut: \(cut.facts)")
      try hold(whole.passed == cut.passed, "\(way): other bytes pass when they are cut")
      try checkPassed(whole, input.text, way)
      try hold(way != .untouched || cut.isUntouched, "bytes are made anew")
      let small = told(input.pieces, smallLineBytesMax)
      try hold(small.heldBytes <= 2 * smallLineBytesMax, "\(way): \(small.heldBytes) bytes are held")
      try checkPassed(small, input.text, way)
      if way == .hidesUsage {
        let again = told([whole.passed], lineBytesMax)
        try hold(again.passed == whole.passed, "what has passed once does not pass again")
      }
    }
  }

  private static func checkPassed(_ told: Told, _ came: [UInt8], _ way: Way) throws(LawBroken) {
    // The word may be written with escapes.
    let mayHoldUsage = has(came, "usage") || has(came, "\\u")
    switch way {
    case .hidesUsage where mayHoldUsage:
      try hold(isThinned(told.passed, came), "bytes pass that did not come")
    case .tellsCost where mayHoldUsage: try hold(isThinned(came, told.passed), "bytes are missing")
    default: try hold(told.passed == came, "\(way): other bytes pass than came")
    }
  }

  private static func has(_ bytes: [UInt8], _ word: String) -> Bool {
    let word = Array(word.utf8)
    return bytes.indices.contains { bytes[$0...].starts(with: word) }
  }
}
