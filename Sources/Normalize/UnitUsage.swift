internal import JSON
internal import Ledger

/// Models that are billed by what they did, not by tokens: rankings by search units (Cohere API reference,
/// `meta.billed_units`), documents by pages (Mistral API reference, `OCRUsageInfo`). Tokens count where they are said.
func normalizeUnits(_ usage: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(usage, UnitField.known, &result)
  result.counts[.query] = try fields.count(first: .searchUnits, .searchUnitsTop) ?? 0
  result.counts[.page] = try fields.count(.pages) ?? 0
  let total = try fields.count(.total)
  let input = try fields.count(first: .input, .prompt)
  let output = try fields.count(.output) ?? 0
  result.counts[.input] = input ?? total ?? 0
  result.counts[.output] = output
  result.check(total: total, is: (input ?? total ?? 0) + output)
}

enum UnitField: Int, CaseIterable {
  case searchUnits, searchUnitsTop, pages, input, prompt, output, total

  static let known = KnownFields<UnitField>(
    read: [
      "billed_units.search_units": .searchUnits,
      "search_units": .searchUnitsTop,
      "pages_processed": .pages,
      "billed_units.input_tokens": .input,
      "billed_units.output_tokens": .output,
      "prompt_tokens": .prompt,
      "total_tokens": .total,
    ],
    left: [
      "tokens": "what the model saw; `billed_units` is what is billed",
      "doc_size_bytes": "pages are billed, not bytes",
    ])
}
