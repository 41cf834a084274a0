/// What clients asked and vendors answered, for audits, of the keys that ask for it: files of their own that no pipeline
/// reads, one JSON line a request, deleted when their time is over.
internal import Dispatch
internal import Glibc
internal import JSON
internal import Ledger
internal import NIOCore
internal import RawLog
internal import Synchronization

public struct ContentLogSettings: Sendable {
  /// Not inside the raw logs' folder.
  public var folder: String
  /// Files of days before so many days are deleted.
  public var retentionDays = 30
  /// Kept of each request and of each answer; of what is longer the beginning, and the line says how long it was.
  public var partBytesMax = 1 << 20

  public init(folder: String) { self.folder = folder }
}

/// A request's and an answer's bytes, as far as they are kept.
struct Content {
  struct Part {
    private(set) var kept = ByteBuffer()
    private(set) var bytes = 0

    mutating func take(_ more: ByteBuffer, max: Int) {
      bytes += more.readableBytes
      let room = max - kept.readableBytes
      if room > 0, let slice = more.getSlice(at: more.readerIndex, length: min(room, more.readableBytes)) {
        kept.writeImmutableBuffer(slice)
      }
    }
  }

  let bytesMax: Int
  var request = Part()
  var answer = Part()
  /// `gzip` …: the answer's bytes are as the vendor sent them.
  var answerEncoding: String?

  init(_ body: ByteBuffer?, bytesMax: Int) {
    self.bytesMax = bytesMax
    if let body { request.take(body, max: bytesMax) }
  }

  mutating func take(_ bytes: ByteBuffer) { answer.take(bytes, max: bytesMax) }
}

final class ContentLog: Sendable {
  private struct State {
    var file: Int32 = -1
    var hour: Int64 = -1
    var isFailing = false
  }

  private static let suffix = ".content.jsonl"
  private static let microsecondsAnHour: Int64 = 3_600_000_000

  let settings: ContentLogSettings
  private let writer: String
  private let notices: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// - Parameter writer: the raw log's, so that two proxies never share a file.
  init(_ settings: ContentLogSettings, writer: String, notices: @escaping @Sendable (String) -> Void) {
    self.settings = settings
    self.writer = writer
    self.notices = notices
  }

  /// A content that could not be written is told to the operator; the request has its answer all the same.
  /// - Parameter time: when the request arrived.
  func append(_ content: Content, _ record: LogRecord, time: Int64, now: Int64) {
    let line = Self.line(content, record, time: time)
    let trouble: String? = state.withLock { state in
      let problem = write(line, now / Self.microsecondsAnHour, &state)
      defer { state.isFailing = problem != nil }
      return state.isFailing ? nil : problem
    }
    if let trouble { notices("The content log could not be written: \(trouble)") }
  }

  func close() {
    state.withLock { state in
      if state.file >= 0 { _ = Glibc.close(state.file) }
      state.file = -1
      state.hour = -1
    }
  }

  /// - Returns: what went wrong.
  private func write(_ line: [UInt8], _ hour: Int64, _ state: inout State) -> String? {
    do throws(FileFault) {
      if state.file < 0 || state.hour != hour {
        if state.file >= 0 { _ = Glibc.close(state.file) }
        state.file = -1
        state.file = try open(hour)
        state.hour = hour
      }
      try Self.writeAll(line, to: state.file)
      return nil
    } catch {
      return "\(settings.folder): \(error)"
    }
  }

  private static func writeAll(_ line: [UInt8], to file: Int32) throws(FileFault) {
    let files = POSIXLogFiles()
    let fault: FileFault? = line.withUnsafeBytes { bytes in
      var written = 0
      do throws(FileFault) {
        while written < bytes.count {
          written += try files.write(file, UnsafeRawBufferPointer(rebasing: bytes[written...]))
        }
        return nil
      } catch {
        return error
      }
    }
    if let fault { throw fault }
  }

  /// `2026/11/28/09-w-1a2b3c4d.content.jsonl`; only its owner may read it.
  private func open(_ hour: Int64) throws(FileFault) -> Int32 {
    let path = DatedFolder.hourPath(below: settings.folder, hour: hour) + "-\(writer)\(Self.suffix)"
    try POSIXLogFiles().makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    // Whoever made the folder: names of files say when somebody worked.
    guard chmod(settings.folder, 0o700) == 0 else { throw FileFault(errno: errno) }
    let file = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw FileFault(errno: errno) }
    return file
  }

  // MARK: - Retention

  /// Deletes what is too old, now and every hour.
  func keepRetention(on eventLoop: any EventLoop, clock: @escaping @Sendable () -> Int64) {
    _ = eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .hours(1)) { [self] _ in
      deleteOld(now: clock())
    }
  }

  private func deleteOld(now: Int64) {
    let (folder, notices) = (settings.folder, notices)
    let firstDay = now / (24 * Self.microsecondsAnHour) - Int64(settings.retentionDays)
    DispatchQueue.global(qos: .utility).async {
      for day in DatedFolder.all(below: folder) where day.day < firstDay {
        for name in day.names where name.hasSuffix(Self.suffix) {
          let path = "\(day.path)/\(name)"
          if unlink(path) != 0, errno != ENOENT {
            notices(
              "The content log's \(path) is too old and could not be deleted: \(FileFault(errno: errno))")
          }
        }
        // What is not the log's own stays, and its folders with it.
        let parts = day.path.split(separator: "/", omittingEmptySubsequences: false)
        for left in 0..<3 {
          guard rmdir(parts.dropLast(left).joined(separator: "/")) == 0 else { break }
        }
      }
    }
  }

  // MARK: - The line

  private static func line(_ content: Content, _ record: LogRecord, time: Int64) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("v", 1)
      writer.member("request_id", record.id)
      writer.member("time", Timestamp.text(time))
      writer.member("key_id", record.keyID)
      writer.member("endpoint", record.endpoint)
      writer.member("model", record.modelRequested)
      writer.member("status", record.status)
      part("request", content.request, to: &writer)
      if let encoding = content.answerEncoding { writer.member("answer_content_encoding", encoding) }
      part("answer", content.answer, to: &writer)
    }
    return writer.bytes + [0x0A]
  }

  /// A text as it is, anything else as base64; a text may be cut within a character.
  private static func part(_ name: StaticString, _ part: Content.Part, to writer: inout JSONWriter) {
    writer.member("\(name)_bytes", part.bytes)
    let bytes = part.kept.readableBytesView
    if let text = String(validating: bytes, as: UTF8.self) {
      writer.member("\(name)", text)
    } else if part.bytes > bytes.count, let text = cutText(bytes) {
      writer.member("\(name)", text)
    } else {
      writer.member("\(name)_base64", base64(bytes))
    }
  }

  private static func cutText(_ bytes: ByteBufferView) -> String? {
    for cut in 1...3 where bytes.count > cut {
      if let text = String(validating: bytes.dropLast(cut), as: UTF8.self) { return text }
    }
    return nil
  }
}
