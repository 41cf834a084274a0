internal import Glibc
internal import Ingest
internal import JSON
internal import Ledger
internal import RawLog

/// Raw log lines: the walk never takes what is no JSON, reads no byte beyond its slack, and finds what the strict reader finds;
/// and the books get the same of a line in either way.
package enum LinesLaw {
  static func check(_ input: Input) throws(LawBroken) {
    let lines = input.text.split(separator: 0x0A).map { Array($0) }
    // Once more, so that they meet what was learnt from them.
    try walk(lines + lines, slack: input.cut)
    try compare(lines + lines)
  }

  // MARK: - The walk alone

  private static func walk(_ lines: [[UInt8]], slack: UInt8) throws(LawBroken) {
    let walk = LineWalk()
    let shapes = JSONShapes()
    let tape = JSONTape()
    for line in lines {
      // Just so many bytes, so that reading on is seen.
      let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: line.count + JSONShapes.Limit.slackBytes, alignment: 1)
      defer { room.deallocate() }
      room.initializeMemory(as: UInt8.self, repeating: slack)
      room.copyBytes(from: line)
      let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<line.count])
      let walked = walk.walk(bytes) { _, start, end, _ in shapes.match(at: start, end: end)?.count ?? 0 }
      let root = parsed(line, tape)
      if let usage = root?["usage"], usage.isObject { shapes.learn(usage) }
      guard let walked else { continue }
      try hold(root?.isObject == true, "the walk took what is no JSON object: \(text(line))")
      let strict: RawLine
      do throws(LineFault) { strict = try readLine(bytes, with: tape) } catch { continue }
      try checkSame(walked, strict, line)
    }
  }

  private static func checkSame(
    _ walked: WalkedLine, _ strict: RawLine, _ line: [UInt8]
  ) throws(LawBroken) {
    func isSame(_ field: LineField, _ value: String?) -> Bool { walked.text(field).map { text($0) } == value }
    var same = isSame(.writer, strict.writer) && isSame(.kind, strict.kind.rawValue)
    same = same && walked.number(.seq) == strict.seq
    if let request = strict.request {
      same = same && isSame(.id, request.id) && walked.number(.attempt) == Int64(request.attempt)
      same = same && isSame(.user, request.user) && isSame(.session, request.session)
      same = same && isSame(.clientIP, request.ip) && isSame(.endpoint, request.facts.endpoint)
      same = same && isSame(.modelRequested, request.facts.modelRequested)
      same = same && isSame(.keyID, request.facts.keyID) && isSame(.team, request.facts.team)
    }
    if let end = strict.request?.end {
      same = same && isSame(.outcome, end.outcome.rawValue) && isSame(.errorType, end.errorType)
      same = same && walked.number(.status) == end.status.map { Int64($0) }
      same = same && isSame(.responseID, end.responseID) && isSame(.meteredID, end.meteredID)
    }
    try hold(same, "the walk reads something else: \(text(line))")
  }

  // MARK: - The books' way

  /// Reads the lines as a segment and one by one.
  package static func compare(_ lines: [[UInt8]]) throws(LawBroken) {
    let quick = try asSegment(lines)
    let strict = oneByOne(lines)
    for (number, line) in lines.enumerated() {
      try hold(
        quick[Int64(number + 1)] == strict[number],
        "line \(number + 1): \(text(line.prefix(2000)))\n\(quick[Int64(number + 1)] ?? "–")\n\(strict[number])"
      )
    }
  }

  /// - Returns: what was taken of each line, by its number.
  private static func asSegment(_ lines: [[UInt8]]) throws(LawBroken) -> [Int64: String] {
    // A file without a name, gone with its descriptor.
    var path = Array("/tmp/lines-XXXXXX".utf8CString)
    let file = mkstemp(&path)
    defer { close(file) }
    unlink(path)
    let bytes = Array(lines.joined(separator: [0x0A])) + [0x0A]
    try hold(write(file, bytes, bytes.count) == bytes.count, "the lines could not be written")
    var told: [Int64: String] = [:]
    do throws(SegmentError) {
      let reader = try SegmentReader(
        Segment(name: name, path: "/proc/self/fd/\(file)", compression: .none, isOpen: false))
      var parser = LineParser()
      let chunk = LineChunk()
      var writers: [String] = []
      var facts: [RequestFacts] = []
      repeat {
        try reader.fill(chunk)
        let batch = parser.parse(chunk)
        writers += batch.newWriters
        facts += batch.newFacts
        for row in batch.rows {
          let usage = row.kind == .control ? nil : batch.usage(row, facts: facts[Int(row.facts)])
          told[row.line] = tell("\(row.kind)", writers[Int(row.writer)], row.seq, row.time, usage)
        }
        for rejection in batch.rejected {
          told[rejection.place.line] = "rejected \(rejection.reason) \(rejection.excerpt)"
        }
      } while !chunk.isLast
    } catch {
      throw LawBroken(description: error.description)
    }
    return told
  }

  private static func oneByOne(_ lines: [[UInt8]]) -> [String] {
    let tape = JSONTape()
    return lines.enumerated().map { index, line in
      line.withUnsafeBytes { bytes in
        do throws(LineFault) {
          let taken = try takeLine(bytes, place: .init(file: name, line: Int64(index + 1)), with: tape)
          let head = taken.head
          switch taken {
          case .control: return tell("control", head.writer, head.seq, head.time, nil)
          case .start(_, let usage): return tell("start", head.writer, head.seq, head.time, usage)
          case .end(_, let usage): return tell("end", head.writer, head.seq, head.time, usage)
          }
        } catch {
          return "rejected \(error.reason) \(excerpt(bytes))"
        }
      }
    }
  }

  private static let name = "a.jsonl"

  private static func tell(
    _ kind: String, _ writer: String, _ seq: Int64, _ time: Int64, _ usage: Usage?
  ) -> String {
    "\(kind) \(writer) \(seq) \(time) \(usage.map { String(reflecting: $0) } ?? "")"
  }
}
