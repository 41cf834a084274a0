import JSON
import Ledger

/// One proxy process of the sample month: lines go in, hourly segments with a `seq` without holes come out.
///
/// It writes the format by its own hand and not with the product's writer, so that a fault in that writer
/// cannot hide itself in the reader's tests.
struct SampleWriter {
  let id: String
  private let host: String
  private var seq = 0
  private var segment = 0
  private var hour: Int64 = .min
  private var time: Int64 = 0
  private var bytes: [UInt8] = []

  init(id: String, host: String) {
    self.id = id
    self.host = host
  }

  /// Appends a line written at `now`, sealing the segment of an hour that is over.
  ///
  /// - Parameter rest: the kind's own fields as a JSON object.
  mutating func line(
    _ kind: String, at now: Int64, time: Int64, rest: [UInt8], into files: inout SampleFiles
  ) throws {
    let hour = now / microsecondsPerHour
    if hour != self.hour || bytes.count >= SampleLimit.segmentBytesMax {
      try seal(into: &files)
      self.hour = hour
      segment += 1
    }
    if seq == 0 {
      var json = JSONWriter()
      json.object {
        $0.member("program", "tollbook/0.1")
        $0.member("host", host)
      }
      put("open", time: now, rest: json.bytes, counts: &files.summary)
    }
    self.time = now
    put(kind, time: time, rest: rest, counts: &files.summary)
  }

  /// A clean stop: the `close` line and the end of the segment.
  mutating func stop(into files: inout SampleFiles) throws {
    guard seq > 0 else { return }
    put("close", time: time, rest: [], counts: &files.summary)
    try seal(into: &files)
  }

  /// `kill -9` while a line was on its way: the next start seals what stands, torn line and all.
  mutating func crash(into files: inout SampleFiles) throws {
    guard seq > 0 else { return }
    bytes += #"{"v":1,"kind":"end","writer":"\#(id)","seq":\#(seq + 1),"time":"2026-"#.utf8
    files.summary.lines += 1
    files.summary.bad += 1
    try seal(into: &files)
  }

  private mutating func put(_ kind: String, time: Int64, rest: [UInt8], counts: inout SampleSummary) {
    seq += 1
    bytes += #"{"v":1,"kind":"\#(kind)","writer":"\#(id)","seq":\#(seq),"#.utf8
    bytes += #""time":"\#(Timestamp.text(time))""#.utf8
    if rest.count > 2 {
      bytes.append(UInt8(ascii: ","))
      bytes += rest[1...]
    } else {
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: "\n"))
    counts.lines += 1
    counts.add(kind)
  }

  private mutating func seal(into files: inout SampleFiles) throws {
    guard !bytes.isEmpty else { return }
    let stamp = Timestamp.text(hour * microsecondsPerHour)
    let day = stamp.prefix(10).split(separator: "-").joined(separator: "/")
    let name = "\(day)/\(stamp.dropFirst(11).prefix(2))-\(id)-\(segment).jsonl"
    try files.write(bytes, to: name)
    bytes.removeAll(keepingCapacity: true)
  }
}

/// The files written so far and what stands in them.
struct SampleFiles {
  let folder: SampleFolder
  var names: [String] = []
  var summary = SampleSummary()

  init(folder: SampleFolder) {
    self.folder = folder
  }

  mutating func write(_ bytes: [UInt8], to name: String) throws {
    try folder.write(bytes, to: name)
    names.append(name)
    summary.files += 1
  }
}

let microsecondsPerHour: Int64 = 3_600_000_000

enum SampleLimit {
  /// The size at which the raw log's contract seals a segment.
  static let segmentBytesMax = 256 << 20
  /// More requests than this in one call are surely a slip of the hand: 50 million make 80 GB of log.
  static let requestsMax = 50_000_000
  static let writersMax = 64
  /// The raw log's contract takes lines up to 1 MiB; a bad line has to be longer.
  static let overlongLineBytes = (1 << 20) + 4096
}
