/// Text for chats: escaped piece by piece, so that a cut never falls into an escape, and tables of fixed width.
enum ChatText {
  enum Limit {
    /// Wide enough for a product's name in a code block without folding on a phone.
    static let nameColumnsMax = 24
  }

  /// Keeps a sign and breaks what it would do together with what follows.
  static let breaker = "\u{200B}"

  /// - Parameters:
  ///   - max: UTF-16 units of the escaped text; the last one is an ellipsis where something was cut.
  ///   - escape: what stands for a character, given the one before it.
  static func fitted(
    _ text: String, max: Int, escape: (_ before: Character?, _ character: Character) -> String
  ) -> String {
    var result = ""
    /// What is kept where the rest does not fit.
    var cut = ""
    var count = 0
    var before: Character?
    for index in text.indices {
      let character = text[index]
      let after = text.index(after: index)
      let next = after == text.endIndex ? nil : text[after]
      if count < max { cut = result }
      let piece = escape(before, character) + (breaks(before, character, next) ? breaker : "")
      count += piece.utf16.count
      if count > max { return cut + "…" }
      result += piece
      before = character
    }
    return result
  }

  /// Where a mention, an emoji's name (`:tada:`) or an address begins, by the first of its signs.
  private static func breaks(_ before: Character?, _ character: Character, _ next: Character?) -> Bool {
    guard let next, !next.isWhitespace else { return false }
    return switch character {
    case "@", "#": true
    case ":": !(before?.isNumber ?? false)
    // `www.` makes a link without a scheme.
    case ".": before == "w" || before == "W"
    default: false
    }
  }

  /// The table in a code block's fixed width: names to the left, figures to the right.
  static func table(_ rows: [ChatMessage.Row], _ message: ChatMessage) -> String {
    func line(_ row: ChatMessage.Row) -> [String] {
      [PlainText.fitted(row.name, columns: Limit.nameColumnsMax), row.amount, row.shareText]
    }
    let body = rows.map(line)
    let total = message.total.map(line)
    let all = [message.headings] + body + (total.map { [$0] } ?? [])
    let widths = (0..<3).map { column in all.map { PlainText.width($0[column]) }.max() ?? 0 }
    func drawn(_ cells: [String]) -> String {
      let padding = String(repeating: " ", count: widths[0] - PlainText.width(cells[0]))
      var text =
        isolated(cells[0]) + padding + "  "
        + PlainText.padded(cells[1], columns: widths[1], right: true) + "  "
        + PlainText.padded(cells[2], columns: widths[2], right: true)
      while text.last == " " { text.removeLast() }
      return text
    }
    let rule = String(repeating: "─", count: widths.reduce(4, +))
    var lines = [drawn(message.headings), rule] + body.map(drawn)
    if let total { lines += [rule, drawn(total)] }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A name that is read from right to left must not take the figures beside it along.
  static func isolated(_ name: String) -> String {
    let isRightToLeft = name.unicodeScalars.contains { scalar in
      rightToLeft.contains { $0.contains(scalar.value) }
    }
    return isRightToLeft ? "\u{2068}\(name)\u{2069}" : name
  }

  /// Hebrew, Arabic and their neighbours; their presentation forms; the scripts of the supplementary plane.
  private static let rightToLeft: [ClosedRange<UInt32>] = [
    0x590...0x8FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFE, 0x10800...0x10FFF, 0x1E800...0x1EFFF,
  ]
}
