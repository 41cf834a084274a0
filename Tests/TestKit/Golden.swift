public import Foundation

/// Takes what a test produced and a committed file, and throws a readable difference where the bytes are
/// not the same.
///
/// `UPDATE_GOLDEN=1` in the environment rewrites the files instead; the version control's diff then shows
/// the change.
public enum Golden {
  public static func check(_ actual: some Sequence<UInt8>, against file: URL) throws {
    let bytes = Data(actual)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try bytes.write(to: file, options: .atomic)
      return
    }
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw GoldenMismatch(description: "\(file.path) is missing; run with UPDATE_GOLDEN=1 to write it")
    }
    let expected = try Data(contentsOf: file)
    guard expected != bytes else { return }
    throw GoldenMismatch(description: difference(expected: expected, actual: bytes, name: file.path))
  }

  public static func check(_ actual: String, against file: URL) throws {
    try check(Array(actual.utf8), against: file)
  }

  /// The committed file `Tests/Fixtures/golden/<name>`, found from the test's own source file.
  public static func file(_ name: String, from source: String = #filePath) -> URL {
    var folder = URL(fileURLWithPath: source).deletingLastPathComponent()
    while folder.lastPathComponent != "Tests", folder.path != "/" { folder.deleteLastPathComponent() }
    return folder.appendingPathComponent("Fixtures/golden/\(name)")
  }

  private static func difference(expected: Data, actual: Data, name: String) -> String {
    let want = lines(expected)
    let have = lines(actual)
    var report = "\(name) differs (UPDATE_GOLDEN=1 rewrites it):"
    var shown = 0
    for index in 0..<max(want.count, have.count) where shown < GoldenLimit.linesShownMax {
      let wanted = index < want.count ? want[index] : nil
      let found = index < have.count ? have[index] : nil
      guard wanted != found else { continue }
      shown += 1
      if let wanted { report += "\n  line \(index + 1) - \(wanted)" }
      if let found { report += "\n  line \(index + 1) + \(found)" }
    }
    return report
  }

  /// The line ends stay, spelled out: a lost carriage return is a difference like any other.
  private static func lines(_ data: Data) -> [String] {
    data.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self).replacingOccurrences(of: "\r", with: "\\r")
    }
  }
}

public enum GoldenLimit {
  /// The first differences tell what happened; a whole report would hide them.
  public static let linesShownMax = 20
}

public struct GoldenMismatch: Error, CustomStringConvertible {
  public let description: String
}
