import Ledger

/// In: text from anywhere, and tables of it. Out: GitHub's and GitLab's Markdown, in which that text is text.
enum Markdown {
  /// Text that reads as itself: no markup, HTML, link, mention or reference.
  static func escaped(_ text: String) -> String {
    var result = ""
    let characters = Array(PlainText.oneLine(text))
    for (index, character) in characters.enumerated() {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      // Inside a table a backslash is not enough for every reader.
      case "|": result += "&#124;"
      // Hosts look for mentions and references in the finished text, where escapes are gone: a zero-width
      // space keeps the sign and breaks the name.
      case "@", "#": result += "\\\(character)\u{200B}"
      case "!", "%", "~", "$": result += "\\\(character)"
      case "\\", "`", "*", "[", "]": result += "\\\(character)"
      // Between letters an underscore is no markup, and most names have them there.
      case "_":
        let inside =
          index > 0 && index + 1 < characters.count && isWordCharacter(characters[index - 1])
          && isWordCharacter(characters[index + 1])
        result += inside ? "_" : "\\_"
      case ":" where characters[(index + 1)...].starts(with: "//"): result += "\\:"
      case "." where String(characters[..<index].suffix(3)).lowercased() == "www": result += "\\."
      case _ where index == 0 && "-+=".contains(character): result += "\\\(character)"
      default: result.append(character)
      }
    }
    return result
  }

  private static func isWordCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber)
  }

  /// A name as code: nothing inside is markup or a mention. What cannot stand inside code is escaped text.
  static func code(_ text: String) -> String {
    let line = PlainText.oneLine(text)
    guard !line.isEmpty else { return "" }
    let fits = !line.contains { $0 == "`" || $0 == "|" } && line.contains { $0 != " " }
    return fits ? "`\(line)`" : escaped(line)
  }

  /// Columns of equal width, so that it reads well as plain text too. Columns in `codeColumns` hold names.
  static func table(_ table: Table, codeColumns: Set<Int> = []) -> String {
    let cells = CellText(table)
    func line(_ row: [Table.Cell], strong: Bool) -> [String] {
      row.enumerated().map { column, cell in
        guard case .text(let text) = cell else {
          let number = cells.text(cell, column: column)
          return strong && !number.isEmpty ? "**\(number)**" : number
        }
        // Text among figures is this program's own: `<$0.01`.
        guard table.columns[column].kind == .text else { return text }
        let written = codeColumns.contains(column) && !strong ? code(text) : escaped(text)
        return strong && !written.isEmpty ? "**\(written)**" : written
      }
    }
    let head = table.columns.map { escaped($0.title) }
    let total = table.total.map { [line($0, strong: true)] } ?? []
    let body = table.rows.map { line($0, strong: false) } + total
    let widths = head.indices.map { column in
      max(3, ([head] + body).map { PlainText.width($0[column]) }.max() ?? 0)
    }
    func drawn(_ line: [String]) -> String {
      let padded = line.enumerated().map { column, text in
        PlainText.padded(text, columns: widths[column], right: table.columns[column].kind != .text)
      }
      return "| " + padded.joined(separator: " | ") + " |"
    }
    let rule = widths.enumerated().map { column, width in
      table.columns[column].kind == .text
        ? String(repeating: "-", count: width) : String(repeating: "-", count: width - 1) + ":"
    }
    return ([drawn(head), "| " + rule.joined(separator: " | ") + " |"] + body.map(drawn))
      .joined(separator: "\n") + "\n"
  }
}
