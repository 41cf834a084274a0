/// The language that reports are written in.
///
/// Each sentence stands in both languages at the place that uses it, so that none can be forgotten:
/// `language("Total", "合計")`.
public enum Language: String, CaseIterable, Sendable {
  case en
  case ja

  /// The words in this language.
  public func callAsFunction(_ english: String, _ japanese: String) -> String {
    switch self {
    case .en: english
    case .ja: japanese
    }
  }
}
