public import JSON

/// What the sample month holds, so that a reader can be held to it.
public struct SampleSummary: Equatable, Sendable {
  public var files = 0
  /// All lines, the rejected and the resent ones included.
  public var lines = 0
  /// Lines by kind as first written, before any was sent again.
  public var open = 0
  public var start = 0
  public var end = 0
  public var close = 0
  /// What clients asked for: final ends and interrupted requests.
  public var requests = 0
  public var refused = 0
  public var interrupted = 0
  /// Attempts that the proxy followed with another.
  public var retried = 0
  /// Batch items that were fetched, and so logged, a second time.
  public var fetchedAgain = 0
  /// Good lines that stand in a second file as well.
  public var resentLines = 0
  /// Lines that no reader can take.
  public var bad = 0

  public init() {}

  public var usages: Int { end - fetchedAgain }
  public var duplicates: Int { resentLines + fetchedAgain }
  public var control: Int { open + start + close }

  mutating func add(_ kind: String) {
    switch kind {
    case "open": open += 1
    case "start": start += 1
    case "end": end += 1
    default: close += 1
    }
  }

  public func write(to json: inout JSONWriter) {
    json.object {
      $0.member("files", files)
      $0.member("lines", lines)
      $0.member("open", open)
      $0.member("start", start)
      $0.member("end", end)
      $0.member("close", close)
      $0.member("requests", requests)
      $0.member("refused", refused)
      $0.member("interrupted", interrupted)
      $0.member("retried", retried)
      $0.member("fetched_again", fetchedAgain)
      $0.member("resent_lines", resentLines)
      $0.member("bad", bad)
      $0.member("usages", usages)
      $0.member("duplicates", duplicates)
      $0.member("rejected", bad)
      $0.member("control", control)
    }
  }

  public var json: String {
    var json = JSONWriter(indent: 2)
    write(to: &json)
    return json.text
  }
}
