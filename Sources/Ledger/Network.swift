/// A range of addresses in CIDR form, IPv4 or IPv6.
public struct Network: Hashable, Sendable {
  private let bytes: [UInt8]
  private let bits: Int

  /// `10.0.0.0/8`, `2001:db8::/32`, or one address. Nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = Self.address(String(parts[0])) else { return nil }
    var bits = address.count * 8
    if parts.count == 2 {
      guard let given = Int(parts[1]), (0...bits).contains(given) else { return nil }
      bits = given
    }
    bytes = address
    self.bits = bits
  }

  public func contains(_ address: String) -> Bool {
    guard let other = Self.address(address), other.count == bytes.count else { return false }
    let whole = bits / 8
    guard other[..<whole].elementsEqual(bytes[..<whole]) else { return false }
    guard bits % 8 > 0 else { return true }
    return (other[whole] ^ bytes[whole]) & ~(0xFF >> UInt8(bits % 8)) == 0
  }

  /// Every address of the other is one of this.
  public func contains(_ other: Network) -> Bool {
    guard other.bytes.count == bytes.count, other.bits >= bits else { return false }
    for bit in 0..<bits where (other.bytes[bit / 8] ^ bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) != 0 {
      return false
    }
    return true
  }

  /// Whether a text is an address at all.
  public static func isAddress(_ text: String) -> Bool { address(text) != nil }

  /// 4 or 16 bytes; an IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is IPv4.
  static func address(_ text: String) -> [UInt8]? {
    guard text.contains(":") else { return ipv4(text) }
    var head = text
    var tail: [UInt8] = []
    if text.contains("."), let colon = text.lastIndex(of: ":") {
      guard let four = ipv4(String(text[text.index(after: colon)...])) else { return nil }
      tail = four
      head = String(text[...colon])
      if head.hasSuffix("::") { /* keeps its gap */  } else { head.removeLast() }
    }
    let wanted = 16 - tail.count
    guard var groups = ipv6(head, wanted) else { return nil }
    groups += tail
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
    return groups.starts(with: mapped) ? Array(groups.suffix(4)) : groups
  }

  private static func ipv4(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }),
        let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func ipv6(_ text: String, _ wanted: Int) -> [UInt8]? {
    func bytes(_ part: some StringProtocol) -> [UInt8]? {
      if part.isEmpty { return [] }
      var result: [UInt8] = []
      for group in part.split(separator: ":", omittingEmptySubsequences: false) {
        guard (1...4).contains(group.utf8.count), let value = UInt16(group, radix: 16),
          group.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D })
        else { return nil }
        result += [UInt8(value >> 8), UInt8(value & 255)]
      }
      return result
    }
    guard let gap = text.firstRange(of: "::") else {
      guard let all = bytes(text), all.count == wanted else { return nil }
      return all
    }
    guard let before = bytes(text[..<gap.lowerBound]), let after = bytes(text[gap.upperBound...]),
      before.count + after.count < wanted
    else { return nil }
    return before + [UInt8](repeating: 0, count: wanted - before.count - after.count) + after
  }
}
