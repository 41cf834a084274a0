internal import Foundation
internal import Pipeline

/// Results go to stdout; progress, notices and faults go to stderr.
enum Terminal {
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1
  static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  static var color: Bool { outputIsTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil }

  static func say(_ text: String) { put(text + "\n", STDERR_FILENO) }
  static func print(_ text: String) { put(text + "\n", STDOUT_FILENO) }
  static func print(_ bytes: [UInt8]) { put(bytes, STDOUT_FILENO) }

  private static func put(_ text: String, _ descriptor: Int32) { put(Array(text.utf8), descriptor) }

  private static func put(_ bytes: [UInt8], _ descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        guard errno == EINTR || errno == EAGAIN else { return }
        continue
      }
      rest = rest.dropFirst(count)
    }
  }
}

/// How far a reading is: on a terminal a line that rewrites itself, in a pipe a line for each file that brought
/// anything.
final class ProgressLine {
  private let begin = ContinuousClock.now
  private var fileBegin = ContinuousClock.now
  private var last = ContinuousClock.now
  private var drawn = false

  func show(_ progress: IngestProgress) {
    guard Terminal.errorIsTerminal else { return say(progress) }
    guard ContinuousClock.now - last > .milliseconds(100) else { return }
    last = .now
    drawn = true
    let seconds = max(1, (last - begin).components.seconds)
    let width = 24
    let full = progress.files == 0 ? width : width * progress.filesDone / progress.files
    let bar = String(repeating: "█", count: full) + String(repeating: "·", count: width - full)
    let left =
      progress.filesDone == 0
      ? "" : ", about \(Int(seconds) * (progress.files - progress.filesDone) / progress.filesDone) s left"
    FileHandle.standardError.write(
      Data(
        "\r\u{1B}[K\(bar) \(progress.filesDone)/\(progress.files) files, \(progress.lines / seconds) lines/s\(left)"
          .utf8))
  }

  private func say(_ progress: IngestProgress) {
    let now = ContinuousClock.now
    defer { fileBegin = now }
    guard let file = progress.finished, file.lines > 0 else { return }
    let milliseconds = (now - fileBegin) / .milliseconds(1)
    Terminal.say(
      "\(file.name): \(file.lines) lines, \(file.usages) usages, \(file.duplicates) duplicates, "
        + "\(file.rejected) rejected, \(String(format: "%.2f", milliseconds / 1000)) s")
  }

  func end() {
    if drawn { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
  }
}
