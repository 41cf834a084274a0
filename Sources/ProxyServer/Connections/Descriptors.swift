/// How many files and sockets the process may have open, and how many clients there is room for in them.
internal import Glibc

enum Descriptors {
  /// The log, the store, the listeners, and whatever else the process has open.
  private static let ownMax = 64

  /// Takes all that the process may have: the limit that a shell or a service starts with is often 1,024.
  /// - Returns: how many that is.
  static func takeAll() -> Int {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(files, &limit) == 0 else { return ownMax }
    let former = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    if setrlimit(files, &limit) != 0 { limit.rlim_cur = former }
    return Int(clamping: limit.rlim_cur)
  }

  /// A running request has a client and a vendor; clients without one must not take the vendors' part.
  static func clientsMax(of descriptors: Int, loops: Int) -> Int {
    max(1, (descriptors - ownMax) / 2 / loops)
  }
}
