internal import HTTPWire
internal import TestKit

/// HTTP/1.1: the same messages are read, and the same thing is refused, wherever the network cuts the bytes; and what was read
/// has nothing in it that could end a line.
enum HeadsLaw {
  static func check(_ input: Input) throws(LawBroken) {
    let isAnswer = input.choice(2) == 1
    func read(_ pieces: [[UInt8]]) -> ([ReadMessage], WireFault?) {
      isAnswer ? WireReading.responses(pieces) : WireReading.requests(pieces)
    }
    let whole = read([input.text])
    let cut = read(input.pieces)
    try hold(whole.0 == cut.0, "\(whole.0)\ncut: \(cut.0)")
    try hold(whole.1 == cut.1, "\(String(describing: whole.1))\ncut: \(String(describing: cut.1))")
    for message in whole.0 {
      let isClean = ([message.start] + message.fields).allSatisfy { line in
        line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
      }
      try hold(isClean, "a line's end is inside of a line: \(message)")
    }
  }
}
