import Attribute
import Ledger
import Testing

/// Which product a request is put on.
@Suite struct RulesTests {
  static let company = """
    products:
      - {id: auto-approval,    name: レビュー自動承認,   cost_center: "4101", owner: review-ops}
      - {id: ticket-generator, name: チケット自動生成,   cost_center: "4102", owner: cs-tools}
      - {id: chrome-assistant, name: Chromeアシスタント, cost_center: "4103", owner: devex}
    rules:
      - {product: chrome-assistant, when: {inference_profile: "arn:aws:bedrock:*:application-inference-profile/chrome*"}}
      - {product: auto-approval,    when: {tags: {product: auto-approval}}}
      - {product: ticket-generator, when: {key: "ticket-generator-*"}}
      - {split: {auto-approval: 60, ticket-generator: 40}, when: {key: shared-batch}, from: 2026-10-01, until: 2026-11-01}
    """

  @Test("products keep their order, and what no rule places has one of its own behind them")
  func products() throws {
    let company = try rules(Self.company)
    #expect(
      company.products == [
        Product(id: "auto-approval", name: "レビュー自動承認", costCenter: "4101", owner: "review-ops"),
        Product(id: "ticket-generator", name: "チケット自動生成", costCenter: "4102", owner: "cs-tools"),
        Product(id: "chrome-assistant", name: "Chromeアシスタント", costCenter: "4103", owner: "devex"),
        .unattributed,
      ])
    #expect(company.rules.map(\.place) == (6...9).map { "attribution.yaml:\($0)" })
  }

  @Test("the company's requests go where its rules say, the first that fits wins")
  func company() throws {
    let company = try rules(Self.company)
    let chrome = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/chrome-1"
    let tags = [RequestFacts.Tag(name: "env", value: "prod"), .init(name: "product", value: "auto-approval")]
    #expect(company.placed(request(RequestFacts(inferenceProfile: chrome))) == ["chrome-assistant"])
    #expect(company.placed(request(RequestFacts(tags: tags))) == ["auto-approval"])
    #expect(company.placed(request(RequestFacts(keyName: "ticket-generator-prod"))) == ["ticket-generator"])
    #expect(
      company.placed(
        request(RequestFacts(keyName: "ticket-generator-prod", tags: tags, inferenceProfile: chrome)))
        == ["chrome-assistant"])
    #expect(
      company.placed(request(RequestFacts(keyName: "ticket-generator-prod", tags: tags))) == ["auto-approval"]
    )
    #expect(
      company.placed(request(RequestFacts(keyName: "shared-batch")))
        == ["auto-approval 60/100", "ticket-generator 40/100"])
    #expect(company.placed(request(RequestFacts(keyName: "Ticket-generator-prod"))) == ["unattributed"])
    #expect(company.placed(request()) == ["unattributed"])
  }

  @Test(
    "a dated rule holds from its first day's midnight in the books' zone until its end day's, exclusive",
    arguments: [
      ("2026-09-30T14:59:59.999999Z", false), ("2026-09-30T15:00:00.000000Z", true),
      ("2026-10-31T14:59:59.999999Z", true), ("2026-10-31T15:00:00.000000Z", false),
    ])
  func dates(time: String, holds: Bool) throws {
    let usage = request(RequestFacts(keyName: "shared-batch"), at: time)
    #expect((try rules(Self.company).match(usage) == 3) == holds)
  }

  @Test("all of a rule's conditions must hold; one of a list's patterns is enough")
  func allAndAny() throws {
    let both = try rules(
      """
      products: [{id: a}]
      rules:
        - product: a
          when:
            key: [one, "two-*"]
            team: review
            tags: {env: [prod, stage], product: "*"}
      """)
    let tags = [RequestFacts.Tag(name: "env", value: "stage"), .init(name: "product", value: "x")]
    #expect(both.match(request(RequestFacts(keyName: "two-b", team: "review", tags: tags))) == 0)
    #expect(both.match(request(RequestFacts(keyName: "one", team: "review", tags: tags))) == 0)
    #expect(both.match(request(RequestFacts(keyName: "three", team: "review", tags: tags))) == nil)
    #expect(both.match(request(RequestFacts(keyName: "one", team: "other", tags: tags))) == nil)
    #expect(both.match(request(RequestFacts(keyName: "one", team: "review", tags: [tags[0]]))) == nil)
    #expect(both.match(request(RequestFacts(keyName: "one", tags: tags))) == nil)
  }

  @Test(
    "every condition looks at its own fact, and an absent fact matches nothing, not even *",
    arguments: [
      "key", "key_id", "team", "user", "model", "provider", "endpoint", "inference_profile", "agent",
      "tags: {t",
    ])
  func facts(condition: String) throws {
    let close = condition.hasPrefix("tags") ? "}" : ""
    func one(_ pattern: String) throws -> Rules {
      try rules("products: [{id: a}]\nrules: [{product: a, when: {\(condition): \(pattern)\(close)}}]")
    }
    let all = request(
      RequestFacts(
        endpoint: "v-endpoint", provider: "v-provider", modelRequested: "v-model", keyID: "v-key_id",
        keyName: "v-key",
        team: "v-team", tags: [.init(name: "t", value: "v-tags: {t")],
        inferenceProfile: "v-inference_profile",
        agent: "v-agent"), user: "v-user")
    #expect(try one("\"*\"").match(all) == 0)
    #expect(try one("\"v-\(condition)\"").match(all) == 0)
    #expect(try one("other").match(all) == nil)
    #expect(try one("\"*\"").match(request()) == nil)
  }

  @Test("the model is the one returned, and the one requested only where none was")
  func model() throws {
    let one = try rules("products: [{id: a}]\nrules: [{product: a, when: {model: alias}}]")
    #expect(one.match(request(RequestFacts(modelRequested: "alias"))) == 0)
    #expect(one.match(request(RequestFacts(modelRequested: "alias", modelReturned: "m-1"))) == nil)
    #expect(one.match(request(RequestFacts(modelRequested: "x", modelReturned: "alias"))) == 0)
  }

  @Test("values are texts as written: no, 12, 2026-10-01 and null are no other kind of thing")
  func plainTexts() throws {
    let one = try rules(
      "products: [{id: a, cost_center: 0410}]\nrules: [{product: a, when: {team: [no, 012, 2026-10-01]}}]")
    #expect(one.products[0].costCenter == "0410")
    for team in ["no", "012", "2026-10-01"] {
      #expect(one.match(request(RequestFacts(team: team))) == 0, "\(team)")
    }
    #expect(one.match(request(RequestFacts(team: "12"))) == nil)
    #expect(one.match(request(RequestFacts(team: "false"))) == nil)
  }

  @Test("no rules put everything on the product of what no rule places")
  func noRules() throws {
    for yaml in ["", "# nothing\n", "products: []\nrules: []"] {
      #expect(try rules(yaml).placed(request(RequestFacts(keyName: "k"))) == ["unattributed"], "\(yaml)")
    }
  }

  @Test("the version ignores comments and spacing, and changes with what the rules mean")
  func version() throws {
    let plain = try rules(Self.company).version
    let rewritten =
      "# head\n"
      + Self.company.replacing(",    ", with: ", ").replacing("rules:\n", with: "\n# more\nrules:\n\n")
    #expect(try rules(rewritten).version == plain)
    let changes = [
      ("60", "61"), ("2026-10-01", "2026-10-02"), ("2026-11-01", "2026-12-01"),
      ("shared-batch", "shared-batcH"),
      ("\"4101\"", "\"4109\""), ("owner: devex", "owner: dev"), ("{key: \"t", "{team: \"t"),
      ("tags: {product:", "tags: {env:"),
      (", from: 2026-10-01", ""),
    ]
    var versions: Set<String> = [plain]
    for (old, new) in changes {
      #expect(
        versions.insert(try rules(Self.company.replacing(old, with: new)).version).inserted, "\(old) → \(new)"
      )
    }
    var lines = Self.company.split(separator: "\n")
    lines.swapAt(5, 6)
    #expect(versions.insert(try rules(lines.joined(separator: "\n")).version).inserted, "the order of rules")
    #expect(plain.utf8.count == 64)
  }

  @Test("texts that would read alike when joined are told apart")
  func versionOfLists() throws {
    let versions = try ["[a, b]", "[\"a, b\"]", "\"a b\"", "[\"a\", \"b\", \"\"]", "\"1:a 1:b\""].map {
      try rules("products: [{id: a}]\nrules: [{product: a, when: {key: \($0)}}]").version
    }
    #expect(Set(versions).count == versions.count)
  }

  @Test("a rule's range is held against the client's address, and a client without one matches nothing")
  func rule() throws {
    let office = try rules(
      "products: [{id: a}]\nrules: [{product: a, when: {ip: [10.0.0.0/8, \"2001:db8::/32\"]}}]")
    #expect(office.match(request(ip: "10.9.9.9")) == 0)
    #expect(office.match(request(ip: "2001:db8::7")) == 0)
    #expect(office.match(request(ip: "11.9.9.9")) == nil)
    #expect(office.match(request()) == nil)
  }
}
