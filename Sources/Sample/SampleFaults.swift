/// What goes wrong with log files on their way: parts arrive twice, and lines arrive broken.
extension SampleRun {
  /// Writes `count` files that repeat the later two thirds of a segment. One stands before its original in
  /// the order of names, the next behind it.
  mutating func sendAgain(files count: Int) throws {
    let originals = files.names
    for n in 0..<count {
      var place = random.below(originals.count)
      var part = try laterLines(of: originals[place])
      for _ in originals.indices where part.isEmpty {
        place = (place + 1) % originals.count
        part = try laterLines(of: originals[place])
      }
      let name = originals[place]
      let hour = name.prefix(13)
      try files.write(Array(part.joined()), to: "\(hour)-\(n % 2 == 0 ? "resent" : "zresent")-\(n + 1).jsonl")
      files.summary.resentLines += part.count
      files.summary.lines += part.count
    }
  }

  /// The whole lines of the later two thirds; a torn last line is not sent again.
  private func laterLines(of name: String) throws -> [[UInt8]] {
    let bytes = try files.folder.read(name)
    var lines: [[UInt8]] = []
    var rest = bytes[...]
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(Array(rest[...newline]))
      rest = rest[(newline + 1)...]
    }
    return Array(lines[(lines.count / 3)...])
  }

  /// Puts `count` lines that no reader can take between the lines of random files.
  mutating func spoil(lines count: Int) throws {
    for n in 0..<count {
      let name = random.pick(files.names)
      var bytes = try files.folder.read(name)
      let somewhere = random.below(bytes.count)
      let newline = bytes[..<somewhere].lastIndex(of: UInt8(ascii: "\n"))
      bytes.insert(contentsOf: badLine(n) + [UInt8(ascii: "\n")], at: newline.map { $0 + 1 } ?? 0)
      try files.folder.write(bytes, to: name)
      files.summary.bad += 1
      files.summary.lines += 1
    }
  }

  /// A line of the n-th kind of badness. All that follows the fault would be a good line, so a reader that
  /// overlooks the fault bills it.
  private func badLine(_ n: Int) -> [UInt8] {
    func end(
      v: String = "1", kind: String = #""end""#, seq: String = "1",
      time: String? = nil, id: Bool = true, output: String = "1000000"
    ) -> String {
      #"{"v":\#(v),"kind":\#(kind),"writer":"w-bad-\#(n)","seq":\#(seq),"#
        + #""time":"\#(time ?? "\(month)-05T03:00:00.000000Z")","#
        + (id ? #""id":"0199a1b2-0000-7000-8000-\#(100_000_000_000 + n)","# : "")
        + #""attempt":1,"endpoint":"anthropic.messages","stream":false,"provider":"anthropic","final":true,"#
        + #""model":{"requested":"claude-haiku-4-5","returned":"claude-haiku-4-5-20251001"},"status":200,"#
        + #""outcome":"ok","usage":{"input_tokens":5,"output_tokens":\#(output)},"usage_source":"vendor"}"#
    }
    let good = end()
    let makers: [() -> [UInt8]] = [
      { Array(good.utf8.dropLast(40)) },
      { [0, 0xFF, 0xFE] + Array(" not json".utf8) },
      { Array("[1,2,3]".utf8) },
      { Array(end(v: "9").utf8) },
      { Array(end(kind: #""finish""#).utf8) },
      { Array(end(id: false).utf8) },
      { Array(end(seq: #""x""#).utf8) },
      { Array(end(output: "-5").utf8) },
      { Array(end(output: "1.5").utf8) },
      { Array(end(output: "9007199254740993").utf8) },
      {
        let pad = [UInt8](repeating: UInt8(ascii: "x"), count: SampleLimit.overlongLineBytes)
        return Array(#"{"pad":""#.utf8) + pad + Array("\",".utf8) + Array(good.utf8.dropFirst())
      },
      { [] },
      { Array(end(time: "yesterday").utf8) },
      { Array(#"{"note":""#.utf8) + [0xC3, 0x28] + Array("\",".utf8) + Array(good.utf8.dropFirst()) },
      { Array((good + good).utf8) },
      { Array("null".utf8) },
    ]
    return makers[n % makers.count]()
  }
}
