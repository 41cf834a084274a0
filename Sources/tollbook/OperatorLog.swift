internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline

/// What a running proxy says to its operator: sentences, or one JSON object a line.
struct OperatorLog: Sendable {
  enum Level: String, Sendable {
    case info
    case warning
  }

  var isJSON: Bool

  func say(_ level: Level, _ message: String) {
    guard isJSON else { return Terminal.say(message) }
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("time", Timestamp.text(Settings.now()))
      writer.member("level", level.rawValue)
      writer.member("program", Program.name)
      writer.member("message", message)
    }
    Terminal.say(writer.text)
  }
}
