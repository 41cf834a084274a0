internal import Foundation
internal import Ledger
internal import RawLog

/// Which proxy this is, for a store that several share: its name, and a number of the raw-log folder that knows what it
/// spent. A folder that is lost takes its number with it, so that a new one under the old name voids nothing.
struct ProxyIdentity {
  /// `NAME/0123456789abcdef`
  let owner: String
  /// When the number was made: microseconds since 1970-01-01T00:00:00Z.
  let since: Int64
  private static let file = "proxy-id"
  private static let digits = 16
  /// A database's index takes no texts of any length.
  static let nameCharactersMax = 128

  init(name: String?, rawLogs: String) throws {
    let folder = URL(fileURLWithPath: rawLogs).standardizedFileURL.path
    // The folder's end tells most.
    let name =
      name ?? String("\(ProcessInfo.processInfo.hostName):\(folder)".suffix(Self.nameCharactersMax))
    owner = "\(name)/\(try Self.number(in: rawLogs))"
    var status = stat()
    stat("\(rawLogs)/\(Self.file)", &status)
    since = Int64(status.st_mtim.tv_sec) * 1_000_000
  }

  private static func number(in folder: String) throws -> String {
    let path = "\(folder)/\(file)"
    do throws(FileFault) {
      try POSIXLogFiles().makeFolder(folder)
    } catch {
      throw ConfigurationError("\(folder): cannot be made: \(error). Budgets on a shared store need it.")
    }
    if let known = try read(path) { return known }
    let made = String(UInt64.random(in: .min ... .max), radix: 16)
    let text = String(repeating: "0", count: digits - made.count) + made
    // It gets its name when it is whole; where another program was faster, that one's holds.
    let draft = "\(path).\(text)"
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    let bytes = Array("\(text)\n".utf8)
    let isWritten = file >= 0 && write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
    if file >= 0 { close(file) }
    let isNamed = isWritten && (link(draft, path) == 0 || errno == EEXIST)
    let fault = errno
    unlink(draft)
    guard isNamed, let known = try read(path) else {
      throw ConfigurationError(
        "\(path): cannot be written: \(String(cString: strerror(fault))). Budgets on a shared store need it.")
    }
    return known
  }

  /// - Returns: nil where there is none.
  private static func read(_ path: String) throws -> String? {
    guard access(path, F_OK) == 0 else { return nil }
    let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let number = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard number.utf8.count == digits, number.allSatisfy(\.isHexDigit) else {
      throw ConfigurationError(
        "\(path): is not readable as the proxy's number (16 hexadecimal digits). Remove it to let the proxy make "
          + "another one; what it holds of shared budgets stays taken until `tollbook keys leases --release`."
      )
    }
    return number
  }
}
