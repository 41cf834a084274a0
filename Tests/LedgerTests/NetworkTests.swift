import Ledger
import TestKit
import Testing

/// Ranges of addresses, as RFC 4632 and RFC 4291 write them.
@Suite struct NetworkTests {
  @Test(
    "an address is in its range",
    arguments: [
      ("10.0.0.0/8", "10.255.255.255"), ("10.0.0.8", "10.0.0.8"), ("10.0.0.8/31", "10.0.0.9"),
      ("0.0.0.0/0", "8.8.8.8"),
      ("10.1.2.3/8", "10.200.0.1"), ("192.168.4.0/22", "192.168.7.255"),
      ("2001:db8::/32", "2001:db8:ffff::1"),
      ("::1", "0:0:0:0:0:0:0:1"), ("::/0", "fe80::1"), ("2001:DB8::/33", "2001:db8:7fff::"),
      ("10.0.0.0/8", "::ffff:10.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"),
      ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
      ("::", "0::0"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
  func inside(range: String, address: String) throws {
    let network = try #require(Network(range))
    #expect(network.contains(address))
  }

  @Test(
    "an address is not in another range, and what is no address is in none",
    arguments: [
      ("10.0.0.0/8", "11.0.0.0"), ("10.0.0.8", "10.0.0.9"), ("10.0.0.8/31", "10.0.0.10"),
      ("192.168.4.0/22", "192.168.8.0"),
      ("2001:db8::/32", "2001:db9::"), ("2001:db8::/33", "2001:db8:8000::"), ("0.0.0.0/0", "::1"),
      ("::/0", "10.0.0.1"),
      ("0.0.0.0/0", ""), ("0.0.0.0/0", "host"), ("0.0.0.0/0", "10.0.0.1:8080"), ("0.0.0.0/0", "10.0.0.256"),
      ("0.0.0.0/0", "10.0.1"), ("::/0", "fe80::1%eth0"), ("0.0.0.0/0", "10.0.0.1 "),
    ])
  func outside(range: String, address: String) throws {
    let network = try #require(Network(range))
    #expect(!network.contains(address))
  }

  @Test(
    "what is no range is refused",
    arguments: [
      "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0/8", "256.0.0.1",
      "1.2.3.4.5", "a.b.c.d",
      "10.0.0.0/x", "::1/129", "2001:db8::1::2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", ":1", "1:",
      "g::",
      "*", "10.0.0.*", "10.0.0.0-10.0.0.9", "１０.0.0.1",
    ])
  func refused(text: String) {
    #expect(Network(text) == nil)
  }

  @Test("a range of n bits holds exactly the addresses that agree in their first n bits")
  func masks() throws {
    var random = SeededRandom(seed: 0x1F)
    func text(_ address: UInt32) -> String {
      (0..<4).map { String(address >> (24 - 8 * $0) & 255) }.joined(separator: ".")
    }
    for _ in 0..<3_000 {
      let base = UInt32(truncatingIfNeeded: random.next())
      let bits = Int.random(in: 0...32, using: &random)
      // One bit away, at a random place, or the same.
      let place = Int.random(in: 0...32, using: &random)
      let other = place == 32 ? base : base ^ (1 << UInt32(31 - place))
      let network = try #require(Network("\(text(base))/\(bits)"))
      #expect(
        network.contains(text(other)) == (place == 32 || place >= bits),
        "\(text(base))/\(bits) \(text(other))")
    }
  }
}
