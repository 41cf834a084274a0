public import Ledger

/// A text of a batch: where it lies in the batch's bytes.
public struct TextSpan: Sendable {
  public var offset: UInt32
  /// -1: there is none.
  public var count: Int32
  @inlinable public init(offset: UInt32, count: Int32) {
    self.offset = offset
    self.count = count
  }
  public static let none = TextSpan(offset: 0, count: -1)
}

/// A request's row as plain data of a fixed size, with its texts beside it.
public struct RequestRow: Sendable {
  /// Stands in a number's place where there is none.
  public static let none = Int64.min

  public var time: Int64 = 0
  public var segment: Int64 = 0
  public var line: Int64 = 0
  public var attempt: Int64 = 1
  /// How many requests it stands for: an aggregate of a vendor's report says so.
  public var requests: Int64 = 1
  /// The store's number for the facts.
  public var facet: Int64 = 0
  /// The store's numbers for these names; 0 for none.
  public var user: Int64 = 0
  public var errorType: Int64 = 0
  public var status: Int64 = none
  public var duration: Int64 = none
  public var firstByte: Int64 = none
  public var input: Int64 = 0
  public var cacheRead: Int64 = 0
  public var cacheWrite5m: Int64 = 0
  public var cacheWrite1h: Int64 = 0
  public var cacheWrite12h: Int64 = 0
  public var output: Int64 = 0
  public var reasoning: Int64 = 0
  /// As `RequestBatch.put(id:)` writes it.
  public var id: TextSpan = .none
  public var session: TextSpan = .none
  public var ip: TextSpan = .none
  public var responseID: TextSpan = .none
  public var vendorRequestID: TextSpan = .none
  public var meteredID: TextSpan = .none
  /// JSON, as `RequestBatch.append` writes it.
  public var otherMeters: TextSpan = .none
  public var otherModels: TextSpan = .none
  public var unknownFields: TextSpan = .none
  /// What another program said it cost, in femtodollars.
  public var stated: TextSpan = .none
  public var flags: UInt32 = 0
  public var final = true
  public var outcome: Outcome = .ok
  /// 1, 0, or -1 where it is not known.
  public var stream: Int8 = -1
  /// Its `metered_id` was taken: it is not to be kept.
  public internal(set) var isDuplicate = false

  @inlinable public init() {}

  /// All texts lie further behind.
  mutating func move(by bytes: UInt32) {
    id.offset &+= bytes
    session.offset &+= bytes
    ip.offset &+= bytes
    responseID.offset &+= bytes
    vendorRequestID.offset &+= bytes
    meteredID.offset &+= bytes
    otherMeters.offset &+= bytes
    otherModels.offset &+= bytes
    unknownFields.offset &+= bytes
    stated.offset &+= bytes
  }

  var place: Store.RequestPlace { .init(time: time, segment: segment, line: line) }
}

/// Request rows on their way into the store.
public struct RequestBatch: Sendable {
  public var rows: [RequestRow] = []
  /// UTF-8 of all texts.
  public var texts: [UInt8] = []
  /// After an insertion: which rows were left out, because their `metered_id` was taken; in their order.
  public internal(set) var duplicates: [Int] = []

  public init() {}

  public mutating func removeAll() {
    rows.removeAll(keepingCapacity: true)
    texts.removeAll(keepingCapacity: true)
    duplicates.removeAll(keepingCapacity: true)
  }

  public mutating func append(_ usage: Usage, segment: Int64, facet: Int64, user: Int64, errorType: Int64) {
    var row = RequestRow()
    row.time = usage.time
    row.segment = segment
    row.line = usage.place.line
    row.attempt = Int64(usage.attempt)
    row.requests = usage.requests
    row.facet = facet
    row.user = user
    row.errorType = errorType
    row.final = usage.final
    row.outcome = usage.outcome
    row.flags = usage.flags.rawValue
    row.stream = usage.stream.map { $0 ? 1 : 0 } ?? -1
    row.status = usage.status.map(Int64.init) ?? RequestRow.none
    row.duration = usage.durationMicroseconds ?? RequestRow.none
    row.firstByte = usage.firstByteMicroseconds ?? RequestRow.none
    let counts = usage.counts
    row.input = counts[.input]
    row.cacheRead = counts[.cacheRead]
    row.cacheWrite5m = counts[.cacheWrite5m]
    row.cacheWrite1h = counts[.cacheWrite1h]
    row.cacheWrite12h = counts[.cacheWrite12h]
    row.output = counts[.output]
    row.reasoning = counts.reasoning
    row.id = put(id: usage.id)
    row.session = put(usage.session)
    row.ip = put(usage.ip)
    row.responseID = put(usage.responseID)
    row.vendorRequestID = put(usage.vendorRequestID)
    row.meteredID = put(usage.meteredID)
    row.otherMeters = put(otherMeters(counts))
    row.otherModels = put(otherModels(usage.otherModels))
    row.unknownFields = put(unknownFields(usage.unknownFields))
    row.stated = put(statedText(usage.statedCost))
    rows.append(row)
  }

  /// Adds a text to the batch's bytes.
  public mutating func put(_ text: String?) -> TextSpan {
    guard let text else { return .none }
    let offset = texts.count
    texts.append(contentsOf: text.utf8)
    return TextSpan(offset: UInt32(offset), count: Int32(texts.count - offset))
  }

  /// Adds a request's id to the batch's bytes: a UUID as its 16 bytes.
  public mutating func put(id: UnsafeBufferPointer<UInt8>) -> TextSpan {
    let offset = texts.count
    RequestID.append(UnsafeRawBufferPointer(id), to: &texts)
    return TextSpan(offset: UInt32(offset), count: Int32(texts.count - offset))
  }

  mutating func put(id: String) -> TextSpan {
    var id = id
    return id.withUTF8 { put(id: $0) }
  }

  mutating func put(bytes: UnsafeRawBufferPointer?) -> TextSpan {
    guard let bytes else { return .none }
    let offset = texts.count
    texts.append(contentsOf: bytes)
    return TextSpan(offset: UInt32(offset), count: Int32(bytes.count))
  }

  /// Adds the rows of another batch that are no duplicates.
  mutating func append(_ other: borrowing RequestBatch) {
    let shift = UInt32(truncatingIfNeeded: texts.count)
    texts += other.texts
    for var row in other.rows where !row.isDuplicate {
      row.move(by: shift)
      rows.append(row)
    }
  }

  /// A text as a value of its own; nil for none.
  func text(_ span: TextSpan) -> String? {
    guard span.count >= 0 else { return nil }
    return String(decoding: texts[span.range], as: UTF8.self)
  }
}

extension TextSpan {
  var range: Range<Int> { Int(offset)..<Int(offset) + Int(max(count, 0)) }
}
