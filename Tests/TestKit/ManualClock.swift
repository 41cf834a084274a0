internal import Synchronization

/// A clock that moves only when a test says so. It starts where it is told and gives microseconds since
/// 1970.
public final class ManualClock: Sendable {
  private let time: Mutex<Int64>

  public init(microseconds: Int64 = 1_790_812_800_000_000) { time = Mutex(microseconds) }

  public var microseconds: Int64 { time.withLock { $0 } }

  public func advance(microseconds: Int64) { time.withLock { $0 += microseconds } }
  public func advance(milliseconds: Int64) { advance(microseconds: milliseconds * 1_000) }
  public func advance(seconds: Int64) { advance(microseconds: seconds * 1_000_000) }

  public func set(microseconds: Int64) { time.withLock { $0 = microseconds } }

  /// For a setting that wants a function.
  public var now: @Sendable () -> Int64 { { self.microseconds } }
}
