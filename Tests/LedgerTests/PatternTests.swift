import Ledger
import Testing

/// `*` is any run of characters, none and `/` and `:` included; case counts.
@Suite struct PatternTests {
  @Test(
    "a pattern fits",
    arguments: [
      ("ticket-generator-*", "ticket-generator-prod"),
      ("ticket-generator-*", "ticket-generator-"),
      (
        "arn:aws:bedrock:*:application-inference-profile/chrome*",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/chrome-assistant"
      ),
      ("*", ""), ("*", "a/b:c"), ("**", "x"), ("", ""), ("*自動*", "レビュー自動承認"), ("a*b*c", "a/b:b/c"),
      ("a*a", "aa"),
      ("*.yaml", ".yaml"), ("[a]?", "[a]?"),
    ])
  func fits(pattern: String, text: String) {
    #expect(Pattern(pattern).matches(text))
  }

  @Test(
    "a pattern does not fit",
    arguments: [
      ("ticket-generator-*", "Ticket-generator-prod"),
      ("ticket-generator-*", "my-ticket-generator-prod"),
      ("ticket-generator", "ticket-generator-prod"),
      ("", "a"), ("a", ""), ("a*a", "a"), ("*a", "ab"), ("a*b*c", "acb"), ("[ab]", "a"), ("a?", "ab"),
    ])
  func doesNotFit(pattern: String, text: String) {
    #expect(!Pattern(pattern).matches(text))
  }

  @Test("all short patterns fit all short texts as the definition says")
  func exhaustive() {
    for pattern in words(of: ["a", "b", "*"], upTo: 5) {
      let compiled = Pattern(pattern)
      for text in words(of: ["a", "b"], upTo: 6) {
        #expect(
          compiled.matches(text) == defined(Array(pattern)[...], Array(text)[...]), "\(pattern) on \(text)")
      }
    }
  }

  @Test("patterns cover and meet each other as the texts that they match do")
  func covers() {
    // One letter more than the patterns have stands for every other text.
    let texts = words(of: ["a", "b", "c"], upTo: 5)
    let patterns = words(of: ["a", "b", "*"], upTo: 3)
    let matched = patterns.map { pattern in Set(texts.filter { Pattern(pattern).matches($0) }) }
    for (i, one) in patterns.enumerated() {
      for (j, other) in patterns.enumerated() {
        let covers = Pattern(one).covers(Pattern(other))
        #expect(covers == matched[j].isSubset(of: matched[i]), "\(one) covers \(other)")
        let meets = Pattern(one).canMeet(Pattern(other))
        #expect(meets == !matched[i].isDisjoint(with: matched[j]), "\(one) meets \(other)")
      }
    }
  }

  /// The definition, letter by letter.
  private func defined(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return defined(pattern.dropFirst(), text) || (!text.isEmpty && defined(pattern, text.dropFirst()))
    }
    return text.first == first && defined(pattern.dropFirst(), text.dropFirst())
  }

  private func words(of letters: [String], upTo length: Int) -> [String] {
    var all = [""]
    var last = [""]
    for _ in 0..<length {
      last = last.flatMap { word in letters.map { word + $0 } }
      all += last
    }
    return all
  }
}
