/// Unpredictable bits from the kernel, many at a time, because each request needs some.
internal import Glibc
internal import Synchronization

/// The program never goes on in a forked process, so no two processes have the same bits.
final class RandomBits: Sendable {
  private struct Pool: Sendable {
    var words = [UInt64](repeating: 0, count: wordsMax)
    var left = 0
  }

  /// As many bytes as the kernel gives in one go.
  private static let wordsMax = 32

  private let pool = Mutex(Pool())

  func next() -> UInt64 {
    pool.withLock { pool in
      if pool.left == 0 { Self.fill(&pool) }
      pool.left -= 1
      // What was given is forgotten.
      defer { pool.words[pool.left] = 0 }
      return pool.words[pool.left]
    }
  }

  private static func fill(_ pool: inout Pool) {
    if pool.words.withUnsafeMutableBytes({ getentropy($0.baseAddress, $0.count) }) == 0 {
      pool.left = wordsMax
    } else {
      pool.words[0] = .random(in: .min ... .max)
      pool.left = 1
    }
  }
}
