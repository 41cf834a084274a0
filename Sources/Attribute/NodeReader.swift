import Yams

/// Reads YAML nodes strictly: what is not of the wanted shape is a fault with its line, never skipped.
struct NodeReader {
  /// The file's name, for places in it.
  let file: String

  /// The document in a text; nil for an empty one.
  static func root(_ text: String, name: String) throws(RulesError) -> Node? {
    do {
      return try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw RulesError(place: name, problem: "not YAML: \(error)")
    } catch {
      throw RulesError(place: name, problem: "not YAML")
    }
  }

  typealias Member = (key: (name: String, node: Node), value: Node)

  func mapping(_ node: Node, _ what: String) throws(RulesError) -> [Member] {
    guard case .mapping(let mapping) = node else { throw fault(node, "\(what) must have names and values") }
    var result: [Member] = []
    for (key, value) in mapping {
      let name = try scalar(key, what)
      result.append((key: (name: name, node: key), value: value))
    }
    return result
  }

  func sequence(_ node: Node, _ what: String) throws(RulesError) -> [Node] {
    guard case .sequence(let items) = node else { throw fault(node, "\(what) must be a list") }
    return Array(items)
  }

  /// A scalar as it was written: `no`, `2026-10-01` and `12` stay texts.
  func scalar(_ node: Node, _ what: String) throws(RulesError) -> String {
    guard case .scalar(let scalar) = node else { throw fault(node, "\(what) must be one value") }
    return scalar.string
  }

  func texts(_ node: Node, _ what: String) throws(RulesError) -> [String] {
    guard case .sequence(let items) = node else { return [try scalar(node, what)] }
    var result: [String] = []
    for item in items { result.append(try scalar(item, what)) }
    guard !result.isEmpty else { throw fault(node, "an empty list for \(what) would never match") }
    return result
  }

  func place(_ node: Node) -> String { node.mark.map { "\(file):\($0.line)" } ?? file }

  func fault(_ node: Node, _ problem: String) -> RulesError {
    RulesError(place: place(node), problem: problem)
  }
}

/// Each text with its length, so that no two different lists read alike: what versions are made from.
func canonicalItems(_ texts: [String]) -> String {
  texts.map { "\($0.utf8.count):\($0)" }.joined(separator: " ")
}
