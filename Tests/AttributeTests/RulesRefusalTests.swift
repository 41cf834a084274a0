import Attribute
import Testing

/// A file that is not wholly understood is refused, and the error names the line.
@Suite struct RulesRefusalTests {
  @Test(
    "a fault in a rule is refused where it stands",
    arguments: [
      ("{product: a}", "condition"),
      ("{product: a, when: {}}", "condition"),
      ("{when: {key: k}}", "product or a split"),
      ("{product: a, split: {b: 1}, when: {key: k}}", "both"),
      ("{product: z, when: {key: k}}", "\"z\""),
      ("{product: unattributed, when: {key: k}}", "unattributed"),
      ("{product: a, when: {keys: k}}", "\"keys\""),
      ("{product: a, when: {tag.product: k}}", "tag.product"),
      ("{product: a, whenn: {key: k}}", "\"whenn\""),
      ("{product: a, when: {key: []}}", "empty list"),
      ("{product: a, when: {key: {x: y}}}", "one value"),
      ("{product: a, when: {key: [[k]]}}", "one value"),
      ("{product: a, when: [key, k]}", "when"),
      ("{product: a, when: {tags: prod}}", "tags"),
      ("{product: a, when: {ip: 10.0.0.0/33}}", "10.0.0.0/33"),
      ("{product: a, when: {ip: [10.0.0.0/8, host.example]}}", "host.example"),
      ("{split: {a: 0}, when: {key: k}}", "weight"),
      ("{split: {a: -1, b: 2}, when: {key: k}}", "weight"),
      ("{split: {a: 0.5, b: 0.5}, when: {key: k}}", "weight"),
      ("{split: {a: 60%, b: 40%}, when: {key: k}}", "weight"),
      ("{split: {a: 1, z: 1}, when: {key: k}}", "\"z\""),
      ("{split: {}, when: {key: k}}", "split"),
      ("{split: a, when: {key: k}}", "split"),
      ("{product: a, when: {key: k}, from: 2026-02-30}", "2026-02-30"),
      ("{product: a, when: {key: k}, from: yesterday}", "yesterday"),
      ("{product: a, when: {key: k}, until: 2026-10}", "2026-10"),
      ("{product: a, when: {key: k}, from: 2026-10-01, until: 2026-10-01}", "until"),
      ("{product: a, when: {key: k}, from: 2026-10-02, until: 2026-10-01}", "until"),
      ("just words", "a rule"),
    ])
  func rule(text: String, word: String) {
    let yaml =
      "products:\n  - {id: a}\n  - {id: b}\nrules:\n  - {product: a, when: {key: first}}\n  - \(text)\n"
    let error = #expect(throws: RulesError.self) { try rules(yaml) }
    #expect(error?.place == "attribution.yaml:6")
    #expect(error?.problem.contains(word) == true, "\(error?.problem ?? "")")
  }

  @Test(
    "a fault in a product is refused where it stands",
    arguments: [
      ("{name: x}", "id"), ("{id: \"\"}", "id"), ("{id: a}", "twice"), ("{id: unattributed}", "unattributed"),
      ("{id: b, colour: red}", "\"colour\""), ("{id: \"b\\0\"}", "NUL"),
      ("{id: b, name: [x]}", "name"), ("b", "a product"),
    ])
  func product(text: String, word: String) {
    let error = #expect(throws: RulesError.self) {
      try rules("products:\n  - {id: a}\n  - \(text)\nrules: []\n")
    }
    #expect(error?.place == "attribution.yaml:3")
    #expect(error?.problem.contains(word) == true, "\(error?.problem ?? "")")
  }

  @Test("a file of another shape is refused, with the line")
  func file() {
    for yaml in [
      "- a", "words", "rule: []", "products: a", "rules: {}", "products: []\nproduct: []\nrules: []",
    ] {
      let error = #expect(throws: RulesError.self, "\(yaml)") { try rules(yaml) }
      #expect(error?.place.hasPrefix("attribution.yaml:") == true, "\(yaml)")
    }
  }

  @Test("what is not YAML, and a word given twice, are refused with the line")
  func notYAML() {
    for (yaml, line) in [
      ("products: [{id: a}\nrules: []\n", "2"), ("a: b: c", "1"),
      ("products: []\nrules: []\nrules: []\n", "line 2"),
      ("products: [{id: a}]\nrules:\n  - {product: a, when: {key: k, key: l}}\n", "3"),
      ("\tproducts: []", "1"),
    ] {
      let error = #expect(throws: RulesError.self, "\(yaml)") { try rules(yaml) }
      #expect(error?.place.hasPrefix("attribution.yaml") == true)
      #expect(error?.description.contains(line) == true, "\(error?.description ?? "")")
    }
  }

  @Test("splits whose weight totals have no small common denominator are refused")
  func denominator() throws {
    func split(_ weight: Int) -> String { "  - {split: {a: \(weight), b: 1}, when: {key: k}}\n" }
    let head = "products: [{id: a}, {id: b}]\nrules:\n"
    #expect(try rules(head + split(59) + split(99) + split(2)).weightDenominator == 300)
    #expect(throws: RulesError.self) { try rules(head + split(999_982) + split(999_978) + split(999_960)) }
  }
}
