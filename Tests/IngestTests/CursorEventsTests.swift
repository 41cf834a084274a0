import Foundation
import Ingest
import Ledger
import RawLog
import TestKit
import Testing

/// Cursor's usage events, from the team's CSV and from the API.
@Suite struct CursorEventsTests {
  private let fixture: SourceFixture
  init() throws { fixture = try SourceFixture() }

  private let heading =
    "Date,User,Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost\n"

  private func row(
    _ counts: String = "1300,1000,9000,500,10800", kind: String = "On-Demand", cost: String = "0.12",
    date: String = "2026-10-03T04:05:06.789Z"
  ) -> String {
    "\"\(date)\",\"a@example.com\",\"\(kind)\",\"claude-4.5-sonnet\",\"No\",\(counts),\"\(cost)\"\n"
  }

  private func event(_ more: String = #","chargedCents":12.5"#, timestamp: String = #""1791000306789""#)
    -> String
  {
    #"{"timestamp":\#(timestamp),"userEmail":"a@example.com","model":"claude-4.5-sonnet","kind":"Usage-based","#
      + #""maxMode":false,"requestsCosts":1,"isTokenBasedCall":true,"tokenUsage":{"inputTokens":1000,"#
      + #""outputTokens":500,"cacheWriteTokens":300,"cacheReadTokens":9000,"totalCents":11.2}\#(more)}"#
  }

  private let counts = TokenCounts([.input: 1000, .cacheRead: 9000, .cacheWrite5m: 300, .output: 500])

  @Test("the input with writes is all input, or the writes alone, as the total says")
  func writes() throws {
    // 10800 = 1300 + 9000 + 500, and 300 of the 1300 were written; 10800 = 300 + 1000 + 9000 + 500.
    let reading = try fixture.read(heading + row() + row("300,1000,9000,500,10800"), name: "cursor.csv")
    #expect(reading.format == .cursor)
    #expect(reading.rejected == [])
    #expect(reading.usages.map(\.counts) == [counts, counts])
    #expect(reading.usages.map(\.statedCost?.description) == ["0.12", "0.12"])
    let one = try #require(reading.usages.first)
    #expect(one.user == "a@example.com")
    #expect(
      (one.facts.provider, one.facts.model, one.facts.endpoint) == (
        "cursor", "claude-4.5-sonnet", "cursor.events"
      ))
    #expect(one.time == 1_791_000_306_789_000)
    #expect(one.id != reading.usages.last?.id, "equal events of one instant are two")
  }

  @Test("the API's events are the same events, one by one or as their page came")
  func api() throws {
    let csv = try fixture.read(heading + row(), name: "cursor.csv").usages
    for text in [event() + "\n", "[\(event())]"] {
      let usages = try fixture.read(text).usages
      #expect(usages.map(\.counts) == [counts])
      #expect(usages.map(\.statedCost?.description) == ["0.125"], "cents")
      #expect(usages.map(\.id) == csv.map(\.id))
    }
  }

  @Test("what costs nothing is not billed; what is included states nothing; what says no tokens is unknown")
  func kinds() throws {
    let rows =
      row(kind: "Free", cost: "Free") + row(kind: "Errored, No Charge", cost: "-")
      + row(kind: "Aborted, Not Charged", cost: "-") + row(kind: "Included", cost: "Included")
      + row("0,0,0,0,0", kind: "Included", cost: "$1.5")
    let usages = try fixture.read(heading + rows, name: "cursor.csv").usages
    #expect(usages.map { $0.flags.contains(.notBilled) } == [true, true, true, false, false])
    #expect(usages.map { $0.flags.contains(.usageMissing) } == [false, false, false, false, true])
    #expect(usages.map(\.outcome) == [.ok, .vendorError, .ok, .ok, .ok])
    #expect(usages.map(\.statedCost?.description) == ["0", nil, nil, nil, "1.5"])
  }

  @Test("a row that contradicts itself is rejected with its reason, and the others stay")
  func rejected() throws {
    let rows =
      row("1.3,1,9,0.5,10.8") + row("1300,1000,9000,500,108") + row(cost: "12 cents") + row(date: "yesterday")
      + row()
    let reading = try fixture.read(heading + rows, name: "cursor.csv")
    #expect(reading.usages.count == 1)
    #expect(
      reading.rejected.map(\.reason) == [
        "`Total Tokens` is not a count (a whole number from 0 to 2^53)",
        "its tokens do not add up to `Total Tokens` (108)",
        "`Cost` is no amount in dollars, Included, Free or -",
        "`Date` is not a time such as 2026-10-01T00:00:00Z",
      ])
    #expect(reading.rejected.map(\.place.line) == [2, 3, 4, 5])
  }

  @Test("a renamed column, a time without a zone and one in no milliseconds are told")
  func refusals() throws {
    let renamed = (heading + row()).replacing("Cache Read", with: "Cached")
    #expect(
      try fixture.refusal(renamed, name: "cursor.csv").contains(
        "read as cursor, but without `Cache Read`; unknown here: Cached"))
    let noZone = heading + row(date: "2026-10-03T04:05:06")
    #expect(try fixture.refusal(noZone, name: "cursor.csv").contains("row 2: `Date` has no time zone"))
    let reading = try fixture.read(event(timestamp: #""1791000306789000000""#) + "\n")
    #expect(reading.rejected.map(\.reason) == ["`timestamp` is not a time in milliseconds since 1970"])
  }

  @Test("the older export, which counts requests in place of a cost, is read too")
  func older() throws {
    let text = (heading + row(cost: "1")).replacing(",Cost\n", with: ",Requests\n")
    let reading = try fixture.read(text, name: "cursor.csv")
    #expect(reading.usages.map(\.statedCost) == [nil])
    #expect(reading.notRead == ["Requests": 1])
  }
}
