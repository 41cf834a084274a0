/// In: the finished `Books` of a period. Out: the bytes of each file that a reader gets.
///
/// The same books give the same bytes, always: nothing here reads a clock, a setting or a file.
public enum Reports {
  /// `chargeback.csv`: every row of the books, money unrounded.
  public static func chargebackCSV(_ books: Books) -> [UInt8] { ChargebackCSV.bytes(books) }

  /// `adjustments.csv`: what closed periods are corrected by; nil where nothing is.
  public static func adjustmentsCSV(_ books: Books) -> [UInt8]? {
    books.adjustments.isEmpty ? nil : AdjustmentsCSV.bytes(books)
  }

  /// `focus.csv`: the same rows as a FOCUS 1.2 Cost and Usage dataset.
  public static func focusCSV(_ books: Books) -> [UInt8] { FocusCSV.bytes(books) }

  /// `run.json`: totals, inputs, versions and checks for machines.
  public static func runJSON(_ books: Books) -> [UInt8] { RunJSON.bytes(books) }

  /// `summary.md`: the review a person reads first.
  public static func summaryMarkdown(_ books: Books) -> [UInt8] { Array(Summary.text(books).utf8) }

  /// `chargeback.xlsx`, written to `path`. A file that is there is replaced, and is broken while this runs:
  /// write beside the final name and rename.
  public static func writeWorkbook(_ books: Books, to path: String) throws(ReportError) {
    try Workbook.write(books, to: path)
  }

  /// One product's workbook without the others' figures, like `writeWorkbook`.
  public static func writeWorkbook(_ books: Books, product: Int, to path: String) throws(ReportError) {
    try Workbook.write(books, product: product, to: path)
  }

  /// What the products' workbooks are called: `chargeback-ticket-generator.xlsx`. An id may hold anything, so what
  /// is no letter, digit, `.`, `_` or `-` becomes `_`, and where two come out alike the later has a number.
  public static func productFileNames(_ books: Books) -> [(product: Int, name: String)] {
    ProductFiles.names(books)
  }

  /// `charts/*.svg`; names are without the folder.
  public static func charts(_ books: Books) -> [(name: String, bytes: [UInt8])] {
    [
      ("daily.svg", Array(Charts.daily(books).utf8)),
      ("products.svg", Array(Charts.products(books).utf8)),
    ] + (BridgeChart.svg(books).map { [("bridge.svg", Array($0.utf8))] } ?? [])
  }
}

/// A report that could not be written.
public struct ReportError: Error, CustomStringConvertible, Sendable {
  public enum Code: String, Sendable {
    /// The file could not be made or filled.
    case fileNotWritten = "file_not_written"
    /// More rows or text than the format can hold.
    case tooLarge = "too_large"
  }

  public var code: Code
  public var path: String
  public var advice: String

  public init(code: Code, path: String, advice: String) {
    self.code = code
    self.path = path
    self.advice = advice
  }

  public var description: String { "\(path): \(code.rawValue): \(advice)" }
}
