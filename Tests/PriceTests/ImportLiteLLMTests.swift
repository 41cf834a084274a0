import Foundation
import JSON
import Ledger
import Price
import TestKit
import Testing

/// LiteLLM's price map: prices in the fields' names, numbers as text.
@Suite struct ImportLiteLLMTests {
  private let map = #"""
    {
      "sample_spec": {"litellm_provider": "one of", "input_cost_per_token": 0.5},
      "claude-sonnet-4-5": {
        "litellm_provider": "anthropic", "mode": "chat", "max_tokens": 64000,
        "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
        "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06,
        "cache_creation_input_token_cost_above_1hr": 6e-06,
        "input_cost_per_token_above_200k_tokens": 6e-06,
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
        "input_cost_per_token_batches": 1.5e-06,
        "search_context_cost_per_query": {"search_context_size_medium": 0.02}
      },
      "gpt-x": {
        "litellm_provider": "openai", "input_cost_per_token": 4.0000000000000003E-7,
        "input_cost_per_token_priority": 8e-07, "input_cost_per_token_flex": 2e-07,
        "input_cost_per_token_above_128k_tokens_priority": 9e-07,
        "output_cost_per_reasoning_token": 2e-06, "input_cost_per_audio_token": 1e-05,
        "output_cost_per_video_token": 0.1, "input_cost_per_unheard_of": 1
      },
      "azure/eu/gpt-x": {"litellm_provider": "azure", "input_cost_per_token": 5e-07},
      "bedrock/us-east-1/anthropic.claude-v2": {"litellm_provider": "bedrock", "input_cost_per_token": 8e-06},
      "jp.anthropic.claude": {"litellm_provider": "bedrock_converse", "input_cost_per_token": 1e-06},
      "gemini/gemini-2.5-pro": {"litellm_provider": "gemini", "input_cost_per_token": 1.25e-06},
      "no-provider": {"input_cost_per_token": 1e-06},
      "azure/eu/1-month-commitment/x": {"litellm_provider": "azure", "input_cost_per_token": 1e-06}
    }
    """#

  private func row(
    _ provider: String, _ model: String, _ meter: PricedMeter, _ femtodollars: Int128, region: String = "",
    tier: String = "standard", over: Int64 = 0
  ) -> PriceRow {
    PriceRow(
      provider: provider, model: model, region: region, serviceTier: tier, contextOver: over, meter: meter,
      rate: Money(femtodollars: femtodollars))
  }

  @Test("every price field becomes the row its name says")
  func fields() throws {
    let result = try importLiteLLM(Array(map.utf8), name: "map.json")
    let nano: Int128 = 1_000_000
    let expected: Set<PriceRow> = [
      row("anthropic", "claude-sonnet-4-5", .meter(.input), 3000 * nano),
      row("anthropic", "claude-sonnet-4-5", .meter(.output), 15_000 * nano),
      row("anthropic", "claude-sonnet-4-5", .meter(.cacheRead), 300 * nano),
      row("anthropic", "claude-sonnet-4-5", .meter(.cacheWrite5m), 3750 * nano),
      row("anthropic", "claude-sonnet-4-5", .meter(.cacheWrite1h), 6000 * nano),
      row("anthropic", "claude-sonnet-4-5", .meter(.input), 6000 * nano, over: 200_000),
      row("anthropic", "claude-sonnet-4-5", .meter(.cacheWrite1h), 12_000 * nano, over: 200_000),
      row("anthropic", "claude-sonnet-4-5", .meter(.input), 1500 * nano, tier: "batch"),
      // Half of 6 above the threshold, as it is half of 3 below it.
      row("anthropic", "claude-sonnet-4-5", .meter(.input), 3000 * nano, tier: "batch", over: 200_000),
      row("anthropic", "claude-sonnet-4-5", .meter(.webSearch), 20_000_000 * nano),
      row("openai", "gpt-x", .meter(.input), 400 * nano),
      row("openai", "gpt-x", .meter(.input), 800 * nano, tier: "priority"),
      row("openai", "gpt-x", .meter(.input), 200 * nano, tier: "flex"),
      row("openai", "gpt-x", .meter(.input), 900 * nano, tier: "priority", over: 128_000),
      row("openai", "gpt-x", .reasoning, 2000 * nano),
      row("openai", "gpt-x", .meter(.inputAudio), 10_000 * nano),
      row("azure", "gpt-x", .meter(.input), 500 * nano, region: "eu"),
      row("bedrock", "anthropic.claude-v2", .meter(.input), 8000 * nano, region: "us-east-1"),
      row("bedrock", "anthropic.claude", .meter(.input), 1000 * nano, region: "jp"),
      row("gemini", "gemini-2.5-pro", .meter(.input), 1250 * nano),
    ]
    let own = Set(result.rows.filter { $0.model != "*" })
    #expect(own.subtracting(expected) == [])
    #expect(expected.subtracting(own) == [])
    #expect(result.models == 6)
  }

  @Test("what is rounded, and what cannot be taken, is listed: nothing is dropped in silence")
  func listed() throws {
    let result = try importLiteLLM(Array(map.utf8), name: "map.json")
    #expect(result.rounded.map(\.model) == ["gpt-x"])
    #expect(result.rounded.map(\.text) == ["4.0000000000000003E-7"])
    #expect(result.skippedFields["output_cost_per_video_token"] == 1)
    #expect(result.skippedFields["input_cost_per_unheard_of"] == 1)
    #expect(result.skippedModels.contains("no-provider"))
    #expect(result.skippedModels.contains("azure/eu/1-month-commitment/x"))
  }

  @Test("two entries of one name that disagree are told; the same price twice is one")
  func disagreeing() throws {
    let text = """
      {"m":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06},
       "openai/m":{"litellm_provider":"openai","input_cost_per_token":1.0E-6,"output_cost_per_token":3e-06}}
      """
    let result = try importLiteLLM(Array(text.utf8), name: "map.json")
    #expect(result.rows.filter { $0.model == "m" }.count == 2)
    #expect(result.skippedModels.filter { $0.contains("output") }.count == 1)
    #expect(result.skippedModels.count == 1)
  }

  @Test(
    "what is no such map is refused",
    arguments: [
      "", "[]", "7", "{", "{}", #"{"m":{"litellm_provider":"openai"}}"#, #"{"m":1}"#,
      #"{"m":{"litellm_provider":"openai","input_cost_per_token":-1e-06}}"#,
    ])
  func refused(text: String) {
    #expect(throws: PriceError.self) { try importLiteLLM(Array(text.utf8), name: "map.json") }
  }

  @Test("a date is put on every row, where one is given")
  func effectiveFrom() throws {
    let result = try importLiteLLM(Array(map.utf8), name: "map.json", effectiveFrom: 5)
    #expect(result.rows.allSatisfy { $0.effectiveFrom == 5 })
  }

  @Test("the sample map's plain prices are those that Foundation's decimals read from the same text")
  func sampleMap() throws {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
    let file = folder.appendingPathComponent("Fixtures/prices/litellm_sample.json")
    let bytes = Array(try Data(contentsOf: file))
    let rows = try importLiteLLM(bytes, name: "sample").rows
    let entries = try JSONDecoder().decode([String: Entry].self, from: Data(bytes))
    var compared = 0
    for (key, entry) in entries {
      for (meter, price) in [
        (Meter.input, entry.input_cost_per_token), (.output, entry.output_cost_per_token),
      ] {
        guard let price else { continue }
        let plain = rows.filter {
          // `us.anthropic.…` is anthropic.… in us.
          (key.hasSuffix("/" + $0.model) || key == $0.model || key == $0.region + "." + $0.model)
            && $0.serviceTier == "standard" && $0.contextOver == 0
        }
        let found = try #require(plain.first { $0.meter == .meter(meter) }, "\(key)")
        #expect(found.rate?.femtodollars == Int128("\(price * 1_000_000_000_000_000)"), "\(key)")
        compared += 1
      }
    }
    #expect(compared > 30)
  }

  private struct Entry: Decodable {
    var input_cost_per_token: Decimal?
    var output_cost_per_token: Decimal?
  }
}

/// Nothing is a double: every number of the sample map that is used as a price stands in the book's own text,
/// digit for digit, or among the rounded ones with both values.
@Suite struct ImportLiteLLMDigitsTests {
  @Test("the book's text has every price of the map, digit for digit")
  func digits() throws {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
    let file = folder.appendingPathComponent("Fixtures/prices/litellm_sample.json")
    let bytes = Array(try Data(contentsOf: file))
    let result = try importLiteLLM(bytes, name: "sample")
    var printed: Set<DecimalNumber> = []
    for line in PriceFile.lines(result.rows) {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard let usd = DecimalNumber(fields[8]), let per = DecimalNumber(fields[9]) else { continue }
      // Prices are printed for 1 or for 1,000,000: the same digits at another exponent.
      #expect(per.digits == [1])
      var rate = usd
      rate.exponent -= per.exponent
      printed.insert(normal(rate))
    }
    let rounded = Set(result.rounded.map { "\($0.model) \($0.field) \($0.text)" })
    var compared = 0
    for (key, entry) in try JSONTape().parse(bytes).members {
      for (field, value) in entry.members {
        guard let key = key.string, let name = field.string, name.contains("cost"),
          let text = value.numberText, result.skippedFields[name] == nil
        else { continue }
        let number = try #require(DecimalNumber(text))
        #expect(
          printed.contains(normal(number)) || rounded.contains("\(key) \(name) \(text)"),
          "\(key) \(name) \(text)")
        compared += 1
      }
    }
    #expect(compared > 150)
  }
  /// Zero has no digits, and any exponent.
  private func normal(_ number: DecimalNumber) -> DecimalNumber {
    var number = number
    if number.digits.isEmpty { number.exponent = 0 }
    return number
  }
}
