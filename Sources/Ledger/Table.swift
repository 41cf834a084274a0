/// A finished table: what every renderer (CSV, workbook, Markdown, terminal) draws, deciding nothing.
public struct Table: Sendable {
  public enum Cell: Hashable, Sendable {
    /// Nothing is known or nothing applies: an empty cell, never a zero.
    case empty
    case text(String)
    case count(Int64)
    /// A whole number of millionths: a weighted count of a split request.
    case millionths(Int128)
    case money(Money)
    /// A whole number of hundredths of a percent: 12.34 % is 1234.
    case basisPoints(Int64)

    /// A whole count of any size.
    public static func sum(_ count: Int128) -> Cell {
      Int64(exactly: count).map { .count($0) } ?? .millionths(count * 1_000_000)
    }
  }

  public enum Kind: Hashable, Sendable { case text, count, money, percent }

  public struct Column: Hashable, Sendable {
    public var title: String
    public var kind: Kind
    public init(_ title: String, _ kind: Kind) {
      self.title = title
      self.kind = kind
    }
  }

  public var columns: [Column]
  public var rows: [[Cell]]
  /// Drawn apart from the rows; nil for none.
  public var total: [Cell]?

  public init(columns: [Column], rows: [[Cell]] = [], total: [Cell]? = nil) {
    self.columns = columns
    self.rows = rows
    self.total = total
  }
}
