/// Amazon's event stream (`application/vnd.amazon.eventstream`) in, as it was cut by the network; what the meter learns
/// out. The bytes themselves pass as they are, sums and all.
///
/// A message, big-endian: length of all, length of the headers, CRC-32 of these eight bytes, headers, payload, CRC-32 of all
/// before it. A message whose sums are wrong is no message, and then nothing more is read.
internal import CZlib
package import JSON

package struct FrameStream: AnswerStream {
  package private(set) var facts: AnswerFacts
  package private(set) var isBlind = false
  package var changesBytes: Bool { false }
  package var sawTerminal: Bool { facts.sawTerminal }
  package var isWhole: Bool { facts.isWhole && pending.isEmpty }

  /// What is kept until more comes: less than a message.
  package var heldBytes: Int { pending.count }

  private let tape: JSONTape
  private let messageBytesMax: Int
  /// The unfinished message.
  private var pending: [UInt8] = []

  /// Lengths and their sum, and the sum at the end.
  private static let preludeBytes = 12
  private static let messageBytesMin = 16

  package init(format: AnswerFormat, tape: JSONTape, messageBytesMax: Int) {
    self.facts = AnswerFacts(format)
    self.tape = tape
    self.messageBytesMax = messageBytesMax
  }

  package mutating func take(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard !isBlind else { return nil }
    if pending.isEmpty {
      let read = readMessages(bytes)
      if read < bytes.count, !isBlind { pending = Array(bytes[read...]) }
    } else {
      pending.append(contentsOf: bytes)
      let whole = pending
      let read = whole.withUnsafeBytes { readMessages($0) }
      if read > 0, !isBlind { pending.removeFirst(read) }
    }
    return nil
  }

  package mutating func finish() -> [UInt8] { [] }

  package mutating func stopReading() {
    isBlind = true
    pending = []
  }

  /// - Returns: how many bytes were whole messages.
  private mutating func readMessages(_ bytes: UnsafeRawBufferPointer) -> Int {
    var at = 0
    while bytes.count - at >= Self.preludeBytes {
      let message = UnsafeRawBufferPointer(rebasing: bytes[at...])
      let total = Int(number(message, at: 0))
      let headers = Int(number(message, at: 4))
      guard total >= Self.messageBytesMin, total <= messageBytesMax, headers <= total - Self.messageBytesMin,
        checksum(message, count: 8) == number(message, at: 8)
      else {
        stopReading()
        return at
      }
      guard message.count >= total else { return at }
      guard checksum(message, count: total - 4) == number(message, at: total - 4) else {
        stopReading()
        return at
      }
      read(UnsafeRawBufferPointer(rebasing: message[..<total]), headerBytes: headers)
      guard !isBlind else { return at }
      at += total
    }
    return at
  }

  private mutating func read(_ message: UnsafeRawBufferPointer, headerBytes: Int) {
    let headersEnd = Self.preludeBytes + headerBytes
    guard
      let headers = FrameHeaders(UnsafeRawBufferPointer(rebasing: message[Self.preludeBytes..<headersEnd]))
    else { return stopReading() }
    switch headers.messageType {
    case "exception": facts.readException(headers.exceptionType ?? "exception")
    case "error": facts.readException(headers.errorCode ?? "error")
    default:
      let payload = UnsafeRawBufferPointer(rebasing: message[headersEnd..<(message.count - 4)])
      guard let value = parse(payload) else { return }
      if facts.format == .invoke {
        guard let text = value["bytes"]?.string, let event = base64Decoded(text.utf8) else { return }
        if let inner = event.withUnsafeBytes({ parse($0) }) { facts.readEvent(inner) }
      } else {
        facts.readEvent(value)
      }
    }
  }

  private func parse(_ text: UnsafeRawBufferPointer) -> JSONValue? {
    do throws(JSONError) {
      return try tape.parse(text)
    } catch {
      return nil
    }
  }
}

/// The headers of a message that say what it is.
private struct FrameHeaders {
  var messageType = "event"
  var exceptionType: String?
  var errorCode: String?

  /// - Returns: nil where the headers do not fill their room.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var at = 0
    func room(_ count: Int) -> Bool { bytes.count - at >= count }
    while at < bytes.count {
      let nameBytes = Int(bytes[at])
      at += 1
      guard nameBytes > 0, room(nameBytes + 1) else { return nil }
      let name = bytes[at..<at + nameBytes]
      at += nameBytes
      let type = bytes[at]
      at += 1
      let valueBytes: Int
      switch type {
      case 0, 1: valueBytes = 0
      case 2: valueBytes = 1
      case 3: valueBytes = 2
      case 4: valueBytes = 4
      case 5, 8: valueBytes = 8
      case 9: valueBytes = 16
      case 6, 7:
        guard room(2) else { return nil }
        valueBytes = Int(bytes[at]) << 8 | Int(bytes[at + 1])
        at += 2
      default: return nil
      }
      guard room(valueBytes) else { return nil }
      if type == 7 { take(name, bytes[at..<at + valueBytes]) }
      at += valueBytes
    }
  }

  private mutating func take(_ name: Slice<UnsafeRawBufferPointer>, _ value: Slice<UnsafeRawBufferPointer>) {
    if name.elementsEqual(":message-type".utf8) {
      messageType = String(decoding: value, as: UTF8.self)
    } else if name.elementsEqual(":exception-type".utf8) {
      exceptionType = String(decoding: value, as: UTF8.self)
    } else if name.elementsEqual(":error-code".utf8) {
      errorCode = String(decoding: value, as: UTF8.self)
    }
  }
}

private func number(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
  UInt32(bytes[offset]) << 24 | UInt32(bytes[offset + 1]) << 16 | UInt32(bytes[offset + 2]) << 8
    | UInt32(bytes[offset + 3])
}

private func checksum(_ bytes: UnsafeRawBufferPointer, count: Int) -> UInt32 {
  UInt32(truncatingIfNeeded: crc32(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(count)))
}
