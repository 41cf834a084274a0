/// A text pattern in which `*` is any run of characters (none, `/` and `:` included) and case counts.
public struct Pattern: Hashable, Sendable {
  public let text: String
  private let parts: [[UInt8]]

  public init(_ text: String) {
    self.text = text
    self.parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
      .map(Array.init)
  }

  /// Linear in the candidate for each part: the leftmost fit of every middle part is always good enough.
  public func matches(_ candidate: String) -> Bool {
    let bytes = Array(candidate.utf8)
    guard parts.count > 1 else { return bytes == parts[0] }
    guard bytes.starts(with: parts[0]) else { return false }
    var at = parts[0].count
    for part in parts[1..<parts.count - 1] {
      guard let found = find(part, in: bytes, from: at) else { return false }
      at = found + part.count
    }
    let last = parts[parts.count - 1]
    return bytes.count - at >= last.count && bytes.suffix(last.count).elementsEqual(last)
  }

  private func find(_ part: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard !part.isEmpty else { return start }
    var at = start
    while at + part.count <= bytes.count {
      if bytes[at..<at + part.count].elementsEqual(part) { return at }
      at += 1
    }
    return nil
  }
}
