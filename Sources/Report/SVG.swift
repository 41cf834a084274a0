/// In: shapes in whole tenths of a pixel. Out: SVG text. Without doubles the same shapes are the same bytes.
struct SVG {
  private var body = ""
  private let width: Int
  private let height: Int

  init(width: Int, height: Int, title: String) {
    self.width = width
    self.height = height
    body += "  <title>\(Self.escaped(title))</title>\n"
    body += "  <style>\(Palette.darkRules)</style>\n"
    body += "  <rect width=\"\(width)\" height=\"\(height)\" fill=\"#FFFFFF\"/>\n"
  }

  var text: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
    viewBox="0 0 \(width) \(height)" role="img" font-family="'Helvetica Neue', Arial, 'Noto Sans CJK JP', \
    'Hiragino Sans', 'Yu Gothic', sans-serif" font-size="12">
    \(body)</svg>

    """
  }

  mutating func rectangle(
    x: Int, y: Int, width: Int, height: Int, color: UInt32, tip: String? = nil
  ) {
    let shape =
      "  <rect x=\"\(px(x))\" y=\"\(px(y))\" width=\"\(px(width))\" height=\"\(px(height))\" "
      + "fill=\"\(Palette.hex(color))\""
    body += tip.map { shape + "><title>\(Self.escaped($0))</title></rect>\n" } ?? shape + "/>\n"
  }

  mutating func horizontalLine(x: Int, y: Int, width: Int, color: UInt32) {
    body +=
      "  <line x1=\"\(px(x))\" y1=\"\(px(y))\" x2=\"\(px(x + width))\" y2=\"\(px(y))\" "
      + "stroke=\"\(Palette.hex(color))\"/>\n"
  }

  enum Anchor: String { case start, middle, end }

  mutating func label(
    _ text: String, x: Int, y: Int, anchor: Anchor = .start, color: UInt32 = Palette.ink,
    bold: Bool = false, size: Int = 12
  ) {
    let weight = bold ? " font-weight=\"600\"" : ""
    let fontSize = size == 12 ? "" : " font-size=\"\(size)\""
    body +=
      "  <text x=\"\(px(x))\" y=\"\(px(y))\" text-anchor=\"\(anchor.rawValue)\" "
      + "fill=\"\(Palette.hex(color))\"\(weight)\(fontSize)>\(Self.escaped(text))</text>\n"
  }

  private func px(_ tenths: Int) -> String {
    tenths % 10 == 0
      ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for character in PlainText.oneLine(text) {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.append(character)
      }
    }
    return result
  }
}
