internal import CPQ

/// A store's `postgres://` location as libpq reads it: what may be shown of it, and what must not.
struct PostgresLocation {
  let url: String
  /// Who and where, without a password.
  let name: String
  /// Texts that a message must not repeat.
  private let secrets: [String]

  static func isOne(_ location: String) -> Bool {
    location.hasPrefix("postgres://") || location.hasPrefix("postgresql://")
  }

  init(_ url: String) throws(StoreError) {
    self.url = url
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(url, &message) else {
      // libpq's own words quote the place of the fault, and that may be a password.
      PQfreemem(message)
      throw StoreError(
        "the store's URL is not understood; write postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full, with %XX for special characters"
      )
    }
    defer { PQconninfoFree(options) }
    var values: [String: String] = [:]
    var secrets = Self.passwordParts(url)
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        let text = String(cString: value)
        values[String(cString: keyword)] = text
        // libpq marks what is not to be shown.
        if String(cString: option.pointee.dispchar) == "*", !text.isEmpty { secrets.append(text) }
      }
      option += 1
    }
    self.secrets = secrets
    for port in (values["port"] ?? "").split(separator: ",") where UInt16(port) == nil {
      throw StoreError(
        "the store's URL has a port that is no number; write postgres://USER@HOST:PORT/DATABASE, with %XX for special characters"
      )
    }
    let user = values["user"].map { $0 + "@" } ?? ""
    let port = values["port"].map { ":" + $0 } ?? ""
    let name =
      "postgres://\(user)\(values["host"] ?? values["hostaddr"] ?? "")\(port)/\(values["dbname"] ?? "")"
    self.name = secrets.contains(where: name.contains) ? "the PostgreSQL store" : name
  }

  /// A message of libpq's, in one line; without its words where they might repeat a password.
  func shown(_ message: String) -> String {
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard !secrets.contains(where: line.contains) else {
      return "its message is not shown, because it has a part of the URL's password in it"
    }
    return line
  }

  /// What stands between the user's name and the last `@`, also where libpq reads it otherwise.
  private static func passwordParts(_ url: String) -> [String] {
    guard let scheme = url.firstRange(of: "://"), let at = url.lastIndex(of: "@"), scheme.upperBound < at
    else {
      return []
    }
    let user = url[scheme.upperBound..<at]
    guard let colon = user.firstIndex(of: ":") else { return [] }
    return user[user.index(after: colon)...].split(whereSeparator: { "@/:?#&%=".contains($0) }).map(
      String.init)
  }
}
