/// A vendor's server-sent events in, as they were cut by the network; what the meter learns, and the bytes
/// for the client, out.
///
/// Where the client asked for usage itself, the bytes go through untouched. Where the proxy asked for it on
/// the books' behalf, whole events are looked at, and what the client did not order is taken out again; where the client
/// wants to know what it cost, that is put into them.
internal import Glibc
package import JSON

package struct EventStream: AnswerStream {
  let format: AnswerFormat
  /// Take out what the proxy's own `include_usage` brought.
  private let hidesUsage: Bool
  /// Put in what it cost.
  private let cost: CostInUsage?
  package var changesBytes: Bool { hidesUsage || cost != nil }
  package private(set) var facts: AnswerFacts
  /// A line was too long to be held: bytes still pass, nothing is read any more.
  package private(set) var isBlind = false

  /// What is kept until more comes: a line and an event's data, neither longer than a line may be.
  package var heldBytes: Int { pending.count + multilineData.count }

  private let tape: JSONTape
  private let lineBytesMax: Int
  /// The unfinished line (metering only) or the unfinished event (changing).
  private var pending: [UInt8] = []
  /// Where the unfinished line starts in `pending`.
  private var lineStart = 0
  private var afterCR = false
  private var droppedAtCR = false
  /// `data` that was no JSON by itself and may go on in the next line.
  private var multilineData: [UInt8] = []
  /// The event's only data in `pending`, parsed where it was JSON.
  private var dataRange: Range<Int>?
  private var dataLines = 0

  package init(
    format: AnswerFormat, hidesUsage: Bool, cost: CostInUsage? = nil, tape: JSONTape, lineBytesMax: Int
  ) {
    self.format = format
    self.facts = AnswerFacts(format)
    self.hidesUsage = hidesUsage
    self.cost = cost
    self.tape = tape
    self.lineBytesMax = lineBytesMax
  }

  /// Reads the next bytes and tells which of them go to the client now; nil: the given ones as they are.
  package mutating func take(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    if changesBytes {
      var passed: [UInt8] = []
      passed.reserveCapacity(bytes.count + pending.count)
      if isBlind {
        passed.append(contentsOf: bytes)
      } else {
        filter(bytes, into: &passed)
      }
      return passed
    }
    if !isBlind { watch(bytes) }
    return nil
  }

  /// The stream is over: reads the last line though nothing ends it, and gives what was held back.
  package mutating func finish() -> [UInt8] {
    defer { pending = [] }
    guard !isBlind else { return [] }
    if changesBytes {
      var passed: [UInt8] = []
      if lineStart < pending.count { lineEnded(at: pending.count) }
      eventEnded(into: &passed)
      return passed
    }
    if !pending.isEmpty {
      pending.withUnsafeBytes { line($0) }
      pending = []
    }
    blankLine()
    return []
  }

  // MARK: - Metering only

  private mutating func watch(_ bytes: UnsafeRawBufferPointer) {
    var at = 0
    if afterCR, let first = bytes.first {
      if first == 0x0A { at = 1 }
      afterCR = false
    }
    while at < bytes.count {
      guard let end = lineEnd(bytes, from: at) else { break }
      if pending.isEmpty {
        line(UnsafeRawBufferPointer(rebasing: bytes[at..<end]))
      } else {
        pending.append(contentsOf: bytes[at..<end])
        let whole = pending
        pending.removeAll(keepingCapacity: true)
        whole.withUnsafeBytes { line($0) }
      }
      at = end + 1
      guard bytes[end] == 0x0D else { continue }
      if at == bytes.count {
        afterCR = true
      } else if bytes[at] == 0x0A {
        at += 1
      }
    }
    if at < bytes.count { pending.append(contentsOf: bytes[at...]) }
    if pending.count > lineBytesMax || multilineData.count > lineBytesMax { goBlind() }
  }

  private mutating func line(_ line: UnsafeRawBufferPointer) {
    guard !line.isEmpty else { return blankLine() }
    guard let data = Self.data(of: line) else { return }
    // Nearly always an event's data is one line; then it counts as soon as a client could act on it.
    if multilineData.isEmpty, read(data) { return }
    if !multilineData.isEmpty { multilineData.append(0x0A) }
    multilineData.append(contentsOf: data)
  }

  private mutating func blankLine() {
    guard !multilineData.isEmpty else { return }
    let data = multilineData
    multilineData.removeAll(keepingCapacity: true)
    _ = data.withUnsafeBytes { read($0) }
  }

  // MARK: - Changing

  private mutating func filter(_ bytes: UnsafeRawBufferPointer, into passed: inout [UInt8]) {
    var at = 0
    if afterCR, let first = bytes.first {
      afterCR = false
      if first == 0x0A {
        at = 1
        if pending.isEmpty {
          if !droppedAtCR { passed.append(first) }
        } else {
          pending.append(first)
          lineStart = pending.count
        }
      }
    }
    while at < bytes.count {
      if pending.isEmpty, let next = passWhole(bytes, from: at, into: &passed) {
        at = next
        continue
      }
      guard let end = lineEnd(bytes, from: at) else { break }
      pending.append(contentsOf: bytes[at..<end])
      let lineEndInPending = pending.count
      let isBlank = lineEndInPending == lineStart
      if !isBlank { lineEnded(at: lineEndInPending) }
      pending.append(bytes[end])
      at = end + 1
      if bytes[end] == 0x0D {
        if at == bytes.count {
          afterCR = true
        } else if bytes[at] == 0x0A {
          pending.append(0x0A)
          at += 1
        }
      }
      lineStart = pending.count
      if isBlank { droppedAtCR = !eventEnded(into: &passed) }
    }
    if at < bytes.count { pending.append(contentsOf: bytes[at...]) }
    if pending.count > lineBytesMax {
      passed.append(contentsOf: pending)
      goBlind()
    }
  }

  private mutating func lineEnded(at end: Int) {
    let range: Range<Int>? = pending.withUnsafeBytes { bytes in
      let line = UnsafeRawBufferPointer(rebasing: bytes[lineStart..<end])
      return Self.data(of: line).map { end - $0.count..<end }
    }
    guard let range else { return }
    dataRange = range
    dataLines += 1
    if dataLines > 1 { multilineData.append(0x0A) }
    multilineData.append(contentsOf: pending[range])
  }

  /// Passes the pending event on, or all of it but `"usage":null`, or nothing of it.
  ///
  /// - Returns: whether anything was passed on.
  @discardableResult
  private mutating func eventEnded(into passed: inout [UInt8]) -> Bool {
    defer {
      pending.removeAll(keepingCapacity: true)
      multilineData.removeAll(keepingCapacity: true)
      lineStart = 0
      dataLines = 0
      dataRange = nil
    }
    var verdict = Verdict.whole
    if let dataRange, let value = multilineData.withUnsafeBytes({ parse($0) }) {
      learn(value)
      if dataLines == 1 { verdict = self.verdict(value, dataStart: dataRange.lowerBound) }
    }
    pending.withUnsafeBytes { Self.pass($0, verdict, into: &passed) }
    return verdict != .nothing
  }

  /// An event of one `data` line that has come in whole, as nearly all do, is looked at where it stands.
  ///
  /// - Returns: where it ends; nil where the next event is not like that.
  private mutating func passWhole(
    _ bytes: UnsafeRawBufferPointer, from start: Int, into passed: inout [UInt8]
  ) -> Int? {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
    guard let base = rest.baseAddress, let feed = memchr(base, 0x0A, rest.count) else { return nil }
    let end = UnsafeRawPointer(feed) - UnsafeRawPointer(base)
    guard end + 1 < rest.count, rest[end + 1] == 0x0A, memchr(base, 0x0D, end) == nil,
      let data = Self.data(of: UnsafeRawBufferPointer(rebasing: rest[..<end]))
    else { return nil }
    var verdict = Verdict.whole
    if let value = parse(data) {
      learn(value)
      verdict = self.verdict(value, dataStart: end - data.count)
    }
    Self.pass(UnsafeRawBufferPointer(rebasing: rest[..<(end + 2)]), verdict, into: &passed)
    return start + end + 2
  }

  /// What the client gets of an event.
  private enum Verdict: Equatable {
    case whole, nothing
    case with(Splice)
  }

  /// - Parameter dataStart: where the data stands in the event.
  private func verdict(_ value: JSONValue, dataStart: Int) -> Verdict {
    guard hidesUsage else {
      guard var splice = cost?.splice(value, facts) else { return .whole }
      splice.range = dataStart + splice.range.lowerBound..<dataStart + splice.range.upperBound
      return .with(splice)
    }
    guard let usage = value["usage"] else { return .whole }
    if usage.isObject, let choices = value["choices"], choices.kind == .array, choices.firstElement == nil {
      return .nothing
    }
    guard usage.isNull, let cut = Self.memberRange("usage", of: value) else { return .whole }
    return .with(Splice(range: dataStart + cut.lowerBound..<dataStart + cut.upperBound, bytes: []))
  }

  private static func pass(
    _ event: UnsafeRawBufferPointer, _ verdict: Verdict, into passed: inout [UInt8]
  ) {
    switch verdict {
    case .whole: passed.append(contentsOf: event)
    case .nothing: break
    case .with(let splice):
      passed.append(contentsOf: event[..<splice.range.lowerBound])
      passed.append(contentsOf: splice.bytes)
      passed.append(contentsOf: event[splice.range.upperBound...])
    }
  }

  /// A member with the comma that belongs to it: the one before it, for the first member the one behind it. Nil where the
  /// object has it twice, which no vendor writes.
  private static func memberRange(_ name: StaticString, of object: JSONValue) -> Range<Int>? {
    var found: Range<Int>?
    var before: JSONValue?
    var isFirst = false
    for member in object.eachMember {
      if isFirst, let range = found {
        // Nothing stands before it, so the comma behind it goes.
        found = range.lowerBound..<member.name.range.lowerBound
        isFirst = false
      }
      if member.name.isString(name) {
        guard found == nil else { return nil }
        let start = before?.range.upperBound ?? member.name.range.lowerBound
        found = start..<member.value.range.upperBound
        isFirst = before == nil
      }
      before = member.value
    }
    return found
  }

  // MARK: - Both

  /// The value of a `data` line; nil for any other line.
  private static func data(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard line.count >= 5, line.starts(with: "data:".utf8) else { return nil }
    let start = line.count > 5 && line[5] == 0x20 ? 6 : 5
    return UnsafeRawBufferPointer(rebasing: line[start...])
  }

  /// False where it is not JSON (yet).
  private mutating func read(_ data: UnsafeRawBufferPointer) -> Bool {
    if facts.sawTerminal, format == .chat { return true }
    if format == .chat, data.starts(with: "[DONE]".utf8) {
      facts.sawTerminal = true
      return true
    }
    guard let value = parse(data) else { return false }
    learn(value)
    return true
  }

  private mutating func parse(_ data: UnsafeRawBufferPointer) -> JSONValue? {
    if format == .chat, data.starts(with: "[DONE]".utf8) {
      facts.sawTerminal = true
      return nil
    }
    do throws(JSONError) {
      return try tape.parse(data)
    } catch {
      return nil
    }
  }

  private mutating func learn(_ value: JSONValue) {
    facts.readEvent(value)
    // Clients stop at an error event, whatever follows.
    if facts.error != nil { facts.sawTerminal = true }
  }

  package mutating func stopReading() { goBlind() }
  package var sawTerminal: Bool { facts.sawTerminal }
  package var isWhole: Bool { facts.isWhole }

  private mutating func goBlind() {
    isBlind = true
    pending = []
    multilineData = []
  }
}

/// The next CR or LF.
private func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
  var at = start
  while at < bytes.count {
    if bytes[at] == 0x0A || bytes[at] == 0x0D { return at }
    at += 1
  }
  return nil
}
