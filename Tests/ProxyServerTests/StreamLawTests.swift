import JSON
import Ledger
import Normalize
import ProxyServer
import RawLog
import TestKit
import Testing

/// One exchange, answered whole and as a stream: both are booked the same, and a stream that is cut anywhere is
/// never booked as more than the whole.
@Suite struct StreamLawTests {
  @Test("a stream is booked as the whole answer is, and a cut one as no more", arguments: Teller.allCases)
  func sameAsWhole(_ teller: Teller) throws {
    var random = SeededRandom(seed: 0x57EA)
    for round in 0..<300 {
      let exchange = teller.exchange(&random)
      let whole = try booked(exchange, [exchange.whole], isStream: false)
      let stream = try booked(exchange, exchange.events, isStream: true)
      #expect(stream.counts == whole.counts, "round \(round): \(exchange.events)")
      #expect(stream.serviceTier == whole.serviceTier, "round \(round)")
      #expect(stream.priceFacts == whole.priceFacts, "round \(round)")
      #expect(stream.otherModels == whole.otherModels, "round \(round)")
      #expect(stream.unknownFields == [] && whole.unknownFields == [], "round \(round)")
      for cut in exchange.events.indices {
        let part = try booked(exchange, Array(exchange.events[..<cut]), isStream: true)
        #expect(part.counts.totalInput <= whole.counts.totalInput, "round \(round), cut at \(cut)")
        #expect(part.counts[.output] <= whole.counts[.output], "round \(round), cut at \(cut)")
        #expect(part.counts[.webSearch] <= whole.counts[.webSearch], "round \(round), cut at \(cut)")
        #expect(part.counts.used.allSatisfy { $0.count > 0 }, "round \(round), cut at \(cut)")
      }
    }
  }

  @Test("Bedrock's headers stand beside the body's counts and fill its gaps alone")
  func headers() throws {
    var answer = AnswerUsage(.invoke)
    answer.takeWhole(try JSONTape().parse(#"{"usage":{"input_tokens":5},"content":[{"text":"secret"}]}"#))
    for (name, value) in [
      ("X-Amzn-Bedrock-Input-Token-Count", "6"), ("X-Amzn-Bedrock-Output-Token-Count", "8"),
      ("X-Amzn-Bedrock-Cache-Read-Input-Token-Count", "70"), ("X-Amzn-Bedrock-Invocation-Latency", "99"),
      ("X-Amzn-Bedrock-Cache-Write-Input-Token-Count", "1e9999999999999999"),
    ] {
      answer.takeHeader(name, value)
    }
    let usage = String(decoding: answer.usage?.json ?? [], as: UTF8.self)
    #expect(
      usage
        == #"{"input_tokens":5,"x-amzn-bedrock-input-token-count":"6","x-amzn-bedrock-output-token-count":"8","x-amzn-bedrock-cache-read-input-token-count":"70"}"#
    )
    let counts = try normalize(
      endpoint: "bedrock.invoke", usage: try JSONTape().parse(usage), billing: nil, model: nil
    ).counts
    #expect(counts[.input] == 5 && counts[.output] == 8 && counts[.cacheRead] == 70)
  }

  @Test("no text of an answer is in what is kept of it")
  func noText() throws {
    for (format, body) in [
      (
        AnswerUsage.Format.invoke,
        #"{"inputTextTokenCount":9,"results":[{"tokenCount":3,"outputText":"secret","completionReason":"FINISH"}]}"#
      ),
      (
        .invoke,
        #"{"generation":"secret","prompt_token_count":1,"generation_token_count":2,"stop_reason":"stop"}"#
      ),
      (
        .gemini,
        #"{"candidates":[{"content":{"parts":[{"text":"secret"}]},"groundingMetadata":{"webSearchQueries":["secret"]}}],"usageMetadata":{"promptTokenCount":1}}"#
      ),
      (
        .responses,
        #"{"output":[{"type":"web_search_call","action":{"type":"search","query":"secret"}}],"usage":{"input_tokens":1}}"#
      ),
    ] {
      var answer = AnswerUsage(format)
      answer.takeWhole(try JSONTape().parse(body))
      let kept = (answer.usage?.json ?? []) + answer.billing.flatMap(\.json)
      #expect(!String(decoding: kept, as: UTF8.self).contains("secret"))
      #expect(answer.usage != nil)
    }
  }

  @Test(
    "a grounded answer of Gemini is one search up to the second generation, and one for each query after it")
  func grounding() throws {
    let queries = #"{"webSearchQueries":["a","b","a",""]}"#
    for (version, searches) in [("gemini-2.5-pro", "1"), ("gemini-3-pro-preview", "2")] {
      var answer = AnswerUsage(.gemini)
      for _ in 0..<2 {
        answer.takeEvent(
          try JSONTape().parse(
            #"{"modelVersion":"\#(version)","candidates":[{"groundingMetadata":\#(queries)}]}"#))
      }
      #expect(answer.billing == [.init(name: "search_queries", json: Array(searches.utf8))])
    }
  }
}

/// What a raw line would hold of these, normalized.
private func booked(_ exchange: Exchange, _ texts: [String], isStream: Bool) throws -> Normalized {
  let tape = JSONTape()
  var usage: VendorUsage?
  var billing: [LogRecord.BillingFact] = []
  if let format = exchange.answer {
    var facts = AnswerFacts(format)
    for text in texts {
      let value = try tape.parse(text)
      if isStream { facts.readEvent(value) } else { facts.readWholeAnswer(value) }
    }
    (usage, billing) = (facts.usage, facts.billing)
  } else if let format = exchange.format {
    var answer = AnswerUsage(format)
    for text in texts {
      let value = try tape.parse(text)
      if isStream { answer.takeEvent(value) } else { answer.takeWhole(value) }
    }
    (usage, billing) = (answer.usage, answer.billing)
  }
  var writer = JSONWriter()
  writer.object { writer in
    for fact in billing {
      writer.name(fact.name)
      writer.raw(fact.json)
    }
  }
  let usageTape = JSONTape()
  return try normalize(
    endpoint: isStream ? exchange.streamEndpoint : exchange.endpoint,
    usage: try usage?.json.map { try usageTape.parse($0) }, billing: try tape.parse(writer.text),
    model: exchange.model)
}

struct Exchange {
  var endpoint: String
  var streamEndpoint: String
  var model: String
  var answer: AnswerFormat?
  var format: AnswerUsage.Format?
  var whole: String
  var events: [String]
}
