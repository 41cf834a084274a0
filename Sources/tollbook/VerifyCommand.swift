internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Pipeline
internal import Store

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Make a report a second time from its inputs, and compare every file byte for byte.",
    discussion: """
      The folder's run.json names the inputs. Raw logs, sources, prices and rules are taken from where they lie now; \
      nothing is written but in a temporary folder. Exit code 0: the report is reproduced; 1: it is not, and why.
      """)
  @OptionGroup var common: CommonOptions
  @Argument(help: "The folder of one period, such as reports/2026-10.")
  var folder: String
  @Option(help: "Compare only these files: csv, xlsx, md, focus (default: all).")
  var format: String?

  mutating func run() throws {
    let settings = try Settings(common)
    let run = try settings.makeRun(pricesVersion: nil, knownAt: nil, posts: [])
    let scratch = FileManager.default.temporaryDirectory.path + "/tollbook-verify-\(UUID().uuidString)"
    // Raw logs are nobody else's business.
    try FileManager.default.createDirectory(
      atPath: scratch, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { removeFolder(scratch) }
    let result = try Verifying(
      run, formats: try ReportFormat.named(format), scratch: scratch, threads: Program.threads
    ).verify(folder)
    if common.json { Terminal.print(json(result)) } else { show(result) }
    guard result.isReproduced else { throw ExitCode(1) }
  }

  private func removeFolder(_ path: String) {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      Terminal.say("\(path): cannot be removed: \(error.localizedDescription)")
    }
  }

  private func show(_ result: Verification) {
    for difference in result.differences {
      let name = difference.name.isEmpty ? "" : " \(difference.name)"
      Terminal.print("\(difference.kind.rawValue)\(name): \(difference.words)")
    }
    for name in result.later {
      Terminal.print("later: \(name) has lines of the period that came after the report")
    }
    Terminal.print(
      result.isReproduced
        ? "\(result.folder): reproduced: \(result.same.count) files are, byte for byte, what the inputs give"
        : "\(result.folder): not reproduced: \(result.same.count) files are the same, "
          + "\(result.differences.count) things differ")
  }

  private func json(_ result: Verification) -> String {
    var writer = JSONWriter(indent: 2)
    writer.object { writer in
      writer.member("period", result.period)
      writer.member("reproduced", result.isReproduced)
      writer.name("differences")
      writer.array { writer in
        for difference in result.differences {
          writer.object { writer in
            writer.member("kind", difference.kind.rawValue)
            writer.member("name", difference.name)
            writer.member("words", difference.words)
          }
        }
      }
      writer.name("same")
      writer.array { writer in for name in result.same { writer.string(name) } }
      writer.name("later")
      writer.array { writer in for name in result.later { writer.string(name) } }
    }
    return writer.text + "\n"
  }
}
