import Foundation
import JSON
import TestKit
import Testing

/// Random documents and random damage, with Foundation's reader as the judge.
@Suite struct JSONLawTests {
  @Test(
    "what the writer writes, Foundation and the tape read back as the same document", arguments: [nil, 2])
  func writerRoundTrip(indent: Int?) throws {
    var random = SeededRandom(seed: 0x1234)
    let tape = JSONTape()
    for _ in 0..<400 {
      let document = Document.random(depth: 4, using: &random)
      var writer = JSONWriter(indent: indent)
      document.write(to: &writer)
      let byFoundation = try JSONDecoder().decode(Document.self, from: Data(writer.bytes))
      #expect(byFoundation == document, "\(writer.text)")
      #expect(try Document(tape.parse(writer.bytes)) == document, "\(writer.text)")
      if indent == nil { #expect(!writer.bytes.contains(0x0A), "one line") }
    }
  }

  @Test("members keep their order, nothing becomes null, and raw text goes in as it is")
  func members() {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("z", "a\"b\\c\n\u{1}\u{7F}é")
      writer.member("a", Int128.max)
      writer.member("n", String?.none)
      writer.member("b", false)
      writer.member(
        "list",
        array: {
          $0.integer(-1); $0.null()
        })
      writer.name("raw")
      writer.raw(Array(#"{ "x":1.0 }"#.utf8))
      writer.member("empty", object: { _ in })
    }
    #expect(
      writer.text
        == #"{"z":"a\"b\\c\n\u0001\u007fé","a":170141183460469231731687303715884105727,"n":null,"b":false,"#
        + #""list":[-1,null],"raw":{ "x":1.0 },"empty":{}}"#)
  }

  @Test("a damaged text never crashes the reader, and what it takes, Foundation takes too")
  func damage() {
    var random = SeededRandom(seed: 0xBAD)
    let tape = JSONTape()
    let seeds = [
      #"{"v":1,"kind":"end","usage":{"input_tokens":812,"x":[1.5e3,null,true,{"y":"\u00e9\n"}]},"t":"é😀"}"#,
      #"[[],{},"",0,-1.25E-7,false,"\\\"\/\b\f\n\r\t"]"#,
    ].map { Array($0.utf8) }
    // Bytes that matter to the grammar, so that damage is often nearly right.
    let alphabet =
      Array("{}[]\",:\\ \n\t0123456789.eE+-truefalsn/ux".utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC3, 0xE2, 0xFF]
    var taken = 0
    for round in 0..<20_000 {
      var text = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let at = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: text[at] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        case 1: text.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: at)
        case 2: if text.count > 1 { text.remove(at: at) }
        default: text.removeSubrange(at..<min(text.count - 1, at + 5))
        }
      }
      guard let value = parsed(text, tape) else { continue }
      taken += 1
      touch(value)
      #expect(foundationTakes(text), "\(String(decoding: text, as: UTF8.self))")
    }
    #expect(taken > 500, "the damage left too few texts whole to tell anything")
  }

  private func parsed(_ text: [UInt8], _ tape: JSONTape) -> JSONValue? {
    do { return try tape.parse(text) } catch { return nil }
  }

  private func foundationTakes(_ text: [UInt8]) -> Bool {
    do {
      _ = try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
      return true
    } catch {
      return false
    }
  }

  /// Reads everything there is to read.
  private func touch(_ value: JSONValue) {
    _ = (
      value.string, value.wholeNumber, value.lenientWholeNumber, value.thousandths, value.rawText,
      value["kind"]?.kind
    )
    for member in value.members {
      touch(member.name)
      touch(member.value)
    }
    for element in value.elements { touch(element) }
  }
}

/// A JSON document as a plain value.
private enum Document: Equatable {
  case null
  case bool(Bool)
  case number(Int64)
  case string(String)
  case array([Document])
  case object([String: Document])

  static func random(depth: Int, using random: inout SeededRandom) -> Document {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 4), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .number(Int64(bitPattern: random.next()) >> Int64.random(in: 0...62, using: &random))
    case 3: return .string(text(using: &random))
    case 4, 5:
      return .array(
        (0..<Int.random(in: 0...5, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
    default:
      var members: [String: Document] = [:]
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        members[text(using: &random)] = .random(depth: depth - 1, using: &random)
      }
      return .object(members)
    }
  }

  private static func text(using random: inout SeededRandom) -> String {
    let pieces = [
      "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\r", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é", "あ", "😀",
      "\u{2028}", "\u{FEFF}",
    ]
    return (0..<Int.random(in: 0...6, using: &random)).map { _ in
      pieces[Int.random(in: 0..<pieces.count, using: &random)]
    }
    .joined()
  }

  func write(to writer: inout JSONWriter) {
    switch self {
    case .null: writer.null()
    case .bool(let value): writer.bool(value)
    case .number(let value): writer.integer(value)
    case .string(let value): writer.string(value)
    case .array(let values): writer.array { for value in values { value.write(to: &$0) } }
    case .object(let members):
      writer.object { writer in
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
          writer.name(name)
          value.write(to: &writer)
        }
      }
    }
  }

  init(_ value: JSONValue) {
    switch value.kind {
    case .null: self = .null
    case .bool: self = .bool(value.bool == true)
    case .number: self = .number(value.wholeNumber ?? 0)
    case .string: self = .string(value.string ?? "")
    case .array: self = .array(value.elements.map(Document.init))
    case .object:
      var members: [String: Document] = [:]
      for (name, value) in value.members { members[name.string ?? ""] = Document(value) }
      self = .object(members)
    }
  }
}

extension Document: Decodable {
  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let members = Self.attempt({ try decoder.container(keyedBy: Name.self) }) {
      var object: [String: Document] = [:]
      for name in members.allKeys {
        object[name.stringValue] = try members.decode(Document.self, forKey: name)
      }
      self = .object(object)
    } else if var elements = Self.attempt({ try decoder.unkeyedContainer() }) {
      var array: [Document] = []
      while !elements.isAtEnd { array.append(try elements.decode(Document.self)) }
      self = .array(array)
    } else {
      let single = try decoder.singleValueContainer()
      if single.decodeNil() {
        self = .null
      } else if let value = Self.attempt({ try single.decode(Bool.self) }) {
        self = .bool(value)
      } else if let value = Self.attempt({ try single.decode(Int64.self) }) {
        self = .number(value)
      } else {
        self = .string(try single.decode(String.self))
      }
    }
  }

  private static func attempt<Value>(_ body: () throws -> Value) -> Value? {
    do { return try body() } catch { return nil }
  }
}
