internal import Pipeline
internal import Report
internal import Yams

/// The chats of `tollbook.yaml`. Addresses and secrets stand in the environment; here are the variables' names.
extension ConfigurationFile {
  func readPost(_ node: Node, _ reader: YAMLReader) throws -> Post {
    var post = Post()
    for (key, value) in try reader.mapping(node) {
      switch key {
      case "name": post.name = try reader.text(value, key)
      case "type": post.service = try readService(value, reader)
      case "url-env": post.urlEnvironment = try readVariable(value, key, reader)
      case "secret-env": post.secretEnvironment = try readVariable(value, key, reader)
      case "what":
        post.kinds = []
        for item in try reader.sequence(value, key) { post.kinds.insert(try readKind(item, reader)) }
      case "attempts": post.attempts = try readCount(value, key, max: 10, reader)
      case "answer-seconds": post.answerSeconds = try readCount(value, key, max: 120, reader)
      default: throw reader.unknown(key, value)
      }
    }
    guard !post.name.isEmpty, !post.urlEnvironment.isEmpty else {
      throw reader.fault(
        node, "a post needs name, and url-env: the environment variable that holds the webhook's address")
    }
    guard !posts.contains(where: { $0.name == post.name }) else {
      throw reader.fault(
        node, "there are two posts named \"\(post.name)\": what was posted is known by the name")
    }
    guard post.secretEnvironment == nil || post.service == .webhook else {
      throw reader.fault(
        node, "secret-env belongs to type webhook: \(post.service.rawValue) takes no signature")
    }
    return post
  }

  private func readService(_ node: Node, _ reader: YAMLReader) throws -> ChatService {
    let name = try reader.text(node, "type")
    guard let service = ChatService(rawValue: name) else {
      let known = ChatService.allCases.map(\.rawValue).joined(separator: ", ")
      throw reader.fault(node, "post type \"\(name)\" is not known; there are \(known)")
    }
    return service
  }

  /// An address that stands here by mistake must not be repeated in an error.
  private func readVariable(_ node: Node, _ key: String, _ reader: YAMLReader) throws -> String {
    let name = try reader.text(node, key)
    let isName =
      !name.isEmpty
      && name.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 0x5F
      }
    guard isName else {
      throw reader.fault(node, "\(key) is the name of an environment variable, such as SLACK_WEBHOOK_URL")
    }
    return name
  }

  private func readKind(_ node: Node, _ reader: YAMLReader) throws -> ChatMessage.Kind {
    switch try reader.text(node, "what") {
    case "reports": .report
    case "failures": .failure
    case let word: throw reader.fault(node, "\"\(word)\" is nothing to post; there are reports and failures")
    }
  }

  private func readCount(_ node: Node, _ key: String, max: Int, _ reader: YAMLReader) throws -> Int {
    guard let count = Int(try reader.text(node, key)), (1...max).contains(count) else {
      throw reader.fault(node, "\(key) is a count from 1 to \(max)")
    }
    return count
  }
}
