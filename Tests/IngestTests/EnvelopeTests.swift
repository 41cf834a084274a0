import Ingest
import Ledger
import RawLog
import TestKit
import Testing

/// Rows that an API or a subscription wraps into objects.
@Suite struct EnvelopeTests {
  private let fixture: SourceFixture
  init() throws { fixture = try SourceFixture() }

  private func event(_ record: String, _ n: Int = 1) -> String {
    let text = record.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return #"{"id":"\#(n)","timestamp":1791000306000,"message":"\#(text)"}"#
  }

  private func subscription(_ events: String..., type: String = "DATA_MESSAGE") -> String {
    #"{"messageType":"\#(type)","owner":"111122223333","logGroup":"bedrock [a]","logStream":"aws/bedrock/modelinvocations","#
      + #""subscriptionFilters":["all"],"logEvents":[\#(events.joined(separator: ","))]}"#
  }

  @Test("pages of LiteLLM's spend logs are read like the rows in them, pages one behind the other")
  func litellmPages() throws {
    func page(_ rows: String, _ number: Int) -> String {
      #"{"data": [\#(rows)], "total": 3, "page": \#(number), "page_size": 2, "total_pages": 2}"#
    }
    let text = page(spendLog(1) + ",\n" + spendLog(2), 1) + "\n" + page(spendLog(3), 2) + page("", 3) + "\n"
    let reading = try fixture.read(text)
    #expect(reading.format == .litellm)
    #expect(reading.usages.map(\.id) == ["chatcmpl-1", "chatcmpl-2", "chatcmpl-3"])
    #expect(reading.usages.map(\.place.line) == [1, 2, 3])
    #expect(reading.rejected == [])
    #expect(reading.wholeBytes == Int64(text.utf8.count))
    let split = try fixture.read(bytes: Array(text.utf8), rowsMax: 1)
    #expect(split.usages.map(\.id) == reading.usages.map(\.id))
    #expect(split.wholeSHA256 == reading.wholeSHA256)
  }

  @Test("a page that grew by another page is read on")
  func grown() throws {
    let first = #"{"data":[\#(spendLog(1))],"page":1}"#
    let before = try fixture.read(first)
    let after = try fixture.read(
      bytes: Array((first + #"{"data":[\#(spendLog(2))],"page":2}"#).utf8), from: before.position)
    #expect(after.usages.map(\.id) == ["chatcmpl-2"])
  }

  @Test(
    "CloudWatch's subscriptions hold Bedrock's records as text; what asks whether somebody is there is no row"
  )
  func cloudWatch() throws {
    let control =
      #"{"id":"","timestamp":1791000306000,"message":"CWL CONTROL MESSAGE: Checking health of destination."}"#
    let text =
      subscription(control, type: "CONTROL_MESSAGE")
      + subscription(event(invocation(1)), event(invocation(2), 2))
      + subscription(event("not JSON", 3))
    let reading = try fixture.read(text)
    #expect(reading.format == .bedrock)
    #expect(reading.usages.map(\.id) == ["6d1c-1", "6d1c-2"])
    #expect(reading.control == 1)
    #expect(reading.rejected.map(\.place.line) == [4])
    #expect(reading.rejected.first?.reason.hasPrefix("the event's `message` is not JSON") == true)
    #expect(reading.notRead == [:])
    let cli = "{\n  \"events\": [\n    \(event(invocation(1)))\n  ],\n  \"searchedLogStreams\": []\n}\n"
    #expect(try fixture.read(cli).usages.map(\.id) == ["6d1c-1"])
  }

  @Test("Cursor's page of events is read like the events in it")
  func cursorPage() throws {
    let text =
      #"{"totalUsageEventsCount":1,"pagination":{"numPages":1,"data":[1]},"usageEvents":[{"timestamp":"1791000306789","#
      + #""userEmail":"a@example.com","model":"m","chargedCents":2,"maxMode":false,"isTokenBasedCall":true,"#
      + #""tokenUsage":{"inputTokens":7,"outputTokens":5}}],"period":{"startDate":1}}"#
    let reading = try fixture.read(text)
    #expect(reading.format == .cursor)
    #expect(reading.usages.map(\.counts) == [TokenCounts([.input: 7, .output: 5])])
  }

  @Test("an empty page is nothing; a cut one is refused, wherever it is cut")
  func cut() throws {
    #expect(try fixture.read(#"{"data":[],"total":0,"page":9}"#).usages.isEmpty)
    let text = #"{"data":[\#(spendLog(1)),\#(spendLog(2))],"page":1}"#
    for dropped in [1, 3, 10, 400] {
      let problem = try fixture.refusal(String(text.dropLast(dropped)))
      #expect(problem.contains("is cut off") || problem.contains("has no end"), "\(dropped): \(problem)")
    }
  }

  @Test("a row of 2 MiB in a page is rejected, and the others are taken")
  func long() throws {
    let big = #"{"pad":""# + String(repeating: "x", count: 2 << 20) + #""}"#
    let reading = try fixture.read(#"{"data":[\#(spendLog(1)),\#(big),\#(spendLog(2))],"page":1}"#)
    #expect(reading.usages.map(\.id) == ["chatcmpl-1", "chatcmpl-2"])
    #expect(reading.rejected.map(\.place.line) == [2])
  }
}
