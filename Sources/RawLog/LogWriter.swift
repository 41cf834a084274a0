/// Lines in, segments out: the one appender of a process to the raw log.
///
/// `append` gives a line its `seq` and hands it to the kernel before it returns. A line that could not be
/// written leaves neither bytes nor a number behind, so `seq` has no hole.
internal import Dispatch
internal import JSON
internal import Synchronization

public enum FsyncPolicy: Hashable, Sendable {
  /// A request's lines are on the disk before its client gets the last byte.
  case always
  /// What a power cut may take is at most this old.
  case every(milliseconds: Int)
  /// The kernel decides.
  case never
}

public enum LogWriterLimit {
  /// Small enough to ingest in one go, large enough that an hour of a busy proxy is a few files.
  public static let segmentBytesMax: Int64 = 256 << 20
  /// More memory than this is not kept between two writes.
  static let keptBytesMax = 1 << 20
  /// Other processes may take a name first; that many in a row means something else is wrong.
  static let namesTriedMax = 16
  /// How often the hour is looked at where nothing is written.
  static let tickMilliseconds = 1000
}

public struct LogError: Error, Sendable, CustomStringConvertible {
  public var doing: String
  public var path: String
  public var fault: FileFault

  public var description: String { "\(doing) \(path): \(fault). Check the disk's space and rights." }
}

public final class LogWriter: Sendable {
  public struct Settings: Sendable {
    public var folder: String
    public var fsync: FsyncPolicy
    public var segmentBytesMax: Int64
    public var program: String
    public var host: String

    public init(
      folder: String, fsync: FsyncPolicy, segmentBytesMax: Int64 = LogWriterLimit.segmentBytesMax,
      program: String, host: String
    ) {
      self.folder = folder
      self.fsync = fsync
      self.segmentBytesMax = segmentBytesMax
      self.program = program
      self.host = host
    }
  }

  struct State: Sendable {
    var segment: LogSegment?
    var segmentCount = 0
    var seq: Int64 = 0
    var isClosed = false
    var isDirty = false
    /// When the oldest line that no sync has begun for was written, and the oldest of a sync that goes on.
    var dirtySince: Int64?
    var syncingSince: Int64?
    /// Lines that are being written, and where each of them ends.
    var text: [UInt8] = []
    var ends: [Int] = []
    var writtenAt: Int64 = 0

    mutating func beginSync() {
      isDirty = false
      syncingSince = syncingSince ?? dirtySince
      dirtySince = nil
    }
  }

  struct Waiting: Sendable {
    var callbacks: [@Sendable (LogError?) -> Void] = []
    var isScheduled = false
  }

  /// New at each process start: `w-` and 8 hexadecimal digits.
  public let writer: String
  let settings: Settings
  let files: any LogFiles
  let clock: @Sendable () -> Int64
  let notice: @Sendable (String) -> Void
  let state = Mutex(State())
  private let waiting = Mutex(Waiting())
  /// Syncs and seals happen here, one at a time and in order, so that no caller of `append` waits for a disk.
  let background = DispatchQueue(label: "tollbook.raw-log")
  private let tickInterval: DispatchTimeInterval
  /// What each kind of line begins with.
  let prefixes: [LineKind: [UInt8]]

  /// - Parameters:
  ///   - clock: microseconds since 1970-01-01T00:00:00Z.
  ///   - random: 64 random bits a call.
  ///   - notice: told of what went wrong behind the caller's back.
  public init(
    _ settings: Settings, files: any LogFiles = POSIXLogFiles(), clock: @escaping @Sendable () -> Int64,
    random: () -> UInt64, notice: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.files = files
    self.clock = clock
    self.notice = notice
    let digits = String(random() & 0xFFFF_FFFF, radix: 16)
    self.writer = "w-" + String(repeating: "0", count: 8 - digits.count) + digits
    let writer = self.writer
    self.prefixes = Dictionary(uniqueKeysWithValues: LineKind.allCases.map { ($0, Self.prefix($0, writer)) })
    var interval = LogWriterLimit.tickMilliseconds
    if case .every(let milliseconds) = settings.fsync { interval = max(1, min(interval, milliseconds)) }
    self.tickInterval = .milliseconds(interval)
    scheduleTick()
  }

  /// Appends one line and returns its `seq`. When it returns, the line is in the kernel's hands.
  ///
  /// - Parameters:
  ///   - time: microseconds since 1970-01-01T00:00:00Z; for `start` and `end` when the request arrived.
  ///   - members: a JSON object on one line, whose members follow the envelope.
  @discardableResult
  public func append(_ kind: LineKind, time: Int64, members: some Collection<UInt8>) throws(LogError) -> Int64
  {
    try state.withLock { state throws(LogError) in
      try appendLocked(&state, kind, time: time, members: members)
    }
  }

  /// Calls back on a background thread when everything appended before is on the disk.
  public func whenDurable(_ callback: @escaping @Sendable (LogError?) -> Void) {
    let schedule = waiting.withLock { waiting in
      waiting.callbacks.append(callback)
      defer { waiting.isScheduled = true }
      return !waiting.isScheduled
    }
    // Whoever comes while a sync runs shares the next one.
    if schedule { background.async { self.syncForWaiting() } }
  }

  /// Seals a segment whose hour is over and syncs what the policy asks for. The writer calls it by itself.
  public func tick() {
    let hour = LogSegment.hour(ofMicroseconds: clock())
    let file: Int32? = state.withLock { state in
      if let segment = state.segment, segment.hour != hour { retire(&state) }
      guard case .every = settings.fsync, state.isDirty else { return nil }
      state.beginSync()
      return state.segment?.file
    }
    guard let file else { return }
    do throws(FileFault) {
      try files.sync(file)
    } catch {
      notice("syncing the raw log in \(settings.folder): \(error)")
    }
    state.withLock { $0.syncingSince = nil }
  }

  /// How long the oldest line has been waiting for the disk, in microseconds; nil where nobody waits for it.
  public func lag() -> Int64? {
    guard settings.fsync != .never else { return nil }
    let now = clock()
    return state.withLock { state in
      (state.syncingSince ?? state.dirtySince).map { max(0, now - $0) } ?? 0
    }
  }

  /// Writes the `close` line, seals the segment, and waits until that is done. Nothing can be appended later.
  public func close() throws(LogError) {
    let outcome: Result<Void, LogError> = state.withLock { state in
      guard !state.isClosed else { return .success(()) }
      var result: Result<Void, LogError> = .success(())
      if state.seq > 0 {
        do throws(LogError) {
          try appendLocked(&state, .close, time: clock(), members: "{}".utf8)
        } catch {
          result = .failure(error)
        }
      }
      state.isClosed = true
      retire(&state)
      return result
    }
    background.sync {}
    try outcome.get()
  }

  // MARK: - Under the lock

  @discardableResult
  private func appendLocked(
    _ state: inout State, _ kind: LineKind, time: Int64, members: some Collection<UInt8>
  ) throws(LogError) -> Int64 {
    guard members.count + Self.envelopeBytesMax <= RawLogFormat.lineBytesMax else { throw tooLong }
    try open(&state, for: kind, linesBytes: members.count + Self.envelopeBytesMax)
    try writeLine(&state, kind, time: time, members: members)
    return state.seq
  }

  /// More than stands before a line's members.
  static let envelopeBytesMax = 128

  var tooLong: LogError {
    LogError(doing: "refusing an over-long line for", path: settings.folder, fault: .tooLong)
  }

  /// Makes a segment ready that so many bytes of lines belong in.
  func open(_ state: inout State, for kind: LineKind, linesBytes: Int) throws(LogError) {
    guard !state.isClosed else {
      throw LogError(doing: "writing to", path: settings.folder, fault: FileFault(errno: 9))
    }
    let now = clock()
    state.writtenAt = now
    let hour = LogSegment.hour(ofMicroseconds: now)
    if let segment = state.segment,
      segment.hour != hour || segment.sizeBytes + Int64(linesBytes) > settings.segmentBytesMax
    {
      retire(&state)
    }
    if state.segment == nil { try openSegment(&state, hour: hour) }
    if state.seq == 0, kind != .open {
      var opening = JSONWriter()
      opening.object { writer in
        writer.member("program", settings.program)
        writer.member("host", settings.host)
      }
      try writeLine(&state, .open, time: now, members: opening.bytes)
    }
  }

  private func openSegment(_ state: inout State, hour: Int64) throws(LogError) {
    var path = ""
    do throws(FileFault) {
      for attempt in 1...LogWriterLimit.namesTriedMax {
        path = LogSegment.path(
          in: settings.folder, hour: hour, writer: writer, number: state.segmentCount + 1)
        var segment = LogSegment(file: -1, sealedPath: path, hour: hour, sizeBytes: 0)
        try files.makeFolder(segment.folder)
        do throws(FileFault) {
          segment.file = try files.create(segment.openPath)
        } catch {
          guard error == .nameTaken, attempt < LogWriterLimit.namesTriedMax else { throw error }
          state.segmentCount += 1
          continue
        }
        state.segmentCount += 1
        state.segment = segment
        // A line that is on the disk must also have a name there.
        if settings.fsync == .always { try files.syncFolder(segment.folder) }
        return
      }
    } catch {
      throw LogError(doing: "opening", path: path + LogSegment.openSuffix, fault: error)
    }
  }

  /// Gives the segment to the background to be sealed; the next line opens a new one.
  func retire(_ state: inout State) {
    guard let segment = state.segment else { return }
    state.segment = nil
    background.async { self.seal(segment) }
  }

  // MARK: - In the background

  private func scheduleTick() {
    background.asyncAfter(deadline: .now() + tickInterval) { [weak self] in
      guard let self, !self.state.withLock({ $0.isClosed }) else { return }
      self.tick()
      self.scheduleTick()
    }
  }

  private func seal(_ segment: LogSegment) {
    defer { files.close(segment.file) }
    do throws(FileFault) {
      try files.sync(segment.file)
      try files.rename(segment.openPath, to: segment.sealedPath)
      try files.syncFolder(segment.folder)
    } catch {
      notice("sealing \(segment.openPath): \(error). The next start of the proxy tries again.")
    }
  }

  private func syncForWaiting() {
    let callbacks = waiting.withLock { waiting in
      waiting.isScheduled = false
      defer { waiting.callbacks = [] }
      return waiting.callbacks
    }
    // A segment retired meanwhile was synced by its sealing, which stood before this on the same queue.
    let segment = state.withLock { state in
      state.beginSync()
      return state.segment
    }
    var failure: LogError?
    if let segment {
      do throws(FileFault) {
        try files.sync(segment.file)
      } catch {
        failure = LogError(doing: "syncing", path: segment.openPath, fault: error)
        // The kernel may forget what it could not write, so nothing more is trusted to this file.
        state.withLock { state in
          if state.segment?.file == segment.file { retire(&state) }
        }
      }
    }
    state.withLock { $0.syncingSince = nil }
    for callback in callbacks { callback(failure) }
  }
}

extension FileFault {
  /// `EEXIST`.
  static let nameTaken = FileFault(errno: 17)
  /// `EMSGSIZE`.
  static let tooLong = FileFault(errno: 90)
}
