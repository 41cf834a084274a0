import Ingest
import RawLog
import TestKit
import Testing

/// Rows cut out of lines, CSV and arrays, whatever their length.
@Suite struct RecordSplitterTests {
  private let folder: TestFolder
  init() throws { folder = try TestFolder() }

  private func split(_ bytes: [UInt8], _ framing: RecordFraming) throws -> (rows: [String], all: [UInt8]) {
    let path = try folder.write(bytes, to: "file")
    let splitter = RecordSplitter(
      path: path, file: try SegmentFile(path: path, compression: .none), framing: framing)
    var rows: [String] = []
    var all: [UInt8] = []
    while let record = try splitter.next(consumed: { all += Array($0) }) {
      switch record {
      case .whole(let bytes): rows.append(String(decoding: bytes, as: UTF8.self))
      case .overlong: rows.append("<overlong>")
      case .unterminated(let bytes): rows.append("<cut>" + String(decoding: bytes, as: UTF8.self))
      }
      #expect(splitter.position == Int64(all.count))
    }
    return (rows, all + Array(splitter.tail))
  }

  private func split(_ text: String, _ framing: RecordFraming) throws -> [String] {
    let result = try split(Array(text.utf8), framing)
    #expect(result.all == Array(text.utf8), "every byte is told once")
    return result.rows
  }

  @Test("a line feed in quotes belongs to its field, doubled quotes to the text; CRLF ends a row too")
  func csv() throws {
    #expect(
      try split("a,b\r\n\"x\ny\",\"say \"\"no\"\"\n\"\r\n\n1,2\n", .csv)
        == ["a,b", "\"x\ny\",\"say \"\"no\"\"\n\"", "1,2"])
    #expect(
      try split("a,b\n5'11\",x\n3,4\n", .csv) == ["a,b", "5'11\",x", "3,4"], "a quote inside a bare field")
    #expect(try split(",\n", .csv) == [","])
    #expect(try split("a\n\"never ends\n1\n", .csv) == ["a", "<cut>\"never ends\n1"])
  }

  @Test("an array's elements end where their brackets do, whatever stands in their strings")
  func array() throws {
    #expect(
      try split(" [\n {\"a\":\"}]\\\"\"} ,{\"b\":[{}]}\n]\n", .array) == [#"{"a":"}]\""}"#, #"{"b":[{}]}"#])
    #expect(try split("[]", .array) == [])
    #expect(try split("[1, \"x,y\", null]", .array) == ["1", "\"x,y\"", "null"])
  }

  @Test(
    "an array that has no end is refused: the file is cut", arguments: ["[", "[{}", "[{}, {\"a\":", "[{},"])
  func cutArray(text: String) throws {
    let error = #expect(throws: SegmentError.self) { try split(text, .array) }
    #expect(error?.problem.contains("cut off") == true)
  }

  @Test("what stands behind an array is refused")
  func behindArray() throws {
    let error = #expect(throws: SegmentError.self) { try split("[{}] [{}]", .array) }
    #expect(error?.problem.contains("behind its JSON array") == true)
  }

  @Test("a row over 1 MiB is one over-long row, and its neighbours are whole", arguments: [1 << 20, 3 << 20])
  func overlong(extra: Int) throws {
    let long = String(repeating: "x", count: extra + 1)
    #expect(try split("{}\n\"\(long)\"\n{}\n", .lines) == ["{}", "<overlong>", "{}"])
    #expect(try split("a\n\"\(long)\n\"\nb\n", .csv) == ["a", "<overlong>", "b"])
    #expect(try split("[{},\"\(long)\",{}]", .array) == ["{}", "<overlong>", "{}"])
  }

  @Test("a row of exactly 1 MiB is whole")
  func longest() throws {
    let long = String(repeating: "x", count: 1 << 20)
    #expect(try split(long + "\n1\n", .lines).map(\.utf8.count) == [1 << 20, 1])
  }

  @Test("rows come out the same wherever the disk's chunks end")
  func chunks() throws {
    var random = SeededRandom(seed: 7)
    for _ in 0..<40 {
      let rows = (0..<Int.random(in: 1...9, using: &random)).map { _ in
        "{\"a\":\"" + String(repeating: "é", count: Int.random(in: 0...90_000, using: &random)) + "\"}"
      }
      #expect(try split(rows.joined(separator: "\n") + "\n", .lines) == rows)
      #expect(try split("[" + rows.joined(separator: ",\n") + "]", .array) == rows)
    }
  }

  @Test("endless blanks are damage, not a file without rows")
  func blanks() throws {
    let error = #expect(throws: SegmentError.self) {
      try split([UInt8](repeating: 0x20, count: 4 << 20), .lines)
    }
    #expect(error?.problem.contains("blank") == true)
  }

  @Test("a byte order mark is no part of the first row")
  func byteOrderMark() throws {
    #expect(try split("\u{FEFF}a,b\n", .csv) == ["a,b"])
    #expect(try split("\u{FEFF}[{}]", .array) == ["{}"])
  }
}
