import Store
import TestKit
import Testing

@Suite("What the schedule did, and what was posted")
struct JobRowsTests {
  private func row(_ job: String, _ occurrence: String, _ state: JobRow.State) -> JobRow {
    JobRow(
      job: job, occurrence: occurrence, due: 5, state: state, attempts: 2, started: 6, ended: 7, detail: "why"
    )
  }

  @Test("a job has one row, the last", arguments: Backing.allCases) func jobs(backing: Backing) throws {
    let folder = try TestFolder()
    let store = try Store(backing.location(in: folder))
    #expect(try store.jobs() == [])
    try store.save(row("month", "2026-09", .done))
    try store.save(row("ingest", "2026-10-01", .running))
    try store.save(row("month", "2026-10", .givenUp))
    #expect(
      try store.jobs() == [row("ingest", "2026-10-01", .running), row("month", "2026-10", .givenUp)])
  }

  @Test("posts are listed, the newest first", arguments: Backing.allCases)
  func deliveries(backing: Backing) throws {
    let folder = try TestFolder()
    let store = try Store(backing.location(in: folder))
    let list = [
      Delivery(period: "2026-10", target: "b", state: .failed, payloadSHA256: "x", detail: "404", updated: 9),
      Delivery(
        period: "2026-10", target: "a", state: .unknown, payloadSHA256: "y", detail: "cut", updated: 8),
      Delivery(period: "2026-09", target: "a", state: .sent, payloadSHA256: "z", detail: "", updated: 3),
    ]
    for one in list.reversed() { try store.save(one) }
    #expect(try store.deliveries() == list)
  }
}
