/// A request's members in; the units its answer is billed by where the answer does not say them, out: images of a size
/// and a quality, characters to be spoken.
internal import JSON
internal import RawLog

struct RequestUnits {
  private var count: Int64 = 1
  private var size: [UInt8]?
  private var quality: [UInt8]?
  private var input: JSONValue?

  mutating func take(_ name: JSONValue, _ value: JSONValue) {
    if name.isString("n") {
      count = value.wholeNumber ?? 1
    } else if name.isString("size") {
      size = shortString(value)
    } else if name.isString("quality") {
      quality = shortString(value)
    } else if name.isString("input") {
      input = value
    }
  }

  mutating func take(form name: String, _ value: String) {
    switch name {
    case "n": count = Int64(value) ?? 1
    case "size": size = word(value)
    case "quality": quality = word(value)
    default: break
    }
  }

  func facts(of endpoint: Endpoint) -> [LogRecord.BillingFact] {
    switch endpoint.name {
    case Endpoint.speech.name:
      guard let text = input?.string else { return [] }
      return [.init(name: "characters", json: Array(String(text.unicodeScalars.count).utf8))]
    case let name where name.hasPrefix("openai.images."):
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("n", max(1, min(count, Self.imagesMax)))
        if let size {
          writer.name("size")
          writer.raw(size)
        }
        if let quality {
          writer.name("quality")
          writer.raw(quality)
        }
      }
      return [.init(name: "images", json: writer.bytes)]
    default: return []
    }
  }

  /// No vendor makes more at once.
  private static let imagesMax: Int64 = 1000

  private func word(_ text: String) -> [UInt8]? {
    guard text.utf8.count <= AnswerLimit.wordBytesMax else { return nil }
    var writer = JSONWriter()
    writer.string(text)
    return writer.bytes
  }
}
