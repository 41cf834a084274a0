/// In: a reason in this program's own English, as it stands in run.json and on the terminal. Out: the same for a
/// reader of another language. What is not known here stays as it is: a name in it may come from outside.
enum ReasonWords {
  static func text(_ reason: String, _ language: Language) -> String {
    guard language == .ja else { return reason }
    for (english, japanese) in whole where reason == english { return japanese }
    for (head, tail, japanese) in patterns where reason.hasPrefix(head) && reason.hasSuffix(tail) {
      guard reason.count >= head.count + tail.count else { continue }
      return japanese(String(reason.dropFirst(head.count).dropLast(tail.count)))
    }
    return reason
  }

  private static let whole: [(String, String)] = [
    ("no price entry for this model", "このモデルの単価がありません"),
    ("no price entry: the vendor is not known", "ベンダー不明のため単価がありません"),
    ("the answer came without usage", "応答に使用量が含まれていません"),
    ("not an object", "JSONオブジェクトではありません"),
    ("torn: the last line has no line feed", "途中で切れています（末尾の行に改行がありません）"),
    ("`time` is not an RFC 3339 timestamp", "`time`がRFC 3339の時刻ではありません"),
    ("a tag's value is not a text", "タグの値が文字列ではありません"),
  ]

  /// What the reason begins and ends with, and what is said around the part between.
  private static let patterns: [(String, String, @Sendable (String) -> String)] = [
    ("no rate for ", "", { "単価のない項目: \(MeterWords.names($0, .ja))" }),
    (
      "no price entry for this model in this region; there are prices in ", "",
      { "このリージョンの単価がありません（単価があるのは\($0)）" }
    ),
    ("not JSON: ", "", { "JSONではありません（\($0)）" }),
    ("unknown format version ", "", { "未知の形式バージョン \($0)" }),
    ("unknown kind ", "", { "未知の種類 \($0)" }),
    ("unknown outcome ", "", { "未知の結果 \($0)" }),
    ("unknown usage_source ", "", { "未知の usage_source \($0)" }),
    ("longer than ", " bytes", { "\($0)バイトを超えています" }),
    ("`", "` is missing", { "`\($0)`がありません" }),
    ("`", "` is not a text", { "`\($0)`が文字列ではありません" }),
    ("`", "` is not a whole number of the range it must have", { "`\($0)`が許される範囲の整数ではありません" }),
    ("`", "` is neither true nor false", { "`\($0)`が真偽値ではありません" }),
    ("`", "` is not an object", { "`\($0)`がオブジェクトではありません" }),
    ("`", "` is not a count (a whole number from 0 to 2^53)", { "`\($0)`が件数（0〜2^53の整数）ではありません" }),
  ]
}
