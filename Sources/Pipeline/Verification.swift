/// Whether a folder of reports is what its inputs give, byte for byte.
public struct Verification: Sendable {
  public struct Difference: Hashable, Sendable {
    public enum Kind: String, Sendable {
      case program, prices, rules, costs, input, setting, file
    }
    public var kind: Kind
    public var name: String
    /// What is otherwise than it was, in words.
    public var words: String
  }

  public var period: String
  public var folder: String
  /// What is not as it was; none where the report is reproduced.
  public var differences: [Difference]
  /// Files that were compared and are the same.
  public var same: [String]
  /// What has come since, and is no part of this report.
  public var later: [String]

  public var isReproduced: Bool { differences.isEmpty }
}
