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
    [failedChecks(books)].compactMap { $0 } + CostFindings.list(books)
      + [
        unpriced(books), interrupted(books), rejected(books), holes(books),
        unknownCorrections(books), unknownFields(books), mismatches(books), estimated(books),
        unattributed(books), statedCosts(books), statedDays(books), statedUsage(books),
      ].compactMap { $0 }
  }

  /// In place of findings where there are none.
  static func nothing(_ language: Language) -> String {
    language(
      "Nothing: every line was read, every request has an exact price and a product.",
      "ありません。すべての行を読み取り、すべてのリクエストの費用とプロダクトが確定しています。")
  }

  private static func failedChecks(_ books: Books) -> Finding? {
    let failed = books.checks.filter { !$0.passed }
    guard !failed.isEmpty else { return nil }
    let language = books.language
    let count = language.counted(failed.count, "check", "件")
    return Finding(
      headline: language("\(count) of the books did not pass", "帳簿の検算が\(count)合いません"),
      advice: language(
        "A law that these figures should keep does not hold. Look at both sides before charging anybody.",
        "成り立つべき等式が成り立っていません。配賦する前に両辺を確認してください。"),
      table: Table(
        columns: [.init(language("Check", "検算"), .text), .init(language("Both sides", "両辺"), .text)],
        rows: failed.map { [.text($0.name(in: language)), .text($0.detail(in: language))] }),
      short: language("\(count) not passed", "検算の不一致\(count)"))
  }

  private static func unpriced(_ books: Books) -> Finding? {
    let requests = books.whole(books.totalCounts.unpricedRequests)
    guard requests > 0 || !books.unpriced.isEmpty else { return nil }
    let language = books.language
    let count = language.counted(requests, "request", "件")
    return Finding(
      headline: requests > 0
        ? language("\(count) used something that has no price", "\(count)のリクエストに単価のない利用があります")
        : language("Something was used that has no price", "単価のない利用があります"),
      advice: language(
        "Their cost is missing from the total. Import a price book that covers these models, then run "
          + "the report again.",
        "その費用は合計に含まれていません。これらのモデルを含む単価表を取り込み、レポートを作り直してください。"),
      table: unpricedTable(books, rowsMax: Limit.rowsMax), codeColumns: [0, 1],
      short: requests > 0
        ? language("\(count) without a price", "単価なし\(count)")
        : language("usage without a price", "単価のない利用あり"))
  }

  static func unpricedTable(_ books: Books, rowsMax: Int) -> Table {
    let language = books.language
    return Table(
      columns: [
        .init(language("Model", "モデル"), .text), .init(language("Provider", "ベンダー"), .text),
        .init(language("Tier", "ティア"), .text), .init(language("Requests", "リクエスト数"), .count),
        .init(language("Used without a price", "単価のない利用量"), .text), .init(language("Why", "理由"), .text),
      ],
      rows: books.unpriced.prefix(rowsMax).map { item in
        [
          .text(item.model.isEmpty ? language.unknown : item.model), .text(item.provider),
          .text(item.serviceTier), .count(item.requests), .text(amounts(item.counts, language)),
          .text(ReasonWords.text(item.reason, language)),
        ]
      })
  }

  /// `input 12,000, output 340`.
  static func amounts(_ counts: MeterSums, _ language: Language) -> String {
    counts.used.map { meter, count in
      "\(MeterWords.name(meter, language)) \(CellText.grouped(String(count)))"
    }.joined(separator: language(", ", "、"))
  }

  private static func interrupted(_ books: Books) -> Finding? {
    let requests = books.whole(books.totalCounts.interruptedRequests)
    guard requests > 0 else { return nil }
    let language = books.language
    let count = language.counted(requests, "request", "件")
    return Finding(
      headline: language("\(count) began and never ended", "\(count)のリクエストが開始後に終了していません"),
      advice: language(
        "The vendor may bill them, so their cost is unknown, not nothing. If their end is read "
          + "later, it replaces this; otherwise compare with the vendor's bill.",
        "ベンダーから請求される可能性があるため、費用はゼロではなく不明です。終了の記録が後から読まれれば置き換わります。"
          + "そうでなければベンダーの請求と照合してください。"),
      table: interruptedTable(books), codeColumns: [1],
      short: language("\(count) interrupted", "中断\(count)"))
  }

  private static func interruptedTable(_ books: Books) -> Table {
    let language = books.language
    let printed = PrintedCounts.forPeople(books)
    let rows = books.rows.indices.filter { books.rows[$0].counts.interruptedRequests != 0 }
    return Table(
      columns: [
        .init(language("Product", "プロダクト"), .text), .init(language("Model", "モデル"), .text),
        .init(language("Interrupted", "中断"), .count),
      ],
      rows: rows.prefix(Limit.rowsMax).map { index in
        let row = books.rows[index]
        return [
          .text(books.name(ofProduct: row.product)),
          .text(row.model.isEmpty ? language.unknown : row.model),
          Books.countCell(printed[.interruptedRequests, row: index]),
        ]
      })
  }

  private static func rejected(_ books: Books) -> Finding? {
    guard books.rejectedRead > 0 else { return nil }
    let language = books.language
    let count = language.counted(books.rejectedRead, "line", "行")
    return Finding(
      headline: language("\(count) of the raw logs could not be read", "生ログの\(count)を読み取れませんでした"),
      advice: language(
        "What they would have cost is not in the total. Look at each place, mend the line or accept "
          + "the loss, and ingest again.",
        "その費用は合計に含まれていません。該当箇所を確認し、行を直すか欠損を受け入れて、もう一度取り込んでください。"),
      table: rejectedTable(books, rowsMax: Limit.rowsMax), codeColumns: [0],
      short: language("\(count) rejected", "読み取り不可\(count)"))
  }

  /// Places and reasons; a line's own text stays out, because it may hold a piece of a prompt.
  static func rejectedTable(_ books: Books, rowsMax: Int) -> Table {
    let language = books.language
    return Table(
      columns: [
        .init(language("File", "ファイル"), .text), .init(language("Line", "行"), .count),
        .init(language("Why", "理由"), .text),
      ],
      rows: books.rejections.prefix(rowsMax).map { item in
        [
          .text(item.place.file), .count(item.place.line), .text(ReasonWords.text(item.reason, language)),
        ]
      })
  }

  private static func holes(_ books: Books) -> Finding? {
    guard !books.holes.isEmpty else { return nil }
    let missing = books.holes.reduce(Int64(0)) { $0 + $1.last - $1.first + 1 }
    let language = books.language
    let count = language.counted(missing, "line", "行")
    return Finding(
      headline: language(
        "\(count) of the raw logs \(missing == 1 ? "is" : "are") missing", "生ログの\(count)が欠けています"),
      advice: language(
        "A writer's numbers have no gaps, so these lines were written and lost: look for a segment "
          + "that was not copied, and ingest it.",
        "連番に欠けはないはずなので、書かれた後に失われた行です。コピーされていないログファイルを探して取り込んでください。"),
      table: holesTable(books, rowsMax: Limit.rowsMax), codeColumns: [0],
      short: language("\(count) missing", "欠落\(count)"))
  }

  static func holesTable(_ books: Books, rowsMax: Int) -> Table {
    let language = books.language
    return Table(
      columns: [
        .init(language("Writer", "書込元"), .text), .init(language("First missing", "欠落の先頭"), .count),
        .init(language("Last missing", "欠落の末尾"), .count), .init(language("Lines", "行数"), .count),
      ],
      rows: books.holes.prefix(rowsMax).map { hole in
        [.text(hole.writer), .count(hole.first), .count(hole.last), .count(hole.last - hole.first + 1)]
      })
  }

  private static func estimated(_ books: Books) -> Finding? {
    guard books.estimatedRequests > 0 else { return nil }
    let language = books.language
    let count = language.counted(books.estimatedRequests, "request", "件")
    return Finding(
      headline: language("\(count) had to be estimated", "\(count)のリクエストは推定値です"),
      advice: language(
        "The vendor's own counts never came or did not fit together. The cost is close, not exact: "
          + "allow for it when comparing with the vendor's bill.",
        "ベンダーの計数が届かなかったか、つじつまが合いませんでした。費用は近い値ですが確定ではありません。"
          + "ベンダーの請求と比べるときはその分を見込んでください。"),
      short: language("\(count) estimated", "推定\(count)"))
  }

  private static func unknownFields(_ books: Books) -> Finding? {
    guard !books.unknownFields.isEmpty else { return nil }
    let language = books.language
    let count = language.counted(books.unknownFields.count, "field", "項目")
    let atLeast = books.hasMoreUnknownFields ? language("at least \(count)", "少なくとも\(count)") : count
    return Finding(
      headline: language(
        "Vendors counted something in \(atLeast) that this program does not know",
        "ベンダーの計数に、このプログラムが知らない項目が\(atLeast)あります"),
      advice: language(
        "If a vendor charges for it, its cost is missing from the total. Look at each place, and see "
          + "whether a newer version of this program reads it.",
        "課金対象であれば、その費用は合計に含まれていません。該当箇所を確認し、新しいバージョンで読めるか調べてください。"),
      table: Table(
        columns: [
          .init(language("Endpoint", "エンドポイント"), .text), .init(language("Field", "項目"), .text),
          .init(language("Answers", "応答数"), .count), .init(language("First in", "最初の出現"), .text),
          .init(language("Line", "行"), .count),
        ],
        rows: books.unknownFields.prefix(Limit.rowsMax).map { field in
          [
            .text(field.endpoint), .text(field.path), .count(field.answers), .text(field.first.file),
            .count(field.first.line),
          ]
        }), codeColumns: [0, 1, 3],
      short: language("\(atLeast) of usage unknown", "未知の使用量\(atLeast)"))
  }

  private static func mismatches(_ books: Books) -> Finding? {
    let answers = books.mismatches.reduce(Int64(0)) { $0 + $1.answers }
    guard answers > 0 else { return nil }
    let language = books.language
    let count = language.counted(answers, "answer", "件")
    return Finding(
      headline: language(
        "\(count) \(answers == 1 ? "has" : "have") a total that is not the sum of its counts",
        "\(count)の応答で、合計が内訳の和と一致しません"),
      advice: language(
        "The vendor's own figures contradict each other. Where the total is larger in OpenAI's shape, "
          + "the rest was hidden output and is priced; elsewhere the single counts are. Compare with the "
          + "vendor's bill.",
        "ベンダー自身の数値が矛盾しています。OpenAI形式で合計のほうが大きい場合、差は表示されない出力として計算し、"
          + "それ以外は内訳で計算しています。ベンダーの請求と照合してください。"),
      table: Table(
        columns: [
          .init(language("Endpoint", "エンドポイント"), .text), .init(language("Answers", "応答数"), .count),
          .init(language("First in", "最初の出現"), .text), .init(language("Line", "行"), .count),
        ],
        rows: books.mismatches.prefix(Limit.rowsMax).map { item in
          [.text(item.endpoint), .count(item.answers), .text(item.first.file), .count(item.first.line)]
        }), codeColumns: [0, 2],
      short: language("\(language.counted(answers, "total", "件")) not matching", "合計の不一致\(count)"))
  }

  private static func unattributed(_ books: Books) -> Finding? {
    let cost = books.unattributedCost
    let requests = books.counts(ofProduct: books.unattributedIndex).requests
    if let spread = books.spreadCost {
      return CostFindings.spread(spread, digits: books.productDigits, books.language)
    }
    guard cost != .zero || requests != 0 else { return nil }
    // What is small here still shows: it is a rule that is missing, however little it cost so far.
    let digits = max(books.productDigits, PrintedMoney.digits(for: [cost]))
    let amount = CellText.dollars(cost, digits: digits)
    let shares = PrintedMoney.shares(books.productCosts, of: books.totalCost)
    let points = shares?[books.unattributedIndex] ?? 0
    let percent = decimalText(Int128(points), fractionDigits: 2, trimmed: false)
    let language = books.language
    let part = points > 0 ? language(", \(percent)% of the total,", "（合計の\(percent)%）") : ""
    return Finding(
      headline: language("\(amount)\(part) belongs to no product", "\(amount)\(part)はどのプロダクトにも配賦されていません"),
      advice: language(
        "No attribution rule matched. Add a rule for the key, team or tag that sent it, and run the "
          + "report again.",
        "該当する配賦ルールがありません。送信元のキー、チーム、タグのルールを追加し、レポートを作り直してください。"),
      short: language("\(amount) unattributed", "未配賦\(amount)"))
  }

  private static func unknownCorrections(_ books: Books) -> Finding? {
    guard books.adjustments.bringUnknownCost else { return nil }
    let language = books.language
    return Finding(
      headline: language(
        "A closed period was corrected by something that has no price", "締め済み期間の調整に単価のないものがあります"),
      advice: language(
        "Its cost was known, or there was none, and now a part is unknown: see the adjustments that are "
          + "partial or unpriced. Once there is a price, decide on it with tollbook reprice.",
        "以前は分かっていた（またはなかった）費用の一部が不明になりました。状態が「一部不明」「単価不明」の調整を確認し、"
          + "単価が決まったら tollbook reprice で確定してください。"),
      short: language("a correction without a price", "単価のない調整あり"))
  }
}
