internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price

/// Prices usages that are asked, not logged: one JSON object a line in, one a line out.
struct QuoteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quote",
    abstract: "Price usages from a file or standard input, one JSON object a line.",
    discussion: """
      In:  {"provider":"anthropic","model":"claude-sonnet-4-5","region":null,"service_tier":"batch",
            "facts":{"inference_geo":"us"},"at":"2026-10-01T00:00:00Z",
            "counts":{"input":812,"cache_read":11200,"output":344,"reasoning":100}}
      Out: {"usd":"0.010956","unpriced":null,"match":"…","lines":[{"meter":"input","count":812, …}]}
      Only provider, model and counts are needed; at is now where it is absent. The counts are disjoint.
      """)
  @OptionGroup var common: CommonOptions
  @Argument(help: "The file; - is standard input.")
  var file = "-"
  @Option(help: "Price with this version, not the last published one.")
  var pricesVersion: String?
  @Option(help: "Price with what was published by this time.")
  var knownAt: String?

  mutating func run() throws {
    let settings = try Settings(common)
    let book = try settings.priceBook(version: pricesVersion, knownAt: knownAt).book
    let input: Data?
    if file == "-" {
      input = try FileHandle.standardInput.readToEnd()
    } else {
      input = FileManager.default.contents(atPath: file)
      if input == nil { throw UsageError("\(file): cannot be read") }
    }
    let now = Settings.now()
    let tape = JSONTape()
    let name = file == "-" ? "standard input" : file
    var problems: [String] = []
    let pricer = Pricer(book: book)
    for (index, line) in (input ?? Data()).split(separator: 0x0A).enumerated() {
      do {
        Terminal.print(answer(try question(try tape.parse(Array(line)), now), pricer))
      } catch {
        problems.append("\(name):\(index + 1): \(error)")
        Terminal.print("{\"error\":\"not a question\"}")
      }
    }
    if !problems.isEmpty { throw RunError(problems: problems) }
  }

  private func question(_ value: JSONValue, _ now: Int64) throws -> Usage {
    guard value.isObject else { throw UsageError("not an object") }
    var usage = Usage(
      id: "", attempt: 1, final: true, time: now, place: .init(file: "", line: 0),
      facts: RequestFacts(
        provider: value.present("provider")?.string, region: value.present("region")?.string,
        modelReturned: value.present("model")?.string,
        serviceTier: value.present("service_tier")?.string),
      outcome: .ok)
    if let at = value.present("at") {
      guard let time = at.withStringBytes({ Timestamp.parse($0) }) ?? nil else {
        throw UsageError("`at` is not a time such as 2026-10-01T00:00:00Z")
      }
      usage.time = time
    }
    for (name, fact) in value.present("facts")?.members ?? [] {
      guard let name = name.string, let fact = fact.string else { throw UsageError("`facts` are texts") }
      usage.facts.priceFacts.append(.init(name: name, value: fact))
    }
    usage.facts.priceFacts.sort { $0.name < $1.name }
    for (name, count) in value.present("counts")?.members ?? [] {
      guard let name = name.string, let number = count.lenientWholeNumber, number >= 0, number <= 1 << 53
      else { throw UsageError("`counts` are whole numbers from 0 to 2^53") }
      if name == "reasoning" {
        usage.counts.reasoning = number
      } else if let meter = Meter(name: name) {
        usage.counts[meter] = number
      } else {
        throw UsageError("unknown meter \"\(name)\"")
      }
    }
    guard usage.counts.reasoning <= usage.counts[.output] else {
      throw UsageError("`reasoning` is a part of `output`, and cannot be more")
    }
    return usage
  }

  private func answer(_ usage: Usage, _ pricer: Pricer) -> String {
    let priced = pricer.explained(usage)
    let charge = priced.charges[0]
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("usd", charge.isUnpriced && !charge.hasPricedMeter ? nil : charge.total.description)
      writer.member("unpriced", charge.unpricedReason)
      writer.member("match", charge.match)
      writer.member(
        "lines",
        array: { writer in
          for line in priced.lines[0] {
            writer.object { writer in
              writer.member("meter", line.meter.name)
              writer.member("count", line.count)
              writer.member("rate_usd", line.rate?.description)
              writer.member("usd", line.rate.map { ($0 * line.count).description })
              writer.member("note", line.note)
            }
          }
        })
    }
    return writer.text
  }
}
