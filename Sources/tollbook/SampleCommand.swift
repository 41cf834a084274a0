internal import ArgumentParser
internal import Sample

struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Write a made-up month of raw logs: the same arguments give the same bytes.")
  @Option(help: "The folder to write to.")
  var out: String
  @Option(help: "The month.")
  var month: String = "2026-10"
  @Option(help: "How many requests.")
  var requests: Int = 20_000
  @Option(help: "Where the random numbers start.")
  var seed: UInt64 = 1
  @Option(help: "Hours that the month's zone is east of UTC.")
  var utcOffset: Int = 0
  @Option(help: "Proxy processes that write.")
  var writers: Int = 2
  @Option(help: "Processes that die without closing their log.")
  var crashes: Int = 0
  @Option(help: "Lines that no reader can take.")
  var bad: Int = 0
  @Option(help: "Files that repeat a part of another.")
  var resent: Int = 0

  mutating func run() throws {
    let summary = try SampleMonth(
      month: month, requests: requests, seed: seed, utcOffsetHours: utcOffset, writers: writers,
      crashes: crashes, badLines: bad, resentFiles: resent
    ).write(to: out)
    Terminal.print(summary.json)
  }
}
