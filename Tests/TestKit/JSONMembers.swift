internal import JSON

/// Members with a trailing closure, which must name what it fills.
extension JSONWriter {
  mutating func objectMember(_ name: String, _ body: (inout JSONWriter) -> Void) {
    member(name, object: body)
  }

  mutating func arrayMember(_ name: String, _ body: (inout JSONWriter) -> Void = { _ in }) {
    member(name, array: body)
  }
}
