/// An answer's JSON in, whole or as a stream's events one after the other; its usage object, and what moves the
/// price beside it, out. A whole answer and the stream of the same answer say the same.
///
/// Who answered, and how the answer ended, `AnswerFacts` reads. These streams' counts are running totals, so the last
/// word holds, field by field, and a null or an absent field takes nothing back.
package import JSON
package import RawLog

package struct AnswerUsage {
  package enum Format: Sendable {
    /// OpenAI responses: all is in the event that ends the answer, whichever of the three that is.
    case responses
    /// Bedrock Converse: `metadata` is the stream's last event.
    case converse
    /// Bedrock InvokeModel: the model's own events, decoded from their chunks; headers and metrics beside them.
    case invoke
    /// Gemini: each chunk may have the counts so far.
    case gemini
  }

  private enum Limit {
    /// Searches of one answer that are told apart; a handful is usual.
    static let queriesMax = 256
  }

  private let format: Format
  package private(set) var usage: VendorUsage?
  private var serviceTier: [UInt8]?
  private var latency: [UInt8]?
  private var toolUsage: [UInt8]?
  private var searchCalls = 0
  /// Held to tell them apart, never written.
  private var queries: Set<[UInt8]> = []
  private var isGrounded = false
  private var countsQueries = true

  package init(_ format: Format) { self.format = format }

  package mutating func takeWhole(_ answer: JSONValue) {
    guard answer.isObject else { return }
    switch format {
    case .responses: takeResponse(answer)
    case .converse: takeConverse(answer)
    case .invoke: takeInvoke(answer)
    case .gemini: takeGemini(answer)
    }
  }

  package mutating func takeEvent(_ event: JSONValue) {
    guard event.isObject else { return }
    switch format {
    case .responses:
      guard let type = event["type"], let response = event["response"] else { return }
      if type.isString("response.completed") || type.isString("response.incomplete")
        || type.isString("response.failed")
      {
        takeResponse(response)
      }
    case .converse: takeConverse(event)
    case .invoke: takeInvoke(event)
    case .gemini: takeGemini(event)
    }
  }

  /// Bedrock's counts in the answer's headers stand in the usage object under the header's name.
  package mutating func takeHeader(_ name: String, _ value: String) {
    let name = name.lowercased()
    guard format == .invoke, Self.countHeaders.contains(name), !value.isEmpty, value.utf8.count <= 16,
      value.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 })
    else { return }
    usage = usage ?? VendorUsage()
    usage?.set(name, Array("\"\(value)\"".utf8))
  }

  private static let countHeaders: Set<String> = [
    "x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count",
    "x-amzn-bedrock-cache-read-input-token-count", "x-amzn-bedrock-cache-write-input-token-count",
  ]

  package var billing: [LogRecord.BillingFact] {
    var facts: [LogRecord.BillingFact] = []
    if let serviceTier { facts.append(.init(name: "service_tier", json: serviceTier)) }
    if let latency { facts.append(.init(name: "latency", json: latency)) }
    if let toolUsage { facts.append(.init(name: "tool_usage", json: toolUsage)) }
    let grounded = countsQueries ? queries.count : isGrounded ? 1 : 0
    let searches = toolUsage == nil ? searchCalls + grounded : 0
    if searches > 0 { facts.append(.init(name: "search_queries", json: Array(String(searches).utf8))) }
    return facts
  }

  // MARK: - The formats

  private mutating func takeResponse(_ response: JSONValue) {
    merge(response["usage"])
    if let tier = response["service_tier"] { serviceTier = shortString(tier) ?? serviceTier }
    if let tools = response["tool_usage"], tools.isObject {
      toolUsage = VendorUsage(verbatim: tools).json
      return
    }
    guard let output = response["output"] else { return }
    searchCalls = output.elements.count {
      $0["type"]?.isString("web_search_call") == true && $0["action"]?["type"]?.isString("search") == true
    }
  }

  private mutating func takeConverse(_ value: JSONValue) {
    merge(value["usage"])
    if let tier = value["serviceTier"]?["type"] { serviceTier = shortString(tier) ?? serviceTier }
    if let word = value["performanceConfig"]?["latency"] { latency = shortString(word) ?? latency }
  }

  private mutating func takeInvoke(_ value: JSONValue) {
    // Claude's events, Nova's last one, and what has its usage at the top: Claude's answer, chat's chunks.
    merge(value["message"]?["usage"])
    merge(value["metadata"]?["usage"])
    merge(value["usage"])
    // Llama and Titan have no usage object: these of their members are it.
    for (name, member) in value.members where member.kind == .number {
      for known in Self.ownCounts where name.isString(known) { set(known.description, member) }
    }
    if let metrics = value["amazon-bedrock-invocationMetrics"], metrics.isObject {
      set("amazon-bedrock-invocationMetrics", metrics)
    }
    // Titan's results hold the answer's text as well: only their counts are taken.
    let counts = (value["results"]?.elements ?? []).compactMap { $0["tokenCount"] }
      .filter { $0.kind == .number }.map { "{\"tokenCount\":\($0.rawText)}" }
    guard !counts.isEmpty else { return }
    usage = usage ?? VendorUsage()
    usage?.set("results", Array("[\(counts.joined(separator: ","))]".utf8))
  }

  private static let ownCounts: [StaticString] = [
    "prompt_token_count", "generation_token_count", "inputTextTokenCount", "totalOutputTextTokenCount",
  ]

  private mutating func takeGemini(_ value: JSONValue) {
    merge(value["usageMetadata"])
    if let version = value["modelVersion"]?.string {
      // Up to the second generation a grounded answer is one search, however many queries it made.
      countsQueries = !(version.contains("gemini-2") || version.contains("gemini-1"))
    }
    for candidate in value["candidates"]?.elements ?? [] {
      for query in candidate["groundingMetadata"]?["webSearchQueries"]?.elements ?? [] {
        guard query.kind == .string, query.range.count > 2, queries.count < Limit.queriesMax else { continue }
        isGrounded = true
        queries.insert(Array(query.rawBytes))
      }
    }
  }

  private mutating func merge(_ object: JSONValue?) {
    guard let object, object.isObject else { return }
    if usage == nil {
      usage = VendorUsage(verbatim: object)
    } else {
      usage?.merge(object)
    }
  }

  private mutating func set(_ name: String, _ value: JSONValue) {
    usage = usage ?? VendorUsage()
    usage?.set(name, Array(value.rawBytes))
  }
}
