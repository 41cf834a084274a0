internal import HTTPWire
internal import NIOCore
internal import ProxyServer

/// Multipart forms: a field's value is what stands at its place, fields stand one behind the other within the bounds, what was put
/// into a form is read of it, and another model put in changes nothing else.
enum FormsLaw {
  static func check(_ input: Input) throws(LawBroken) {
    if input.choice(2) == 0 {
      // The first line is the content type.
      let lines = input.text.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
      try checkRead(Array(lines.count > 1 ? lines[1] : []), text(lines[0]))
    } else {
      try checkMade(input)
    }
  }

  private static func checkRead(_ body: [UInt8], _ contentType: String) throws(LawBroken) {
    guard let fields = formFields(ByteBuffer(bytes: body), contentType: contentType) else { return }
    try hold(fields.count <= FormLimit.fieldsMax, "\(fields.count) fields")
    var end = 0
    for field in fields {
      try hold(field.range.lowerBound >= end && field.range.upperBound <= body.count, "fields overlap")
      try hold(field.range.count <= FormLimit.valueBytesMax, "a field of \(field.range.count) bytes")
      try hold(field.value == text(body[field.range]), "a value is not what stands there")
      end = field.range.upperBound
    }
    try checkModel(fields, body, contentType)
  }

  /// The model renamed: all other fields are as they were.
  private static func checkModel(
    _ fields: [FormField], _ body: [UInt8], _ contentType: String
  ) throws(LawBroken) {
    let call = Call.match(.POST, target: "/v1/audio/transcriptions", headers: .empty)
    guard let endpoint = call?.endpoint else { throw LawBroken(description: "no such endpoint") }
    let buffer = ByteBuffer(bytes: body)
    let reading: RequestReading
    do throws(Problem) {
      reading = try RequestReading(form: buffer, contentType: contentType, endpoint: endpoint)
    } catch { return }
    let model = "a-new-model"
    let new = spliced(buffer, reading.splices(model: model).splices, allocator: ByteBufferAllocator())
    guard let again = formFields(new, contentType: contentType) else {
      throw LawBroken(description: "with another model the form is none")
    }
    let expected = fields.map { "\($0.name)=\($0.name == "model" ? model : $0.value)" }
    try hold(again.map { "\($0.name)=\($0.value)" } == expected, "another model changes more than the model")
  }

  /// Each line is a field, or a file where it has no equals sign.
  private static func checkMade(_ input: Input) throws(LawBroken) {
    var body: [UInt8] = []
    var expected: [String] = []
    for line in input.text.split(separator: 0x0A).prefix(FormLimit.fieldsMax) {
      // A boundary is chosen so that no value holds it.
      guard !text(line).contains("--xYzZy") else { continue }
      let pair = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = text(pair[0].filter { $0 >= 97 && $0 <= 122 || $0 == 91 || $0 == 93 })
      let value = Array(pair.count > 1 ? pair[1] : line)
      let file = pair.count > 1 ? "" : "; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg"
      body += "--xYzZy\r\nContent-Disposition: form-data; name=\"\(name)\"\(file)\r\n\r\n".utf8
      body += value + Array("\r\n".utf8)
      if pair.count > 1 { expected.append("\(name)=\(text(value))") }
    }
    body += "--xYzZy--\r\n".utf8
    let contentType = "multipart/form-data; boundary=xYzZy"
    let fields = formFields(ByteBuffer(bytes: body), contentType: contentType)
    try hold(
      fields?.map { "\($0.name)=\($0.value)" } == expected,
      "what was put in: \(expected)\nread: \(fields ?? [])")
    try checkRead(body, contentType)
  }
}
