/// The bytes behind a head in, the body's own bytes out.
public import NIOCore

public struct BodyReader {
  public enum Part {
    case bytes(ByteBuffer)
    /// The body is over; what is left in the input belongs to what comes next.
    case end
    /// There is nothing more to take yet.
    case more
  }

  private enum State {
    case length(Int)
    case untilClose
    case chunks(ChunkReader)
    case over
  }

  private var state: State

  public init(_ framing: BodyFraming) {
    switch framing {
    case .none: state = .over
    case .length(let length): state = .length(length)
    case .chunked: state = .chunks(ChunkReader())
    case .untilClose: state = .untilClose
    }
  }

  /// The end of the connection is this body's end.
  public var endsAtClose: Bool { if case .untilClose = state { true } else { false } }

  /// Takes the next piece from the front of `input`.
  /// - Parameter input: begins with the bytes that were left in it by the last call.
  public mutating func next(_ input: inout ByteBuffer) throws(WireFault) -> Part {
    switch state {
    case .over: return .end
    case .untilClose:
      guard input.readableBytes > 0, let bytes = input.readSlice(length: input.readableBytes) else {
        return .more
      }
      return .bytes(bytes)
    case .length(let left):
      guard left > 0 else {
        state = .over
        return .end
      }
      let count = min(left, input.readableBytes)
      guard count > 0, let bytes = input.readSlice(length: count) else { return .more }
      state = .length(left - count)
      return .bytes(bytes)
    case .chunks(var chunks):
      // The reader must have one owner while it changes.
      state = .over
      let part = try chunks.next(&input)
      if case .end = part { return .end }
      state = .chunks(chunks)
      return part
    }
  }
}
