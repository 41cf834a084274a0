internal import Glibc
internal import Ingest
internal import Ledger
internal import Price
internal import RawLog
public import Store

/// What the doctor looked at, and found.
public struct Finding: Hashable, Sendable {
  public enum State: String, Sendable, Comparable {
    case fine, look, broken
    private var rank: Int { self == .fine ? 0 : self == .look ? 1 : 2 }
    public static func < (a: State, b: State) -> Bool { a.rank < b.rank }
  }

  /// What was looked at: `raw logs`, `disk`, `clock` …
  public var subject: String
  public var state: State
  public var text: String
  /// What to do about it; empty where nothing is wrong.
  public var remedy: String

  public init(_ subject: String, _ state: State, _ text: String, remedy: String = "") {
    self.subject = subject
    self.state = state
    self.text = text
    self.remedy = remedy
  }
}

public enum DoctorLimit {
  /// A proxy that logs loses nothing as long as it can write: this much is a quiet day of a busy one.
  public static let bytesFreeMin: Int64 = 2 << 30
  public static let percentFreeMin: Int64 = 5
  /// A line from the future by more than that is a clock that is wrong, here or there.
  public static let clockAheadMicrosecondsMax: Int64 = 120_000_000
  /// An open segment is sealed when its hour has turned; one that nobody wrote to for that long has no writer.
  public static let openIdleMicrosecondsMax: Int64 = 7_200_000_000
  /// Ingest runs once a day or oftener.
  public static let lagMicrosecondsMax: Int64 = 26 * 3_600_000_000
  /// Names in one finding.
  public static let namesMax = 3
}

/// Looks at everything that a run depends on, and says what to do.
public struct Doctor {
  let rawLogs: String
  let reports: String
  let now: Int64

  /// - Parameters:
  ///   - now: microseconds since 1970-01-01T00:00:00Z.
  public init(rawLogs: String, reports: String, now: Int64) {
    self.rawLogs = rawLogs
    self.reports = reports
    self.now = now
  }

  /// Folders, files, disk: what needs no store.
  public func lookAtDisk() -> [Finding] {
    var findings = [folder("raw logs", rawLogs, mustWrite: false)]
    findings += space("raw logs", rawLogs)
    findings.append(folder("reports", reports, mustWrite: true))
    findings += space("reports", reports)
    return findings
  }

  private func folder(_ subject: String, _ path: String, mustWrite: Bool) -> Finding {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      if mustWrite, errno == ENOENT {
        return Finding(subject, .fine, "\(path) will be made by the first run")
      }
      return Finding(
        subject, .broken, "\(path): \(reason)",
        remedy: "name the folder with --\(subject == "reports" ? "reports" : "raw-logs"), or make it")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      return Finding(subject, .broken, "\(path) is no folder", remedy: "name the folder itself")
    }
    guard access(path, R_OK | X_OK) == 0, !mustWrite || access(path, W_OK) == 0 else {
      return Finding(
        subject, .broken, "\(path) may not be \(mustWrite ? "written" : "read") by this user",
        remedy: "run as the folder's owner, or change its permissions")
    }
    if status.st_mode & S_IWOTH != 0, status.st_mode & S_ISVTX == 0 {
      return Finding(
        subject, .look, "\(path) can be changed by every user of this machine",
        remedy: "chmod o-w \(path): who can change it can change the books")
    }
    return Finding(subject, .fine, path)
  }

  private func space(_ subject: String, _ path: String) -> [Finding] {
    var status = statvfs()
    guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return [] }
    let free = Int64(status.f_bavail) * Int64(status.f_frsize)
    let percent = Int64(status.f_bavail) * 100 / Int64(status.f_blocks)
    let text = "\(free >> 20) MiB (\(percent) %) free for \(subject)"
    let isLow = free < DoctorLimit.bytesFreeMin || percent < DoctorLimit.percentFreeMin
    return [
      isLow
        ? Finding(
          "disk", .look, text,
          remedy:
            "make room, or compress sealed segments (zstd --rm): a proxy that cannot log refuses requests")
        : Finding("disk", .fine, text)
    ]
  }

  /// What the store holds and the folder has beyond it.
  /// - Throws: `StoreError`, `SegmentError`.
  public func look(at store: Store) throws -> [Finding] {
    var findings = [
      Finding("store", .fine, try store.summary())
    ]
    if try !store.mayWrite() {
      findings[0] = Finding(
        "store", .broken, "\(store.name) may not be written by this user", remedy: "run as its owner")
    }
    let damage = try store.damage()
    if let damage {
      findings.append(
        Finding(
          "store", .broken, "\(store.name) is damaged: \(damage)",
          remedy: "restore it from a backup, or move it away and ingest the raw logs again"))
    }
    findings += try lag(store)
    findings += try holes(store)
    findings.append(try clock(store))
    let dropped = try store.droppedMonths()
    if !dropped.isEmpty {
      findings.append(
        Finding(
          "retention", .fine,
          "request rows of \(names(dropped)) were dropped: their reports and what was added up of them stay"))
    }
    let interrupted = try store.openAttempts().count
    if interrupted > 0 {
      findings.append(
        Finding(
          "requests", .look, "\(interrupted) requests began and their end was never read",
          remedy: "ingest what is missing; if the proxy was killed, the vendor's bill says what they cost"))
    }
    return findings
  }

  private func lag(_ store: Store) throws -> [Finding] {
    guard access(rawLogs, R_OK) == 0 else { return [] }
    let segments = try findSegments(in: rawLogs)
    let unread = try Ingestion.unread(segments, before: now, store: store)
    var findings: [Finding] = []
    let idle = segments.filter { segment in
      var status = stat()
      guard segment.isOpen, stat(segment.path, &status) == 0 else { return false }
      return now - Int64(status.st_mtim.tv_sec) * 1_000_000 > DoctorLimit.openIdleMicrosecondsMax
    }
    if !idle.isEmpty {
      findings.append(
        Finding(
          "raw logs", .look,
          "\(idle.count) open segments that nobody writes to any more: \(names(idle.map(\.name)))",
          remedy: "their proxy is gone; the next proxy that starts in this folder seals them"))
    }
    let old = unread.filter { segment in
      guard let hour = hour(inPath: segment.name) else { return true }
      return now - hour > DoctorLimit.lagMicrosecondsMax
    }
    findings.append(
      old.isEmpty
        ? Finding(
          "ingest", .fine, "\(segments.count) segments, \(unread.count) with lines that were not read yet")
        : Finding(
          "ingest", .look, "\(old.count) segments older than a day were not read: \(names(old.map(\.name)))",
          remedy: "tollbook ingest, and see that the scheduler runs it"))
    return findings
  }

  private func holes(_ store: Store) throws -> [Finding] {
    var missing: [String] = []
    for writer in try store.writers() {
      for hole in Pipeline.holes(in: try store.taken(writer: writer)) {
        missing.append("\(writer) \(hole.first)-\(hole.last)")
      }
    }
    return [
      missing.isEmpty
        ? Finding("log", .fine, "no line of any writer is missing")
        : Finding(
          "log", .look, "\(missing.count) holes in the writers' numbers: \(names(missing))",
          remedy: "a file is missing in \(rawLogs), or a proxy was killed with its last lines unwritten")
    ]
  }

  private func clock(_ store: Store) throws -> Finding {
    guard let newest = try store.newestRequestTime() else {
      return Finding("clock", .fine, "no request was read yet")
    }
    let text = "the newest request is of \(Timestamp.text(newest))"
    guard newest - now > DoctorLimit.clockAheadMicrosecondsMax else { return Finding("clock", .fine, text) }
    return Finding(
      "clock", .look, text + ", and it is \(Timestamp.text(now)) here",
      remedy: "set the clock (chrony, systemd-timesyncd) of this machine, or of the proxy's")
  }

  /// The price book, held against what is in use.
  public func look(at check: PriceCheck) -> [Finding] {
    var findings = [
      check.isOld
        ? Finding(
          "prices", .look, "published \(check.ageDays) days ago",
          remedy: "tollbook prices import, then tollbook prices diff")
        : Finding("prices", .fine, "published \(check.ageDays) days ago")
    ]
    if !check.unpriced.isEmpty {
      let models = check.unpriced.map { "\($0.provider)/\($0.model)" }
      findings.append(
        Finding(
          "prices", .look,
          "\(check.unpriced.reduce(0) { $0 + $1.requests }) requests have no price, or not for all: \(names(models))",
          remedy: "tollbook prices check says why; import a newer book, or a line for the model"))
    }
    if !check.retired.isEmpty {
      findings.append(
        Finding(
          "prices", .look,
          "models in use that the vendor retires: \(names(check.retired.map { "\($0.model) from \(Timestamp.text($0.at).prefix(10))" }))",
          remedy: "move to the model's successor"))
    }
    return findings
  }

  private func names(_ all: [String]) -> String {
    let more = all.count - DoctorLimit.namesMax
    return all.prefix(DoctorLimit.namesMax).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}
