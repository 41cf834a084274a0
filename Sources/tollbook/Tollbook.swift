internal import ArgumentParser
internal import Foundation
internal import Pipeline

/// What the program calls itself in logs and reports.
enum Program {
  static let version = "0.1.0"
  static let name = "tollbook \(version)"
  /// One for each core.
  static var threads: Int { ProcessInfo.processInfo.activeProcessorCount }
}

@main
struct Tollbook: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tollbook",
    abstract: "What did each product spend on AI models, on what, and can you trace it?",
    discussion: """
      A proxy meters requests to LLM vendors into a raw log; a pipeline prices the log and puts the cost on products.

      Exit codes: 0 done; 1 the run failed; 2 wrong usage or configuration; 3 done, but the period's books have \
      rejected or missing lines or requests of unknown cost (the summary says what).
      """,
    version: Program.version,
    subcommands: [
      ProxyCommand.self,
      KeysCommand.self, RunCommand.self, IngestCommand.self, ReportCommand.self,
      CloseCommand.self, RepriceCommand.self, PeriodsCommand.self, PostCommand.self, ScheduleCommand.self,
      VerifyCommand.self,
      ExplainCommand.self,
      RequestsCommand.self, UsageCommand.self, RollupCommand.self, PricesCommand.self,
      AttributionCommand.self,
      DoctorCommand.self, StoreCommand.self, SampleCommand.self, DemoCommand.self,
    ])

  static func main() async {
    // Somebody who closes the pipe has seen enough.
    signal(SIGPIPE, SIG_IGN)
    // A limit on file size is then an error to report, like a full disk, not the end of the program.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      leave(error)
    }
  }

  /// Prints what went wrong and ends: 2 for usage and configuration, 1 for a run that failed.
  private static func leave(_ error: any Error) -> Never {
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    if error is UsageError || error is ConfigurationError {
      Terminal.say("tollbook: \(error)")
      Foundation.exit(2)
    }
    switch exitCode(for: error) {
    case .success: exit(withError: error)
    case .validationFailure:
      Terminal.say(fullMessage(for: error))
      Foundation.exit(2)
    default:
      Terminal.say("tollbook: \(error)")
      Foundation.exit(1)
    }
  }
}
