internal import ArgumentParser
internal import Attribute
internal import JSON
internal import Ledger
internal import Pipeline
internal import Report

struct AttributionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attribution",
    abstract: "Look at attribution rules before they are used.",
    subcommands: [
      AttributionCheckCommand.self, AttributionTestCommand.self, AttributionPreviewCommand.self,
    ])
}

struct AttributionCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read the rules, say what is hardly meant, and ask their tests.",
    discussion: """
      Exit codes: 0 nothing to say; 1 a test fails; 2 the file is not understood; 3 a rule is never reached, a \
      product has no rule, days are left out, or two rules take the same requests.
      """)
  @OptionGroup var common: CommonOptions

  mutating func run() throws {
    let settings = try Settings(common)
    let rules = try settings.givenRules().rules
    let calendar = settings.calendar
    let remarks = rules.remarks { calendar.dayText(of: $0) }
    let results = rules.results(of: rules.examples)
    if common.json {
      Terminal.print(AttributionWords.json(rules, remarks, results, calendar))
    } else {
      Terminal.print(
        "\(settings.attribution ?? ""): \(rules.rules.count) rules, \(rules.products.count - 1) products, "
          + "\(rules.examples.count) tests, version \(rules.version.prefix(12))")
      for remark in remarks {
        let place = remark.place.isEmpty ? "" : remark.place + ": "
        Terminal.print(PlainText.oneLine("\(remark.kind.rawValue): \(place)\(remark.text)"))
      }
      AttributionWords.show(results, rules, calendar)
    }
    if results.contains(where: { !$0.passed }) { throw ExitCode(1) }
    if !remarks.isEmpty { throw ExitCode(3) }
  }
}

struct AttributionTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Ask the rules where the requests of their tests land; exit code 1 where one lands elsewhere.")
  @OptionGroup var common: CommonOptions

  mutating func run() throws {
    let settings = try Settings(common)
    let rules = try settings.givenRules().rules
    let results = rules.results(of: rules.examples)
    if common.json {
      Terminal.print(AttributionWords.json(rules, [], results, settings.calendar))
    } else {
      if rules.examples.isEmpty {
        Terminal.print("the rules have no tests; write some under tests: (see docs/attribution.md)")
      }
      AttributionWords.show(results, rules, settings.calendar)
    }
    if results.contains(where: { !$0.passed }) { throw ExitCode(1) }
  }
}

struct AttributionPreviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Show what the rules of --attribution FILE would move in a period, before they are used.",
    discussion: """
      Compared are the rules of the configuration, or those that a closed period is booked by. Only metered cost is \
      looked at; nothing is written.
      """)
  @OptionGroup var common: CommonOptions
  @Option(help: "2026-10, 2026-10-05, 2026-W41, FY2026 or A..B (default: the last finished month).")
  var period: String?

  mutating func run() throws {
    guard common.attribution != nil else {
      throw UsageError("give the file with the changed rules: --attribution FILE")
    }
    let other = try Settings(common).givenRules().rules
    // Without the flag the settings name the rules that are used now.
    var current = common
    current.attribution = nil
    let settings = try Settings(current)
    let run = try settings.makeRun(pricesVersion: nil, knownAt: nil, posts: [])
    let preview = try run.preview(try settings.period(period), rules: other)
    if common.json { Terminal.print(AttributionWords.json(preview)) } else { show(preview) }
  }

  private func show(_ preview: RulesPreview) {
    Terminal.print(
      "\(preview.period.label): rules \(preview.rulesWas.prefix(12)) now, \(preview.rulesNow.prefix(12)) in the "
        + "changed file\n")
    Terminal.print(
      TerminalTable.text(
        Reports.movesTable(preview.products.map { ([$0.product], $0.was, $0.now) }, titles: ["Product"]),
        color: Terminal.color))
    guard !preview.movers.isEmpty else { return Terminal.print("no request would land elsewhere") }
    Terminal.print("\(preview.movedRequests) requests would land elsewhere; the largest moves:\n")
    let shown = preview.movers.prefix(RulesPreviewLimit.moversMax)
    var lines: [(names: [String], was: Money, now: Money)] = shown.map {
      ([$0.key, $0.model, $0.product], $0.was, $0.now)
    }
    let rest = preview.movers.dropFirst(shown.count)
    if !rest.isEmpty {
      lines.append(
        (
          ["and \(rest.count) more", "", ""], rest.reduce(.zero) { $0 + $1.was },
          rest.reduce(.zero) { $0 + $1.now }
        ))
    }
    Terminal.print(
      TerminalTable.text(
        Reports.movesTable(lines, titles: ["Key", "Model", "Product"]), color: Terminal.color))
  }
}

/// What the commands of attribution say.
private enum AttributionWords {
  /// The tests that fail, in a table; or that all pass.
  static func show(_ results: [RuleExampleResult], _ rules: Rules, _ calendar: BookCalendar) {
    let failed = results.filter { !$0.passed }
    guard !failed.isEmpty else {
      if !results.isEmpty {
        Terminal.print("\(rules.examples.count) tests: every request lands where it must")
      }
      return
    }
    let table = Table(
      columns: [
        .init("test", .text), .init("at", .text), .init("request", .text), .init("must land on", .text),
        .init("lands on", .text), .init("by", .text),
      ],
      rows: failed.map { result in
        [
          .text(result.example.place), .text(calendar.dayText(of: result.time)), .text(facts(result.example)),
          .text(rules.text(of: result.example.parts)), .text(rules.text(of: result.parts)),
          .text(result.rule.map { rules.rules[$0].place } ?? "no rule"),
        ]
      })
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
    let tests = Set(failed.map(\.example.place)).count
    Terminal.print("\(tests) of \(rules.examples.count) tests failed")
  }

  private static func facts(_ example: RuleExample) -> String {
    let facts = example.facts
    let named: [(String, String?)] = [
      ("key", facts.keyName), ("key_id", facts.keyID), ("team", facts.team), ("user", example.user),
      ("model", facts.modelReturned), ("provider", facts.provider), ("endpoint", facts.endpoint),
      ("inference_profile", facts.inferenceProfile), ("agent", facts.agent), ("ip", example.ip),
    ]
    let tags = facts.tags.map { ("tag " + $0.name, Optional($0.value)) }
    return (named + tags).compactMap { name, value in value.map { "\(name) \($0)" } }.joined(separator: ", ")
  }

  static func json(
    _ rules: Rules, _ remarks: [RulesRemark], _ results: [RuleExampleResult], _ calendar: BookCalendar
  ) -> String {
    var writer = JSONWriter(indent: 2)
    writer.object { writer in
      writer.member("version", rules.version)
      writer.member(
        "remarks",
        array: { writer in
          for remark in remarks {
            writer.object { writer in
              writer.member("kind", remark.kind.rawValue)
              writer.member("place", remark.place)
              writer.member("text", remark.text)
            }
          }
        })
      writer.member(
        "tests",
        array: { writer in
          for result in results {
            writer.object { writer in
              writer.member("place", result.example.place)
              writer.member("time", Timestamp.text(result.time))
              writer.member("passed", result.passed)
              writer.member("wanted", rules.text(of: result.example.parts))
              writer.member("landed", rules.text(of: result.parts))
              writer.member("rule", result.rule.map { rules.rules[$0].place })
            }
          }
        })
    }
    return writer.text
  }

  static func json(_ preview: RulesPreview) -> String {
    var writer = JSONWriter(indent: 2)
    func lines(_ name: String, _ lines: [RulesPreview.Line], _ writer: inout JSONWriter) {
      writer.member(
        name,
        array: { writer in
          for line in lines {
            writer.object { writer in
              writer.member("product", line.product)
              if name == "movers" {
                writer.member("key", line.key)
                writer.member("model", line.model)
              }
              writer.member("was_usd", line.was.description)
              writer.member("is_usd", line.now.description)
              writer.member("difference_usd", line.difference.description)
            }
          }
        })
    }
    writer.object { writer in
      writer.member("period", preview.period.label)
      writer.member("rules_was", preview.rulesWas)
      writer.member("rules_is", preview.rulesNow)
      writer.member("moved_requests", preview.movedRequests)
      lines("products", preview.products, &writer)
      lines("movers", preview.movers, &writer)
    }
    return writer.text
  }
}
