internal import JSON
internal import Ledger

/// A name that a model is asked for by, or a pattern of names in which `*` is any run of characters.
struct GenAIName: Hashable {
  var text: String
  var isPattern: Bool
  /// Its lower case: genai-prices does not look at case.
  let pattern: Pattern

  init(_ text: String, isPattern: Bool) {
    self.text = text
    self.isPattern = isPattern
    self.pattern = Pattern(text.lowercased())
  }
}

/// The names that a model's `match` accepts. A pattern's own words are a name too, so that a name without a
/// region's prefix is not found before the one with it.
/// - Parameter unsaid: gets the conditions that no name and no pattern can say.
func genAINames(_ match: JSONValue, _ unsaid: inout [String]) -> [GenAIName] {
  var names: [GenAIName] = []
  func add(_ text: String, isPattern: Bool = false) {
    for text in [text, text.lowercased()] {
      let name = GenAIName(text, isPattern: isPattern)
      if !text.isEmpty, !names.contains(name) { names.append(name) }
    }
  }
  for (key, value) in match.members {
    let words = value.string ?? ""
    let isStar = words.utf8.contains(UInt8(ascii: "*"))
    switch key.string {
    case "or", "or_":
      for element in value.elements {
        for name in genAINames(element, &unsaid) where !names.contains(name) { names.append(name) }
      }
    case "equals" where !isStar: add(words)
    case "starts_with" where !isStar:
      add(words)
      add(words + "*", isPattern: true)
    case "ends_with" where !isStar:
      add(words)
      add("*" + words, isPattern: true)
    case "contains" where !isStar:
      add(words)
      add("*" + words + "*", isPattern: true)
    case "regex":
      guard let spelled = RegexNames.spell(words) else {
        unsaid.append("regex \(words)")
        continue
      }
      for text in spelled { add(text, isPattern: text.hasSuffix("*")) }
    default: unsaid.append("\(key.string ?? "") \(value.rawText.prefix(160))")
    }
  }
  return names
}

/// Spells out a simple regular expression: `^(typesafe/)?jev-1\.13(-\d{8})?$` is four names, two of them with
/// a snapshot date, which a look-up takes off by itself.
private enum RegexNames {
  /// Stands for any digit in a name that is being spelled.
  private static let anyDigit: Character = "#"
  /// More names than the few that such an expression has.
  private static let namesMax = 64

  static func spell(_ regex: String) -> [String]? {
    guard regex.first == "^" else { return nil }
    var rest = regex.dropFirst()
    let isWhole = rest.last == "$"
    if isWhole { rest.removeLast() }
    guard let spelled = sequence(&rest, isWhole: isWhole), rest.isEmpty else { return nil }
    var names: [String] = []
    for text in spelled {
      var text = text
      if isWhole {
        let digits = text.map { $0 == anyDigit ? "0" : $0 }
        if text.contains(anyDigit) { text = withoutSnapshotDate(String(digits)) ?? text }
      } else {
        text += "*"
      }
      guard !text.contains(anyDigit) else { return nil }
      if !names.contains(text) { names.append(text) }
    }
    return names
  }

  /// Up to the end or a closing bracket.
  private static func sequence(_ rest: inout Substring, isWhole: Bool) -> [String]? {
    var spelled = [""]
    while let character = rest.first, character != ")" {
      guard let choices = element(&rest, isWhole: isWhole) else { return nil }
      spelled = spelled.flatMap { begin in choices.map { begin + $0 } }
      guard spelled.count <= namesMax else { return nil }
    }
    return spelled
  }

  private static func element(_ rest: inout Substring, isWhole: Bool) -> [String]? {
    let character = rest.removeFirst()
    switch character {
    case "\\":
      guard let escaped = rest.popFirst() else { return nil }
      if escaped == "d" { return digits(&rest, isWhole: isWhole) }
      return "./-[]()".contains(escaped) ? [String(escaped)] : nil
    case "[":
      guard let end = rest.firstIndex(of: "]") else { return nil }
      let choices = rest[..<end]
      rest = rest[rest.index(after: end)...]
      return choices.allSatisfy("-@_.".contains) && !choices.isEmpty ? choices.map(String.init) : nil
    case "(":
      guard rest.first != "?", let inner = sequence(&rest, isWhole: isWhole), rest.popFirst() == ")",
        rest.popFirst() == "?"
      else { return nil }
      return [""] + inner
    default:
      let isPlain =
        character.isASCII && (character.isLetter || character.isNumber || "-_/@=:".contains(character))
      let isCounted = rest.first.map("?*+{|".contains) ?? false
      return isPlain && !isCounted ? [String(character)] : nil
    }
  }

  private static func digits(_ rest: inout Substring, isWhole: Bool) -> [String]? {
    if rest.first == "{" {
      guard let end = rest.firstIndex(of: "}"),
        let count = Int(rest[rest.index(after: rest.startIndex)..<end]),
        (1...8).contains(count)
      else { return nil }
      rest = rest[rest.index(after: end)...]
      return [String(repeating: anyDigit, count: count)]
    }
    // A digit and then anything is ten patterns.
    return rest.isEmpty && !isWhole ? (0...9).map(String.init) : nil
  }
}
