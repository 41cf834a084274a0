import JSON
import Testing

/// Which texts are JSON: RFC 8259, strict, in strict UTF-8.
@Suite struct JSONTextTests {
  @Test(
    "a JSON text is taken",
    arguments: [
      "null", "true", "false", "0", "-0", "-0.0", "10", "1.5", "1e5", "1E+2", "1e-07", "0e0",
      "\"\"", "[]",
      "{}", "[ ]", "{ }", "[1,2 , 3]", #"{"a":1,"b":[{}]}"#, #"{"":""}"#, #""\"\\\/\b\f\n\r\t\u0041""#,
      #""\ud83d\ude00""#,
      // A lone surrogate's escape fits the grammar.
      #""\ud800""#, "\"é😀\u{10FFFF}\u{FFFF}\u{7F}\u{2028}\"", #"{"a":1,"a":2}"#,
    ])
  func takes(text: String) throws {
    let tape = JSONTape()
    _ = try tape.parse(text)
  }

  @Test(
    "what is not a JSON text is refused",
    arguments: [
      "", " ", "nul", "nullx", "True", "NULL", "01", "-01", "-", "+1", ".5", "1.", "-.5", "1e", "1e+", "1.e5",
      "0x1F",
      "NaN", "Infinity", "-Infinity", "1_000", "1,5", "[1,]", "[,1]", "[1 2]", "[1,,2]", "[", "]", "[1}", "{",
      "}",
      #"{"a":1,}"#, #"{,"a":1}"#, "{a:1}", "{'a':1}", #"{"a"}"#, #"{"a":}"#, #"{"a" 1}"#, #"{"a":1 "b":2}"#,
      "{1:1}",
      "{null:1}", "\"", "\"a", #""\""#, #""\x""#, #""\'""#, #""\u""#, #""\u12""#, #""\u12G4""#, #""\U0041""#,
      "'a'", "1 2", "{}{}", "null,", "[1]x", "1 // comment",
      "/* */1", "\u{FEFF}{}", "\u{A0}1", "undefined",
    ])
  func refuses(text: String) {
    let tape = JSONTape()
    #expect(throws: JSONError.self) { try tape.parse(text) }
  }

  @Test("control characters stand in a text only between values, and there only tab, LF and CR")
  func controlCharacters() throws {
    let tape = JSONTape()
    #expect(try tape.parse(" \t\r\n[ \t\r\n1 \n,\r2\t]\n").elements.count == 2)
    for code in UInt8(0)..<0x20 {
      #expect(throws: JSONError.self, "\(code) in a string") {
        try tape.parse([0x22, 0x61, code, 0x62, 0x22])
      }
      guard ![0x09, 0x0A, 0x0D].contains(code) else { continue }
      for text in [[code], [code, 0x31], [0x31, code], [0x5B, code, 0x5D], Array("tru".utf8) + [code]] {
        #expect(throws: JSONError.self, "\(text)") { try tape.parse(text) }
      }
    }
    #expect(throws: JSONError.self) { try tape.parse("// comment\n1") }
  }

  @Test(
    "bytes that are not UTF-8 are refused, inside a string too",
    arguments: [
      [0xC3, 0x28], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
      [0xF0, 0x80, 0x80, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
      [0xF0, 0x9F, 0x98],
      [0x80], [0xBF], [0xFE], [0xFF],
    ] as [[UInt8]])
  func refusesBadUTF8(bytes: [UInt8]) {
    let tape = JSONTape()
    #expect(throws: JSONError.self) { try tape.parse([0x22] + bytes + [0x22]) }
    #expect(throws: JSONError.self) { try tape.parse([0x22] + bytes) }
    #expect(throws: JSONError.self) { try tape.parse([0x5B, 0x22, 0x61] + bytes + [0x61, 0x22, 0x5D]) }
    #expect(throws: JSONError.self) { try tape.parse(bytes) }
  }

  @Test(
    "every character that UTF-8 can hold is taken",
    arguments: [0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF])
  func takesEdgesOfUTF8(code: UInt32) throws {
    for scalar in [code, 0x10000, 0x10FFFF].compactMap(Unicode.Scalar.init)
    where scalar != "\"" && scalar != "\\" {
      let tape = JSONTape()
      #expect(try tape.parse("\"\(scalar)\"").string == String(scalar))
    }
  }

  @Test(
    "128 levels are taken, one more is refused, and a million do not fell the parser",
    arguments: [("[", "]"), (#"{"a":"#, "}"), (#"[{"a":"#, "}]")])
  func depth(open: String, close: String) throws {
    let levels = open.hasPrefix("[{") ? 2 : 1
    func nested(_ count: Int) -> String {
      String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
    }
    let tape = JSONTape()
    _ = try tape.parse(nested(128 / levels))
    #expect(throws: JSONError.self) { try tape.parse(nested(128 / levels + 1)) }
    #expect(throws: JSONError.self) { try tape.parse(nested(1_000_000)) }
    #expect(throws: JSONError.self) { try tape.parse(String(repeating: open, count: 1_000_000)) }
  }

  @Test("an error says where")
  func errorPlace() throws {
    let tape = JSONTape()
    let error = #expect(throws: JSONError.self) { try tape.parse(#"{"a":1,"b":tru}"#) }
    // The text is right up to the `}` where the `e` of `true` should stand.
    #expect(error?.offset == 14)
  }

  @Test("a tape is good for the next text after one that failed")
  func usableAfterFailure() throws {
    let tape = JSONTape()
    #expect(throws: JSONError.self) { try tape.parse(#"{"a":[1,{"b":"#) }
    #expect(try tape.parse(#"{"a":7}"#)["a"]?.wholeNumber == 7)
  }
}
