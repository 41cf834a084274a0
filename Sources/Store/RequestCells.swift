internal import JSON
internal import Ledger

/// The cells of a request's row that are JSON: written for the store, and read back.

/// The order of outcomes in the store: never changed, only added to.
private let outcomes: [Outcome] = [
  .ok, .vendorError, .clientError, .refused, .clientGone, .streamBroken, .interrupted,
]

extension Outcome {
  var storeNumber: Int64 {
    switch self {
    case .ok: 0
    case .vendorError: 1
    case .clientError: 2
    case .refused: 3
    case .clientGone: 4
    case .streamBroken: 5
    case .interrupted: 6
    }
  }

  init(storeNumber: Int64) throws(StoreError) {
    guard storeNumber >= 0, storeNumber < outcomes.count else {
      throw StoreError("an outcome's number is unknown: the store is damaged")
    }
    self = outcomes[Int(storeNumber)]
  }
}

/// Meters with a column of their own, in its order.
let columnMeters: [Meter] = [.input, .cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h, .output]

private let columnMeterSet = columnMeters.reduce(MeterSet()) { $0.union(.of($1)) }

func otherMeters(_ counts: TokenCounts) -> String? {
  let others = counts.usedMeters.subtracting(columnMeterSet)
  guard !others.isEmpty else { return nil }
  var writer = JSONWriter()
  writer.object { writer in
    for meter in others.meters { writer.member(meter.name, counts[meter]) }
  }
  return writer.text
}

func readMeters(_ text: String, into counts: inout TokenCounts) throws(StoreError) {
  do throws(JSONError) {
    for (name, value) in try JSONTape().parse(text).members {
      guard let meter = name.string.flatMap(Meter.init(name:)), let count = value.wholeNumber else {
        continue
      }
      counts[meter] = count
    }
  } catch {
    throw StoreError("meters are not JSON: the store is damaged")
  }
}

func otherModels(_ models: [Usage.OtherModel]) -> String? {
  guard !models.isEmpty else { return nil }
  var writer = JSONWriter()
  writer.array { writer in
    for other in models {
      writer.object { writer in
        writer.member("model", other.model)
        writer.member("reasoning", other.counts.reasoning)
        for (meter, count) in other.counts.used { writer.member(meter.name, count) }
      }
    }
  }
  return writer.text
}

func readModels(_ text: String) throws(StoreError) -> [Usage.OtherModel] {
  do throws(JSONError) {
    return try JSONTape().parse(text).elements.map { element in
      var counts = TokenCounts()
      for (name, value) in element.members {
        guard let meter = name.string.flatMap(Meter.init(name:)) else { continue }
        counts[meter] = value.wholeNumber ?? 0
      }
      counts.reasoning = element["reasoning"]?.wholeNumber ?? 0
      return Usage.OtherModel(model: kept(element["model"]?.string ?? ""), counts: counts)
    }
  } catch {
    throw StoreError("models are not JSON: the store is damaged")
  }
}

func unknownFields(_ fields: [String]) -> String? {
  guard !fields.isEmpty else { return nil }
  var writer = JSONWriter()
  writer.array { writer in
    for field in fields { writer.string(field) }
  }
  return writer.text
}

func readFields(_ text: String) throws(StoreError) -> [String] {
  do throws(JSONError) {
    return try JSONTape().parse(text).elements.compactMap(\.string)
  } catch {
    throw StoreError("unknown fields are not JSON: the store is damaged")
  }
}
