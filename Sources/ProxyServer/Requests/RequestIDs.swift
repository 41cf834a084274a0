/// Version 7 UUIDs (RFC 9562), each greater than the one before it in the same process.
internal import Synchronization

package final class RequestIDs: Sendable {
  private struct Last: Sendable {
    var milliseconds: Int64 = 0
    /// 12 bits, as the RFC's method 1: a counter that starts anywhere in the lower half each millisecond.
    var counter: UInt64 = 0
  }

  private let last = Mutex(Last())
  private let random: @Sendable () -> UInt64

  package init(random: @escaping @Sendable () -> UInt64) { self.random = random }

  /// - Parameter time: microseconds since 1970-01-01T00:00:00Z.
  package func next(time: Int64) -> String {
    let noise = random()
    let (milliseconds, counter) = last.withLock { last in
      let now = time / 1000
      if now > last.milliseconds {
        last.milliseconds = now
        last.counter = noise >> 53
      } else {
        last.counter += 1
        if last.counter > 0xFFF {
          last.milliseconds += 1
          last.counter = noise >> 53
        }
      }
      return (last.milliseconds, last.counter)
    }
    let high = UInt64(milliseconds) << 16 | 0x7000 | counter
    let low = 0x8000_0000_0000_0000 | noise & 0x3FFF_FFFF_FFFF_FFFF
    return Self.text(high, low)
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    String(unsafeUninitializedCapacity: 36) { text in
      var at = 0
      for digit in 0..<32 {
        if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
          text[at] = UInt8(ascii: "-")
          at += 1
        }
        let half = digit < 16 ? high : low
        let value = UInt8(half >> UInt64(60 - digit % 16 * 4) & 15)
        text[at] = value < 10 ? 48 + value : 87 + value
        at += 1
      }
      return at
    }
  }
}
