import Ingest
import ParserLaws
import RawLog
import Sample
import TestKit
import Testing

/// The quick way of reading lines against the strict one, which decides what a line means.
@Suite struct LineParserLawTests {
  /// Every line of a month that has all endpoints, faults and damaged lines.
  private static func month(seed: UInt64) throws -> [[UInt8]] {
    let folder = try TestFolder()
    _ = try SampleMonth(
      month: "2026-10", requests: 1500, seed: seed, utcOffsetHours: 9, writers: 2, crashes: 2, badLines: 14,
      resentFiles: 2
    ).write(to: folder.path)
    var lines: [[UInt8]] = []
    for segment in try findSegments(in: folder.path) {
      // A line that is too long is cut before anybody reads it.
      lines += try folder.read(segment.name).split(separator: 0x0A).map(Array.init)
        .filter { $0.count <= RawLogFormat.lineBytesMax }
    }
    return lines
  }

  @Test(
    "every line of a month is read as the strict reader reads it, the first time and the second",
    arguments: [1, 2])
  func month(seed: UInt64) throws {
    let lines = try Self.month(seed: seed)
    #expect(lines.count > 2500)
    try LinesLaw.compare(lines + lines)
  }

  @Test("so is every line that something happened to", arguments: 1...6)
  func changed(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let lines = try Self.month(seed: 3)
    let changed = (0..<6000).map { _ in Self.change(lines.randomElement(using: &random) ?? [], &random) }
    // Known lines first, so that the changed ones meet what was learnt.
    try LinesLaw.compare(lines + changed)
  }

  private static let texts = [
    #""\u0041""#, #""a\n""#, "\"日本\"", "\"\"", "null", "true", "-1", "1.0", "1e2", "007",
    "1234567890123456789",
    "{}", "[]", "12", "\"12\"", "9007199254740993", " 5", "0",
  ]

  /// One change at one place: a byte, a value, a member twice, a member gone, a space, two members in the other order.
  private static func change(_ line: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    guard !line.isEmpty else { return line }
    var line = line
    let colons = line.indices.filter { line[$0] == UInt8(ascii: ":") }
    let commas = line.indices.filter { line[$0] == UInt8(ascii: ",") }
    switch Int.random(in: 0..<7, using: &random) {
    case 0: line[Int.random(in: 0..<line.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    case 1: line.remove(at: Int.random(in: 0..<line.count, using: &random))
    case 2: line.insert(0x20, at: Int.random(in: 0..<line.count, using: &random))
    case 3, 4:
      guard let colon = colons.randomElement(using: &random) else { break }
      let end = line[(colon + 1)...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") }
      let text = texts.randomElement(using: &random) ?? ""
      line.replaceSubrange(colon + 1..<(end ?? line.count), with: Array(text.utf8))
    case 5:
      guard let first = commas.randomElement(using: &random), let last = commas.randomElement(using: &random),
        first < last
      else { break }
      line.insert(contentsOf: Array(line[first..<last]), at: last)
    default:
      guard let first = commas.randomElement(using: &random) else { break }
      let end = commas.first { $0 > first } ?? line.count
      line.removeSubrange(first..<end)
    }
    return line.filter { $0 != 0x0A }
  }
}
