internal import Foundation
internal import TestKit

/// Runs a vendor, or a chat service, on 127.0.0.1 for tests written in other languages, until it is
/// stopped by a signal.
@main
struct StandInCommand {
  static let help = """
    vendor-stand-in [--port N] [--port-file FILE] [--default-fault TEXT] [--record FILE]
    vendor-stand-in --webhook [--script 429:1,200] [--port N] [--port-file FILE] [--record FILE]

    --port N              port on 127.0.0.1; 0, the default, takes a free one
    --port-file FILE      write the port taken to FILE when listening
    --default-fault TEXT  what every request asks for, as in the x-stand-in header
    --record FILE         append one JSON line for each request received, and one when its answer ended
    """

  static func main() async {
    do {
      try await run(try StandInFlags(Array(CommandLine.arguments.dropFirst())))
    } catch {
      FileHandle.standardError.write(Data("vendor-stand-in: \(error)\n\(help)\n".utf8))
      exit(2)
    }
  }

  private static func run(_ flags: StandInFlags) async throws {
    let record = try flags.recordFile.map { try RecordFile(path: $0) }
    let received: @Sendable (RecordedRequest) -> Void = { record?.received($0) }
    let port: Int
    if flags.isWebhook {
      let receiver = WebhookReceiver(script: try WebhookReceiver.script(flags.script), received: received)
      port = try await receiver.start(port: flags.port)
    } else {
      let fault = try StandInFault(flags.defaultFault)
      let standIn = VendorStandIn(defaultFault: fault, received: received) { record?.ended($0, $1) }
      port = try await standIn.start(port: flags.port)
    }
    if let file = flags.portFile {
      try Data("\(port)\n".utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    }
    FileHandle.standardError.write(Data("listening on http://127.0.0.1:\(port)\n".utf8))
    while true { try await Task.sleep(for: .seconds(3600)) }
  }
}

struct StandInFlags {
  var port = 0
  var portFile: String?
  var defaultFault = ""
  var recordFile: String?
  var isWebhook = false
  var script = "200"

  init(_ arguments: [String]) throws(StandInFaultError) {
    var rest = arguments[...]
    while let flag = rest.popFirst() {
      if flag == "--webhook" {
        isWebhook = true
        continue
      }
      guard let value = rest.popFirst() else {
        throw StandInFaultError(message: "\(flag) needs a value, or is unknown")
      }
      switch flag {
      case "--port":
        guard let number = Int(value), (0...65_535).contains(number) else {
          throw StandInFaultError(message: "--port wants a number up to 65535, not '\(value)'")
        }
        port = number
      case "--port-file": portFile = value
      case "--default-fault": defaultFault = value
      case "--record": recordFile = value
      case "--script": script = value
      default: throw StandInFaultError(message: "there is no flag \(flag)")
      }
    }
  }
}
