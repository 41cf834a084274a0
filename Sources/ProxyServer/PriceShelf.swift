/// The prices that running costs are told by; another version may be put there at any time.
package import Price
internal import Synchronization

package final class PriceShelf: Sendable {
  private let book: Mutex<PriceBook?>
  private let version = Atomic<Int>(0)

  package init(_ book: PriceBook?) { self.book = Mutex(book) }

  package func put(_ book: PriceBook) {
    self.book.withLock { $0 = book }
    version.add(1, ordering: .releasing)
  }

  var bookVersion: String? { book.withLock { $0?.version } }

  /// Nil where the version is that one still.
  func current(unless known: Int) -> (version: Int, book: PriceBook?)? {
    let now = version.load(ordering: .acquiring)
    return now == known ? nil : (now, book.withLock { $0 })
  }
}
