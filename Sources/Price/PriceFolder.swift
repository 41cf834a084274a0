internal import Crypto
internal import Foundation
internal import JSON
internal import Ledger

/// The folder of price books: one immutable file a version, and the list of what was published when.
public struct PriceFolder: Sendable {
  public struct Publication: Hashable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var publishedAt: Int64
    public var version: String
  }

  public struct Stored: Sendable {
    public var book: PriceBook
    public var rows: [PriceRow]
    /// The file's comments: where the prices came from and what was rounded.
    public var comments: [String]
    public var publishedAt: Int64
    public var version: String { book.version }
    public var source: String { sourceWords(comments) }
  }

  public let path: String
  private var listPath: String { path + "/published.jsonl" }

  public init(path: String) { self.path = path }

  /// Every publication, in the order they were made.
  public func publications() throws(PriceError) -> [Publication] {
    guard FileManager.default.fileExists(atPath: listPath) else { return [] }
    var result: [Publication] = []
    let tape = JSONTape()
    let text = try read(listPath)
    for (index, line) in text.utf8.split(separator: 0x0A).enumerated() {
      let place = "\(listPath):\(index + 1)"
      let value: JSONValue
      do throws(JSONError) {
        value = try tape.parse(Array(line))
      } catch {
        throw PriceError(place: place, problem: "not JSON: \(error)")
      }
      guard let version = value["version"]?.string,
        let time = value["published_at"]?.withStringBytes({ Timestamp.parse($0) }) ?? nil
      else {
        throw PriceError(place: place, problem: "needs `published_at` and `version`")
      }
      result.append(Publication(publishedAt: time, version: version))
    }
    return result
  }

  /// Where a version's prices came from, by its first lines.
  public func source(of version: String) throws(PriceError) -> String {
    var comments: [String] = []
    for line in try read("\(path)/\(version).csv").utf8.split(separator: 0x0A) {
      guard line.starts(with: "# ".utf8) else { break }
      comments.append(String(decoding: line.dropFirst(2), as: UTF8.self))
    }
    return sourceWords(comments)
  }

  /// The version to price with: the last published, the last known at a time, or one by name (its beginning is
  /// enough). Where none is published, it is the one inside the program.
  public func load(version wanted: String? = nil, knownAt: Int64? = nil) throws(PriceError) -> Stored {
    let all = try publications()
    var candidates = all
    if let knownAt { candidates = candidates.filter { $0.publishedAt <= knownAt } }
    if let wanted { candidates = candidates.filter { $0.version.hasPrefix(wanted) } }
    if candidates.isEmpty {
      let inside = try bundledPrices()
      let isKnown = knownAt.map { inside.publishedAt <= $0 } ?? true
      let isNamed = wanted.map { inside.book.version.hasPrefix($0) } ?? all.isEmpty
      if isKnown, isNamed { return inside }
    }
    guard let chosen = candidates.last else {
      throw PriceError(place: listPath, problem: "no version that fits was published")
    }
    guard Set(candidates.map(\.version)).count == 1 || wanted == nil else {
      throw PriceError(place: listPath, problem: "more than one version begins with \(wanted ?? "")")
    }
    return try stored(chosen)
  }

  private func stored(_ publication: Publication) throws(PriceError) -> Stored {
    let file = "\(path)/\(publication.version).csv"
    let (rows, comments) = try PriceFile.read(try read(file), name: file)
    let found = PriceFile.version(ofLines: PriceFile.lines(rows))
    guard found == publication.version else {
      throw PriceError(
        place: file,
        problem: "a version never changes, but this file's prices are now those of \(found); put the "
          + "original back, and import what is new as a new version")
    }
    return Stored(
      book: PriceBook(version: found, rows: rows), rows: rows, comments: comments,
      publishedAt: publication.publishedAt)
  }

  /// Writes a version and publishes it. The same prices as last published are not published again.
  /// - Returns: the version, and whether anything was published.
  public func publish(
    _ rows: [PriceRow], comments: [String], at now: Int64
  ) throws(PriceError) -> (version: String, isNew: Bool) {
    let lines = PriceFile.lines(rows)
    let version = PriceFile.version(ofLines: lines)
    if try publications().last?.version == version { return (version, false) }
    let text = PriceFile.text(lines: lines, comments: comments)
    let written = try PriceFile.read(text, name: "\(version).csv").rows
    guard PriceFile.version(ofLines: PriceFile.lines(written)) == version else {
      throw PriceError(
        place: path, problem: "a name among these prices cannot be written; does it hold a line feed?")
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let file = "\(path)/\(version).csv"
      if !FileManager.default.fileExists(atPath: file) {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
      }
      var list = FileManager.default.fileExists(atPath: listPath) ? try read(listPath) : ""
      var entry = JSONWriter()
      entry.object { entry in
        entry.member("published_at", Timestamp.text(now))
        entry.member("version", version)
      }
      list += entry.text + "\n"
      try Data(list.utf8).write(to: URL(fileURLWithPath: listPath), options: .atomic)
    } catch let error as PriceError {
      throw error
    } catch {
      throw PriceError(place: path, problem: "cannot be written: \(error.localizedDescription)")
    }
    return (version, true)
  }

  private func read(_ file: String) throws(PriceError) -> String {
    do {
      return try String(contentsOfFile: file, encoding: .utf8)
    } catch {
      throw PriceError(place: file, problem: "cannot be read: \(error.localizedDescription)")
    }
  }
}

/// Where list prices and contracts came from, as a book's comments say.
private func sourceWords(_ comments: [String]) -> String {
  func word(_ name: String) -> String? {
    comments.first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
  }
  let list = word("source: ") ?? ""
  return word("contracts: ").map { "\(list), with the contracts of \($0)" } ?? list
}
