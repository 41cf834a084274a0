public import Ledger

/// In: a table. Out: aligned text for a terminal. Text from outside can neither move the cursor nor colour
/// anything, and wide characters keep the columns straight.
public enum TerminalTable {
  enum Limit {
    /// A cell wider than this is cut, so that one long name does not fold every line.
    static let cellColumnsMax = 48
  }

  public static func text(_ table: Table, color: Bool) -> String {
    let cells = CellText(table)
    func line(_ row: [Table.Cell]) -> [String] {
      row.enumerated().map { column, cell in
        PlainText.fitted(PlainText.oneLine(cells.text(cell, column: column)), columns: Limit.cellColumnsMax)
      }
    }
    let head = table.columns.map(\.title)
    let body = table.rows.map(line)
    let total = table.total.map(line)
    let widths = table.columns.indices.map { column in
      ([head] + body + (total.map { [$0] } ?? [])).map { PlainText.width($0[column]) }.max() ?? 0
    }
    func drawn(_ line: [String]) -> String {
      var text = zip(line, widths).enumerated().map { column, cell in
        PlainText.padded(cell.0, columns: cell.1, right: table.columns[column].kind != .text)
      }.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * max(0, widths.count - 1))
    func bold(_ text: String) -> String { color ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    func dim(_ text: String) -> String { color ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    var lines = [bold(drawn(head)), dim(rule)]
    lines += body.map(drawn)
    if let total { lines += [dim(rule), bold(drawn(total))] }
    return lines.joined(separator: "\n") + "\n"
  }
}
