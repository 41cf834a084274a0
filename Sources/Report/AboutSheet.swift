import Ledger

/// Where the figures come from and what the words mean.
enum AboutSheet {
  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let language = books.language
    let sheet = try WorkbookSheet(language("About", "この資料について"), of: books, in: file)
    sheet.title(
      language("About these figures", "この資料の数値について"),
      language("What they were made from, and what the words mean.", "何から作られたか、用語の意味。"))
    var row = 3
    row = pairs(language("Versions", "バージョン"), versions(books), sheet, row: row)
    row = checks(books, sheet, row: row)
    row = pairs(language("How to read this", "読み方"), words(language), sheet, row: row)
    inputs(books, sheet, row: row)
    sheet.minimumWidth(28, column: 0)
    sheet.minimumWidth(67, column: 6)  // a whole digest
    sheet.finish()
  }

  /// Without files and checks, whose figures are all products' together.
  static func writeForProduct(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let language = books.language
    let sheet = try WorkbookSheet(language("About", "この資料について"), of: books, in: file)
    sheet.title(
      language("About these figures", "この資料の数値について"),
      language(
        "One product's part of the books; files read and checks stand in the whole workbook.",
        "帳簿のうち1プロダクト分です。読み取ったファイルと検算は全体のブックにあります。"))
    let row = pairs(language("Versions", "バージョン"), versions(books), sheet, row: 3)
    _ = pairs(language("How to read this", "読み方"), words(language), sheet, row: row)
    sheet.minimumWidth(28, column: 0)
    sheet.finish()
  }

  private static func versions(_ books: Books) -> [(String, String)] {
    let language = books.language
    return [
      (
        language("Period", "期間"),
        language(
          "\(books.period.label), days of \(books.period.zone)",
          "\(books.periodName)（\(books.period.zone)の日付）")
      ),
      (language("From", "開始"), Timestamp.text(books.period.begin)),
      (language("Until, exclusive", "終了（この時刻を含まない）"), Timestamp.text(books.period.end)),
      (language("Prices", "単価表"), books.prices.version),
      (language("Prices from", "単価の出典"), books.prices.source),
      (language("Attribution rules", "配賦ルール"), books.attributionVersion),
      (language("Costs file", "固定費の定義"), books.costsVersion == "none" ? "" : books.costsVersion),
      (language("Exchange rate", "為替レート"), books.currencySentence ?? ""),
      (language("Program", "プログラム"), books.programVersion),
    ].filter { !$0.1.isEmpty }
  }

  private static func words(_ language: Language) -> [(String, String)] {
    func state(_ state: CostState, _ english: String, _ japanese: String) -> (String, String) {
      (state.word(language), language(english, japanese))
    }
    return [
      (
        language("Cost", "費用"),
        language(
          "US dollars at the price book above. Each sheet is rounded once; exact: chargeback.csv.",
          "上の単価表による米ドル額。丸めはシートごとに一度だけ。丸めのない金額はchargeback.csvにあります。")
      ),
      state(
        .exact, "Every part was counted by the vendor and has a price.", "すべてベンダーの計数によるもので、単価があります。"),
      state(
        .estimated, "Counts were estimated or did not fit together; the cost is close.",
        "計数が推定値か、つじつまが合わないもの。費用は近い値です。"),
      state(
        .partial, "A part has no price or a request was interrupted; the cost is a lower bound.",
        "一部に単価がないか、中断したリクエストがあります。費用は下限です。"),
      state(
        .unpriced, "Nothing has a price: the cost is unknown, and its cell is empty.",
        "どれにも単価がなく、費用は不明です。セルは空欄です。"),
      (
        language("Requests", "リクエスト数"),
        language(
          "Calls, refused and interrupted ones included. A retry is not a second request.",
          "呼び出しの数。拒否・中断を含み、再試行は数えません。")
      ),
      (
        language("Failed", "失敗"),
        language(
          "Requests that ended in an error or were refused. A client that left is not a failure.",
          "エラーで終わったか拒否されたリクエスト。クライアントの切断は失敗に数えません。")
      ),
      (
        language("Interrupted", "中断"),
        language(
          "Requests that began and never ended; the vendor may bill them.",
          "開始後に終了していないリクエスト。請求される可能性があります。")
      ),
      (
        language("Unpriced", "単価なし"),
        language("Requests that used something without a price.", "単価のない利用を含むリクエスト。")
      ),
      (
        language("Input tokens", "入力トークン"),
        language(
          "Input that was neither read from nor written to a cache.", "キャッシュの読込・書込のどちらでもない入力。")
      ),
      (
        language("Cache read, cache write", "キャッシュ読込・書込"),
        language(
          "Input read from, or written to, the vendor's prompt cache.",
          "ベンダーのプロンプトキャッシュから読まれた、または書かれた入力。")
      ),
      (language("Output tokens", "出力トークン"), language("Output, reasoning included.", "出力。推論を含みます。")),
      (
        language("Parts of a request", "リクエストの端数"),
        language(
          "Where a rule splits a request, each product counts its part, rounded for print.",
          "ルールで按分したリクエストは、各プロダクトが持ち分を数えます（表示用に丸め）。")
      ),
      (
        language("Unattributed", "未配賦"),
        language(
          "What no attribution rule placed. It is never spread silently.",
          "どの配賦ルールにも該当しなかった費用。黙って按分することはありません。")
      ),
      (
        language("Entry", "区分"),
        language(
          "usage, or an adjustment to the period named beside it, a fixed cost, a credit.",
          "利用、横に示す期間の調整、固定費、控除のいずれか。")
      ),
    ]
  }

  private static func pairs(
    _ title: String, _ pairs: [(String, String)], _ sheet: WorkbookSheet, row: Int
  ) -> Int {
    sheet.text(title, row: row, column: 0, style: .section, measures: false)
    for (index, pair) in pairs.enumerated() {
      sheet.text(pair.0, row: row + 1 + index, column: 0, style: .muted)
      sheet.text(pair.1, row: row + 1 + index, column: 1, measures: false)
    }
    return row + pairs.count + 2
  }

  private static func checks(_ books: Books, _ sheet: WorkbookSheet, row: Int) -> Int {
    guard !books.checks.isEmpty else { return row }
    let language = books.language
    sheet.text(language("Checks", "検算"), row: row, column: 0, style: .section, measures: false)
    for (index, check) in books.checks.enumerated() {
      let line = row + 1 + index
      let style = check.passed ? CellStyle.muted : CellStyle(color: Palette.attention, isBold: true)
      sheet.text(
        check.passed ? language("passed", "一致") : language("FAILED", "不一致"), row: line, column: 0,
        style: style)
      sheet.text(
        "\(check.name(in: language)): \(check.detail(in: language))", row: line, column: 1, measures: false)
    }
    return row + books.checks.count + 2
  }

  private static func inputs(_ books: Books, _ sheet: WorkbookSheet, row: Int) {
    let language = books.language
    sheet.text(language("Files read", "読み取ったファイル"), row: row, column: 0, style: .section, measures: false)
    let shown = books.inputs.prefix(Workbook.Limit.inputRowsMax)
    var table = Table(
      columns: [
        .init(language("File", "ファイル"), .text), .init(language("Lines", "行数"), .count),
        .init(language("Usages", "利用"), .count), .init(language("Duplicates", "重複"), .count),
        .init(language("Rejected", "読み取り不可"), .count), .init(language("Control", "制御"), .count),
        .init("SHA-256", .text),
      ],
      rows: shown.map { input in
        [
          .text(input.name), .count(input.lines), .count(input.usages), .count(input.duplicates),
          .count(input.rejected), .count(input.control), .text(input.sha256),
        ]
      })
    if shown.count == books.inputs.count {
      table.total = [
        .text(language.total), .count(books.linesRead), .count(books.usagesRead),
        .count(books.duplicatesRead),
        .count(books.rejectedRead), .count(books.controlRead), .empty,
      ]
    }
    let placed = sheet.draw(table, row: row + 1, summed: [1, 2, 3, 4, 5])
    if shown.count < books.inputs.count {
      sheet.text(
        language(
          "and \(books.inputs.count - shown.count) more in run.json",
          "ほか\(books.inputs.count - shown.count)件はrun.jsonにあります"), row: placed.nextRow, column: 0,
        style: .muted, measures: false)
    }
  }
}
