internal import Store

/// What a reading of the raw logs brought.
public struct IngestSummary: Hashable, Sendable {
  public var files = 0
  public var lines: Int64 = 0
  public var usages: Int64 = 0
  public var duplicates: Int64 = 0
  public var rejected: Int64 = 0
  public var control: Int64 = 0
  /// Requests begun whose end has not come, over all that is in the store.
  public var interrupted = 0
  /// Files that could not be taken: each with its place, the reason and the remedy.
  public var problems: [String] = []
  /// Columns of other sources that no rule reads, and in how many rows they say something.
  public var notRead: [NotRead] = []

  public init() {}

  public struct NotRead: Hashable, Sendable {
    public var file: String
    public var column: String
    public var rows: Int64
  }

  public static func += (a: inout IngestSummary, b: IngestSummary) {
    a.files += b.files
    a.lines += b.lines
    a.usages += b.usages
    a.duplicates += b.duplicates
    a.rejected += b.rejected
    a.control += b.control
    a.problems += b.problems
    a.notRead += b.notRead
  }
}

public enum IngestLimit {
  /// Rows of other sources read before they are put away: some megabytes of usages.
  public static let linesPerPart = 4096
  /// Lines in one transaction: what a killed run reads again, against one wait for the disk each.
  public static let linesPerTransaction = 65_536
  /// Small files of other sources in one transaction.
  public static let filesPerTransaction = 512
}

/// How far a reading is, for a progress bar.
public struct IngestProgress: Sendable {
  public var files: Int
  public var filesDone: Int
  public var lines: Int64
  public var name: String
  /// The file that was read to its end just now, and what was new in it; nil where one begins or goes on.
  public var finished: IngestedFile?
}

/// What was new in one file.
public struct IngestedFile: Hashable, Sendable {
  public var name: String
  public var lines: Int64
  public var usages: Int64
  public var duplicates: Int64
  public var rejected: Int64

  init(from before: SegmentRow, to row: SegmentRow) {
    name = row.name
    lines = row.lines - before.lines
    usages = row.usages - before.usages
    duplicates = row.duplicates - before.duplicates
    rejected = row.rejected - before.rejected
  }
}
