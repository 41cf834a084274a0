internal import Glibc
internal import JSON
internal import Ledger
internal import Normalize
internal import RawLog

/// Makes rows of a chunk's lines, with the vendors' counts in disjoint meters.
///
/// A line is walked where it stands. Only one that the walk does not take, whose facts are new, or whose usage object
/// has a new shape, is read the strict way (`takeLine`), which decides what it means; the facts and the shape are
/// learnt from there.
public struct LineParser: ~Copyable {
  private let walk = LineWalk()
  private let tape = JSONTape()
  private var numbering: Int
  private let numberingStep: Int
  private var writers: [String: Int32] = [:]
  private var lastWriter: (name: [UInt8], number: Int32) = ([], -1)
  private var envelopes = FactsTable()
  private var factsCount: Int32 = 0
  private var strictFacts: [RequestFacts: Int32] = [:]
  private let shapes = ShapesByEndpoint()
  private var clock = LineClock()
  private var partners = LinePartners()

  public enum Limit {
    /// Facts that a parser knows by number; beyond it the numbers start anew.
    public static let facts = 50_000
    /// Writers likewise.
    public static let writers = 10_000
    /// Endpoints with shapes of their own: more than there are.
    public static let endpoints = 64
  }

  /// - Parameters:
  ///   - number: from 0, another one for each of the parsers that work side by side.
  ///   - parsers: how many these are.
  public init(number: Int = 0, of parsers: Int = 1) {
    numbering = number
    numberingStep = parsers
  }

  /// The rows of a chunk, in the order of its lines.
  public mutating func parse(_ chunk: LineChunk) -> LineBatch {
    if factsCount >= Limit.facts || writers.count >= Limit.writers { startAnew() }
    var batch = LineBatch(chunk: chunk)
    batch.numbering = numbering
    partners.begin(lines: chunk.lineCount)
    for (index, line) in chunk.lines.enumerated() {
      let number = chunk.firstLine + Int64(index)
      let bytes = UnsafeRawBufferPointer(start: chunk.bytes + Int(line.start), count: Int(line.count))
      switch line.kind {
      case .whole:
        if !takeWalked(bytes, number, &batch) { takeStrictly(bytes, number, &batch) }
      case .torn: reject(bytes, number, LineFault("torn: the last line has no line feed"), &batch)
      case .overlong:
        reject(bytes, number, LineFault("longer than \(RawLogFormat.lineBytesMax) bytes"), &batch)
      }
    }
    return batch
  }

  /// The numbers given out so far are forgotten; those that come have another numbering.
  private mutating func startAnew() {
    numbering += numberingStep
    writers.removeAll()
    lastWriter = ([], -1)
    envelopes = FactsTable()
    factsCount = 0
    strictFacts.removeAll()
  }

  // MARK: - The quick way

  /// - Returns: false for a line that must be read the strict way; nothing was taken of it then.
  private mutating func takeWalked(_ bytes: UnsafeRawBufferPointer, _ number: Int64, _ batch: inout LineBatch)
    -> Bool
  {
    var usage: JSONValue?
    var billing: JSONValue?
    let known = shapes
    let walked = walk.walk(bytes) { field, start, end, fields in
      guard let shapes = known.find(fields) else { return 0 }
      let found = (field == .usage ? shapes.usage : shapes.billing).match(at: start, end: end)
      guard let found else { return 0 }
      if field == .usage { usage = found.value } else { billing = found.value }
      return found.count
    }
    guard let walked, let kind = kind(walked), walked.number(.v) == RawLogFormat.version,
      let seq = walked.number(.seq), seq >= 1, let time = clock.time(walked.text(.time)),
      let writer = writer(walked.text(.writer), &batch)
    else { return false }
    // In its place at once: a row is large, and every line has one.
    let row = batch.chunk.rows + batch.rowCount
    row.initialize(to: LineRow(kind: kind, writer: writer, seq: seq, time: time, line: number))
    if kind == .control {
      batch.rowCount += 1
      return true
    }
    guard let attempt = walked.number(.attempt), (1...1_000_000).contains(attempt), walked.has(.id),
      let envelope = envelopes.find(walked)
    else { return false }
    row.pointee.attempt = Int32(attempt)
    row.pointee.id = place(walked, .id, batch)
    guard row.pointee.id.count > 0 else { return false }
    row.pointee.user = place(walked, .user, batch)
    row.pointee.session = place(walked, .session, batch)
    row.pointee.ip = place(walked, .clientIP, batch)
    row.pointee.final = walked.number(.final).map { $0 != 0 } ?? true
    if kind == .start {
      row.pointee.facts = envelope.startFacts
      if row.pointee.facts < 0 { return false }
      partners.take(start: batch.rowCount, of: batch)
      batch.rowCount += 1
      return true
    }
    guard takeEnd(walked, usage, billing, envelope, row, &batch) else { return false }
    partners.take(end: batch.rowCount, of: batch)
    batch.rowCount += 1
    return true
  }

  private mutating func takeEnd(
    _ walked: WalkedLine, _ usage: JSONValue?, _ billing: JSONValue?, _ envelope: FactsTable.Entry,
    _ row: UnsafeMutablePointer<LineRow>, _ batch: inout LineBatch
  ) -> Bool {
    guard let outcome = outcome(walked.text(.outcome)), let source = usageSource(walked.text(.usageSource))
    else { return false }
    let normalized: Normalized
    do throws(NormalizeFault) {
      normalized = try normalize(envelope.format, usage: usage, billing: billing)
    } catch {
      return false
    }
    guard let facts = envelope.facts(normalized.serviceTier, normalized.priceFacts) else { return false }
    row.pointee.facts = facts
    row.pointee.outcome = outcome
    row.pointee.status = walked.number(.status) ?? LineRow.none
    if let stream = walked.number(.stream) { row.pointee.stream = Int8(stream) }
    row.pointee.durationMicroseconds = walked.number(.durationMicroseconds) ?? -1
    row.pointee.firstByteMicroseconds = walked.number(.firstByteMicroseconds) ?? -1
    row.pointee.responseID = place(walked, .responseID, batch)
    row.pointee.vendorRequestID = place(walked, .vendorRequestID, batch)
    row.pointee.meteredID = place(walked, .meteredID, batch)
    row.pointee.errorType = place(walked, .errorType, batch)
    row.pointee.flags = endFlags(
      normalized.flags, outcome: outcome, source: source, hasUsage: usage != nil,
      isZero: normalized.counts.isZero)
    batch.fill(&row.pointee, normalized.counts, normalized.otherModels, normalized.unknownFields)
    return true
  }

  private func place(_ walked: WalkedLine, _ field: LineField, _ batch: borrowing LineBatch) -> TextPlace {
    guard let text = walked.text(field), let start = text.baseAddress else { return .none }
    return TextPlace(
      start: Int32(truncatingIfNeeded: start - UnsafePointer(batch.chunk.bytes)),
      count: Int32(truncatingIfNeeded: text.count))
  }

  private func kind(_ walked: WalkedLine) -> LineRow.Kind? {
    guard let text = walked.text(.kind) else { return nil }
    if text.isText("end") { return .end }
    if text.isText("start") { return .start }
    return text.isText("open") || text.isText("close") ? .control : nil
  }

  private func outcome(_ text: UnsafeBufferPointer<UInt8>?) -> Outcome? {
    guard let text else { return nil }
    if text.isText("ok") { return .ok }
    let outcome = Outcome(rawValue: String(decoding: text, as: UTF8.self))
    return outcome == .interrupted ? nil : outcome
  }

  private func usageSource(_ text: UnsafeBufferPointer<UInt8>?) -> UsageSource? {
    guard let text else { return nil }
    if text.isText("vendor") { return .vendor }
    return UsageSource(rawValue: String(decoding: text, as: UTF8.self))
  }

  private mutating func writer(_ text: UnsafeBufferPointer<UInt8>?, _ batch: inout LineBatch) -> Int32? {
    guard let text else { return nil }
    if lastWriter.number >= 0, text.isEqual(lastWriter.name) {
      return lastWriter.number
    }
    return writer(String(decoding: text, as: UTF8.self), &batch)
  }

  private mutating func writer(_ name: String, _ batch: inout LineBatch) -> Int32 {
    let number = writers[name] ?? Int32(writers.count)
    if writers[name] == nil {
      writers[name] = number
      batch.newWriters.append(name)
    }
    lastWriter = (Array(name.utf8), number)
    return number
  }

  // MARK: - The strict way

  private mutating func takeStrictly(
    _ bytes: UnsafeRawBufferPointer, _ number: Int64, _ batch: inout LineBatch
  ) {
    let taken: TakenLine
    do throws(LineFault) {
      let place = Usage.Place(file: batch.chunk.segmentName, line: number)
      taken = try takeLine(bytes, place: place, with: tape)
    } catch {
      reject(bytes, number, error, &batch)
      return
    }
    let head = taken.head
    let kind: LineRow.Kind =
      switch taken {
      case .control: .control
      case .start: .start
      case .end: .end
      }
    var row = LineRow(
      kind: kind, writer: writer(head.writer, &batch), seq: head.seq, time: head.time, line: number)
    switch taken {
    case .control: batch.append(row)
    case .start(_, let usage), .end(_, let usage):
      row.facts = factsNumber(usage.facts, &batch)
      batch.append(usage, row)
      learn(bytes, usage, isEnd: kind == .end, row.facts)
    }
  }

  private mutating func factsNumber(_ facts: RequestFacts, _ batch: inout LineBatch) -> Int32 {
    if let known = strictFacts[facts] { return known }
    let number = factsCount
    factsCount += 1
    strictFacts[facts] = number
    batch.newFacts.append(facts)
    return number
  }

  /// Learns the facts of an accepted line, and the shapes of its vendor's objects, for the next one like it.
  private mutating func learn(_ bytes: UnsafeRawBufferPointer, _ usage: Usage, isEnd: Bool, _ number: Int32) {
    guard let endpoint = usage.facts.endpoint else { return }
    let known = shapes.make(endpoint)
    guard let known, let root = parsed(bytes) else { return }
    let objects: [(JSONValue?, JSONShapes)] = [
      (root["usage"], known.usage), (root["billing"], known.billing),
    ]
    for (object, shapes) in objects {
      if let object, object.isObject, !matches(object, shapes, bytes) { shapes.learn(object) }
    }
    let walked = walk.walk(bytes) { field, start, end, _ in
      (field == .usage ? known.usage : known.billing).match(at: start, end: end)?.count ?? 0
    }
    guard let walked else { return }
    envelopes.learn(walked, usage.facts, isEnd: isEnd, number)
  }

  /// The line once more: it was read before, so it can be.
  private func parsed(_ bytes: UnsafeRawBufferPointer) -> JSONValue? {
    do throws(JSONError) { return try tape.parse(bytes) } catch { return nil }
  }

  private func matches(_ object: JSONValue, _ shapes: JSONShapes, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return false }
    return shapes.match(at: base + object.range.lowerBound, end: base + bytes.count) != nil
  }

  private func reject(
    _ bytes: UnsafeRawBufferPointer, _ number: Int64, _ fault: LineFault, _ batch: inout LineBatch
  ) {
    batch.rejected.append(
      Rejection(
        place: .init(file: batch.chunk.segmentName, line: number), reason: fault.reason,
        excerpt: excerpt(bytes)))
    if let time = fault.time { batch.rejectedTimes.append(time) }
  }
}

/// The shapes of each endpoint's objects.
private final class ShapesByEndpoint {
  private var list: [EndpointShapes] = []
  private var last = 0

  /// Those of the endpoint that the line has named so far.
  func find(_ walked: WalkedLine) -> EndpointShapes? {
    guard let endpoint = walked.text(.endpoint) else { return nil }
    if last < list.count, list[last].isOf(endpoint) { return list[last] }
    guard let index = list.firstIndex(where: { $0.isOf(endpoint) }) else { return nil }
    last = index
    return list[index]
  }

  /// Those of this endpoint, made where there are none; nil where there are too many endpoints.
  func make(_ endpoint: String) -> EndpointShapes? {
    if let known = list.first(where: { $0.endpoint == endpoint }) { return known }
    guard list.count < LineParser.Limit.endpoints else { return nil }
    list.append(EndpointShapes(endpoint))
    return list.last
  }
}

/// The shapes of one endpoint's objects.
private final class EndpointShapes {
  let endpoint: String
  private let bytes: [UInt8]
  let usage = JSONShapes()
  let billing = JSONShapes()

  init(_ endpoint: String) {
    self.endpoint = endpoint
    bytes = Array(endpoint.utf8)
  }

  func isOf(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.isEqual(bytes)
  }
}

extension UnsafeBufferPointer<UInt8> {
  @inline(__always) fileprivate func isEqual(_ bytes: [UInt8]) -> Bool {
    guard count == bytes.count, let base = baseAddress else { return false }
    return bytes.withUnsafeBufferPointer { memcmp($0.baseAddress ?? base, base, count) == 0 }
  }

  @inline(__always) fileprivate func isText(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] != text.utf8Start[index] { return false }
    return true
  }
}
