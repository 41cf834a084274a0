/// What the log writer asks of the file system, and the POSIX way of doing it. Tests put faults in between.
internal import Glibc

/// A failed system call: its `errno`.
public struct FileFault: Error, Hashable, Sendable, CustomStringConvertible {
  public var errno: Int32

  public init(errno: Int32) { self.errno = errno }

  public var description: String { String(cString: strerror(errno)) }
}

public protocol LogFiles: Sendable {
  /// Makes the folder and all above it.
  func makeFolder(_ path: String) throws(FileFault)
  /// Opens a file that must not exist yet for appending, and locks it for this process.
  func create(_ path: String) throws(FileFault) -> Int32
  /// One `write(2)`; may write less than asked.
  func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFault) -> Int
  func truncate(_ file: Int32, to size: Int64) throws(FileFault)
  func sync(_ file: Int32) throws(FileFault)
  func close(_ file: Int32)
  /// Never replaces a file that is there.
  func rename(_ old: String, to new: String) throws(FileFault)
  /// Makes a rename or a new name in the folder survive a power cut.
  func syncFolder(_ path: String) throws(FileFault)
}

public struct POSIXLogFiles: LogFiles {
  public init() {}

  public func makeFolder(_ path: String) throws(FileFault) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw FileFault(errno: errno)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw FileFault(errno: errno) }
  }

  public func create(_ path: String) throws(FileFault) -> Int32 {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileFault(errno: errno) }
    guard lockIfStillNamed(file, path) else {
      // Another process took it for one left behind, in the instant before the lock; the next name will do.
      self.close(file)
      throw FileFault(errno: EEXIST)
    }
    return file
  }

  public func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFault) -> Int {
    while true {
      let written = Glibc.write(file, bytes.baseAddress, bytes.count)
      if written >= 0 { return written }
      guard errno == EINTR else { throw FileFault(errno: errno) }
    }
  }

  public func truncate(_ file: Int32, to size: Int64) throws(FileFault) {
    guard ftruncate(file, off_t(size)) == 0 else { throw FileFault(errno: errno) }
  }

  public func sync(_ file: Int32) throws(FileFault) {
    guard fsync(file) == 0 else { throw FileFault(errno: errno) }
  }

  public func close(_ file: Int32) { _ = Glibc.close(file) }

  public func rename(_ old: String, to new: String) throws(FileFault) {
    // The name belongs to one writer, whose lock the caller holds: nobody can take it in between.
    guard access(new, F_OK) != 0 else { throw FileFault(errno: EEXIST) }
    guard Glibc.rename(old, new) == 0 else { throw FileFault(errno: errno) }
  }

  public func syncFolder(_ path: String) throws(FileFault) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw FileFault(errno: errno) }
    defer { self.close(folder) }
    guard fsync(folder) == 0 else { throw FileFault(errno: errno) }
  }
}

/// Takes the file's lock without waiting, and checks that the path still means this file.
func lockIfStillNamed(_ file: Int32, _ path: String) -> Bool {
  guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return false }
  var named = stat()
  var opened = stat()
  guard stat(path, &named) == 0, fstat(file, &opened) == 0 else { return false }
  return named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
}
