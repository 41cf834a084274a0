/// A `multipart/form-data` body in; the short fields in it, with where they stand, out. The bytes stay as they are.
internal import Glibc
package import NIOCore
internal import RawLog

/// One field that is no file.
package struct FormField {
  package var name: String
  package var value: String
  /// Of the value in the body.
  package var range: Range<Int>
}

package enum FormLimit {
  package static let fieldsMax = 128
  /// A longer value is a prompt or a file and is not looked at.
  package static let valueBytesMax = 4096
  static let headBytesMax = 8192
  /// RFC 2046 allows 70.
  static let boundaryBytesMax = 70
}

/// - Returns: nil where the body is not what its content type says.
package func formFields(_ body: ByteBuffer, contentType: String?) -> [FormField]? {
  guard let boundary = boundary(of: contentType) else { return nil }
  return body.withUnsafeReadableBytes { bytes in fields(bytes, mark: Array("--\(boundary)".utf8)) }
}

private func fields(_ bytes: UnsafeRawBufferPointer, mark: [UInt8]) -> [FormField]? {
  var found: [FormField] = []
  guard var at = find(mark, in: bytes, from: 0) else { return nil }
  for _ in 0..<FormLimit.fieldsMax {
    at += mark.count
    // Two hyphens end the form.
    if bytes.count >= at + 2, bytes[at] == 45, bytes[at + 1] == 45 { return found }
    guard bytes.count >= at + 2, bytes[at] == 13, bytes[at + 1] == 10,
      let headEnd = find([13, 10, 13, 10], in: bytes, from: at), headEnd - at <= FormLimit.headBytesMax,
      let next = find([13, 10] + mark, in: bytes, from: headEnd + 2)
    else { return nil }
    let start = headEnd + 4
    let head = String(decoding: bytes[at..<headEnd], as: UTF8.self)
    if next >= start, next - start <= FormLimit.valueBytesMax, let name = fieldName(head) {
      found.append(
        FormField(
          name: name, value: String(decoding: bytes[start..<next], as: UTF8.self), range: start..<next))
    }
    at = next + 2
  }
  return nil
}

/// The name of a field; nil for a file.
private func fieldName(_ head: String) -> String? {
  for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-disposition:") {
    var name: String?
    for part in line.split(separator: ";").dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1).map { trimmed($0) }
      guard pair.count == 2 else { continue }
      if pair[0].lowercased().hasPrefix("filename") { return nil }
      if pair[0].lowercased() == "name" { name = pair[1].filter { $0 != "\"" } }
    }
    return name
  }
  return nil
}

private func boundary(of contentType: String?) -> String? {
  guard let contentType, contentType.lowercased().hasPrefix("multipart/form-data") else { return nil }
  for part in contentType.split(separator: ";").dropFirst() {
    let pair = part.split(separator: "=", maxSplits: 1).map { trimmed($0) }
    guard pair.count == 2, pair[0].lowercased() == "boundary" else { continue }
    let text = pair[1].filter { $0 != "\"" }
    return text.isEmpty || text.utf8.count > FormLimit.boundaryBytesMax ? nil : text
  }
  return nil
}

private func find(_ mark: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
  guard let base = bytes.baseAddress, let first = mark.first else { return nil }
  var at = start
  while at + mark.count <= bytes.count {
    guard let hit = memchr(base + at, Int32(first), bytes.count - mark.count - at + 1) else { return nil }
    at = UnsafeRawPointer(hit) - base
    if memcmp(hit, mark, mark.count) == 0 { return at }
    at += 1
  }
  return nil
}

extension RequestReading {
  /// - Throws: what the client is told.
  package init(
    form body: ByteBuffer, contentType: String?, endpoint: Endpoint, pathModel: String? = nil
  ) throws(Problem) {
    self.init()
    guard let fields = formFields(body, contentType: contentType) else {
      throw .malformedForm
    }
    isForm = true
    model = pathModel
    var units = RequestUnits()
    for field in fields {
      switch field.name {
      case "model":
        guard modelRange == nil else { throw .malformedForm }
        modelRange = field.range
        bodyModel = field.value
        if pathModel == nil { model = field.value }
      case "stream": stream = field.value == "true"
      case "user": user = field.value
      case "prompt": textBytes += field.value.utf8.count
      default: units.take(form: field.name, field.value)
      }
    }
    guard model?.isEmpty == false else { throw .noModel }
    billing = units.facts(of: endpoint)
  }
}
