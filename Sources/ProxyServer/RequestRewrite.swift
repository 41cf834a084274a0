/// A request's body in, what the proxy must know of it and the few bytes it must change out.
///
/// The body is never written anew: its bytes go to the vendor as they came, but for splices, so that prompt
/// caches, number texts and the order of members survive.
package import JSON
package import NIOCore

/// What the proxy reads in a request body.
package struct RequestReading {
  package var model: String
  package var stream: Bool
  package var user: String?
  /// UTF-8 bytes of what the model is asked to read, for an estimate should the vendor's count never come.
  package var textBytes: Int
  fileprivate var modelRange: Range<Int>
  fileprivate var includeUsage: IncludeUsage
  /// Behind the opening brace of the body.
  fileprivate var bodyInside: Int

  fileprivate enum IncludeUsage {
    case asked
    /// Not asked for, and this is how to.
    case splice(Splice)
    /// `stream_options` is something else than an object: the vendor's business.
    case unknown
  }
}

package struct Splice: Hashable {
  package var range: Range<Int>
  package var bytes: [UInt8]
}

extension RequestReading {
  /// - Throws: what the client is told.
  package init(_ body: JSONValue, endpoint: Endpoint) throws(Problem) {
    guard body.isObject else { throw .malformed("it is not an object") }
    var model: JSONValue?
    var stream: JSONValue?
    var options: JSONValue?
    var user: JSONValue?
    var metadata: JSONValue?
    var textBytes = 0
    for (name, value) in body.members {
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
      } else if name.isString("user") {
        user = value
      } else if name.isString("metadata") {
        metadata = value
      } else if name.isString("messages") || name.isString("system") || name.isString("tools") {
        textBytes += Self.textBytes(in: value)
      }
    }
    guard let model, let name = model.string, !name.isEmpty else { throw .noModel }
    self.model = name
    self.modelRange = model.range
    self.stream = stream?.bool == true
    self.textBytes = textBytes
    self.bodyInside = body.range.lowerBound + 1
    switch endpoint {
    case .chatCompletions: self.user = user?.string
    case .messages: self.user = metadata?["user_id"]?.string
    }
    self.includeUsage = Self.includeUsage(options, bodyInside: bodyInside)
  }

  /// The splices that rename the model and ask for usage in the stream, and whether the latter is among them.
  package func splices(
    endpoint: Endpoint, model newModel: String?
  ) -> (splices: [Splice], asksForUsage: Bool) {
    var splices: [Splice] = []
    if let newModel, newModel != model {
      var writer = JSONWriter()
      writer.string(newModel)
      splices.append(Splice(range: modelRange, bytes: writer.bytes))
    }
    guard endpoint == .chatCompletions, stream, case .splice(let splice) = includeUsage else {
      return (splices, false)
    }
    splices.append(splice)
    splices.sort { $0.range.lowerBound < $1.range.lowerBound }
    return (splices, true)
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
    case .array: return value.elements.reduce(0) { $0 + textBytes(in: $1) }
    case .object:
      return value.members.reduce(0) { sum, member in
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
