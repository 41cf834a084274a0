/// A proxy says that it is there, for as long as it is: nobody else spends under its name, and on SQLite nobody beside it.
internal import Glibc

/// Held by the one proxy that serves from an SQLite store; the kernel frees it with the process.
public final class ProxyLock {
  private let descriptor: Int32

  /// - Parameters:
  ///   - location: the store's, `sqlite:FILE`.
  ///   - holder: what a second one is told: process and machine.
  /// - Throws: `StoreError`, with `isHeld` where another proxy has it.
  public init(_ location: String, holder: String) throws(StoreError) {
    let path = try sqlitePath(location)
    switch try lockFile(path + ".proxy", holder: holder) {
    case .taken(let descriptor): self.descriptor = descriptor
    case .held(let who):
      var error = StoreError("\(path): another proxy uses this store: \(who)")
      error.isHeld = true
      throw error
    }
  }

  deinit { close(descriptor) }
}

enum FileLock {
  case taken(Int32)
  /// In the holder's own words.
  case held(by: String)
}

/// Locks a file for as long as it is open.
func lockFile(_ path: String, holder: String) throws(StoreError) -> FileLock {
  let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else {
    throw StoreError("\(path): cannot be opened: \(String(cString: strerror(errno)))")
  }
  guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = read(descriptor, &bytes, bytes.count)
    close(descriptor)
    return .held(by: String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
  }
  ftruncate(descriptor, 0)
  let text = Array(holder.utf8)
  pwrite(descriptor, text, text.count, 0)
  return .taken(descriptor)
}

extension Store {
  /// On a server: holds a proxy's name for as long as this connection is open. On SQLite nothing is held.
  /// - Returns: false where another connection holds it.
  public func lockProxy(_ proxy: String) throws(StoreError) -> Bool {
    guard let server = database as? Postgres else { return true }
    let select = try server.prepare("SELECT pg_try_advisory_lock(hashtextextended(?, \(Self.proxyLockSeed)))")
    select.put("tollbook proxy \(proxy)")
    guard try select.next() else { throw StoreError("a lock has no row") }
    defer { select.reset() }
    return select.integer(0) == 1
  }

  /// Lets go what `lockProxy` took.
  public func unlockProxy(_ proxy: String) throws(StoreError) {
    guard let server = database as? Postgres else { return }
    let select = try server.prepare("SELECT pg_advisory_unlock(hashtextextended(?, \(Self.proxyLockSeed)))")
    select.put("tollbook proxy \(proxy)")
    while try select.next() {}
  }

  /// Apart from the locks of runs and writers, which are small numbers of the program's own.
  private static let proxyLockSeed = 0x746f_6c6c
}
