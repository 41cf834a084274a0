import JSON
import Ledger
import Normalize
import Testing

/// One answer that several models made, and answers that are not charged (Anthropic's documentation of the advisor
/// tool, of compaction, and of refusals and fallback).
@Suite struct AnthropicIterationsTests {
  @Test("an advisor's tokens are its own model's, the rest the executor's")
  func advisor() throws {
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":1760,"cache_read_input_tokens":412,"output_tokens":531,"iterations":[
        {"type":"message","input_tokens":412,"output_tokens":89},
        {"type":"advisor_message","model":"O","input_tokens":823,"output_tokens":1612},
        {"type":"message","input_tokens":1348,"cache_read_input_tokens":412,"output_tokens":442}]}
      """, model: "executor")
    #expect(result.counts == counts([.input: 1760, .cacheRead: 412, .output: 531]))
    #expect(result.otherModels == [.init(model: "O", counts: counts([.input: 823, .output: 1612]))])
  }

  @Test("compaction is billed, though the totals leave it out")
  func compaction() throws {
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":23000,"output_tokens":1000,"iterations":[
        {"type":"compaction","input_tokens":180000,"output_tokens":3500},
        {"type":"message","input_tokens":23000,"output_tokens":1000}]}
      """, model: "m")
    #expect(result.counts == counts([.input: 203_000, .output: 4500]))
    #expect(result.otherModels.isEmpty)
  }

  @Test(
    "with a fallback, the attempt declined before any output is free, and the answer is the other model's")
  func fallbackDeclined() throws {
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":412,"output_tokens":264,"iterations":[
        {"type":"message","model":"A","input_tokens":535,"output_tokens":0},
        {"type":"fallback_message","model":"B","input_tokens":412,"output_tokens":264}]}
      """, model: "A")
    #expect(result.counts.isZero)
    #expect(result.otherModels == [.init(model: "B", counts: counts([.input: 412, .output: 264]))])
  }

  @Test("with a fallback in mid-answer, what the first model had said is billed at its own price")
  func fallbackMidAnswer() throws {
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":412,"output_tokens":264,"iterations":[
        {"type":"message","model":"A","input_tokens":535,"output_tokens":20},
        {"type":"fallback_message","model":"B","input_tokens":412,"output_tokens":264}]}
      """, model: "A")
    #expect(result.counts == counts([.input: 535, .output: 20]))
    #expect(result.otherModels == [.init(model: "B", counts: counts([.input: 412, .output: 264]))])
  }

  @Test("where the answer names the fallback's model as its own, all that was billed is its own")
  func fallbackNamedAsReturned() throws {
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":412,"output_tokens":264,"iterations":[
        {"type":"message","model":"A","input_tokens":535,"output_tokens":0},
        {"type":"fallback_message","model":"B","input_tokens":412,"output_tokens":264}]}
      """, model: "B")
    #expect(result.counts == counts([.input: 412, .output: 264]))
    #expect(result.otherModels.isEmpty)
  }

  @Test("searches are counted once, from the top, however many iterations there were")
  func searches() throws {
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":3,"output_tokens":3,"server_tool_use":{"web_search_requests":4},"iterations":[
        {"type":"message","input_tokens":1,"output_tokens":1,"server_tool_use":{"web_search_requests":4}},
        {"type":"message","input_tokens":2,"output_tokens":2}]}
      """, model: "m")
    #expect(result.counts == counts([.input: 3, .output: 3, .webSearch: 4]))
  }

  @Test("empty or null iterations are none", arguments: ["[]", "null"])
  func noIterations(iterations: String) throws {
    let result = try normalized(
      "anthropic.messages", #"{"input_tokens":3,"output_tokens":4,"iterations":\#(iterations)}"#, model: "m")
    #expect(result.counts == counts([.input: 3, .output: 4]))
  }

  @Test("a refusal before any output is shown, not charged; one in mid-answer is charged")
  func refusal() throws {
    let before = try normalized(
      "anthropic.messages", #"{"input_tokens":535,"output_tokens":0}"#, billing: #"{"stop_reason":"refusal"}"#
    )
    #expect(before.flags.contains(.notBilled))
    #expect(before.counts[.input] == 535)
    let during = try normalized(
      "anthropic.messages", #"{"input_tokens":535,"output_tokens":7}"#, billing: #"{"stop_reason":"refusal"}"#
    )
    #expect(!during.flags.contains(.notBilled))
    let empty = try normalized(
      "anthropic.messages", #"{"input_tokens":535,"output_tokens":0}"#,
      billing: #"{"stop_reason":"end_turn"}"#)
    #expect(!empty.flags.contains(.notBilled))
  }
}
