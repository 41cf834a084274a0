/// The raw log's format, version 1: names that the writer and the reader share.
public enum RawLogFormat {
  public static let version: Int64 = 1
  /// A longer line is rejected: nothing the proxy writes comes near it.
  public static let lineBytesMax = 1 << 20
  /// The largest count that every JSON reader takes exactly.
  public static let countMax: Int64 = 1 << 53
  public static let openSuffix = ".jsonl.open"
  public static let sealedSuffix = ".jsonl"
}

/// What a line is.
public enum LineKind: String, Sendable, CaseIterable {
  case open, start, end, close
}

/// Where the counts of a line come from.
public enum UsageSource: String, Sendable {
  case vendor, estimated, none
}
