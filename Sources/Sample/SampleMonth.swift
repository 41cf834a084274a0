/// Arguments go in, a believable month of raw logs comes out: the same arguments give the same bytes.
///
/// The company of the sample has three products, developers with coding agents, a batch job that two products
/// share, and a key nobody put a label on. Its proxy retries, refuses, and is now and then killed.
public struct SampleMonth: Sendable {
  public var month: String
  public var requests: Int
  public var seed: UInt64
  public var utcOffsetHours: Int
  public var writers: Int
  public var crashes: Int
  public var badLines: Int
  public var resentFiles: Int

  /// - Parameters:
  ///   - month: like `2026-10`, in a zone `utcOffsetHours` east of UTC.
  ///   - writers: proxies that run side by side.
  ///   - crashes: proxies killed in mid-request, each followed by a new one.
  ///   - badLines: lines that no reader can take, of every kind, at random places.
  ///   - resentFiles: files that repeat part of a segment, as a log shipper does when it starts again.
  public init(
    month: String, requests: Int, seed: UInt64, utcOffsetHours: Int, writers: Int, crashes: Int,
    badLines: Int, resentFiles: Int
  ) {
    self.month = month
    self.requests = requests
    self.seed = seed
    self.utcOffsetHours = utcOffsetHours
    self.writers = writers
    self.crashes = crashes
    self.badLines = badLines
    self.resentFiles = resentFiles
  }

  /// Writes the month's segments below `folder` and says what it wrote.
  public func write(to folder: String) throws -> SampleSummary {
    try check()
    var run = try SampleRun(self, folder: SampleFolder(path: folder))
    for n in 0..<requests { try run.request(n) }
    try run.finish()
    try run.sendAgain(files: resentFiles)
    try run.spoil(lines: badLines)
    return run.files.summary
  }

  private func check() throws {
    func within(_ value: Int, _ range: ClosedRange<Int>, _ name: String) throws {
      guard range.contains(value) else {
        throw SampleError(
          description: "\(name) is \(value): give a number from \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try within(requests, 1...SampleLimit.requestsMax, "the number of requests")
    try within(utcOffsetHours, -12...14, "the offset from UTC in hours")
    try within(writers, 1...SampleLimit.writersMax, "the number of writers")
    try within(crashes, 0...requests, "the number of crashes")
    try within(badLines, 0...requests, "the number of bad lines")
    try within(resentFiles, 0...requests, "the number of resent files")
  }
}
