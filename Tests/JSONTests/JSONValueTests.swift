import JSON
import Testing

/// What is read from a value.
@Suite struct JSONValueTests {
  let tape = JSONTape()

  @Test("where an object repeats a name, the last one wins, and both are among the members")
  func duplicateNames() throws {
    let value = try tape.parse(#"{"a":1,"b":9,"\u0061":{"x":[1,2]},"b":3}"#)
    #expect(value["a"]?.isObject == true)
    #expect(value["b"]?.wholeNumber == 3)
    #expect(value.members.map(\.name.string) == ["a", "b", "a", "b"])
  }

  @Test("a member that is absent is nil, one that is null is there, and neither is present")
  func absentAndNull() throws {
    let value = try tape.parse(#"{"a":null,"b":0,"c":{"a":5}}"#)
    #expect(value["a"]?.isNull == true)
    #expect(value["z"] == nil)
    #expect(value.present("a") == nil)
    #expect(value.present("z") == nil)
    #expect(value.present("b")?.wholeNumber == 0)
    #expect(try tape.parse("[1]")["a"] == nil)
    #expect(try tape.parse("7")["a"] == nil)
  }

  @Test(
    "a number's text is kept as it was written",
    arguments: [
      "4.0000000000000003E-7", "1.10", "-0.0", "1e-07", "123456789012345678901234567890.5", "0.000003",
    ])
  func numberText(text: String) throws {
    let value = try tape.parse("{\"price\": \(text) }")
    #expect(value["price"]?.numberText == text)
    #expect(value["price"]?.rawText == text)
    #expect(try tape.parse("\"\(text)\"").numberText == nil)
  }

  @Test("a value's raw text is what was written, spaces included")
  func rawText() throws {
    let value = try tape.parse(#" {"usage" : { "a" : 1.0, "b":[ true,null ] } , "x":"\u0041"} "#)
    #expect(value["usage"]?.rawText == #"{ "a" : 1.0, "b":[ true,null ] }"#)
    #expect(value["usage"]?["b"]?.elements.map(\.rawText) == ["true", "null"])
    #expect(value["x"]?.rawText == #""\u0041""#)
    #expect(value["x"]?.string == "A")
  }

  @Test(
    "a number is whole where its value is, however it is written",
    arguments: [
      ("12", 12), ("12.0", 12), ("12.000", 12), ("1.2e1", 12), ("1.20E+1", 12), ("120e-1", 12), ("0", 0),
      ("-0", 0),
      ("0.0", 0), ("0e5", 0), ("-3", -3), ("9007199254740993", 9_007_199_254_740_993),
      ("1e18", 1_000_000_000_000_000_000),
      ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775807.0", .max),
      ("922337203685477580.7e1", .max), ("12.5", nil), ("1e-1", nil), ("0.1", nil), ("1.25e1", nil),
      ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1e19", nil), ("1e300", nil),
      ("99999999999999999999999999", nil),
    ] as [(String, Int64?)])
  func wholeNumbers(text: String, value: Int64?) throws {
    #expect(try tape.parse(text).wholeNumber == value)
    #expect(try tape.parse(text).lenientWholeNumber == value)
    #expect(try tape.parse("\"\(text)\"").lenientWholeNumber == value)
    #expect(try tape.parse("\"\(text)\"").wholeNumber == nil)
  }

  @Test(
    "what is no number is none, inside quotes either",
    arguments: [
      #""""#, #"" 12""#, #""12 ""#, #""-""#, #""twelve""#, #""1e""#, #""1.""#, #""0x10""#, #""１２""#, "true",
      "null", "[12]",
    ])
  func noNumber(text: String) throws {
    #expect(try tape.parse(text).lenientWholeNumber == nil)
  }

  @Test(
    "seconds are read in thousandths, what is finer is cut off",
    arguments: [
      ("12.5", 12_500), ("0", 0), ("3", 3_000), ("0.001", 1), ("0.0019", 1), ("2.0000", 2_000), ("-1", nil),
      ("-0.5", nil), ("-0.0", 0), ("1e1", 10_000), ("1.5E+2", 150_000), ("5e-05", 0), ("1.25e-1", 125),
      ("0.0125e1", 125), ("-1e-9", nil), ("0.000e5", 0), ("123456789012345", 123_456_789_012_345_000),
      ("1e16", nil), ("1e300", nil), ("1e-300", 0),
    ] as [(String, Int64?)])
  func thousandths(text: String, value: Int64?) throws {
    #expect(try tape.parse(text).thousandths == value)
  }

  @Test("escapes are decoded; half a surrogate pair becomes U+FFFD")
  func escapes() throws {
    let texts = [
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u3042""#, "Aéあ"),
      (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00""#, "😀"), (#""a\ud800b""#, "a\u{FFFD}b"),
      (#""\ude00""#, "\u{FFFD}"), (#""\ud800\u0041""#, "\u{FFFD}A"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
      (#""x\u0000y""#, "x\u{0}y"), (#""レビュー\n""#, "レビュー\n"), (#""\ud800""#, "\u{FFFD}"),
    ]
    for (text, content) in texts { #expect(try tape.parse(text).string == content, "\(text)") }
  }

  @Test("a string is compared by its content, escaped or not")
  func comparing() throws {
    for text in [#""batch""#, #""b\u0061tch""#] {
      let value = try tape.parse(text)
      #expect(value.isString("batch"))
      #expect(!value.isString("batc"))
      #expect(!value.isString("batchx"))
    }
    #expect(try !tape.parse("1").isString("1"))
    #expect(try tape.parse(#"{"\u0076":1}"#)["v"]?.wholeNumber == 1)
  }

  @Test("kinds are told apart")
  func kinds() throws {
    let values = try tape.parse(#"[null,true,false,0,"",[],{}]"#).elements
    #expect(values.map(\.kind) == [.null, .bool, .bool, .number, .string, .array, .object])
    #expect(values.map(\.bool) == [nil, true, false, nil, nil, nil, nil])
    #expect(values.map { $0.string } == [nil, nil, nil, nil, "", nil, nil])
  }
}
