import Ledger
import Price
import Testing

/// genai-prices' data: prices with their dates and hours, tiers, variants and other names. Amounts are hand
/// arithmetic from the prices in the texts.
@Suite struct ImportGenAIPricesTests {
  private func rows(
    _ prices: String, variants: String = "[]", match: String = #"{"equals":"m"}"#, vendor: String = "openai",
    id: String = "m"
  ) throws -> PriceImport {
    let text = """
      [{"id":"\(vendor)","models":[{"id":"\(id)","match":\(match),"prices":\(prices),
        "price_variants":\(variants)}]}]
      """
    return try importGenAIPrices(Array(text.utf8), name: "data.json")
  }

  private func cost(
    _ made: PriceImport, _ counts: KeyValuePairs<Meter, Int64>, at time: String = "2026-10-01T12:00:00Z",
    provider: String = "openai",
    model: String = "m", tier: String? = nil, facts: [RequestFacts.Tag] = []
  ) throws -> String {
    var usage = Usage(
      id: "r", attempt: 1, final: true, time: try #require(Timestamp.parse(time.utf8)),
      place: .init(file: "f", line: 1),
      facts: RequestFacts(provider: provider, modelReturned: model, serviceTier: tier), outcome: .ok)
    usage.facts.priceFacts = facts
    usage.counts = TokenCounts(counts)
    let charge = PriceBook(version: "test", rows: made.rows).price(usage).charges[0]
    return charge.unpricedReason ?? charge.total.description
  }

  @Test(
    "a tier is for the whole request, and begins behind its start: 272000 tokens are still at the base price")
  func tiers() throws {
    let made = try rows(
      #"{"input_mtok":{"base":"5","tiers":[{"start":272000,"price":"10"}]},"output_mtok":30}"#)
    #expect(try cost(made, [.input: 272_000]) == "1.36")
    #expect(try cost(made, [.input: 272_001]) == "2.72001")
    #expect(try cost(made, [.input: 1, .cacheRead: 272_000, .output: 10]) == "2.72031")
  }

  @Test(
    "GPT-5.6 Sol's cut holds from the first second of 2026-08-21 UTC: $5 and $30 before, $4 and $20 after")
  func dates() throws {
    let made = try rows(
      """
      [{"prices":{"input_mtok":"5","output_mtok":"30"}},
       {"constraint":{"start_date":"2026-08-21"},"prices":{"input_mtok":"4","output_mtok":"20"}}]
      """)
    let counts: KeyValuePairs<Meter, Int64> = [.input: 1_000_000, .output: 100_000]
    #expect(try cost(made, counts, at: "2026-08-20T23:59:59.999999Z") == "8")
    #expect(try cost(made, counts, at: "2026-08-21T00:00:00Z") == "6")
  }

  @Test("a later set replaces the whole one before it: what it does not price is not priced any more")
  func replacement() throws {
    let made = try rows(
      """
      [{"prices":{"input_mtok":"1","cache_read_mtok":"0.1","web_searches_kcount":"10"}},
       {"constraint":{"start_date":"2026-08-21"},"prices":{"input_mtok":"1"}}]
      """)
    #expect(try cost(made, [.cacheRead: 1_000_000], at: "2026-08-20T00:00:00Z") == "0.1")
    #expect(try cost(made, [.cacheRead: 1_000_000], at: "2026-08-21T00:00:00Z") == "1")
    #expect(try cost(made, [.webSearch: 100], at: "2026-08-20T00:00:00Z") == "1")
    #expect(try cost(made, [.webSearch: 100], at: "2026-08-21T00:00:00Z") == "no rate for web_search")
    let read = try PriceFile.read(
      PriceFile.text(lines: PriceFile.lines(made.rows), comments: []), name: "book.csv")
    #expect(Set(read.rows) == Set(made.rows))
  }

  @Test(
    "hours hold from their first minute up to their last, past midnight and from another time zone too",
    arguments: [
      ("00:30:00+00:00", "16:30:00+00:00", "00:30:00", "16:30:00"),
      ("16:30:00Z", "00:30:00Z", "16:30:00", "00:30:00"),
      ("09:00:00+09:00", "18:00:00+09:00", "00:00:00", "09:00:00"),
      ("22:00:00-05:00", "23:30:00-05:00", "03:00:00", "04:30:00"),
    ])
  func hours(start: String, end: String, first: String, behind: String) throws {
    let made = try rows(
      """
      [{"prices":{"input_mtok":"1"}},
       {"constraint":{"start_time":"\(start)","end_time":"\(end)"},"prices":{"input_mtok":"2"}}]
      """)
    func at(_ clock: String, minus microseconds: Int64 = 0) throws -> String {
      let time = try #require(Timestamp.parse("2026-10-01T\(clock)Z".utf8)) - microseconds
      return try cost(made, [.input: 1_000_000], at: Timestamp.text(time))
    }
    #expect(try at(first, minus: 1) == "1")
    #expect(try at(first) == "2")
    #expect(try at(behind, minus: 1) == "2")
    #expect(try at(behind) == "1")
  }

  @Test("where a set of hours lacks a price, that of the other hours does not stand in for it")
  func hoursWithout() throws {
    let made = try rows(
      """
      [{"prices":{"input_mtok":"1","web_searches_kcount":"10"}},
       {"constraint":{"start_time":"01:00:00Z","end_time":"04:00:00Z"},"prices":{"input_mtok":"2"}}]
      """)
    #expect(try cost(made, [.webSearch: 100], at: "2026-10-01T00:59:59Z") == "1")
    #expect(try cost(made, [.webSearch: 100], at: "2026-10-01T01:00:00Z") == "no rate for web_search")
  }

  @Test(
    "a variant's prices are those of its tier or condition, from its date on, and the others stay standard")
  func variants() throws {
    let made = try rows(
      #"{"input_mtok":"2","output_mtok":"10","web_searches_kcount":"10"}"#,
      variants: """
        [{"when":{"service_tier":"default"},"prices":{}},
         {"when":{"processing":"batch"},"prices":{"input_mtok":"1"},"constraint":{"start_date":"2026-10-14"}},
         {"when":{"speed":"fast"},"prices":{"output_mtok":"60"}}]
        """)
    let counts: KeyValuePairs<Meter, Int64> = [.input: 1_000_000, .output: 1_000_000, .webSearch: 100]
    #expect(try cost(made, counts, tier: "batch") == "13")
    #expect(try cost(made, counts, at: "2026-10-14T00:00:00Z", tier: "batch") == "12")
    #expect(try cost(made, counts, tier: "default") == "13")
    #expect(try cost(made, counts, facts: [.init(name: "speed", value: "fast")]) == "63")
    #expect(made.skippedModels == [])
  }

  @Test("of two variants with the same condition the first that holds has the price, unit by unit")
  func variantOrder() throws {
    let made = try rows(
      #"{"input_mtok":"8","output_mtok":"80"}"#,
      variants: """
        [{"when":{"processing":"batch"},"prices":{"input_mtok":"1"},"constraint":{"start_date":"2026-10-14"}},
         {"when":{"processing":"batch"},"prices":{"input_mtok":"4","output_mtok":"40"}}]
        """)
    let counts: KeyValuePairs<Meter, Int64> = [.input: 1_000_000, .output: 1_000_000]
    #expect(try cost(made, counts, at: "2026-10-13T00:00:00Z", tier: "batch") == "44")
    #expect(try cost(made, counts, at: "2026-10-14T00:00:00Z", tier: "batch") == "41")
  }

  @Test(
    "what has no price of its own costs what the wider unit does: 1-hour writes as writes, audio as input")
  func widerUnits() throws {
    let writes = try rows(#"{"input_mtok":"2","cache_write_mtok":"2.5"}"#)
    #expect(try cost(writes, [.cacheWrite1h: 1_000_000]) == "2.5")
    #expect(try cost(writes, [.cacheRead: 1_000_000, .inputAudio: 1_000_000]) == "4")
    let audio = try rows(#"{"input_mtok":"2","input_audio_mtok":"30"}"#)
    #expect(try cost(audio, [.cacheReadAudio: 1_000_000]) == "30")
    let both = try rows(#"{"input_mtok":"2","cache_read_mtok":"1","input_audio_mtok":"30"}"#)
    #expect(try cost(both, [.cacheReadAudio: 1_000_000]) == "1")
  }

  @Test(
    "hours, thousands, characters and pages become one of each, and what is finer than 1e-15 USD is listed")
  func otherUnits() throws {
    let made = try rows(
      """
      {"audio_hours":"0.36","input_audio_hours":"0.36","input_mchars":"15","input_document_kpages":"1",
       "web_searches_kcount":"2.5","input_mtok":"0.18000000000000002","output_video_mtok":"17.5"}
      """)
    #expect(try cost(made, [.millisecond: 90_000]) == "0.009")
    #expect(try cost(made, [.character: 2_000_000]) == "30")
    #expect(try cost(made, [.page: 3, .webSearch: 2]) == "0.008")
    #expect(made.rounded.map(\.text) == ["0.18000000000000002"])
    #expect(made.rounded.map(\.rate.description) == ["0.00000018"])
    #expect(made.skippedFields == ["output_video_mtok": 1])
  }

  @Test(
    "a match's names and patterns find the model",
    arguments: [
      (#"{"equals":"Meta/Llama-X"}"#, "meta/llama-x"), (#"{"starts_with":"abc"}"#, "abc-2026"),
      (#"{"ends_with":"abc"}"#, "eu/abc"), (#"{"or":[{"equals":"a"},{"contains":"mid"}]}"#, "x-mid-y"),
      (#"{"regex":"^gpt-x-\\d{4}-\\d{2}-\\d{2}$"}"#, "gpt-x-2026-08-21"),
      (#"{"regex":"^composer-2\\.5\\[fast=true\\]$"}"#, "composer-2.5[fast=true]"),
      (#"{"regex":"^(typesafe/)?jev-1\\.13(-\\d{8})?$"}"#, "typesafe/jev-1.13-20261001"),
      (#"{"regex":"^gemini-3\\.5-flash-\\d"}"#, "gemini-3.5-flash-002"),
    ])
  func names(match: String, name: String) throws {
    let made = try rows(#"{"input_mtok":"2"}"#, match: match, id: "vendor-own-id")
    #expect(made.skippedModels == [])
    #expect(try cost(made, [.input: 1_000_000], model: name) == "2")
    #expect(try cost(made, [.input: 1_000_000], model: "vendor-own-id") == "2")
    #expect(try cost(made, [.input: 1], model: "gemini-3.5-flash-lite") == "no price entry for this model")
  }

  @Test("a condition on names that rows cannot say is listed, with the model")
  func unsaid() throws {
    let match = #"{"and":[{"starts_with":"gemini-2.5-pro"},{"regex":"^(?!.*-tts)"}]}"#
    let made = try rows(#"{"input_mtok":"2"}"#, match: match)
    #expect(made.skippedModels.count == 1)
    #expect(made.skippedModels[0].hasPrefix("other names of openai/m: and "))
    #expect(try cost(made, [.input: 1], model: "gemini-2.5-pro-x") == "no price entry for this model")
  }

  @Test("vendors are called as in the raw log, and a reseller has the other's models without their variants")
  func vendors() throws {
    let text = """
      [{"id":"azure","fallback_model_providers":["openai"],"models":[
         {"id":"o1","match":{"equals":"o1"},"prices":{"input_mtok":"16.5"}}]},
       {"id":"openai","models":[
         {"id":"o1","match":{"equals":"o1"},"prices":{"input_mtok":"15"}},
         {"id":"o3","match":{"starts_with":"o3"},"prices":{"input_mtok":"2"},"deprecated":true,
          "price_variants":[{"when":{"processing":"batch"},"prices":{"input_mtok":"1"}}]}]},
       {"id":"aws","models":[{"id":"nova","match":{"contains":"nova"},"prices":{"input_mtok":"3"}}]},
       {"id":"google","models":[
         {"id":"gemini-x","match":{"equals":"gemini-x"},"prices":{"input_mtok":"4"}},
         {"id":"claude-x","match":{"contains":"claude-x"},"prices":{"input_mtok":"5"}}]}]
      """
    let made = try importGenAIPrices(Array(text.utf8), name: "data.json")
    let million: KeyValuePairs<Meter, Int64> = [.input: 1_000_000]
    #expect(try cost(made, million, provider: "azure", model: "o1") == "16.5")
    #expect(try cost(made, million, provider: "azure", model: "o3", tier: "batch") == "2")
    #expect(try cost(made, million, provider: "azure", model: "o3-pro", tier: "batch") == "2")
    #expect(try cost(made, million, provider: "openai", model: "o3-pro", tier: "batch") == "1")
    #expect(try cost(made, million, provider: "bedrock", model: "us.amazon.nova-v1:0") == "3")
    #expect(try cost(made, million, provider: "gemini", model: "gemini-x") == "4")
    #expect(try cost(made, million, provider: "vertex", model: "gemini-x") == "4")
    #expect(try cost(made, million, provider: "vertex", model: "claude-x@20261001") == "5")
    #expect(
      try cost(made, million, provider: "gemini", model: "claude-x") == "no price entry for this model")
    #expect(made.skippedFields == ["deprecated, without a date": 1])
  }

  @Test(
    "a text that is not such data is refused, with the model",
    arguments: [
      ("{}", "no model with a price"), ("[{]", "not JSON"), (#"[{"id":"x"}]"#, "no id or no models"),
      (#"[{"id":"x","models":[{"id":"m","prices":{"input_mtok":"-1"}}]}]"#, "not a price: \"-1\""),
      (#"[{"id":"x","models":[{"id":"m","prices":{"input_mtok":"1,5"}}]}]"#, "not a price: \"1,5\""),
      (#"[{"id":"x","models":[{"id":"m","prices":[]}]}]"#, "neither a set nor a list"),
      (
        #"[{"id":"x","models":[{"id":"m","prices":[{"constraint":{"until":"2026"},"prices":{}}]}]}]"#,
        "neither a start_date"
      ),
      (
        #"[{"id":"x","models":[{"id":"m","prices":[{"constraint":{"start_date":"2026-02-30"},"prices":{}}]}]}]"#,
        "neither a start_date"
      ),
    ])
  func refusals(text: String, words: String) {
    let error = #expect(throws: PriceError.self) {
      try importGenAIPrices(Array(text.utf8), name: "data.json")
    }
    #expect(error?.description.contains(words) == true)
    #expect(error?.place.hasPrefix("data.json") == true)
  }
}
