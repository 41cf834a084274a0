import Attribute
import Ledger
import Testing

/// What is allowed in rules and hardly meant, and the examples inside the file.
@Suite struct RulesCheckTests {
  private func remarks(_ list: String, products: String = "[{id: a}, {id: b}]") throws -> [String] {
    let found = try rules("products: \(products)\nrules:\n\(list)").remarks {
      String(Timestamp.text($0 + 9 * 3_600_000_000).prefix(10))
    }
    return found.map { "\($0.kind.rawValue) \($0.place.split(separator: ":").last ?? "")" }
  }

  @Test(
    "a rule that earlier ones cover on all of its days is never reached",
    arguments: [
      ("key: \"team-*\"", "key: team-a", true),
      ("key: \"team-*\"", "key: \"team-a*\"", true),
      ("key: \"*\"", "key: [a, b]", true),
      ("key: \"*\"", "key: [a, b], model: m", true),
      ("key: [a, b]", "key: [b, a]", true),
      ("ip: 10.0.0.0/8", "ip: [10.1.0.0/16, 10.2.3.4]", true),
      ("tags: {env: \"*\"}", "tags: {env: prod, team: x}", true),
      // Something is left for the second.
      ("key: team-a", "key: \"team-*\"", false),
      ("key: \"team-*-x\"", "key: \"team-a*\"", false),
      ("key: \"a*\", model: m", "key: \"a*\"", false),
      ("key: \"*\"", "model: m", false),
      ("ip: 10.1.0.0/16", "ip: 10.0.0.0/8", false),
      ("tags: {env: prod}", "tags: {environment: prod}", false),
      ("key: [a, b]", "key: [a, c]", false),
    ])
  func unreachable(first: String, second: String, isNever: Bool) throws {
    let found = try remarks("  - {product: a, when: {\(first)}}\n  - {product: b, when: {\(second)}}\n")
    #expect(found.contains("unreachable 4") == isNever, "\(found)")
    #expect(found.contains { $0.hasPrefix("unused product") } == isNever)
  }

  @Test("dates decide: a rule behind one that ends is reached, unless others take over without a day between")
  func dates() throws {
    let first = "  - {product: a, when: {key: k}, until: 2026-10-01}\n"
    let later = "  - {product: a, when: {key: k}, from: 2026-10-01}\n"
    let rule = "  - {product: b, when: {key: k}}\n"
    #expect(try remarks(first + rule) == [])
    #expect(try remarks(first + later + rule) == ["unreachable 5", "unused product "])
    let gap = "  - {product: a, when: {key: k}, from: 2026-10-02}\n"
    #expect(try remarks(first + gap + "  - {product: b, when: {key: z}}\n") == ["gap 4"])
  }

  @Test("two rules that take the same requests are named; a special case before the general one is not")
  func overlaps() throws {
    let special = "  - {product: a, when: {key: \"x-a*\"}}\n  - {product: b, when: {key: \"x-*\"}}\n"
    #expect(try remarks(special) == [])
    let crossing = "  - {product: a, when: {key: \"*-prod\"}}\n  - {product: b, when: {key: \"x-*\"}}\n"
    #expect(try remarks(crossing) == ["overlap 4"])
    let apart = "  - {product: a, when: {key: \"*-prod\"}}\n  - {product: b, when: {key: \"x-*-test\"}}\n"
    #expect(try remarks(apart) == [])
  }

  @Test("a product without a rule is named")
  func unused() throws {
    let found = try remarks("  - {product: a, when: {key: k}}\n", products: "[{id: a}, {id: b}, {id: c}]")
    #expect(found == ["unused product ", "unused product "])
  }

  private let tested = """
    products: [{id: a}, {id: b}]
    rules:
      - {product: a, when: {tags: {product: a}}}
      - {split: {a: 60, b: 40}, when: {key: "shared*"}, from: 2026-10-01, until: 2026-11-01}
      - {product: b, when: {ip: 10.0.0.0/8, agent: "Cline/*"}}
    tests:
      - {request: {tags: {product: a}, key: shared-1}, product: a}
      - {request: {key: shared-1}, time: 2026-10-31, split: {b: 2, a: 3}}
      - {request: {key: shared-1}, time: 2026-11-01, product: unattributed}
      - {request: {agent: Cline/3, ip: 10.9.9.9}, product: b}
      - {request: {key: shared-1}, product: a}
      - {request: {key: shared-1}, time: 2026-10-05, split: {a: 50, b: 50}}
      - {request: {key: shared-1}, time: "2026-10-05T00:00:00Z", product: a}
    """

  @Test("an example passes where its request lands there, at its time or at every date of the rules")
  func examples() throws {
    let rules = try rules(tested)
    let results = rules.results(of: rules.examples)
    let failed = results.filter { !$0.passed }
    let lines = failed.map {
      "\($0.example.place.split(separator: ":").last ?? "") \(rules.text(of: $0.parts))"
    }
    // Line 11 names no time, so it is asked before October, in it and behind it.
    #expect(
      lines == ["11 unattributed", "11 a 60 : b 40", "11 unattributed", "12 a 60 : b 40", "13 a 60 : b 40"])
    #expect(Set(results.filter(\.passed).map(\.example.place)).count == 4)
  }

  @Test("tests are in no version")
  func version() throws {
    let without = tested.split(separator: "\n").prefix(5).joined(separator: "\n")
    #expect(try rules(tested).version == rules(without).version)
  }

  @Test(
    "a test that is not understood is refused where it stands",
    arguments: [
      ("{request: {keys: k}, product: a}", "\"keys\""),
      ("{request: {key: k}}", "product or split"),
      ("{request: {key: k}, product: z}", "\"z\""),
      ("{request: {key: k}, time: soon, product: a}", "soon"),
      ("{request: {key: k}, split: {a: 0}, }", "whole number"),
      ("{request: {key: k}, expect: a}", "\"expect\""),
    ])
  func fault(test: String, word: String) {
    #expect {
      _ = try rules("products: [{id: a}]\nrules: []\ntests:\n  - \(test)\n")
    } throws: { "\($0)".hasPrefix("attribution.yaml:4: ") && "\($0)".contains(word) }
  }
}
