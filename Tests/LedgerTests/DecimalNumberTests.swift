import Ledger
import TestKit
import Testing

/// Numbers are read as text, to whole femtodollars (1e-15 USD), never through a double.
@Suite struct DecimalNumberTests {
  @Test(
    "a price is read exactly, and what is finer than the unit is rounded half-even and says so",
    arguments: [
      ("0.000003", 3_000_000_000, false), ("3e-06", 3_000_000_000, false), ("3E-6", 3_000_000_000, false),
      ("0.0000003e1", 300_000_000 * 10, false), ("1.5e-05", 15_000_000_000, false),
      ("3.0E-06", 3_000_000_000, false),
      // Round-off of somebody's double, as it stands in LiteLLM's map.
      ("4.0000000000000003E-7", 400_000_000, true), ("7.500000000000001e-07", 750_000_000, true),
      ("1e-15", 1, false), ("5e-16", 0, true), ("1.5e-15", 2, true), ("2.5e-15", 2, true),
      ("2.500000001e-15", 3, true),
      ("1e-16", 0, true), ("1e-40", 0, true), ("1e-300", 0, true), ("0", 0, false), ("0.0", 0, false),
      ("0e-99", 0, false),
      ("1", 1_000_000_000_000_000, false), ("1e3", 1_000_000_000_000_000_000, false),
      ("-1.25", -1_250_000_000_000_000, false), ("0.1", 100_000_000_000_000, false),
      ("0000000000000000000000000000000000.000002", 2_000_000_000, false),
    ] as [(String, Int128, Bool)])
  func perOne(text: String, femtodollars: Int128, rounded: Bool) throws {
    let number = try #require(DecimalNumber(text))
    let result = try #require(number.femtodollars(per: 1))
    #expect(result.value == femtodollars)
    #expect(result.rounded == rounded)
  }

  @Test(
    "a price per million is divided exactly, or rounded half-even and says so",
    arguments: [
      ("3", 1_000_000, 3_000_000_000, false), ("0.15", 1_000_000, 150_000_000, false),
      ("0.000000001", 1_000_000, 1, false), ("0.0000000005", 1_000_000, 0, true),
      ("0.0000000015", 1_000_000, 2, true), ("1", 3, 333_333_333_333_333, true),
      ("-1", 3, -333_333_333_333_333, true),
      ("2", 3, 666_666_666_666_667, true), ("10", 1000, 10_000_000_000_000, false),
    ] as [(String, Int64, Int128, Bool)])
  func perMany(text: String, divisor: Int64, femtodollars: Int128, rounded: Bool) throws {
    let result = try #require(DecimalNumber(text)?.femtodollars(per: divisor))
    #expect(result.value == femtodollars)
    #expect(result.rounded == rounded)
  }

  @Test(
    "what is not wholly a number is refused",
    arguments: [
      "", ".", "1.", "-", "--1", "1.2abc", "1,5", "1_000", "1e", "1e+", "e5", "1e1000", "1e5.5", "NaN", "nan",
      "Infinity",
      "0x10", "１", " 1", "1 ", "$1", "1.2.3", "1-", "1e--5",
    ])
  func refused(text: String) {
    #expect(DecimalNumber(text) == nil)
  }

  @Test(
    "a number that does not fit is refused, never wrapped",
    arguments: ["1e30", "1e99", "123456789012345678901234567890e20"])
  func tooLarge(text: String) throws {
    let number = try #require(DecimalNumber(text))
    #expect(number.femtodollars(per: 1) == nil)
  }

  @Test("plain and exponent notation, and any number of zeros, are the same number")
  func notations() throws {
    var random = SeededRandom(seed: 0xDEC)
    for _ in 0..<5_000 {
      let units = Int64.random(in: 0...999_999_999_999, using: &random)
      let places = Int.random(in: 0...15, using: &random)
      let plain = decimalText(Int128(units), fractionDigits: places, trimmed: Bool.random(using: &random))
      let scientific = "\(units)e-\(places)"
      // units · 10^-places dollars, in 1e-15 dollars.
      let expected = Int128(units) * powerOfTen(15 - places)
      for text in [plain, scientific, "00" + plain, plain.contains(".") ? plain + "000" : plain + ".000"] {
        let result = try #require(DecimalNumber(text)?.femtodollars(per: 1))
        #expect(result.value == expected, "\(text)")
        #expect(!result.rounded, "\(text)")
      }
    }
  }
}
