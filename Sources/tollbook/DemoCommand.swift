internal import ArgumentParser
internal import Foundation
internal import Pipeline
internal import Sample

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "A made-up month from raw log to books, on the embedded store, without any key or network.")
  @Option(help: "The folder for the month, the store and the reports; made anew each time.")
  var out: String = "demo"
  @Option(help: "How many requests.")
  var requests: Int = 20_000
  @Option(help: "The folder of the price books.")
  var prices: String = "prices"
  @Option(help: "The attribution rules.")
  var attribution: String = "examples/attribution.yaml"

  private static let month = "2026-10"

  mutating func run() async throws {
    guard FileManager.default.fileExists(atPath: attribution) else {
      throw UsageError(
        "\(attribution) is not here; run from the project's folder, or give --attribution FILE")
    }
    try clear()
    Terminal.say("1. a sample month of \(requests) requests, three products, in \(out)/raw-logs")
    _ = try SampleMonth(
      month: Self.month, requests: requests, seed: 1, utcOffsetHours: 9, writers: 2, crashes: 2, badLines: 3,
      resentFiles: 1
    ).write(to: out + "/raw-logs")
    let configuration = """
      raw-logs: raw-logs
      store: sqlite:tollbook.db
      reports: reports
      timezone: Asia/Tokyo

      """
    try configuration.write(toFile: out + "/tollbook.yaml", atomically: true, encoding: .utf8)
    let arguments = [
      "--config", out + "/tollbook.yaml", "--prices", prices, "--attribution", attribution, "--period",
      Self.month,
    ]
    Terminal.say("2. tollbook run " + arguments.joined(separator: " "))
    var run = try RunCommand.parse(arguments)
    do {
      try await run.run()
    } catch let code as ExitCode where code.rawValue == 3 {
      Terminal.say(
        "the run's exit code is 3: the month has rejected lines and a model without a price, on purpose")
    }
  }

  /// Only what an earlier demo left is taken away.
  private func clear() throws {
    let manager = FileManager.default
    for name in [
      "raw-logs", "reports", "tollbook.db", "tollbook.db-wal", "tollbook.db-shm", "tollbook.db.lock",
      "tollbook.yaml",
    ] {
      let path = out + "/" + name
      if manager.fileExists(atPath: path) { try manager.removeItem(atPath: path) }
    }
    try manager.createDirectory(atPath: out, withIntermediateDirectories: true)
  }
}
