/// A request's body in; whose it is and what it is for, as the clients of each vendor say it, out, and which of these
/// members the vendor would refuse.
internal import JSON
internal import Ledger
internal import RawLog

/// What a body says of its user, session and purpose.
struct RequestAttribution {
  var user: String?
  var session: String?
  var tags: [RequestFacts.Tag] = []

  /// Members that LiteLLM's clients send to its proxy; a vendor knows none of them.
  private static let liteLLMMembers: [StaticString] = [
    "litellm_metadata", "litellm_session_id", "litellm_trace_id", "litellm_tags", "drop_params",
  ]

  private var endUser: String?
  private var safetyIdentifier: String?
  private var metadata: JSONValue?

  /// One member of the body.
  /// - Returns: false where the vendor must not get it.
  mutating func take(_ name: JSONValue, _ value: JSONValue) -> Bool {
    if name.isString("user") {
      endUser = value.string
    } else if name.isString("safety_identifier") {
      safetyIdentifier = value.string
    } else if name.isString("metadata") {
      metadata = value
    } else if name.isString("requestMetadata") {
      takeWords(value)
    } else if name.isString("tags"), value.kind == .array {
      takeTags(value)
      return false
    } else if name.withStringBytes({
      $0.starts(with: "litellm_".utf8) || $0.elementsEqual("drop_params".utf8)
    })
      == true, let known = Self.liteLLMMembers.first(where: { name.isString($0) })
    {
      takeLiteLLM(known, value)
      return false
    }
    return true
  }

  private mutating func takeLiteLLM(_ name: StaticString, _ value: JSONValue) {
    switch name.description {
    case "litellm_session_id", "litellm_trace_id": session = session ?? value.string
    case "litellm_tags": takeTags(value)
    case "litellm_metadata": takeMetadata(value)
    default: break
    }
  }

  /// All members are seen.
  /// - Returns: the splices that take out of `metadata` what the vendor would refuse.
  mutating func finish(_ dialect: Dialect) -> [Splice] {
    switch dialect {
    case .anthropic:
      if let id = metadata?["user_id"]?.string { takeAnthropicUser(id) }
    case .openAI, .bedrock, .gemini:
      user = endUser ?? safetyIdentifier ?? user
    }
    guard let metadata, metadata.isObject else { return [] }
    takeMetadata(metadata)
    switch dialect {
    case .anthropic: return metadata.removals { name, _ in !name.isString("user_id") }
    case .openAI: return metadata.removals { _, value in value.kind != .string }
    case .bedrock, .gemini: return []
    }
  }

  /// LiteLLM's `tags` and `session_id`; every other text is a tag by its own name, as OpenAI's metadata is.
  private mutating func takeMetadata(_ value: JSONValue) {
    for (name, member) in value.eachMember {
      if name.isString("tags") {
        takeTags(member)
      } else if name.isString("session_id") || name.isString("trace_id") {
        session = session ?? member.string
      } else if name.isString("user_id") || name.isString("user") {
        user = user ?? member.string
      } else if member.kind == .string {
        add(name.string, member.string)
      }
    }
  }

  private mutating func takeTags(_ value: JSONValue) {
    for element in value.elements.prefix(LogRecordLimit.tagsMax) {
      guard let word = element.string, !word.isEmpty else { continue }
      let tag = liteLLMTag(word)
      add(tag.name, tag.value)
    }
  }

  private mutating func takeWords(_ value: JSONValue) {
    for (name, member) in value.eachMember { add(name.string, member.string) }
  }

  private mutating func add(_ name: String?, _ value: String?) {
    guard let name, let value, !name.isEmpty, tags.count < LogRecordLimit.tagsMax,
      !tags.contains(where: { $0.name == name })
    else { return }
    tags.append(.init(name: name, value: value))
  }

  /// Claude Code puts account and session into the one id that the vendor knows: as `…_session_ID`, or as JSON.
  private mutating func takeAnthropicUser(_ id: String) {
    user = id
    if id.first == "{", let object = parsed(id), let found = object["session_id"]?.string {
      session = session ?? found
      user = object["account_uuid"]?.string ?? object["device_id"]?.string ?? id
    } else if let mark = id.lastRange(of: "_session_") {
      session = session ?? String(id[mark.upperBound...])
      user = String(id[..<mark.lowerBound])
    }
  }

  private func parsed(_ text: String) -> JSONValue? {
    do throws(JSONError) {
      return try JSONTape().parse(text)
    } catch {
      return nil
    }
  }
}

/// LiteLLM's tags are single words: `env=prod` and `env:prod` have a name and a value, any other is there or not.
func liteLLMTag(_ word: String) -> RequestFacts.Tag {
  guard let mark = word.firstIndex(where: { $0 == "=" || $0 == ":" }), mark != word.startIndex else {
    return .init(name: word, value: "true")
  }
  return .init(name: String(word[..<mark]), value: String(word[word.index(after: mark)...]))
}

extension String {
  fileprivate func lastRange(of mark: String) -> Range<String.Index>? {
    let (bytes, wanted) = (Array(utf8), Array(mark.utf8))
    guard bytes.count > wanted.count else { return nil }
    for start in stride(from: bytes.count - wanted.count, through: 0, by: -1)
    where bytes[start..<start + wanted.count].elementsEqual(wanted) {
      let lower = utf8.index(utf8.startIndex, offsetBy: start)
      return lower..<utf8.index(lower, offsetBy: wanted.count)
    }
    return nil
  }
}

extension JSONValue {
  /// The splices that take some members out of an object, each with one comma.
  func removals(_ isUnwanted: (_ name: JSONValue, _ value: JSONValue) -> Bool) -> [Splice] {
    let members = self.members
    let unwanted = members.map { isUnwanted($0.name, $0.value) }
    guard unwanted.contains(true) else { return [] }
    let leading = unwanted.prefix { $0 }.count
    var splices: [Splice] = []
    if leading > 0 {
      let end =
        leading == members.count
        ? members[leading - 1].value.range.upperBound : members[leading].name.range.lowerBound
      splices.append(Splice(range: members[0].name.range.lowerBound..<end, bytes: []))
    }
    for index in members.indices.dropFirst(leading) where unwanted[index] {
      let range = members[index - 1].value.range.upperBound..<members[index].value.range.upperBound
      splices.append(Splice(range: range, bytes: []))
    }
    return splices
  }
}
