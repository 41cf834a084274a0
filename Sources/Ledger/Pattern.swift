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
    var candidate = candidate
    return candidate.withUTF8 { matches($0) }
  }

  private func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard parts.count > 1 else { return bytes.elementsEqual(parts[0]) }
    guard bytes.starts(with: parts[0]) else { return false }
    var at = parts[0].count
    for part in parts[1..<parts.count - 1] {
      guard let found = find(part, in: bytes, from: at) else { return false }
      at = found + part.count
    }
    let last = parts[parts.count - 1]
    return bytes.count - at >= last.count && bytes.suffix(last.count).elementsEqual(last)
  }

  /// Every text that the other pattern matches, this one matches too. Never true of patterns where that is not so.
  public func covers(_ other: Pattern) -> Bool {
    // What stands for the other's `*` is a sign that no pattern's own text has: only a `*` here takes it.
    matches(other.text.replacing("*", with: "\u{0}")) || text == other.text
  }

  /// Some text is matched by both.
  public func canMeet(_ other: Pattern) -> Bool {
    let (a, b) = (Array(text.utf8), Array(other.text.utf8))
    let star = UInt8(ascii: "*")
    // meets[j]: what is left of this from i on, and of the other from j on, have a text in common.
    var meets = [Bool](repeating: false, count: b.count + 1)
    for i in stride(from: a.count, through: 0, by: -1) {
      var row = [Bool](repeating: false, count: b.count + 1)
      for j in stride(from: b.count, through: 0, by: -1) {
        if i == a.count && j == b.count {
          row[j] = true
        } else if i < a.count && a[i] == star {
          // It takes nothing, or whatever the other has next.
          row[j] = meets[j] || (j < b.count && row[j + 1])
        } else if j < b.count && b[j] == star {
          row[j] = row[j + 1] || (i < a.count && meets[j])
        } else {
          row[j] = i < a.count && j < b.count && a[i] == b[j] && meets[j + 1]
        }
      }
      meets = row
    }
    return meets[0]
  }

  private func find(_ part: [UInt8], in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard !part.isEmpty else { return start }
    var at = start
    while at + part.count <= bytes.count {
      if bytes[at..<at + part.count].elementsEqual(part) { return at }
      at += 1
    }
    return nil
  }
}
