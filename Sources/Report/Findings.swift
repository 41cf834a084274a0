import Ledger

/// In: the books. Out: what a person should look at, most important first, with what to do about each.
struct Finding {
  /// Figures and this program's own words only: no text from outside.
  var headline: String
  var advice: String
  /// Details, which may hold text from outside.
  var table: Table?
  /// Columns of the table that hold names.
  var codeColumns: Set<Int> = []
  /// Short word for a chat post.
  var short: String
}

enum Findings {
  enum Limit {
    /// What a person works through in a sitting; the rest stands in the workbook and in run.json.
    static let rowsMax = 20
  }

  static func list(_ books: Books) -> [Finding] {
    [
      failedChecks(books), unpriced(books), interrupted(books), rejected(books), holes(books),
      unknownCorrections(books), unknownFields(books), mismatches(books), estimated(books),
      unattributed(books), statedCosts(books), statedDays(books), statedUsage(books),
    ].compactMap { $0 }
  }

  private static func failedChecks(_ books: Books) -> Finding? {
    let failed = books.checks.filter { !$0.passed }
    guard !failed.isEmpty else { return nil }
    return Finding(
      headline: "\(counted(failed.count, "check")) of the books did not pass",
      advice:
        "A law that these figures should keep does not hold. Look at both sides before charging anybody.",
      table: Table(
        columns: [.init("Check", .text), .init("Both sides", .text)],
        rows: failed.map { [.text($0.name), .text($0.detail)] }),
      short: "\(counted(failed.count, "check")) not passed")
  }

  private static func unpriced(_ books: Books) -> Finding? {
    let requests = books.whole(books.totalCounts.unpricedRequests)
    guard requests > 0 || !books.unpriced.isEmpty else { return nil }
    return Finding(
      headline: requests > 0
        ? "\(counted(requests, "request")) used something that has no price"
        : "Something was used that has no price",
      advice: "Their cost is missing from the total. Import a price book that covers these models, then run "
        + "the report again.",
      table: unpricedTable(books, rowsMax: Limit.rowsMax), codeColumns: [0, 1],
      short: requests > 0 ? "\(counted(requests, "request")) without a price" : "usage without a price")
  }

  static func unpricedTable(_ books: Books, rowsMax: Int) -> Table {
    Table(
      columns: [
        .init("Model", .text), .init("Provider", .text), .init("Tier", .text), .init("Requests", .count),
        .init("Used without a price", .text), .init("Why", .text),
      ],
      rows: books.unpriced.prefix(rowsMax).map { item in
        [
          .text(item.model.isEmpty ? "unknown" : item.model), .text(item.provider), .text(item.serviceTier),
          .count(item.requests), .text(amounts(item.counts)), .text(item.reason),
        ]
      })
  }

  /// `input 12,000, output 340`.
  static func amounts(_ counts: TokenCounts) -> String {
    counts.used.map { meter, count in
      "\(meter.name.split(separator: "_").joined(separator: " ")) \(CellText.grouped(String(count)))"
    }.joined(separator: ", ")
  }

  private static func interrupted(_ books: Books) -> Finding? {
    let requests = books.whole(books.totalCounts.interruptedRequests)
    guard requests > 0 else { return nil }
    let table = Table(
      columns: [.init("Product", .text), .init("Model", .text), .init("Interrupted", .count)],
      rows: interruptedRows(books))
    return Finding(
      headline: "\(counted(requests, "request")) began and never ended",
      advice: "The vendor may bill them, so their cost is unknown, not nothing. If their end is read "
        + "later, it replaces this; otherwise compare with the vendor's bill.",
      table: table, codeColumns: [1], short: "\(counted(requests, "request")) interrupted")
  }

  private static func interruptedRows(_ books: Books) -> [[Table.Cell]] {
    let printed = PrintedCounts.forPeople(books)
    let rows = books.rows.indices.filter { books.rows[$0].counts.interruptedRequests != 0 }
    return rows.prefix(Limit.rowsMax).map { index in
      let row = books.rows[index]
      return [
        .text(books.products[row.product].name), .text(row.model.isEmpty ? "unknown" : row.model),
        Books.countCell(printed[.interruptedRequests, row: index]),
      ]
    }
  }

  private static func rejected(_ books: Books) -> Finding? {
    guard books.rejectedRead > 0 else { return nil }
    return Finding(
      headline: "\(counted(books.rejectedRead, "line")) of the raw logs could not be read",
      advice: "What they would have cost is not in the total. Look at each place, mend the line or accept "
        + "the loss, and ingest again.",
      table: rejectedTable(books, rowsMax: Limit.rowsMax), codeColumns: [0],
      short: "\(counted(books.rejectedRead, "line")) rejected")
  }

  /// Places and reasons; a line's own text stays out, because it may hold a piece of a prompt.
  static func rejectedTable(_ books: Books, rowsMax: Int) -> Table {
    Table(
      columns: [.init("File", .text), .init("Line", .count), .init("Why", .text)],
      rows: books.rejections.prefix(rowsMax).map { item in
        [.text(item.place.file), .count(item.place.line), .text(item.reason)]
      })
  }

  private static func holes(_ books: Books) -> Finding? {
    guard !books.holes.isEmpty else { return nil }
    let missing = books.holes.reduce(Int64(0)) { $0 + $1.last - $1.first + 1 }
    return Finding(
      headline: "\(counted(missing, "line")) of the raw logs \(missing == 1 ? "is" : "are") missing",
      advice: "A writer's numbers have no gaps, so these lines were written and lost: look for a segment "
        + "that was not copied, and ingest it.",
      table: holesTable(books, rowsMax: Limit.rowsMax), codeColumns: [0],
      short: "\(counted(missing, "line")) missing")
  }

  static func holesTable(_ books: Books, rowsMax: Int) -> Table {
    Table(
      columns: [
        .init("Writer", .text), .init("First missing", .count), .init("Last missing", .count),
        .init("Lines", .count),
      ],
      rows: books.holes.prefix(rowsMax).map { hole in
        [.text(hole.writer), .count(hole.first), .count(hole.last), .count(hole.last - hole.first + 1)]
      })
  }

  private static func estimated(_ books: Books) -> Finding? {
    guard books.estimatedRequests > 0 else { return nil }
    return Finding(
      headline: "\(counted(books.estimatedRequests, "request")) had to be estimated",
      advice: "The vendor's own counts never came or did not fit together. The cost is close, not exact: "
        + "allow for it when comparing with the vendor's bill.",
      short: "\(counted(books.estimatedRequests, "request")) estimated")
  }

  private static func unknownFields(_ books: Books) -> Finding? {
    guard !books.unknownFields.isEmpty else { return nil }
    let count = counted(books.unknownFields.count, "field")
    let atLeast = books.hasMoreUnknownFields ? "at least \(count)" : count
    return Finding(
      headline: "Vendors counted something in \(atLeast) that this program does not know",
      advice: "If a vendor charges for it, its cost is missing from the total. Look at each place, and see "
        + "whether a newer version of this program reads it.",
      table: Table(
        columns: [
          .init("Endpoint", .text), .init("Field", .text), .init("Answers", .count), .init("First in", .text),
          .init("Line", .count),
        ],
        rows: books.unknownFields.prefix(Limit.rowsMax).map { field in
          [
            .text(field.endpoint), .text(field.path), .count(field.answers), .text(field.first.file),
            .count(field.first.line),
          ]
        }), codeColumns: [0, 1, 3], short: "\(atLeast) of usage unknown")
  }

  private static func mismatches(_ books: Books) -> Finding? {
    let answers = books.mismatches.reduce(Int64(0)) { $0 + $1.answers }
    guard answers > 0 else { return nil }
    return Finding(
      headline: "\(counted(answers, "answer")) \(answers == 1 ? "has" : "have") a total that is not the sum "
        + "of its counts",
      advice: "The vendor's own figures contradict each other. Where the total is larger in OpenAI's shape, "
        + "the rest was hidden output and is priced; elsewhere the single counts are. Compare with the "
        + "vendor's bill.",
      table: Table(
        columns: [
          .init("Endpoint", .text), .init("Answers", .count), .init("First in", .text), .init("Line", .count),
        ],
        rows: books.mismatches.prefix(Limit.rowsMax).map { item in
          [.text(item.endpoint), .count(item.answers), .text(item.first.file), .count(item.first.line)]
        }), codeColumns: [0, 2], short: "\(counted(answers, "total")) not matching")
  }

  private static func unattributed(_ books: Books) -> Finding? {
    let cost = books.unattributedCost
    let requests = books.counts(ofProduct: books.unattributedIndex).requests
    guard cost != .zero || requests != 0 else { return nil }
    // What is small here still shows: it is a rule that is missing, however little it cost so far.
    let digits = max(books.productDigits, PrintedMoney.digits(for: [cost]))
    let amount = CellText.dollars(cost, digits: digits)
    let shares = PrintedMoney.shares(books.productCosts, of: books.totalCost)
    let points = shares?[books.unattributedIndex] ?? 0
    let percent = decimalText(Int128(points), fractionDigits: 2, trimmed: false)
    let part = points > 0 ? ", \(percent)% of the total," : ""
    return Finding(
      headline: "\(amount)\(part) belongs to no product",
      advice: "No attribution rule matched. Add a rule for the key, team or tag that sent it, and run the "
        + "report again.",
      short: "\(amount) unattributed")
  }

  private static func unknownCorrections(_ books: Books) -> Finding? {
    guard books.adjustments.bringUnknownCost else { return nil }
    return Finding(
      headline: "A closed period was corrected by something that has no price",
      advice:
        "Its cost was known, or there was none, and now a part is unknown: see the adjustments that are "
        + "partial or unpriced. Once there is a price, decide on it with tollbook reprice.",
      short: "a correction without a price")
  }

  static func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(CellText.grouped(String(count))) \(noun)\(count == 1 ? "" : "s")"
  }
}
