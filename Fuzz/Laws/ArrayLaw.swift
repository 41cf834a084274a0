internal import JSON
internal import ProxyServer

/// Gemini's array: what is learned of a text that is an array is what its elements say one by one.
enum ArrayLaw {
  private static let smallElementBytesMax = 40

  static func check(_ input: Input) throws(LawBroken) {
    func told(_ pieces: [[UInt8]], _ elementBytesMax: Int) -> Told {
      Told(pieces, ArrayStream(format: .gemini, tape: JSONTape(), elementBytesMax: elementBytesMax)) {
        $0.heldBytes
      }
    }
    let whole = told([input.text], 1 << 20)
    let cut = told(input.pieces, 1 << 20)
    try hold(whole.facts == cut.facts, "\(whole.facts)\ncut: \(cut.facts)")
    try hold(whole.isUntouched && whole.passed == input.text, "bytes are made anew")
    let small = told(input.pieces, smallElementBytesMax)
    try hold(small.heldBytes <= smallElementBytesMax, "\(small.heldBytes) bytes are held")

    let (tape, elementTape) = (JSONTape(), JSONTape())
    guard let array = parsed(input.text, tape), array.kind == .array else { return }
    var facts = AnswerFacts(.gemini)
    for element in array.elements {
      if let element = parsed(Array(element.rawBytes), elementTape) { facts.readEvent(element) }
    }
    let expected = say(facts) + " blind false"
    try hold(whole.facts.hasPrefix(expected), "\(whole.facts)\none by one: \(expected)")
  }
}
