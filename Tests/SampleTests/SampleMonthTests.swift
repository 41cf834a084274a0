import Foundation
import Sample
import Testing

/// The sample month is what other tests stand on, so what it says about itself is counted again here.
@Suite struct SampleMonthTests {
  private let month = SampleMonth(
    month: "2026-10", requests: 2000, seed: 4, utcOffsetHours: 9, writers: 2, crashes: 3, badLines: 34,
    resentFiles: 4)

  @Test("the same arguments give the same bytes, another seed gives others")
  func reproducible() throws {
    let (first, second, other) = (try Folder(), try Folder(), try Folder())
    var changed = month
    changed.seed = 5
    let summaries = [
      try month.write(to: first.path), try month.write(to: second.path), try changed.write(to: other.path),
    ]
    #expect(try first.contents() == second.contents())
    #expect(try first.contents() != other.contents())
    #expect(summaries[0] == summaries[1])
  }

  @Test("the summary counts what stands in the files")
  func counts() throws {
    let folder = try Folder()
    let summary = try month.write(to: folder.path)
    let contents = try folder.contents()
    var lines = 0
    var good: [[UInt8]: [UInt8]] = [:]
    var kinds: [String: Int] = [:]
    for (_, bytes) in contents {
      for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
        lines += 1
        if let key = place(of: line), good.updateValue(Array(line), forKey: key) == nil {
          kinds[String(decoding: line.dropFirst(15).prefix { $0 != 0x22 }, as: UTF8.self), default: 0] += 1
        }
      }
      if bytes.last != 0x0A { lines += 1 }
    }
    #expect(summary.files == contents.count)
    #expect(summary.lines == lines)
    #expect(summary.lines == summary.usages + summary.duplicates + summary.bad + summary.control)
    #expect(summary.bad == 34 + 3)
    #expect(summary.interrupted >= 3)
    #expect(summary.requests == 2000)
    #expect(
      kinds == ["open": summary.open, "start": summary.start, "end": summary.end, "close": summary.close])
    // Two proxies, three deaths, and each death is followed by another proxy.
    #expect((summary.open, summary.close) == (5, 2))
    #expect(summary.end == summary.requests - summary.interrupted + summary.retried + summary.fetchedAgain)
  }

  @Test("no writer leaves a number out")
  func numbers() throws {
    let folder = try Folder()
    _ = try month.write(to: folder.path)
    var numbers: [String: Set<Int>] = [:]
    for (_, bytes) in try folder.contents() {
      for line in bytes.split(separator: 0x0A) {
        guard let key = place(of: line) else { continue }
        let parts = String(decoding: key, as: UTF8.self).split(separator: " ")
        numbers[String(parts[0]), default: []].insert(try #require(Int(parts[1])))
      }
    }
    #expect(numbers.count == 5)
    for (writer, taken) in numbers {
      #expect(taken == Set(1...taken.count), "writer \(writer) has a hole")
    }
  }

  @Test("every request arrives within the month of the zone")
  func bounds() throws {
    let folder = try Folder()
    _ = try month.write(to: folder.path)
    var times: [String] = []
    for (_, bytes) in try folder.contents() {
      for line in bytes.split(separator: 0x0A) where place(of: line) != nil {
        let text = String(decoding: line.prefix(400), as: UTF8.self)
        guard text.contains(#""kind":"end""#), let at = text.range(of: #""time":""#) else { continue }
        times.append(String(text[at.upperBound...].prefix(27)))
      }
    }
    // Nine hours east of UTC October begins and ends at 15:00.
    #expect(try #require(times.min()) >= "2026-09-30T15:00:00.000000Z")
    #expect(try #require(times.max()) < "2026-10-31T15:00:00.000000Z")
    #expect(times.count > 1900)
  }

  @Test(
    "arguments that cannot be are refused with their name",
    arguments: [
      ("2026-13", 10, 1, "2026-13"), ("2026-10", 0, 1, "requests"), ("2026-10", 10, 0, "writers"),
      ("October", 10, 1, "October"),
    ])
  func refused(month: String, requests: Int, writers: Int, named: String) throws {
    let folder = try Folder()
    let sample = SampleMonth(
      month: month, requests: requests, seed: 1, utcOffsetHours: 0, writers: writers, crashes: 0,
      badLines: 0, resentFiles: 0)
    let error = #expect(throws: SampleError.self) { try sample.write(to: folder.path) }
    #expect(error?.description.contains(named) == true)
    #expect(try folder.contents().isEmpty)
  }

  /// `writer seq` of a line that the generator wrote as a good one.
  private func place(of line: some Collection<UInt8>) -> [UInt8]? {
    let text = String(decoding: line, as: UTF8.self)
    guard line.count < 1 << 20, text.hasPrefix(#"{"v":1,"kind":""#), text.hasSuffix("}"),
      !text.contains("w-bad-"), let writer = text.firstMatch(of: /"writer":"([^"]*)","seq":(\d+),/)
    else { return nil }
    return Array("\(writer.1) \(writer.2)".utf8)
  }
}

/// A folder that goes away with the test.
private final class Folder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("sample-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      Issue.record("\(path) stays behind: \(error)")
    }
  }

  func contents() throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) where name.hasSuffix(".jsonl") {
      contents[name] = Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }
    return contents
  }
}
