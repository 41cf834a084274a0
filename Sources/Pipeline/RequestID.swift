internal import Ledger

/// A request's attempt, by its id in a fixed room where that is a UUID, else by its text.
enum RequestID: Hashable {
  case uuid(high: UInt64, low: UInt64, attempt: Int32)
  case text(String, attempt: Int32)

  init(_ id: UnsafeBufferPointer<UInt8>, attempt: Int32) {
    if let (high, low) = Self.uuid(id) {
      self = .uuid(high: high, low: low, attempt: attempt)
    } else {
      self = .text(String(decoding: id, as: UTF8.self), attempt: attempt)
    }
  }

  /// `0199a1b2-0000-7000-8000-000000000000` in lower case, as it is written: two ids are one if their texts are.
  private static func uuid(_ text: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64)? {
    guard text.count == 36, let base = text.baseAddress else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for index in 0..<36 {
      let byte = base[index]
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      let digit: UInt64
      switch byte {
      case 48...57: digit = UInt64(byte &- 48)
      case 97...102: digit = UInt64(byte &- 87)
      default: return nil
      }
      high = high << 4 | low >> 60
      low = low << 4 | digit
    }
    return (high, low)
  }
}
