import Foundation
import Ingest
import Ledger
import RawLog
import TestKit

/// A source's file as a test writes it, read as the program reads it.
struct SourceFixture {
  let folder: TestFolder
  init() throws { folder = try TestFolder() }

  func read(
    _ text: String, name: String = "export.json", format: SourceFormat? = nil, zone: String? = nil,
    profiles: [Source.Profile] = [], rowsMax: Int = 1000
  ) throws -> Reading {
    try read(
      bytes: Array(text.utf8), name: name, format: format, zone: zone, profiles: profiles, rowsMax: rowsMax)
  }

  func read(
    bytes: [UInt8], name: String = "export.json", format: SourceFormat? = nil, zone: String? = nil,
    profiles: [Source.Profile] = [], from start: SourcePosition = SourcePosition(), rowsMax: Int = 1000
  ) throws -> Reading {
    let path = try folder.write(bytes, to: name)
    return try read(
      path: path, format: format, zone: zone, profiles: profiles, from: start, rowsMax: rowsMax)
  }

  func read(
    path: String, format: SourceFormat? = nil, zone: String? = nil, profiles: [Source.Profile] = [],
    from start: SourcePosition = SourcePosition(), rowsMax: Int = 1000
  ) throws -> Reading {
    let source = Source(path: path, format: format, zone: zone.flatMap(SourceZone.init), profiles: profiles)
    var reading = Reading()
    for file in try findSourceFiles(at: path) {
      guard let shape = try probe(file, named: format) else { continue }
      reading.format = shape.format
      let reader = try SourceReader(file, shape, of: source, segment: "s:" + file.name, from: start)
      while true {
        let part = try reader.next(rowsMax: rowsMax)
        reading.usages += part.usages
        reading.rejected += part.rejected
        reading.control += part.control
        reading.notRead.merge(part.notRead, uniquingKeysWith: +)
        reading.position = part.position
        if let whole = part.whole {
          reading.wholeBytes = whole.bytes
          reading.wholeSHA256 = whole.sha256
          break
        }
      }
    }
    return reading
  }

  /// What a file is refused with.
  func refusal(_ text: String, name: String = "export.json", format: SourceFormat? = nil) throws -> String {
    try refusal(bytes: Array(text.utf8), name: name, format: format)
  }

  func refusal(bytes: [UInt8], name: String = "export.json", format: SourceFormat? = nil) throws -> String {
    do {
      let reading = try read(bytes: bytes, name: name, format: format)
      return "not refused: \(reading.usages.count) usages"
    } catch let error as SegmentError {
      return error.description
    }
  }

  struct Reading {
    var format: SourceFormat?
    var usages: [Usage] = []
    var rejected: [Rejection] = []
    var control: Int64 = 0
    var notRead: [String: Int64] = [:]
    var position = SourcePosition()
    var wholeBytes: Int64 = 0
    var wholeSHA256 = ""
  }
}

/// One row of `LiteLLM_SpendLogs`, as Prisma's JSON has it.
func spendLog(
  _ n: Int = 1, usage: String = #"{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}"#,
  prompt: Int = 1000, completion: Int = 500, metadata: String = "", more: String = ""
) -> String {
  #"{"request_id":"chatcmpl-\#(n)","call_type":"acompletion","api_key":"88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b","#
    + #""spend":0.0045,"total_tokens":\#(prompt + completion),"prompt_tokens":\#(prompt),"completion_tokens":\#(completion),"#
    + #""startTime":"2026-09-05T03:00:00.250000Z","endTime":"2026-09-05T03:00:02.000000Z","model":"gpt-4o-mini","#
    + #""model_group":"fast","custom_llm_provider":"openai","metadata":{"usage_object":\#(usage)\#(metadata)}\#(more)}"#
}

/// One record of Amazon Bedrock's model invocation log, in the documented shape.
func invocation(
  _ n: Int = 1, operation: String = "Converse", model: String = "anthropic.claude-haiku-4-5-20251001-v1:0",
  input: String = #"{"inputContentType":"application/json","inputTokenCount":120}"#,
  output: String = #"{"outputContentType":"application/json","outputTokenCount":450}"#, more: String = ""
) -> String {
  #"{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-10-03T04:05:06Z","accountId":"111122223333","#
    + #""identity":{"arn":"arn:aws:sts::111122223333:assumed-role/search-api/sess-1"},"region":"ap-northeast-1","#
    + #""requestId":"6d1c-\#(n)","operation":"\#(operation)","modelId":"\#(model)","input":\#(input),"output":\#(output)\#(more)}"#
}
