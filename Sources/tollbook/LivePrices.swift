internal import Foundation
internal import Price
internal import ProxyServer
internal import Synchronization

/// The last published prices, and whether others were published since.
final class LivePrices: Sendable {
  private let folder: PriceFolder
  private let seen: Mutex<(version: String, stamp: Date?, trouble: String)>
  /// What the proxy begins with.
  let book: PriceBook

  init(path: String) throws {
    folder = PriceFolder(path: path)
    do {
      book = try folder.load().book
    } catch {
      throw ConfigurationError("\(error)")
    }
    seen = Mutex((book.version, Self.stamp(path), ""))
  }

  /// When the list of publications was written last; nil where there is none.
  private static func stamp(_ path: String) -> Date? {
    do {
      return try FileManager.default.attributesOfItem(atPath: path + "/published.jsonl")[.modificationDate]
        as? Date
    } catch {
      return nil
    }
  }

  /// Prices that cannot be read leave the old ones in force, which is said once.
  func refresh(_ proxy: ProxyServer, _ log: OperatorLog) {
    seen.withLock { seen in
      let stamp = Self.stamp(folder.path)
      guard stamp != seen.stamp else { return }
      do {
        let fresh = try folder.load().book
        seen.stamp = stamp
        guard fresh.version != seen.version else { return }
        seen.version = fresh.version
        proxy.use(fresh)
        log.say(.info, "prices are now those of version \(fresh.version.prefix(12))")
      } catch {
        if "\(error)" != seen.trouble { log.say(.warning, "prices cannot be read again: \(error)") }
        seen.trouble = "\(error)"
      }
    }
  }
}
