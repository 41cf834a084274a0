internal import Foundation
internal import JSON
internal import Synchronization
internal import TestKit

/// Takes requests and writes each as one JSON line, in the kernel's hands before the request is answered.
final class RecordFile: Sendable {
  private let file: Mutex<FileHandle>

  init(path: String) throws {
    if !FileManager.default.fileExists(atPath: path) {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw StandInFaultError(message: "cannot create \(path)")
      }
    }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seekToEnd()
    file = Mutex(handle)
  }

  func received(_ request: RecordedRequest) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("kind", "request")
      writer.member("number", request.number)
      writer.member("method", request.method)
      writer.member("target", request.target)
      writer.name("headers")
      writer.array { writer in
        for header in request.headers {
          writer.array { writer in
            writer.string(header.name)
            writer.string(header.value)
          }
        }
      }
      writer.member("body", Data(request.body).base64EncodedString())
      writer.member("raw", Data(request.rawBytes).base64EncodedString())
    }
    append(writer.bytes)
  }

  func ended(_ request: RecordedRequest, _ outcome: AnswerOutcome) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("kind", "ended")
      writer.member("number", request.number)
      writer.member("outcome", outcome.rawValue)
    }
    append(writer.bytes)
  }

  private func append(_ line: [UInt8]) {
    let data = Data(line + [0x0A])
    file.withLock { handle in
      do {
        try handle.write(contentsOf: data)
      } catch {
        preconditionFailure("the record of requests cannot be written: \(error)")
      }
    }
  }
}
