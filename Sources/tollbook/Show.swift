internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Report

/// What commands say to a person.
enum Show {
  static func ingested(_ summary: IngestSummary) {
    var text =
      "read \(summary.lines) new lines in \(summary.files) files: \(summary.usages) usages, "
      + "\(summary.duplicates) duplicates, \(summary.rejected) rejected, \(summary.control) control"
    if summary.interrupted > 0 { text += "; \(summary.interrupted) requests have no end yet" }
    Terminal.say(text)
    for file in Set(summary.notRead.map(\.file)).sorted() {
      let columns = summary.notRead.filter { $0.file == file }.map { "\($0.column) (\($0.rows) rows)" }
      Terminal.say("\(file): not read: \(columns.joined(separator: ", "))")
    }
  }

  static func json(_ summary: IngestSummary) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("files", summary.files)
      writer.member("lines", summary.lines)
      writer.member("usages", summary.usages)
      writer.member("duplicates", summary.duplicates)
      writer.member("rejected", summary.rejected)
      writer.member("control", summary.control)
      writer.member("interrupted", summary.interrupted)
      writer.name("problems")
      writer.array { writer in
        for problem in summary.problems { writer.string(problem) }
      }
      writer.name("not_read")
      writer.array { writer in
        for column in summary.notRead {
          writer.object { writer in
            writer.member("file", column.file)
            writer.member("column", column.column)
            writer.member("rows", column.rows)
          }
        }
      }
    }
    return writer.text
  }

  static func post(_ target: String, _ period: String, _ result: PostResult) {
    switch result {
    case .sent: Terminal.say("posted to \(target)")
    case .alreadySent: Terminal.say("\(target): posted before, not repeated")
    case .unknown(let detail):
      Terminal.say(
        "\(target): delivery unknown (\(detail)); look whether it arrived in the channel, and if not, "
          + "repeat it with: tollbook post --period \(period) --to \(target) --again")
    case .failed(let detail): Terminal.say("\(target): not posted: \(detail)")
    }
  }

  /// The answer first: what each product cost, then what to look at, then where the files are.
  static func books(_ books: Books, folder: String, files: [String]) {
    // The terminal speaks English throughout.
    var books = books
    books.language = .en
    Terminal.print("\(books.periodName) (\(books.period.zone))\n")
    Terminal.print(TerminalTable.text(books.productsTable, color: Terminal.color))
    if let line = books.currencySentence { Terminal.print(line) }
    if let line = books.adjustmentsSentence { Terminal.print(line) }
    for line in books.changeLines { Terminal.print(line) }
    for line in attention(books) { Terminal.print("! " + line) }
    Terminal.print("files in \(folder): \(files.joined(separator: ", "))")
  }

  private static func attention(_ books: Books) -> [String] {
    var lines: [String] = []
    let counts = books.totalCounts
    if !books.unpriced.isEmpty {
      let models = Set(books.unpriced.map { $0.model.isEmpty ? "(no model)" : $0.model }).sorted()
      lines.append(
        (counts.unpricedRequests > 0
          ? "\(books.whole(counts.unpricedRequests)) requests have no price, or not for all they used: "
          : "something has no price: ") + models.joined(separator: ", ")
      )
    }
    if counts.interruptedRequests > 0 {
      lines.append(
        "\(books.whole(counts.interruptedRequests)) requests were interrupted: their cost is unknown")
    }
    if books.estimatedRequests > 0 { lines.append("\(books.estimatedRequests) requests were estimated") }
    if books.rejectedRead > 0 {
      lines.append(
        "\(books.rejectedRead) lines were rejected, the first: \(books.rejections.first.map { "\($0.place.file):\($0.place.line): \($0.reason)" } ?? "")"
      )
    }
    if !books.holes.isEmpty { lines.append("\(books.holes.count) holes: lines of the raw log are missing") }
    let unknown = books.costs.count { $0.amount == nil }
    if unknown > 0 { lines.append("\(unknown) fixed costs are in a currency without a rate for their month") }
    if books.adjustments.bringUnknownCost {
      lines.append("a closed period was corrected by something that has no price: see adjustments.csv")
    }
    for check in books.checks where !check.passed {
      lines.append("check failed: \(check.name): \(check.detail)")
    }
    return lines
  }
}
