/// A request's body in; the most that it can use, out. Nothing is estimated: a token is at least one byte of UTF-8, and
/// what bytes do not tell (pictures, what the vendor holds, an answer's length) counts as much as the vendor takes.
package import JSON
internal import Ledger
package import Price

package struct RequestBound {
  package var use = UseBound()
  /// What a limit of tokens a minute counts until the vendor has said: about four bytes of text make a token, and the
  /// answer is as long as the request lets it be.
  package var likelyTokens: Int64 = 0
  /// `priority`, `flex` …: what the request asks for.
  package var serviceTier: String?
  package var speed: String?
  package var inferenceGeo: String?

  package enum Limit {
    /// The dearest picture of any vendor: OpenAI's small models count one as 2,833 + 8 x 5,667 tokens.
    package static let imageTokensMax: Int64 = 50_000
    /// Vendors put instructions of their own before a request with tools.
    package static let hiddenTokensMax: Int64 = 1024
    /// Searches of one request that does not say how many it may make.
    package static let searchesMax: Int64 = 10
    package static let choicesMax: Int64 = 128
    /// Pictures that one form asks for at most: OpenAI's largest `n`.
    package static let formPicturesMax: Int64 = 10
    /// Spoken at a quarter of the usual speed: 21 tokens a second, 15 characters a second at full speed.
    package static let speechTokensPerByte: Int64 = 6
    static let depthMax = 64
  }

  private var discountedBytes: Int64 = 0
  private var mediaTokens: Int64 = 0
  /// It names what the vendor holds, or lets the vendor's tools fetch more.
  private var refers = false
  private var hasTools = false
  private var saidOutput: Int64?
  /// A limit stands there that a vendor may read as none.
  private var isOutputOpen = false
  private var configurations = 0
  private var soundCharacters: Int64 = 0
  private var choices: Int64 = 1
  private var predictionBytes: Int64 = 0

  /// - Parameters:
  ///   - body: nil for what is no JSON.
  ///   - bytes: the body's length.
  ///   - endpoint: as the raw log names it.
  ///   - model: how much the model takes and gives at most.
  package init(_ body: JSONValue?, bytes: Int, endpoint: String, model: (input: Int64, output: Int64)) {
    if let body, body.isObject {
      readTop(body, endpoint)
      walk(body, .text, depth: 0)
    } else if endpoint.hasPrefix("openai.images") {
      choices = Limit.formPicturesMax
    }
    finish(bytes: Int64(bytes), endpoint, model)
  }

  private mutating func finish(bytes: Int64, _ endpoint: String, _ model: (input: Int64, output: Int64)) {
    var input = max(0, bytes - discountedBytes) + mediaTokens + (hasTools ? Limit.hiddenTokensMax : 0)
    // No sound has more tokens than characters, and no model takes more than it takes.
    input += min(soundCharacters, model.input)
    if refers { input = max(input, model.input) }
    let answer = isOutputOpen ? max(saidOutput ?? 0, model.output) : saidOutput ?? model.output
    var output = answer * choices + predictionBytes
    if endpoint == "openai.audio.speech" { output = min(output, Limit.speechTokensPerByte * bytes) }
    if endpoint.hasSuffix("embeddings") || endpoint.hasSuffix("embed_content") { output = 0 }
    use.inputTokens = input
    use.outputTokens = output
    likelyTokens =
      (max(0, bytes - discountedBytes) + 3) / 4 + (mediaTokens + soundCharacters) / 16 + (saidOutput ?? 0)
      * choices
    if endpoint.hasPrefix("openai.images") {
      use.units.append(.init(meter: .image, count: choices))
    }
    if endpoint.hasPrefix("openai.audio") {
      use.takesMedia = true
      use.units += [
        .init(meter: .character, count: bytes), .init(meter: .millisecond, count: 2 * bytes),
        .init(meter: .outputMillisecond, count: 100 * bytes),
      ]
    }
  }

  // MARK: - What a request says of itself

  private mutating func readTop(_ body: JSONValue, _ endpoint: String) {
    for (name, value) in body.eachMember {
      if name.isString("service_tier") || name.isString("serviceTier") {
        serviceTier = (value.isObject ? value["type"] : value)?.string ?? serviceTier
      }
      if name.isString("speed") { speed = value.string }
      if name.isString("inference_geo") { inferenceGeo = value.string }
      if name.isString("n") || name.isString("best_of") || name.isString("candidateCount") {
        takeChoices(value)
      }
      if name.isString("prediction") { predictionBytes = Int64(value.range.count) }
      if name.isString("tools") { takeTools(value) }
      if name.isString("toolConfig") || name.isString("tool_config"), let tools = value["tools"] {
        takeTools(tools)
      }
      if name.isString("web_search_options") { takeHostedTool(value) }
      if name.isString("toolConfig") || name.isString("functions") { hasTools = true }
      if Self.referring.contains(where: { name.isString($0) }), !value.isNull { refers = true }
      // A prompt that is kept at the vendor; a plain one is a text.
      if name.isString("prompt"), value.isObject { refers = true }
      if Self.saysOutput(name, endpoint) { takeOutput(value) }
      if name.isString("inferenceConfig") || name.isString("generationConfig")
        || name.isString("textGenerationConfig") || name.isString("generation_config")
      {
        configurations += 1
        // The last one may be the one that the vendor takes, whatever the first one says.
        if configurations > 1 { isOutputOpen = true }
        for (inner, value) in value.eachMember {
          if Self.saysOutput(inner, endpoint) { takeOutput(value) }
          if inner.isString("candidateCount") || inner.isString("candidate_count") { takeChoices(value) }
        }
      }
    }
  }

  /// Only the names that the endpoint's vendor goes by: another one would bound nothing.
  private static func saysOutput(_ name: JSONValue, _ endpoint: String) -> Bool {
    if endpoint.hasPrefix("openai.responses") { return name.isString("max_output_tokens") }
    if endpoint.hasPrefix("openai.") {
      return name.isString("max_tokens") || name.isString("max_completion_tokens")
    }
    if endpoint.hasPrefix("anthropic.") { return name.isString("max_tokens") }
    if endpoint.hasPrefix("gemini.") {
      return name.isString("maxOutputTokens") || name.isString("max_output_tokens")
    }
    return invokeOutputNames.contains { name.isString($0) }
  }

  private static let invokeOutputNames: [StaticString] = [
    "maxTokens", "max_tokens", "max_tokens_to_sample", "max_gen_len", "maxTokenCount", "max_new_tokens",
    "max_completion_tokens",
  ]

  private static let referring: [StaticString] = [
    "previous_response_id", "conversation", "cachedContent", "cached_content", "container",
    "mcp_servers",
  ]

  /// Where it stands there twice, nobody knows which one the vendor takes.
  private mutating func takeOutput(_ value: JSONValue) {
    guard let count = value.lenientWholeNumber, count >= 0 else { return isOutputOpen = true }
    saidOutput = max(saidOutput ?? 0, min(count, 1 << 40))
  }

  private mutating func takeChoices(_ value: JSONValue) {
    guard let count = value.lenientWholeNumber, count > 0 else {
      if !value.isNull { choices = Limit.choicesMax }
      return
    }
    choices = max(choices, min(count, Limit.choicesMax))
  }

  private mutating func takeTools(_ tools: JSONValue) {
    hasTools = true
    for tool in tools.elements {
      if let type = tool.present("type") {
        let isElsewhere = tool["environment"].map { $0["type"]?.isString("local") != true } ?? false
        if !Self.isClientTool(type.string ?? "") || isElsewhere { takeHostedTool(tool) }
      } else if tool.members.contains(where: { name, _ in !Self.ofClientTools.contains { name.isString($0) } }
      ) {
        takeHostedTool(tool)
      }
    }
  }

  /// What tools have that the client carries out; a tool of the vendor's has something else.
  private static let ofClientTools: [StaticString] = [
    "functionDeclarations", "function_declarations", "name", "description", "input_schema", "input_examples",
    "cache_control", "strict", "eager_input_streaming", "defer_loading", "allowed_callers", "toolSpec",
    "cachePoint",
  ]

  /// A model whose name says that it searches does so without being told to.
  package mutating func searchesBySelf() {
    refers = true
    use.units.append(.init(meter: .webSearch, count: Limit.searchesMax))
  }

  /// What the client carries out by itself: its results come with the next request.
  private static func isClientTool(_ type: String) -> Bool {
    type == "function" || type == "custom"
      || ["bash_", "text_editor_", "computer", "memory_", "local_shell", "shell", "apply_patch"].contains {
        type.hasPrefix($0)
      }
  }

  private mutating func takeHostedTool(_ tool: JSONValue) {
    refers = true
    let searches = tool.present("max_uses")?.wholeNumber ?? Limit.searchesMax
    for meter in [Meter.webSearch, .mapsSearch, .fileSearch, .codeSession] {
      use.units.append(.init(meter: meter, count: max(0, min(searches, 1000))))
    }
  }

  // MARK: - What it holds

  private enum Inside { case text, image, sound, film, document }

  private mutating func walk(_ value: JSONValue, _ inside: Inside, depth: Int) {
    guard depth < Limit.depthMax else {
      // Nobody nests a request so deep; what cannot be seen counts as all that the model takes.
      refers = true
      return
    }
    switch value.kind {
    case .array: for element in value.eachElement { walk(element, inside, depth: depth + 1) }
    case .object: walkObject(value, inside, depth)
    default: break
    }
  }

  private mutating func walkObject(_ object: JSONValue, _ outer: Inside, _ depth: Int) {
    let inside = Self.kind(of: object) ?? outer
    if object["type"]?.isString("item_reference") == true { refers = true }
    let isCall = object["name"] != nil
    for (name, value) in object.eachMember {
      // Arguments and schemas are text to the model, whatever they look like.
      if Self.freeJSON.contains(where: { name.isString($0) }) || isCall && name.isString("input") { continue }
      if value.kind == .string {
        takeString(name, value, inside)
      } else {
        // An answer's sound that the vendor keeps.
        if name.isString("audio"), value["id"] != nil { refers = true }
        walk(value, Self.kind(ofMember: name) ?? inside, depth: depth + 1)
      }
    }
  }

  private static let freeJSON: [StaticString] = [
    "args", "arguments", "parameters", "input_schema", "inputSchema", "json_schema", "schema", "json",
    "response",
  ]

  private static func kind(of object: JSONValue) -> Inside? {
    if let mime = object["mimeType"] ?? object["mime_type"] ?? object["media_type"], let text = mime.string {
      if text.hasPrefix("image/") { return .image }
      if text.hasPrefix("audio/") { return .sound }
      if text.hasPrefix("video/") { return .film }
      return .document
    }
    guard let type = object["type"] else { return nil }
    if type.isString("image") || type.isString("image_url") || type.isString("input_image") { return .image }
    if type.isString("input_audio") { return .sound }
    if type.isString("file") || type.isString("input_file") || type.isString("document") { return .document }
    return nil
  }

  private static func kind(ofMember name: JSONValue) -> Inside? {
    if name.isString("image") || name.isString("image_url") { return .image }
    if name.isString("audio") || name.isString("input_audio") { return .sound }
    if name.isString("video") { return .film }
    if name.isString("document") || name.isString("file") { return .document }
    return nil
  }

  private mutating func takeString(_ name: JSONValue, _ value: JSONValue, _ inside: Inside) {
    if name.isString("ttl"), value.isString("1h") || value.isString("12h") { use.keepsLong = true }
    if name.isString("prompt_cache_retention") { use.keepsLong = true }
    if name.isString("file_id") || name.isString("fileUri") || name.isString("file_uri")
      || name.isString("uri")
    {
      take(.document, 0)
    }
    let isData = name.isString("data") || name.isString("bytes") || name.isString("file_data")
    let isAddress = name.isString("url") || name.isString("image_url") || name.isString("file_url")
    guard isData || isAddress else { return }
    let kind = inside == .text && name.isString("image_url") ? .image : inside
    guard kind != .text else { return }
    take(kind, Int64(value.range.count))
    // How long a film behind an address is, nobody can see.
    if isAddress, kind == .sound, !value.rawBytes.starts(with: "\"data:".utf8) { refers = true }
  }

  private mutating func take(_ kind: Inside, _ bytes: Int64) {
    use.takesMedia = true
    discountedBytes += bytes
    switch kind {
    case .text: break
    case .image: mediaTokens += Limit.imageTokensMax
    case .sound: soundCharacters += bytes
    // A film of one still picture has hardly any bytes, and a token for each second.
    case .film, .document: refers = true
    }
  }
}
