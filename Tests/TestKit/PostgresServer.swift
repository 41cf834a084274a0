internal import Foundation
internal import Synchronization

/// A PostgreSQL server of the tests' own, for as long as their process lives. It sorts texts as English, so that a
/// query that leans on the order of bytes without saying so is found.
public final class PostgresServer: Sendable {
  private static let started = Result { try PostgresServer() }

  /// The one server of this process, started by the first that asks.
  public static func shared() throws -> PostgresServer { try started.get() }

  private let folder: String
  private let bin: String
  /// The server's guard runs until the other end of this is closed, as it is with this process, however it ends.
  private let guardInput: Pipe
  private let databases = Atomic<Int>(0)

  /// How long a loaded machine may take to make and start it.
  private static let startSecondsMax = 60

  private init() throws {
    bin = try Self.programs()
    folder = NSTemporaryDirectory() + "tollbook-pg-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guardInput = Pipe()
    let server = Process()
    server.executableURL = URL(fileURLWithPath: "/bin/sh")
    server.arguments = ["-c", Self.script, bin, folder]
    server.standardInput = guardInput
    server.standardOutput = FileHandle.nullDevice
    server.standardError = FileHandle.nullDevice
    try server.run()
    for _ in 0..<Self.startSecondsMax * 20 {
      if try Self.ended(bin + "/pg_isready", "-q", "-h", folder, "-U", "tollbook") == 0 { return }
      guard server.isRunning else { break }
      usleep(50_000)
    }
    throw ToolFailure(description: "PostgreSQL did not start; see \(folder)/log")
  }

  /// A new and empty database, gone with the folder of its test.
  /// - Returns: its `postgres://` location.
  func makeDatabase(for folder: TestFolder) throws -> String {
    let name = "test_\(databases.wrappingAdd(1, ordering: .relaxed).newValue)"
    try run("CREATE DATABASE \(name)", in: "postgres")
    folder.clear {
      do {
        // A store that is not closed yet is no reason to keep it.
        try self.run("DROP DATABASE \(name) WITH (FORCE)", in: "postgres")
      } catch {
        // What is left goes with the server.
      }
    }
    return "postgres:///\(name)?host=\(self.folder)&user=tollbook"
  }

  /// Runs SQL as the server's administrator.
  public func run(_ sql: String, in database: String) throws {
    try Tool.run(
      bin + "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder, "-U", "tollbook", "-d", database,
      "-c", sql)
  }

  /// The programs of the newest version that is here.
  private static func programs() throws -> String {
    let root = "/usr/lib/postgresql"
    let versions =
      FileManager.default.fileExists(atPath: root)
      ? try FileManager.default.contentsOfDirectory(atPath: root).compactMap(Int.init) : []
    guard let version = versions.max() else {
      throw ToolFailure(description: "these tests need PostgreSQL: apt-get install postgresql")
    }
    return "\(root)/\(version)/bin"
  }

  private static func ended(_ path: String, _ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// The server refuses to run as root, so root runs it as nobody.
  private static let script = """
    bin=$0 folder=$1 as=
    if [ "$(id -u)" = 0 ]; then
      chown nobody "$folder" && as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
    fi
    cd "$folder" || exit 1
    $as "$bin/initdb" -D data -U tollbook -A trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US \\
      --no-sync >log 2>&1 || exit 1
    $as "$bin/postgres" -D data -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=300 \\
      -c shared_buffers=64MB -c autovacuum=off >>log 2>&1 </dev/null &
    server=$!
    # Until the tests' process is gone.
    cat >/dev/null
    kill -INT $server
    wait $server
    rm -rf "$folder"
    """
}

/// What a test's store lies in. Each law holds in both.
public enum Backing: CaseIterable, Sendable {
  case sqlite, postgres

  /// The location of a new store: a file in that folder, or a database of the tests' server.
  public func location(in folder: TestFolder) throws -> String {
    switch self {
    case .sqlite: "sqlite:" + folder.file("tollbook.db")
    case .postgres: try PostgresServer.shared().makeDatabase(for: folder)
    }
  }
}
