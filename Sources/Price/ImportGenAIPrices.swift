internal import JSON
internal import Ledger

/// Reads the price data of genai-prices (`data.json` of pydantic/genai-prices): vendors and their models,
/// each with sets of prices that hold from a day on or during hours of the day, and prices of further
/// conditions.
///
/// What only its program says becomes rows too: a longer cache lifetime without a price costs what writing
/// costs, and a vendor that sells another's models sells them at that vendor's prices.
/// - Throws: `PriceError` for a text that is not such data.
public func importGenAIPrices(_ text: [UInt8], name: String) throws(PriceError) -> PriceImport {
  let tape = JSONTape()
  let root: JSONValue
  do throws(JSONError) {
    root = try tape.parse(text)
  } catch {
    throw PriceError(place: name, problem: "not JSON: \(error)")
  }
  var reader = GenAIReader(place: name)
  var vendors: [GenAIVendor] = []
  for element in root.elements { vendors.append(try reader.vendor(element)) }
  var book = GenAIBook(result: reader.result)
  for vendor in vendors {
    for word in GenAIBook.words(vendor.id) { book.add(vendor, word, vendors) }
  }
  guard !book.result.rows.isEmpty else {
    throw PriceError(place: name, problem: "no model with a price in it; is it genai-prices' data.json?")
  }
  return book.result
}

struct GenAIVendor {
  var id: String
  /// Vendors whose models this one sells at their prices.
  var others: [String]
  var models: [GenAIModel]
}

struct GenAIModel {
  var id: String
  var names: [GenAIName]
  var sets: [GenAISet]
  var variants: [GenAIVariant]
}

/// Gathers the rows, each once.
private struct GenAIBook {
  var result: PriceImport
  private var seen: Set<PriceRow.Identity> = []

  init(result: PriceImport) { self.result = result }

  /// The raw log's words for a vendor. Google's prices hold at both of its services.
  static func words(_ id: String) -> [String] {
    switch id {
    case "aws": ["bedrock"]
    case "google": ["gemini", "vertex"]
    default: [id]
    }
  }

  /// Google's other service sells its own models alone.
  private func isSold(_ model: GenAIModel, at word: String) -> Bool {
    word != "gemini" || !model.id.hasPrefix("claude")
  }

  mutating func add(_ vendor: GenAIVendor, _ word: String, _ vendors: [GenAIVendor]) {
    let own = vendor.models.filter { isSold($0, at: word) }
    for model in own {
      result.models += 1
      for row in GenAITimeline(model).rows(provider: word) { add(row) }
    }
    // After all prices: a name that has some of its own is no other name.
    let priced = Set(own.map(\.id))
    for model in own {
      for name in model.names where name.text != model.id && !priced.contains(name.text) {
        add(alias(name.text, of: model, word))
      }
    }
    for other in vendor.others.compactMap({ id in vendors.first { $0.id == id } }) {
      for model in other.models where isSold(model, at: word) {
        guard !own.contains(where: { $0.answers(to: model.id) }) else { continue }
        result.models += 1
        for row in GenAITimeline(model.withoutVariants).rows(provider: word) { add(row) }
        for name in model.names where name.text != model.id {
          if own.contains(where: { $0.answers(to: name.text) }) { continue }
          add(alias(name.text, of: model, word))
        }
      }
    }
  }

  private func alias(_ name: String, of model: GenAIModel, _ word: String) -> PriceRow {
    PriceRow(provider: word, model: name, serviceTier: "*", item: .alias(of: model.id))
  }

  private mutating func add(_ row: PriceRow) {
    if seen.insert(row.identity).inserted { result.rows.append(row) }
  }
}

extension GenAIModel {
  fileprivate func answers(to name: String) -> Bool {
    let name = name.lowercased()
    return names.contains { $0.pattern.matches(name) }
  }

  /// Their conditions are those of the vendor that made the model.
  fileprivate var withoutVariants: GenAIModel {
    var model = self
    model.variants = []
    return model
  }
}
