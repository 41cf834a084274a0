internal import JSON
internal import Ledger
internal import Report

/// What a report's `run.json` says it was made from.
struct RunRecord {
  struct Input: Hashable {
    var sha256: String
    var lines: Int64
  }

  var period: String
  var zone: String
  var language: Language
  var program: String
  var pricesVersion: String
  var rulesVersion: String
  var costsVersion: String
  /// Of a period that was not over: the day it was looked at.
  var asOf: String?
  /// By name.
  var inputs: [String: Input]
  var otherInputs: [Books.OtherInput]
  var settings: [Books.Setting]
  /// Of each closed period that is corrected: the digest of its inputs then.
  var corrected: [String: String]

  /// - Throws: `RunError`.
  init(_ bytes: [UInt8], path: String) throws {
    let json: JSONValue
    do {
      json = try JSONTape().parse(bytes)
    } catch {
      throw RunError(problems: ["\(path): is not JSON: \(error)"])
    }
    func text(_ value: JSONValue?, _ name: String) throws -> String {
      guard let text = value?.string else {
        throw RunError(problems: ["\(path): has no \(name): it is no run.json of this program"])
      }
      return text
    }
    period = try text(json["period"], "period")
    zone = try text(json["zone"], "zone")
    program = try text(json["program"], "program")
    pricesVersion = try text(json["prices"]?["version"], "prices.version")
    rulesVersion = try text(json["attribution"]?["version"], "attribution.version")
    costsVersion = json["costs"]?["version"]?.string ?? CostsSource.none.version
    asOf = json["as_of"]?.string
    // What the first version wrote had no language: it was English.
    language = json["language"]?.string.flatMap(Language.init(rawValue:)) ?? .en
    inputs = [:]
    for input in json["inputs"]?.elements ?? [] {
      inputs[try text(input["name"], "inputs.name")] = Input(
        sha256: try text(input["sha256"], "inputs.sha256"), lines: input["lines"]?.wholeNumber ?? 0)
    }
    otherInputs = try (json["other_inputs"]?.elements ?? []).map {
      Books.OtherInput(
        use: try text($0["use"], "other_inputs.use"), name: try text($0["name"], "other_inputs.name"),
        sha256: try text($0["sha256"], "other_inputs.sha256"))
    }
    settings = (json["settings"]?.members ?? []).map {
      Books.Setting($0.name.string ?? "", $0.value.string ?? "")
    }
    corrected = [:]
    for one in json["adjustments"]?["periods"]?.elements ?? [] {
      corrected[try text(one["period"], "adjustments.period")] = try text(
        one["inputs_sha256"], "adjustments.inputs_sha256")
    }
  }
}
