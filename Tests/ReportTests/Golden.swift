import Foundation
import Testing

/// Compares bytes with a file under Tests/Fixtures/golden/report; `UPDATE_GOLDEN=1` writes it instead.
enum Golden {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/golden/report")

  static var isUpdating: Bool { ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" }

  static func expect(
    _ bytes: [UInt8], equals name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = folder.appending(path: name)
    if isUpdating {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(bytes).write(to: file)
      return
    }
    let wanted = try [UInt8](Data(contentsOf: file))
    guard bytes != wanted else { return }
    let made = lines(of: bytes)
    let kept = lines(of: wanted)
    let line = zip(made, kept).enumerated().first { $1.0 != $1.1 }?.offset ?? min(made.count, kept.count)
    Issue.record(
      """
      \(name) differs at line \(line + 1)
      kept: \(line < kept.count ? kept[line] : "(end)")
      made: \(line < made.count ? made[line] : "(end)")
      """, sourceLocation: sourceLocation)
  }

  private static func lines(of bytes: [UInt8]) -> [Substring] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
  }
}
