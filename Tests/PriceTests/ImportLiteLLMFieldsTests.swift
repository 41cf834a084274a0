import Ledger
import Price
import Testing

/// Which lines of a book the fields of LiteLLM's map become. The names are the map's own; the lines are by hand.
@Suite struct ImportLiteLLMFieldsTests {
  /// The lines without the columns that are always the same here: tier, threshold, condition, meter, price.
  private func lines(_ fields: String, provider: String = "openai", key: String = "m") throws -> Set<String> {
    let text = #"{"\#(key)":{"litellm_provider":"\#(provider)",\#(fields)}}"#
    let rows = try importLiteLLM(Array(text.utf8), name: "map.json").rows
    let lines = PriceFile.lines(rows.filter { $0.model != "*" })
    return Set(
      lines.map { line in
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        return fields[4..<11].joined(separator: ",")
      })
  }

  @Test(
    "suffixes may stand in any order, thresholds and tiers may be of any number and word",
    arguments: [
      (#""input_cost_per_token":3e-06"#, "standard,0,,input,3,1000000,"),
      (#""input_cost_per_token_above_1500k_tokens":3e-06"#, "standard,1500000,,input,3,1000000,"),
      (#""input_cost_per_token_above_96_tokens":3e-06"#, "standard,96,,input,3,1000000,"),
      (#""output_cost_per_token_above_272k_tokens_batches":3e-06"#, "batch,272000,,output,3,1000000,"),
      (#""output_cost_per_token_priority_above_200k_tokens":3e-06"#, "priority,200000,,output,3,1000000,"),
      (#""cache_read_input_token_cost_balanced":3e-06"#, "balanced,0,,cache_read,3,1000000,"),
      (#""input_cost_per_token_nextyearsword":3e-06"#, "nextyearsword,0,,input,3,1000000,"),
      (
        #""cache_creation_input_token_cost_above_1hr_above_200k_tokens":3e-06"#,
        "standard,200000,,cache_write_1h,3,1000000,"
      ),
      (
        #""cache_creation_input_token_cost_above_12hr_above_272k_tokens_flex":3e-06"#,
        "flex,272000,,cache_write_12h,3,1000000,"
      ),
      (
        #""cache_creation_input_token_cost_flex_above_272k_tokens_above_12hr":3e-06"#,
        "flex,272000,,cache_write_12h,3,1000000,"
      ),
      (#""cache_read_input_audio_token_cost_priority":3e-06"#, "priority,0,,cache_read_audio,3,1000000,"),
      (#""cache_read_input_image_token_cost":3e-06"#, "standard,0,,cache_read_image,3,1000000,"),
      (#""input_cost_per_video_token_batches":3e-06"#, "batch,0,,input_video,3,1000000,"),
      (#""input_cost_per_token_cache_hit":3e-06"#, "standard,0,,cache_read,3,1000000,"),
      (
        #""explicit_cache_read_input_token_cost":3e-06"#,
        "standard,0,cache_type=ephemeral,cache_read,3,1000000,"
      ),
      (#""google_maps_grounding_cost_per_query":0.025"#, "standard,0,,maps_search,0.025,1,"),
      (#""input_cost_per_character":1.5e-05"#, "standard,0,,character,0.000015,1,"),
      (#""ocr_cost_per_page_batches":0.002"#, "batch,0,,page,0.002,1,"),
      (#""input_cost_per_query":0.002"#, "standard,0,,query,0.002,1,"),
      (#""input_cost_per_request":0.005"#, "standard,0,,request,0.005,1,"),
      (#""code_interpreter_cost_per_session":0.03"#, "standard,0,,code_session,0.03,1,"),
      // 0.006 USD a minute is 0.0001 a second, and 0.0000001 a thousandth of it.
      (#""input_cost_per_second":0.0001"#, "standard,0,,millisecond,0.0000001,1,"),
      (#""output_cost_per_second_720p":0.1"#, "standard,0,resolution=720p,output_millisecond,0.0001,1,"),
      (#""output_cost_per_video_per_second":0.5"#, "standard,0,,output_millisecond,0.0005,1,"),
      (#""output_cost_per_image_1K":0.04"#, "standard,0,image_size=1K,image,0.04,1,"),
      (#""mode":"image_generation","input_cost_per_image":0.04"#, "standard,0,,image,0.04,1,"),
      (
        #""regional_endpoint_uplift_multiplier":1.1,"input_cost_per_token":0"#,
        "*,0,region!=global,tokens,,,1.1"
      ),
      (
        #""regional_processing_uplift_multiplier_eu":1.1,"input_cost_per_token":0"#,
        "*,0,region=eu,tokens,,,1.1"
      ),
    ])
  func oneField(field: String, line: String) throws {
    #expect(try lines(field).contains(line))
    #expect(try lines(field).subtracting(["standard,0,,input,0,1000000,"]) == [line])
  }

  @Test(
    "what has no meter, or a name that is not of the grammar, is listed",
    arguments: [
      "input_dbu_cost_per_token", "input_cost_per_pixel", "ocr_cost_per_credit", "annotation_cost_per_page",
      "cache_creation_input_audio_token_cost", "input_cost_per_token_above_manyk_tokens",
      "input_cost_per_token_flex_priority", "input_cost_per_tokens", "output_cost_per_video_token",
      "input_cost_per_video_per_second_above_8s_interval", "cache_read_input_token_cost_above_1hr",
    ])
  func listed(field: String) throws {
    let text = #"{"m":{"litellm_provider":"openai","input_cost_per_token":1e-06,"\#(field)":1e-06}}"#
    let result = try importLiteLLM(Array(text.utf8), name: "map.json")
    #expect(result.skippedFields == [field: 1])
    #expect(result.rows.filter { $0.model == "m" }.count == 1)
  }

  @Test("searches: the medium size is the plain price, the others hold where the request says so")
  func searches() throws {
    let field = #"""
      "search_context_cost_per_query":
      {"search_context_size_low":0.005,"search_context_size_medium":0.008,"search_context_size_high":0.012}
      """#
    #expect(
      try lines(field) == [
        "standard,0,,web_search,0.008,1,", "standard,0,search_context_size=low,web_search,0.005,1,",
        "standard,0,search_context_size=high,web_search,0.012,1,",
      ])
  }

  @Test(
    "prices by ranges hold from a range's start on, for what the range says nothing of its input price does")
  func ranges() throws {
    let fields = #"""
      "input_cost_per_token":9e-06,"output_cost_per_token":9e-06,"cache_read_input_token_cost":9e-06,
      "tiered_pricing":[{"range":[0,32000.0],"input_cost_per_token":1e-06,"output_cost_per_token":5e-06,
      "cache_read_input_token_cost":2e-07},{"range":[32000.0,1e6],"input_cost_per_token":2e-06,
      "output_cost_per_token":6e-06}]
      """#
    #expect(
      try lines(fields) == [
        "standard,0,,input,1,1000000,", "standard,0,,output,5,1000000,",
        "standard,0,,cache_read,0.2,1000000,",
        "standard,0,,cache_write_5m,1,1000000,", "standard,32000,,input,2,1000000,",
        "standard,32000,,output,6,1000000,", "standard,32000,,cache_read,2,1000000,",
        "standard,32000,,cache_write_5m,2,1000000,",
      ])
  }

  @Test("ranges by the number of results are no fact of a request and are listed")
  func resultRanges() throws {
    let text = #"""
      {"s":{"litellm_provider":"exa_ai","input_cost_per_query":1,
      "tiered_pricing":[{"max_results_range":[0,25],"input_cost_per_query":0.005}]}}
      """#
    #expect(try importLiteLLM(Array(text.utf8), name: "map.json").skippedFields == ["tiered_pricing": 1])
  }

  @Test("cheaper hours become conditions; a window past midnight is two spans, a whole day is none")
  func offPeak() throws {
    let fields = #"""
      "input_cost_per_token":3e-07,"off_peak_pricing":{"input_cost_per_token":1.5e-07,"windows":[
      {"hours_utc":["04:00-06:00","16:30-00:30"],"weekdays":[1,5]},{"hours_utc":"00:00-00:00","weekdays":[6,7]}]}
      """#
    #expect(
      try lines(fields) == [
        "standard,0,,input,0.3,1000000,",
        "standard,0,utc=00:00-00:30+04:00-06:00+16:30-24:00;days=mon+fri,input,0.15,1000000,",
        "standard,0,days=sat+sun,input,0.15,1000000,",
      ])
  }

  @Test("days of another calendar are put on the UTC day: from 16:00 UTC on it is tomorrow in Shanghai")
  func calendars() throws {
    let fields = #"""
      "input_cost_per_token":3e-07,"off_peak_pricing":{"input_cost_per_token":1.5e-07,
      "weekday_timezone":"Asia/Shanghai","windows":[{"hours_utc":"10:00-18:00","weekdays":[1,7]}]}
      """#
    #expect(
      try lines(fields) == [
        "standard,0,,input,0.3,1000000,", "standard,0,utc=10:00-16:00;days=mon+sun,input,0.15,1000000,",
        "standard,0,utc=16:00-18:00;days=sat+sun,input,0.15,1000000,",
      ])
    let unknown = #"""
      {"m":{"litellm_provider":"x","input_cost_per_token":1,"off_peak_pricing":{"input_cost_per_token":1.5e-07,
      "weekday_timezone":"Mars/Base","windows":[{"hours_utc":"10:00-18:00","weekdays":[1]}]}}}
      """#
    #expect(try importLiteLLM(Array(unknown.utf8), name: "map.json").skippedFields == ["off_peak_pricing": 1])
  }

  @Test("Anthropic's multipliers become factors, other vendors' hints in the same place are no prices")
  func multipliers() throws {
    let fields = #""input_cost_per_token":3e-06,"provider_specific_entry":{"us":1.1,"fast":2.0,"hint":"x"}"#
    #expect(
      try lines(fields, provider: "anthropic") == [
        "standard,0,,input,3,1000000,", "*,0,inference_geo=us,tokens,,,1.1", "*,0,speed=fast,tokens,,,2",
      ])
  }

  @Test("reasoning at the output's own price needs no line; at another it has one")
  func reasoning() throws {
    #expect(
      try lines(#""output_cost_per_token":1e-05,"output_cost_per_reasoning_token":0.00001"#)
        == ["standard,0,,output,10,1000000,"])
    #expect(
      try lines(#""output_cost_per_token":1e-05,"output_cost_per_reasoning_token":4e-06"#)
        == ["standard,0,,output,10,1000000,", "standard,0,,reasoning,4,1000000,"])
  }

  @Test(
    "flex and batch rise above a threshold as the standard price does, where the map has no price of theirs")
  func longContextOfFlatTiers() throws {
    // Half of 1.25 is 0.625; above the threshold half of 2.5 is 1.25.
    let fields = #"""
      "input_cost_per_token":1.25e-06,"input_cost_per_token_above_200k_tokens":2.5e-06,
      "input_cost_per_token_flex":6.25e-07,"input_cost_per_token_priority":2.25e-06
      """#
    #expect(
      try lines(fields) == [
        "standard,0,,input,1.25,1000000,", "standard,200000,,input,2.5,1000000,",
        "flex,0,,input,0.625,1000000,", "flex,200000,,input,1.25,1000000,", "priority,0,,input,2.25,1000000,",
      ])
  }

  @Test("the day a model ends becomes a line of its own")
  func retired() throws {
    let text =
      #"{"m":{"litellm_provider":"openai","input_cost_per_token":1e-06,"deprecation_date":"2026-03-31"}}"#
    let rows = try importLiteLLM(Array(text.utf8), name: "map.json").rows
    #expect(PriceFile.lines(rows).contains("list,openai,m,,*,0,,retired,,,,2026-03-31T00:00:00.000000Z"))
  }

  @Test("xAI's higher price holds at the threshold, others' above it")
  func atThreshold() throws {
    let field = #""input_cost_per_token_above_200k_tokens":6e-06"#
    #expect(try lines(field, provider: "xai") == ["standard,199999,,input,6,1000000,"])
    #expect(try lines(field) == ["standard,200000,,input,6,1000000,"])
  }
}
