/// A stream of a vendor's answer while it passes: the next bytes in, what the client gets of them and the meter's facts out.
package import JSON

package protocol AnswerStream {
  var facts: AnswerFacts { get }
  /// Bytes still pass, and nothing is read any more.
  var isBlind: Bool { get }
  /// The client gets other bytes than the vendor sent.
  var changesBytes: Bool { get }
  var sawTerminal: Bool { get }
  /// It may end here.
  var isWhole: Bool { get }

  /// Reads the next bytes and tells which of them go to the client now; nil: the given ones as they are.
  mutating func take(_ bytes: UnsafeRawBufferPointer) -> [UInt8]?
  /// The stream is over: reads what was left open, and gives what was held back.
  mutating func finish() -> [UInt8]
  /// Bytes go on passing; nothing is learned from them.
  mutating func stopReading()
}

/// A JSON array that is sent element by element, which is how Gemini streams where no events were asked for.
package struct ArrayStream: AnswerStream {
  package private(set) var facts: AnswerFacts
  package private(set) var isBlind = false
  package var changesBytes: Bool { false }
  package var sawTerminal: Bool { facts.sawTerminal }
  package var isWhole: Bool { facts.isWhole && isOver }

  /// What is kept until more comes: an element.
  package var heldBytes: Int { element.count }

  private let tape: JSONTape
  private let elementBytesMax: Int
  private var element: [UInt8] = []
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var isOver = false

  package init(format: AnswerFormat, tape: JSONTape, elementBytesMax: Int) {
    self.facts = AnswerFacts(format)
    self.tape = tape
    self.elementBytesMax = elementBytesMax
  }

  package mutating func take(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    if !isBlind { for byte in bytes { take(byte) } }
    return nil
  }

  package mutating func finish() -> [UInt8] { [] }

  package mutating func stopReading() {
    isBlind = true
    isOver = true
    element = []
  }

  private mutating func take(_ byte: UInt8) {
    if depth > 1 {
      element.append(byte)
      guard element.count <= elementBytesMax else { return stopReading() }
    }
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
      }
      return
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      depth += 1
      if depth == 2 { element = [byte] }
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      if depth == 1 { read() }
      if depth <= 0 { isOver = true }
    default: break
    }
  }

  private mutating func read() {
    defer { element.removeAll(keepingCapacity: true) }
    do throws(JSONError) {
      facts.readEvent(try tape.parse(element))
    } catch {
      // An element that is no JSON tells nothing; the bytes pass.
    }
  }
}
