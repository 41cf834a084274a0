/// What a request asks for.
public enum HTTPMethod: String, Sendable, Hashable {
  case GET, POST, DELETE, HEAD, PUT, PATCH, OPTIONS
  /// A token that nothing here acts on.
  case other = "?"

  init(_ token: UnsafeRawBufferPointer) {
    let text = WireText(token)
    switch text {
    case _ where text.isExactly("POST"): self = .POST
    case _ where text.isExactly("GET"): self = .GET
    case _ where text.isExactly("DELETE"): self = .DELETE
    case _ where text.isExactly("HEAD"): self = .HEAD
    case _ where text.isExactly("PUT"): self = .PUT
    case _ where text.isExactly("PATCH"): self = .PATCH
    case _ where text.isExactly("OPTIONS"): self = .OPTIONS
    default: self = .other
    }
  }
}

public enum HTTPVersion: Sendable, Hashable { case http10, http11 }
