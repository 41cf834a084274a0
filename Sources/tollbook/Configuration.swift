internal import Foundation
internal import Ledger
internal import Pipeline
internal import Report
internal import Yams

/// A configuration that cannot be used: where, and what to do.
struct ConfigurationError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// `tollbook.yaml`, as it stands there: every fault named with its line, no word skipped.
struct ConfigurationFile {
  struct Upstream {
    var name = "", provider = "", baseURL = ""
    var keyEnvironment: String?
    var region: String?
    var prefersHTTP2 = false
    /// Which account its key uses, in the vendor's own words.
    var scope: [RequestFacts.Tag] = []
  }
  struct Route {
    var match = "", upstream = ""
    var model: String?
    /// Models that clients are told of; a match without `*` is one.
    var names: [String] = []
    /// How long a request and an answer can be; nil: what is known of the model's family.
    var maxInputTokens: Int?
    var maxOutputTokens: Int?
  }
  struct Post {
    var name = "", urlEnvironment = ""
    var service = ChatService.slack
    var secretEnvironment: String?
    var kinds: Set<ChatMessage.Kind> = [.report, .failure]
    var attempts = PostLimit.attemptsMax
    var answerSeconds = PostLimit.answerSecondsMax
  }

  /// `raw-logs`, `store` … as given; paths are relative to the file's folder.
  var settings: [String: String] = [:]
  var proxy = ProxyEntry()
  var upstreams: [Upstream] = []
  var routes: [Route] = []
  var posts: [Post] = []
  var sourceEntries: [SourceEntry] = []
  var schedule = ScheduleTimes.usual
  /// The folder that relative paths start from.
  var folder = ""

  static let settingNames = [
    "raw-logs", "store", "prices", "attribution", "reports", "timezone", "currency", "link",
    "language", "product-files", "product-sheets", "retention-months", "costs", "fx", "budgets", "units",
  ]

  init() {}

  init(path: String) throws {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ConfigurationError("\(path): cannot be read: \(error.localizedDescription)")
    }
    folder = (path as NSString).deletingLastPathComponent
    let reader = YAMLReader(file: path)
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw ConfigurationError("\(path): not YAML: \(error)")
    }
    guard let root else { return }
    var faults: [String] = []
    /// Goes on behind a fault, so that all of them are told at once.
    func attempt(_ body: () throws -> Void) throws {
      do { try body() } catch let error as ConfigurationError { faults.append(error.description) }
    }
    for (key, value) in try reader.mapping(root) {
      try attempt {
        switch key {
        case "proxy":
          for (key, value) in try reader.mapping(value) { try attempt { try proxy.read(key, value, reader) } }
        case "upstreams":
          for item in try reader.sequence(value, key) {
            try attempt { upstreams.append(try readUpstream(item, reader)) }
          }
        case "models":
          for item in try reader.sequence(value, key) {
            try attempt { routes.append(try readRoute(item, reader)) }
          }
        case "posts":
          for item in try reader.sequence(value, key) {
            try attempt { posts.append(try readPost(item, reader)) }
          }
        case "schedule": schedule = try readSchedule(value, reader)
        case "sources":
          for item in try reader.sequence(value, key) {
            try attempt { sourceEntries.append(try readSource(item, reader)) }
          }
        default:
          guard Self.settingNames.contains(key) else { throw reader.unknown(key, value) }
          settings[key] = try reader.text(value, key)
        }
      }
    }
    guard faults.isEmpty else { throw ConfigurationError(faults.joined(separator: "\n")) }
  }

  private func readUpstream(_ node: Node, _ reader: YAMLReader) throws -> Upstream {
    var upstream = Upstream()
    for (key, value) in try reader.mapping(node) {
      if key == "scope" {
        upstream.scope = try readScope(value, reader)
        continue
      }
      let text = try reader.text(value, key)
      switch key {
      case "name": upstream.name = text
      case "provider": upstream.provider = text
      case "base-url": upstream.baseURL = text
      case "key-env": upstream.keyEnvironment = text
      case "region": upstream.region = text
      case "http":
        guard text == "1.1" || text == "2" else { throw reader.fault(value, "http is 1.1 or 2") }
        upstream.prefersHTTP2 = text == "2"
      default: throw reader.unknown(key, value)
      }
    }
    guard !upstream.name.isEmpty, !upstream.provider.isEmpty, !upstream.baseURL.isEmpty else {
      throw reader.fault(node, "an upstream needs name, provider and base-url")
    }
    return upstream
  }

  private func readRoute(_ node: Node, _ reader: YAMLReader) throws -> Route {
    var route = Route()
    for (key, value) in try reader.mapping(node) {
      let text = try reader.text(value, key)
      switch key {
      case "max-input-tokens": route.maxInputTokens = try reader.count(value, key, 1...Int(Int32.max))
      case "max-output-tokens": route.maxOutputTokens = try reader.count(value, key, 1...Int(Int32.max))
      case "match": route.match = text
      case "upstream": route.upstream = text
      case "model": route.model = text
      case "names":
        route.names = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      default: throw reader.unknown(key, value)
      }
    }
    guard upstreams.contains(where: { $0.name == route.upstream }) else {
      throw reader.fault(node, "a model route needs match, and the name of one of the upstreams above it")
    }
    return route
  }
}

struct YAMLReader {
  let file: String

  func mapping(_ node: Node) throws -> [(String, Node)] {
    guard case .mapping(let mapping) = node else { throw fault(node, "names and values are needed here") }
    return try mapping.map { (try text($0.key, "a name"), $0.value) }
  }

  func sequence(_ node: Node, _ what: String) throws -> [Node] {
    guard case .sequence(let items) = node else { throw fault(node, "\(what) must be a list") }
    return Array(items)
  }

  /// A scalar as it was written.
  func text(_ node: Node, _ what: String) throws -> String {
    guard case .scalar(let scalar) = node else { throw fault(node, "\(what) must be one value") }
    return scalar.string
  }

  func unknown(_ key: String, _ node: Node) -> ConfigurationError {
    fault(node, "unknown word \"\(key)\"")
  }

  func fault(_ node: Node, _ problem: String) -> ConfigurationError {
    ConfigurationError("\(place(node)): \(problem)")
  }

  /// `tollbook.yaml:12`
  func place(_ node: Node) -> String { file + (node.mark.map { ":\($0.line)" } ?? "") }
}
