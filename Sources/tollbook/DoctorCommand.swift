internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price
internal import Report
internal import Store

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look at all that a run depends on: disk, clock, log, store, prices, rules.",
    discussion:
      "Exit code 0 when all is fine, 3 when there is something to look at, 1 when something is broken.")
  @OptionGroup var common: CommonOptions

  mutating func run() throws {
    let settings = try Settings(common)
    let now = Settings.now()
    let doctor = Doctor(
      rawLogs: settings.rawLogs, reports: settings.reports, now: now)
    var findings = doctor.lookAtDisk()
    findings.append(rules(settings))
    findings += look("costs") { try costs(settings, now) }
    if try settings.storeIsThere() {
      findings += look("store") {
        let store = try settings.openStore()
        var inUse = settings.calendar.lastFinishedMonth(now: now)
        inUse.end = max(inUse.end, now)
        return try doctor.look(at: store)
          + look("prices") {
            doctor.look(
              at: try PriceCheck(
                store, inUse, prices: try settings.priceBook(version: nil, knownAt: nil), other: nil, now: now
              ))
          }
      }
    } else {
      findings.append(
        Finding(
          "store", .look, "\(try settings.storeName()) is not there yet", remedy: "tollbook ingest makes it"))
    }
    if common.json { printJSON(findings) } else { printText(findings) }
    switch findings.map(\.state).max() ?? .fine {
    case .fine: break
    case .look: throw ExitCode(3)
    case .broken: throw ExitCode(1)
    }
  }

  /// What cannot be looked at is broken, and the others are looked at.
  private func look(_ subject: String, _ body: () throws -> [Finding]) -> [Finding] {
    do {
      return try body()
    } catch {
      return [Finding(subject, .broken, "\(error)", remedy: "mend it, and ask again")]
    }
  }

  private func rules(_ settings: Settings) -> Finding {
    guard let path = settings.attribution else {
      return Finding(
        "rules", .look, "no attribution rules: all cost is unattributed",
        remedy: "write attribution.yaml, see docs/attribution.md")
    }
    do {
      let version = try settings.rules().version
      return Finding("rules", .fine, "\(path), version \(version.prefix(12))")
    } catch {
      return Finding("rules", .broken, "\(error)", remedy: "mend the line it names")
    }
  }

  /// The costs file, and whether last month has a rate.
  private func costs(_ settings: Settings, _ now: Int64) throws -> [Finding] {
    var findings: [Finding] = []
    if let path = settings.costsFile {
      let version = try settings.costs(try settings.rules().rules).version
      findings.append(Finding("costs", .fine, "\(path), version \(version.prefix(12))"))
    }
    guard settings.currency != "USD", let path = settings.ratesFile else { return findings }
    let rates = try settings.exchangeRates()
    let month = settings.calendar.lastFinishedMonth(now: now).label
    if let rate = rates[settings.currency, month: month] {
      findings.append(
        Finding(
          "costs", .fine, "\(path): \(rate.text) \(settings.currency) per USD in \(month), \(rate.source)"))
    } else {
      findings.append(
        Finding(
          "costs", .look, "\(path) has no \(settings.currency) rate for \(month)",
          remedy: "add it with its source and date, or that month is reported in US dollars alone"))
    }
    return findings
  }

  private func printText(_ findings: [Finding]) {
    var subject = ""
    for finding in findings {
      let mark =
        switch finding.state {
        case .fine: painted("ok", 32)
        case .look: painted("look", 33)
        case .broken: painted("BROKEN", 31)
        }
      let name = finding.subject == subject ? "" : finding.subject
      subject = finding.subject
      Terminal.print(
        PlainText.padded(name, columns: 10, right: false) + mark + "  " + PlainText.oneLine(finding.text))
      if !finding.remedy.isEmpty {
        Terminal.print(String(repeating: " ", count: 18) + "→ " + PlainText.oneLine(finding.remedy))
      }
    }
  }

  private func painted(_ word: String, _ color: Int) -> String {
    let padded = PlainText.padded(word, columns: 6, right: false)
    return Terminal.color ? "\u{1B}[\(color)m\(padded)\u{1B}[0m" : padded
  }

  private func printJSON(_ findings: [Finding]) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("state", (findings.map(\.state).max() ?? .fine).rawValue)
      writer.member(
        "findings",
        array: { writer in
          for finding in findings {
            writer.object { writer in
              writer.member("subject", finding.subject)
              writer.member("state", finding.state.rawValue)
              writer.member("text", finding.text)
              writer.member("remedy", finding.remedy.isEmpty ? nil : finding.remedy)
            }
          }
        })
    }
    Terminal.print(writer.text)
  }
}
