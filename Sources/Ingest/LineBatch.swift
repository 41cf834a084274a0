public import Ledger

/// A text in a batch's bytes; `count` is -1 where there is none.
public struct TextPlace: Sendable {
  public var start: Int32
  public var count: Int32
  public static let none = TextPlace(start: 0, count: -1)

  public init(start: Int32, count: Int32) {
    self.start = start
    self.count = count
  }
}

/// What one accepted line says, in a fixed room: texts as places, facts by number.
public struct LineRow: Sendable {
  /// Stands in a number's place where there is none.
  public static let none = Int64.min

  public enum Kind: UInt8, Sendable { case control, start, end }

  public var kind: Kind
  public var outcome: Outcome
  public var final: Bool
  /// -1 where the line does not say.
  public var stream: Int8
  public var flags: UsageFlags
  /// In the reader's own numbering: see `LineBatch`.
  public var writer: Int32
  public var facts: Int32
  public var attempt: Int32
  /// Into `LineBatch.extras`; -1 for none.
  public var extra: Int32
  /// Of an end, the row of its start in the same batch; of that start, its end's; -1 where it is not known.
  public var partner: Int32
  public var seq: Int64
  public var time: Int64
  public var line: Int64
  /// `LineRow.none` where the line does not say.
  public var status: Int64
  /// -1 where the line does not say.
  public var durationMicroseconds: Int64
  public var firstByteMicroseconds: Int64
  public var id: TextPlace
  public var user: TextPlace
  public var session: TextPlace
  public var ip: TextPlace
  public var responseID: TextPlace
  public var vendorRequestID: TextPlace
  public var meteredID: TextPlace
  public var errorType: TextPlace
  /// The meters that nearly every answer has; all others stand in the extra.
  public var counts: MainCounts

  init(kind: Kind, writer: Int32, seq: Int64, time: Int64, line: Int64) {
    self.kind = kind
    outcome = .interrupted
    final = true
    stream = -1
    flags = []
    self.writer = writer
    facts = -1
    attempt = 1
    status = Self.none
    extra = -1
    partner = -1
    self.seq = seq
    self.time = time
    self.line = line
    durationMicroseconds = -1
    firstByteMicroseconds = -1
    id = .none
    user = .none
    session = .none
    ip = .none
    responseID = .none
    vendorRequestID = .none
    meteredID = .none
    errorType = .none
    counts = MainCounts()
  }
}

/// Counts of the meters that nearly every answer has.
public struct MainCounts: Sendable {
  public var input: Int64 = 0
  public var cacheRead: Int64 = 0
  public var cacheWrite5m: Int64 = 0
  public var cacheWrite1h: Int64 = 0
  public var cacheWrite12h: Int64 = 0
  public var output: Int64 = 0
  public var reasoning: Int64 = 0

  static let meters: MeterSet = [
    .of(.input), .of(.cacheRead), .of(.cacheWrite5m), .of(.cacheWrite1h), .of(.cacheWrite12h), .of(.output),
  ]

  init() {}

  init(_ counts: TokenCounts) {
    input = counts[.input]
    cacheRead = counts[.cacheRead]
    cacheWrite5m = counts[.cacheWrite5m]
    cacheWrite1h = counts[.cacheWrite1h]
    cacheWrite12h = counts[.cacheWrite12h]
    output = counts[.output]
    reasoning = counts.reasoning
  }

  public func fill(_ counts: inout TokenCounts) {
    counts[.input] = input
    counts[.cacheRead] = cacheRead
    counts[.cacheWrite5m] = cacheWrite5m
    counts[.cacheWrite1h] = cacheWrite1h
    counts[.cacheWrite12h] = cacheWrite12h
    counts[.output] = output
    counts.reasoning = reasoning
  }
}

/// What few answers have.
public struct LineExtra: Sendable {
  /// All meters, the main ones too.
  public var counts: TokenCounts
  public var otherModels: [Usage.OtherModel]
  public var unknownFields: [String]
}

/// A chunk's lines as rows, and what was rejected of them.
///
/// Writers and facts have numbers that a reader gives out in the order it meets them; each batch brings those that are
/// new. Readers that work side by side number apart, and `numbering` says whose numbers a batch has.
public struct LineBatch: Sendable {
  public var chunk: LineChunk
  var rowCount = 0
  /// In the order of the lines; good until the chunk is given back.
  public var rows: UnsafeBufferPointer<LineRow> { .init(start: chunk.rows, count: rowCount) }
  /// Texts of the lines that could not be left where they stand.
  var sideTexts: [UInt8] = []
  public var extras: [LineExtra] = []
  public var rejected: [Rejection] = []
  /// The times that rejected lines name, where they can be read.
  public var rejectedTimes: [Int64] = []
  public var numbering: Int = 0
  public var newWriters: [String] = []
  public var newFacts: [RequestFacts] = []

  init(chunk: LineChunk) { self.chunk = chunk }

  /// A text's bytes, good as long as the batch; nil for none.
  @inline(__always)
  public func withText<R>(_ place: TextPlace, _ body: (UnsafeBufferPointer<UInt8>?) -> R) -> R {
    guard place.count >= 0 else { return body(nil) }
    if place.start >= 0 {
      return body(UnsafeBufferPointer(start: chunk.bytes + Int(place.start), count: Int(place.count)))
    }
    let start = -Int(place.start) - 1
    return sideTexts.withUnsafeBufferPointer { body(.init(rebasing: $0[start..<start + Int(place.count)])) }
  }

  public func text(_ place: TextPlace) -> String? {
    withText(place) { bytes in bytes.map { String(decoding: $0, as: UTF8.self) } }
  }

  mutating func put(_ text: String?) -> TextPlace {
    guard let text else { return .none }
    let start = sideTexts.count
    sideTexts.append(contentsOf: text.utf8)
    return TextPlace(start: Int32(-start - 1), count: Int32(sideTexts.count - start))
  }

  /// The row of a line that was read the strict way.
  mutating func append(_ usage: Usage, _ head: LineRow) {
    var row = head
    row.outcome = usage.outcome
    row.final = usage.final
    row.stream = usage.stream.map { $0 ? 1 : 0 } ?? -1
    row.flags = usage.flags
    row.attempt = Int32(usage.attempt)
    row.status = usage.status.map { Int64($0) } ?? LineRow.none
    row.durationMicroseconds = usage.durationMicroseconds ?? -1
    row.firstByteMicroseconds = usage.firstByteMicroseconds ?? -1
    row.id = put(usage.id)
    row.user = put(usage.user)
    row.session = put(usage.session)
    row.ip = put(usage.ip)
    row.responseID = put(usage.responseID)
    row.vendorRequestID = put(usage.vendorRequestID)
    row.meteredID = put(usage.meteredID)
    row.errorType = put(usage.errorType)
    fill(&row, usage.counts, usage.otherModels, usage.unknownFields)
    append(row)
  }

  mutating func append(_ row: LineRow) {
    (chunk.rows + rowCount).initialize(to: row)
    rowCount += 1
  }

  @inline(__always)
  mutating func fill(
    _ row: inout LineRow, _ counts: borrowing TokenCounts, _ otherModels: [Usage.OtherModel],
    _ unknownFields: [String]
  ) {
    row.counts = MainCounts(counts)
    guard
      !counts.usedMeters.isSubset(of: MainCounts.meters) || !otherModels.isEmpty || !unknownFields.isEmpty
    else { return }
    row.extra = Int32(extras.count)
    extras.append(LineExtra(counts: copy counts, otherModels: otherModels, unknownFields: unknownFields))
  }

  /// All that an accepted `start` or `end` says.
  public func usage(_ row: LineRow, facts: RequestFacts) -> Usage {
    var usage = Usage(
      id: text(row.id) ?? "", attempt: Int(row.attempt), final: row.final, time: row.time,
      place: .init(file: chunk.segmentName, line: row.line), facts: facts, outcome: row.outcome)
    usage.user = text(row.user)
    usage.session = text(row.session)
    usage.ip = text(row.ip)
    usage.responseID = text(row.responseID)
    usage.vendorRequestID = text(row.vendorRequestID)
    usage.meteredID = text(row.meteredID)
    usage.errorType = text(row.errorType)
    usage.stream = row.stream < 0 ? nil : row.stream == 1
    usage.status = row.status == LineRow.none ? nil : Int(row.status)
    usage.durationMicroseconds = row.durationMicroseconds < 0 ? nil : row.durationMicroseconds
    usage.firstByteMicroseconds = row.firstByteMicroseconds < 0 ? nil : row.firstByteMicroseconds
    usage.flags = row.flags
    if row.extra >= 0 {
      let extra = extras[Int(row.extra)]
      usage.counts = extra.counts
      usage.otherModels = extra.otherModels
      usage.unknownFields = extra.unknownFields
    } else {
      row.counts.fill(&usage.counts)
    }
    return usage
  }
}
