internal import JSON

/// A CSV row in, its fields out (RFC 4180).
public enum CSVRecord {
  /// - Returns: nil where a quoted field is followed by something else than a comma, or never ends.
  public static func fields(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]]? {
    let comma = UInt8(ascii: ",")
    let quote = UInt8(ascii: "\"")
    var fields: [[UInt8]] = []
    var at = 0
    while true {
      var field: [UInt8] = []
      if at < bytes.count, bytes[at] == quote {
        at += 1
        while true {
          guard at < bytes.count else { return nil }
          if bytes[at] != quote {
            field.append(bytes[at])
            at += 1
          } else if at + 1 < bytes.count, bytes[at + 1] == quote {
            field.append(quote)
            at += 2
          } else {
            at += 1
            break
          }
        }
        guard at == bytes.count || bytes[at] == comma else { return nil }
      } else {
        let start = at
        while at < bytes.count, bytes[at] != comma { at += 1 }
        field = Array(bytes[start..<at])
      }
      fields.append(field)
      guard at < bytes.count else { return fields }
      at += 1
    }
  }

  /// The row as a JSON object of texts, so that one mapping reads both forms; empty fields are absent.
  static func json(
    _ bytes: UnsafeRawBufferPointer, header: [String], into writer: inout JSONWriter
  ) throws(SourceFault) {
    guard let fields = fields(bytes) else {
      throw .row("its quotes do not fit: a quoted field is followed by something else than a comma")
    }
    guard fields.count == header.count else {
      throw .row("\(fields.count) fields, where the header names \(header.count)")
    }
    writer.removeAll()
    var problem: SourceFault?
    writer.object { writer in
      for (name, field) in zip(header, fields) where !field.isEmpty {
        guard !field.contains(0), let text = String(validating: field, as: UTF8.self) else {
          problem = .row("`\(printable(name))` is not UTF-8 text")
          continue
        }
        writer.member(name, text)
      }
    }
    if let problem { throw problem }
  }
}
