internal import Ingest
internal import Ledger
internal import Yams

/// A source as `tollbook.yaml` has it: its days are days of the books' zone, which is not known while it is read.
struct SourceEntry {
  /// With its path resolved.
  var source = Source(path: "")
  var from: Day?
  var until: Day?

  struct Day {
    var text: String
    /// `tollbook.yaml:12`
    var place: String
  }
}

extension ConfigurationFile {
  /// The sources, each with what is known of the proxy's upstreams.
  /// - Parameter dayBegin: the first instant of a day in the books' zone; nil for what is no day.
  func sources(dayBegin: (String) -> Int64?) throws -> [Source] {
    func begin(_ day: SourceEntry.Day?) throws -> Int64? {
      guard let day else { return nil }
      guard let begin = dayBegin(day.text) else {
        throw ConfigurationError("\(day.place): \"\(day.text)\" is not a day such as 2026-10-01")
      }
      return begin
    }
    return try sourceEntries.map { entry in
      var source = entry.source
      source.from = try begin(entry.from)
      source.until = try begin(entry.until)
      if let from = source.from, let until = source.until, from >= until, let place = entry.until?.place {
        throw ConfigurationError("\(place): until is the day behind the last one, so it lies behind from")
      }
      source.upstreams = upstreams.map { .init(name: $0.name, scope: $0.scope) }
      return source
    }
  }

  func readSource(_ node: Node, _ reader: YAMLReader) throws -> SourceEntry {
    var entry = SourceEntry()
    for (key, value) in try reader.mapping(node) {
      switch key {
      case "path": entry.source.path = resolve(try reader.text(value, key), folder)
      case "format":
        let name = try reader.text(value, key)
        guard let format = SourceFormat(rawValue: name) else {
          throw reader.fault(value, SourceWords.unknownFormat(name))
        }
        entry.source.format = format
      case "role":
        let name = try reader.text(value, key)
        guard let role = SourceRole(rawValue: name) else {
          throw reader.fault(value, "role \"\(name)\" is not known; there are add and compare")
        }
        entry.source.role = role
      case "zone":
        let name = try reader.text(value, key)
        guard let zone = SourceZone(name) else { throw reader.fault(value, SourceWords.unknownZone(name)) }
        entry.source.zone = zone
      case "profiles":
        for (pattern, model) in try reader.mapping(value) {
          entry.source.profiles.append(
            .init(pattern: Pattern(pattern), model: try reader.text(model, pattern)))
        }
      case "scope": entry.source.scope = try readScope(value, reader)
      case "from": entry.from = .init(text: try reader.text(value, key), place: reader.place(value))
      case "until": entry.until = .init(text: try reader.text(value, key), place: reader.place(value))
      default: throw reader.unknown(key, value)
      }
    }
    guard !entry.source.path.isEmpty else {
      throw reader.fault(node, "a source needs path: a file or a folder")
    }
    try check(entry, node, reader)
    return entry
  }

  /// What a named format says can be checked before any file is seen.
  private func check(_ entry: SourceEntry, _ node: Node, _ reader: YAMLReader) throws {
    var source = entry.source
    source.from = entry.from == nil ? nil : 0
    source.until = entry.until == nil ? nil : 0
    if let problem = source.format.flatMap(source.problem(with:)) { throw reader.fault(node, problem) }
  }

  func readScope(_ node: Node, _ reader: YAMLReader) throws -> [RequestFacts.Tag] {
    try reader.mapping(node).map { .init(name: $0.0, value: try reader.text($0.1, $0.0)) }
      .sorted { $0.name < $1.name }
  }
}

/// What is said where a source is named wrongly, in the file or on the command line.
enum SourceWords {
  static func unknownFormat(_ name: String) -> String {
    "format \"\(name)\" is not known; there are "
      + SourceFormat.allCases.map(\.rawValue).joined(separator: ", ")
  }

  static func unknownZone(_ name: String) -> String {
    "\"\(name)\" is no zone of a source; write UTC, or an offset such as +09:00"
  }
}
