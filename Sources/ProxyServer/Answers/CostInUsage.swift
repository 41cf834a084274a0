/// What a request cost, as a member `cost` of OpenAI's usage object, for clients that show it: an answer's facts in, the bytes
/// to be put there, and where, out.
///
/// It is in dollars, by the prices that budgets count with, in exact decimal digits. Where something of the request has no
/// price, or what it used is not known, there is no such member: unknown is not zero. The raw log keeps the vendor's object.
package import JSON
internal import Ledger
internal import NIOCore
internal import RawLog

extension Plan {
  /// The key or the request asks for it, and the answer has OpenAI's usage object.
  var wantsCost: Bool {
    guard request.headers.wantsCost || request.key?.costInUsage == true else { return false }
    guard request.endpoint.dialect == .openAI, case .request = request.endpoint.metering else { return false }
    switch request.endpoint.answer {
    case .chat, .responses, .units: return true
    case .messages, .converse, .invoke, .gemini, .batch, .none: return false
    }
  }
}

package struct CostInUsage {
  /// A JSON number for what an answer says so far; nil where its cost is not known.
  private let tell: (AnswerFacts) -> [UInt8]?

  package init(_ tell: @escaping (AnswerFacts) -> [UInt8]?) { self.tell = tell }

  /// Nil where nobody wants it.
  init?(_ plan: Plan, loop: LoopContext) {
    guard plan.wantsCost else { return nil }
    let (sent, time, billing) = (plan.record, plan.request.time, plan.billing)
    tell = { [loop] facts in
      var record = sent
      record.outcome = .ok
      record.usage = facts.usage?.json
      record.billing = facts.billing + billing
      record.modelReturned = facts.model
      loop.uses.use(loop.core.prices)
      let use = loop.uses.read(record, time: time)
      guard record.usage != nil, !use.isUnpriced, !use.isUnknown else { return nil }
      return Array(Money(femtodollars: use.cost).description.utf8)
    }
  }

  /// - Parameter answer: a whole answer, or an event of a stream whose facts hold it already.
  /// - Returns: nil where there is no usage object, its cost is not known, or the vendor has told one.
  package func splice(_ answer: JSONValue, _ facts: AnswerFacts) -> Splice? {
    let found = [answer["usage"], answer["response"]?["usage"]].compactMap { $0 }.first { $0.isObject }
    guard let usage = found, usage.present("cost") == nil, let number = tell(facts) else { return nil }
    if let empty = usage["cost"] { return Splice(range: empty.range, bytes: number) }
    let inside = usage.range.upperBound - 1
    let comma = usage.hasMembers ? "," : ""
    return Splice(range: inside..<inside, bytes: Array("\(comma)\"cost\":".utf8) + number)
  }
}

/// An answer that is no stream, held until all of it is there.
struct HeldAnswer {
  private let cost: CostInUsage
  private let format: AnswerFormat
  private let tape: JSONTape
  private let bytesMax: Int
  private var held: ByteBuffer? = ByteBuffer()
  /// Of the answer with its cost in it; nil where the vendor's own word on its length may not hold.
  private(set) var length: Int?

  /// - Parameter bytesMax: a longer answer passes as it is.
  init(_ cost: CostInUsage, format: AnswerFormat, tape: JSONTape, bytesMax: Int) {
    self.cost = cost
    self.format = format
    self.tape = tape
    self.bytesMax = bytesMax
  }

  /// - Returns: what the client gets now.
  mutating func take(_ bytes: ByteBuffer) -> ByteBuffer {
    guard var all = held else { return bytes }
    held = nil
    all.writeImmutableBuffer(bytes)
    if all.readableBytes > bytesMax { return all }
    held = all
    return ByteBuffer()
  }

  /// Nothing more comes.
  mutating func finish() -> ByteBuffer {
    guard let all = held else { return ByteBuffer() }
    held = nil
    let splice = all.withUnsafeReadableBytes { bytes -> Splice? in
      do throws(JSONError) {
        let answer = try tape.parse(bytes)
        length = bytes.count
        var facts = AnswerFacts(format)
        facts.readWholeAnswer(answer)
        return cost.splice(answer, facts)
      } catch {
        // What is no JSON passes as it is.
        return nil
      }
    }
    guard let splice else { return all }
    length = all.readableBytes + splice.bytes.count
    return spliced(all, [splice], allocator: ByteBufferAllocator())
  }
}
