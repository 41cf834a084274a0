internal import CBundledPrices
internal import Ledger

/// The price book that the program carries: it prices without a folder and without a network.
/// - Throws: `PriceError` for a program that was built with a file that is no price book.
public func bundledPrices() throws(PriceError) -> PriceFolder.Stored {
  let bytes = UnsafeRawBufferPointer(start: tollbook_bundled_prices(), count: tollbook_bundled_prices_size())
  let (rows, comments) = try PriceFile.read(
    String(decoding: bytes, as: UTF8.self), name: "the price book inside the program")
  let published = comments.first { $0.hasPrefix("published: ") }.flatMap {
    Timestamp.parse($0.dropFirst(11).utf8)
  }
  return PriceFolder.Stored(
    book: PriceBook(version: PriceFile.version(ofLines: PriceFile.lines(rows)), rows: rows), rows: rows,
    comments: comments, publishedAt: published ?? 0)
}
