/// A request's body in, what the proxy must know of it and the few bytes it must change out.
///
/// The body is never written anew: its bytes go to the vendor as they came, but for splices, so that prompt
/// caches, number texts and the order of members survive.
package import JSON
package import Ledger
package import NIOCore
package import RawLog

/// What the proxy reads in a request body.
package struct RequestReading {
  /// Nil where the request needs none.
  package internal(set) var model: String?
  /// Every model of a batch.
  package internal(set) var batchModels: [String] = []
  /// Models that may answer instead of the first, as OpenRouter's `models` has them.
  private var otherModels: [String] = []
  /// All that it asks for.
  var models: [String] { batchModels.isEmpty ? [model].compactMap { $0 } + otherModels : batchModels }
  package internal(set) var stream = false
  package internal(set) var user: String?
  package internal(set) var session: String?
  package internal(set) var tags: [RequestFacts.Tag] = []
  /// UTF-8 bytes of what the model is asked to read, for an estimate should the vendor's count never come.
  package internal(set) var textBytes = 0
  /// Units that the answer will be made of and does not tell.
  package internal(set) var billing: [LogRecord.BillingFact] = []
  /// As the body has it; with a path that names one, this is another matter.
  var bodyModel: String?
  /// Where the body has the model; nil where it has none.
  var modelRange: Range<Int>?
  /// In JSON, or as it is in a form.
  var isForm = false
  fileprivate var includeUsage = IncludeUsage.unknown
  /// Members that the vendor would refuse.
  fileprivate var removals: [Splice] = []
  /// Behind the opening brace of the body, and whether anything stays there.
  fileprivate var bodyInside = 0
  fileprivate var hasMembers = false

  fileprivate enum IncludeUsage {
    case asked
    /// Not asked for, and this is how to.
    case splice(Splice)
    /// `stream_options` is something else than an object, or not this endpoint's: the vendor's business.
    case unknown
  }

  /// A request whose body is not looked at.
  init() {}
}

package struct Splice: Hashable {
  package var range: Range<Int>
  package var bytes: [UInt8]
}

extension RequestReading {
  /// - Parameter pathModel: the model where the path names it.
  /// - Throws: what the client is told.
  package init(_ body: JSONValue, endpoint: Endpoint, pathModel: String? = nil) throws(Problem) {
    self.init()
    guard body.isObject else { throw .malformed("it is not an object") }
    var model: JSONValue?
    var stream: JSONValue?
    var options: JSONValue?
    let hasUnits = endpoint.answer == .units
    var units = RequestUnits()
    var attribution = RequestAttribution()
    var unwanted = false
    // A member stays that something put in before it must be parted from.
    var keepsMembers = false
    for (name, value) in body.eachMember {
      var isWanted = true
      // The last one would win here, the first one at some vendors: what is checked must be what is served.
      if name.isString("model") {
        guard model == nil else { throw .malformed("model stands there twice") }
        model = value
      } else if name.isString("stream") {
        guard stream == nil else { throw .malformed("stream stands there twice") }
        stream = value
      } else if name.isString("stream_options") {
        guard options == nil else { throw .malformed("stream_options stands there twice") }
        options = value
      } else if Self.isText(name) {
        textBytes += Self.textBytes(in: value)
      } else if !attribution.take(name, value) {
        unwanted = true
        isWanted = false
      }
      keepsMembers = keepsMembers || isWanted
      if hasUnits { units.take(name, value) }
    }
    if unwanted {
      var probe = RequestAttribution()
      removals = body.removals { name, value in !probe.take(name, value) }
    }
    removals += attribution.finish(endpoint.dialect)
    self.stream = stream?.bool == true
    bodyInside = body.range.lowerBound + 1
    hasMembers = keepsMembers
    (user, session, tags) = (attribution.user, attribution.session, attribution.tags)
    if hasUnits { billing = units.facts(of: endpoint) }
    if endpoint.answer == .chat, self.stream {
      includeUsage = Self.includeUsage(options, bodyInside: bodyInside)
    }
    try nameModel(body, model, endpoint, pathModel)
  }

  private mutating func nameModel(
    _ body: JSONValue, _ named: JSONValue?, _ endpoint: Endpoint, _ pathModel: String?
  ) throws(Problem) {
    if endpoint.dialect == .openAI {
      otherModels = (body.present("models")?.elements ?? []).compactMap(\.string)
    }
    modelRange = named?.range
    bodyModel = named?.string
    model = pathModel
    switch endpoint.model {
    case .path, .form, .none: break
    case .batch:
      for request in body["requests"]?.elements ?? [] {
        guard let name = request["params"]?["model"]?.string, !name.isEmpty else { throw .noModel }
        if !batchModels.contains(name) { batchModels.append(name) }
      }
      guard let first = batchModels.first else { throw .noModel }
      model = first
    case .optional: model = named?.string ?? pathModel
    case .body where pathModel != nil: break
    case .body:
      guard let name = named?.string, !name.isEmpty else { throw .noModel }
      model = name
    }
  }

  private static func isText(_ name: JSONValue) -> Bool {
    name.isString("messages") || name.isString("system") || name.isString("tools") || name.isString("input")
      || name.isString("prompt") || name.isString("instructions") || name.isString("contents")
      || name.isString("systemInstruction") || name.isString("toolConfig")
  }

  /// The splices that rename the model and ask for usage in the stream, and whether the latter is among them.
  /// - Parameter newModel: nil keeps what the client wrote.
  package func splices(model newModel: String?) -> (splices: [Splice], asksForUsage: Bool) {
    var splices = removals
    if let newModel, newModel != bodyModel, let splice = rename(newModel) { splices.append(splice) }
    var asksForUsage = false
    if stream, case .splice(let splice) = includeUsage {
      splices.append(splice)
      asksForUsage = true
    }
    if splices.count > 1 {
      // What is put in stands before what is taken out at the same place.
      splices.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    }
    return (splices, asksForUsage)
  }

  private func rename(_ newModel: String) -> Splice? {
    if isForm {
      guard !newModel.utf8.contains(where: { $0 < 32 }) else { return nil }
      return modelRange.map { Splice(range: $0, bytes: Array(newModel.utf8)) }
    }
    var writer = JSONWriter()
    writer.string(newModel)
    if let modelRange { return Splice(range: modelRange, bytes: writer.bytes) }
    // The path had it, and the vendor wants it in the body.
    let comma = hasMembers ? "," : ""
    return Splice(
      range: bodyInside..<bodyInside, bytes: Array("\"model\":".utf8) + writer.bytes + Array(comma.utf8))
  }

  private static func includeUsage(_ options: JSONValue?, bodyInside: Int) -> IncludeUsage {
    guard let options else {
      let bytes = Array(#""stream_options":{"include_usage":true},"#.utf8)
      return .splice(Splice(range: bodyInside..<bodyInside, bytes: bytes))
    }
    if options.isNull {
      return .splice(Splice(range: options.range, bytes: Array(#"{"include_usage":true}"#.utf8)))
    }
    guard options.isObject else { return .unknown }
    if let asked = options["include_usage"] {
      if asked.bool == true { return .asked }
      guard asked.isNull || asked.bool == false else { return .unknown }
      return .splice(Splice(range: asked.range, bytes: Array("true".utf8)))
    }
    let inside = options.range.lowerBound + 1
    let comma = options.members.isEmpty ? "" : ","
    return .splice(Splice(range: inside..<inside, bytes: Array((#""include_usage":true"# + comma).utf8)))
  }

  /// All strings count but those of images and files, which are no text: `data`, and `url`s that hold data.
  private static func textBytes(in value: JSONValue) -> Int {
    switch value.kind {
    case .string: return value.range.count - 2
    case .array: return value.eachElement.reduce(0) { $0 + textBytes(in: $1) }
    case .object:
      return value.eachMember.reduce(0) { sum, member in
        let isData =
          member.name.isString("data") || member.name.isString("file_data")
          || (member.name.isString("url") && member.value.rawBytes.starts(with: "\"data:".utf8))
        return isData ? sum : sum + textBytes(in: member.value)
      }
    default: return 0
    }
  }
}

/// The body with the splices done; they are sorted and do not overlap.
package func spliced(
  _ body: ByteBuffer, _ splices: [Splice], allocator: ByteBufferAllocator
) -> ByteBuffer {
  guard !splices.isEmpty else { return body }
  let growth = splices.reduce(0) { $0 + $1.bytes.count - $1.range.count }
  var result = allocator.buffer(capacity: body.readableBytes + growth)
  body.withUnsafeReadableBytes { bytes in
    var at = 0
    for splice in splices {
      result.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[at..<splice.range.lowerBound]))
      result.writeBytes(splice.bytes)
      at = splice.range.upperBound
    }
    result.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[at...]))
  }
  return result
}
