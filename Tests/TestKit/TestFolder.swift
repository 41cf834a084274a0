internal import Foundation
internal import Synchronization

/// A folder of a test's own, gone when the test is done with it.
public final class TestFolder: Sendable {
  public let path: String
  private let clearing = Mutex<[@Sendable () -> Void]>([])

  public init() throws {
    path = FileManager.default.temporaryDirectory.path + "/tollbook-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    for clear in clearing.withLock({ $0 }) { clear() }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      // What is left in the system's temporary folder is the system's to clear.
    }
  }

  /// Something else that goes with the folder.
  func clear(_ body: @escaping @Sendable () -> Void) { clearing.withLock { $0.append(body) } }

  public func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file below the folder, making the folders above it, and returns its path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  @discardableResult
  public func write(_ text: String, to name: String) throws -> String { try write(text.utf8, to: name) }

  public func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }
}

/// A command-line tool that another hand wrote, as the judge of what the project reads and writes.
public enum Tool {
  /// Runs it to its end.
  /// - Throws: `ToolFailure` where it cannot be started or ends badly.
  public static func run(_ path: String, _ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ToolFailure(description: "\(path) \(arguments) ended with \(process.terminationStatus)")
    }
  }

  /// As the system's own tool says it.
  public static func sha256(_ file: String) throws -> String {
    let out = file + ".sha256"
    try run("/bin/sh", "-c", "sha256sum < '\(file)' > '\(out)'")
    let text = try String(contentsOfFile: out, encoding: .utf8)
    try FileManager.default.removeItem(atPath: out)
    return String(text.prefix(64))
  }

  /// Compresses `file` to `file.gz`, and leaves it.
  public static func gzip(_ file: String) throws { try run("/usr/bin/env", "gzip", "-kf", file) }

  /// Compresses `file` to `file.zst`, and leaves it.
  public static func zstd(_ file: String) throws { try run("/usr/bin/env", "zstd", "-qkf", file) }
}

public struct ToolFailure: Error, CustomStringConvertible {
  public let description: String
}
