import Foundation
import ParserLaws
import TestKit
import Testing

/// The laws that the fuzzer searches against, over its seeds and over changes of them.
@Suite struct ParserLawsTests {
  /// `Fuzz/seeds/LAW`: examples written by hand, and what once broke a law.
  private static func seeds(_ law: ParserLaw) throws -> [(name: String, bytes: [UInt8])] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Fuzz/seeds/\(law.rawValue)").standardizedFileURL
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
      (name, Array(try Data(contentsOf: folder.appendingPathComponent(name))))
    }
  }

  @Test("every seed holds, in each way it can be read and cut", arguments: ParserLaw.allCases)
  func seeds(law: ParserLaw) throws {
    let seeds = try Self.seeds(law)
    #expect(seeds.count > 2)
    for seed in seeds {
      try law.check(seed.bytes)
      for way in UInt8(ascii: "0")...UInt8(ascii: "9") {
        try law.check([way, way] + seed.bytes.dropFirst(2))
      }
    }
  }

  @Test("so does whatever becomes of one by random changes", arguments: ParserLaw.allCases)
  func changed(law: ParserLaw) throws {
    let seeds = try Self.seeds(law)
    var random = SeededRandom(seed: 0xF0220 + UInt64(law.rawValue.utf8.count))
    for round in 0..<1500 {
      let bytes = Self.changed(seeds.map(\.bytes), &random)
      do {
        try law.check(bytes)
      } catch {
        let input = Data(bytes).base64EncodedString()
        Issue.record("round \(round): \(error)\nthe bytes, in base 64: \(input)")
        return
      }
    }
  }

  /// One to four changes at one place each: a byte, a piece gone, a piece twice, a piece of another seed.
  private static func changed(_ seeds: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = seeds.randomElement(using: &random) ?? []
    for _ in 0..<Int.random(in: 1...4, using: &random) where bytes.count > 2 {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, at + Int.random(in: 1...24, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: at)
      case 2: bytes.removeSubrange(at..<end)
      case 3:
        bytes.insert(contentsOf: Array(bytes[at..<end]), at: Int.random(in: 0...bytes.count, using: &random))
      default:
        let other = seeds.randomElement(using: &random) ?? []
        guard !other.isEmpty else { continue }
        let from = Int.random(in: 0..<other.count, using: &random)
        bytes.replaceSubrange(at..<end, with: other[from..<min(other.count, from + 40)])
      }
    }
    return bytes
  }
}
