internal import Foundation

/// Turns the first SIGTERM or SIGINT into the end of a wait.
final class StopSignal {
  let requests: AsyncStream<Void>
  // The sources must live as long as they are to be heard.
  private let sources: [any DispatchSourceSignal]

  init() {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
    requests = stream
    sources = [SIGTERM, SIGINT].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield() }
      source.activate()
      return source
    }
  }
}
