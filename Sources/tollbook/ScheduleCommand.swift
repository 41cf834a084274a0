internal import ArgumentParser
internal import JSON
internal import Ledger
internal import Pipeline
internal import Report
internal import Store

struct ScheduleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule",
    abstract: "Do by itself what is due: the daily ingest, the month-end run, the weekly run.",
    discussion: """
      It runs in the foreground until SIGTERM, and says what it does on stderr, a JSON object a line. What was done is \
      in the store: a restart repeats nothing, and makes up once for what was missed.
      """)
  @OptionGroup var common: CommonOptions
  @Flag(help: "Do what is due now, and end: for a timer of the system.")
  var once = false
  @Flag(help: "Show what is done when, and what happened last.")
  var list = false

  mutating func run() async throws {
    let settings = try Settings(common)
    let schedule = Schedule(settings.file.schedule, settings.calendar)
    if list { return try show(schedule, try settings.openStore().jobs()) }
    guard !once else {
      switch await Scheduler(schedule, try Self.world(settings)).runDue() {
      case .nothing, .done: return
      case .failed, .busy: throw ExitCode(1)
      }
    }
    let stop = StopSignal()
    let requests = stop.requests
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in requests { break } }
      group.addTask { await Scheduler(schedule, try Self.world(settings)).run() }
      // Whichever ends first ends the other: a post that has begun is finished before.
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
    withExtendedLifetime(stop) {}
  }

  private static func world(_ settings: Settings) throws -> Scheduler.World {
    let posts = try settings.postTargets()
    return Scheduler.World(
      now: Settings.now, wait: ChatSending.sleep,
      lock: { job in try settings.lock("schedule (\(job))") }, store: { try settings.openStore() },
      run: { try settings.makeRun(pricesVersion: nil, knownAt: nil, posts: posts, notice: log(notice:)) },
      posts: posts, language: settings.language, log: log(_:))
  }

  private static func log(notice text: String) { write("notice", [("text", text)]) }

  private static func log(_ event: ScheduleEvent) { write(event.name, event.facts) }

  private static func write(_ event: String, _ facts: [(name: String, value: String)]) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("time", Timestamp.text(Settings.now()))
      writer.member("event", event)
      for fact in facts { writer.member(fact.name, PlainText.oneLine(fact.value, max: 1000)) }
    }
    Terminal.say(writer.text)
  }

  // MARK: - What is done when

  private func show(_ schedule: Schedule, _ rows: [JobRow]) throws {
    let now = Settings.now()
    let lines = ScheduledJob.allCases.map { job in
      Line(
        job: job, next: schedule.next(job, at: now),
        due: schedule.due(job, at: now, rows.first { $0.job == job.rawValue }),
        row: rows.first { $0.job == job.rawValue })
    }
    guard !common.json else { return Terminal.print(json(lines, schedule.calendar) + "\n") }
    let clock = schedule.calendar.clockText
    let table = Table(
      columns: [
        .init("job", .text), .init("next (\(schedule.calendar.zone))", .text), .init("due now", .text),
        .init("last", .text), .init("state", .text), .init("attempts", .text), .init("ended", .text),
        .init("detail", .text),
      ],
      rows: lines.map { line in
        [
          .text(line.job.rawValue), .text(line.next.map { clock($0.at) } ?? "off"),
          .text(line.due?.label ?? ""), .text(line.row?.occurrence ?? ""),
          .text(line.row?.state.rawValue ?? ""), .text(line.row.map { "\($0.attempts)" } ?? ""),
          .text(line.row.map { clock($0.ended) } ?? ""), .text(line.row?.detail ?? ""),
        ]
      })
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
  }

  private struct Line {
    var job: ScheduledJob
    var next: Schedule.Occurrence?
    var due: Schedule.Occurrence?
    var row: JobRow?
  }

  private func json(_ lines: [Line], _ calendar: BookCalendar) -> String {
    var writer = JSONWriter(indent: 2)
    writer.array { writer in
      for line in lines {
        writer.object { writer in
          writer.member("job", line.job.rawValue)
          writer.member("next", line.next.map { Timestamp.text($0.at) })
          writer.member("next_of", line.next?.label)
          writer.member("due_now", line.due?.label)
          writer.member("last", line.row?.occurrence)
          writer.member("state", line.row?.state.rawValue)
          writer.member("attempts", line.row?.attempts)
          writer.member("ended", line.row.map { Timestamp.text($0.ended) })
          writer.member("detail", line.row?.detail)
        }
      }
    }
    return writer.text
  }
}
