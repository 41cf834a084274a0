/// A record in; its members in a `start` and an `end` line, in the order that every line has, out.
internal import Ledger

extension LogRecord {
  public func writeStart(to line: inout LineText) {
    line.raw(#"{"id":"#)
    line.put(id)
    line.raw(#","attempt":"#)
    line.put(Int64(attempt))
    line.raw(#","endpoint":"#)
    line.put(endpoint)
    line.raw(#","provider":"#)
    line.put(cut(provider))
    line.raw(#","model":{"requested":"#)
    line.put(cut(modelRequested))
    line.raw("}")
    if let bound {
      line.raw(#","bound_usd":"#)
      line.put(bound.description)
    }
    writeWho(to: &line)
    writeClient(to: &line)
    line.raw("}")
  }

  public func writeEnd(to line: inout LineText) {
    line.raw(#"{"id":"#)
    line.put(id)
    line.raw(#","attempt":"#)
    line.put(Int64(attempt))
    line.raw(#","duration_us":"#)
    line.put(durationMicroseconds)
    line.raw(#","first_byte_us":"#)
    line.put(firstByteMicroseconds)
    line.raw(#","endpoint":"#)
    line.put(endpoint)
    line.raw(#","stream":"#)
    line.put(stream)
    line.raw(#","provider":"#)
    line.put(cut(provider))
    line.raw(#","upstream":"#)
    line.put(cut(upstream))
    line.raw(#","region":"#)
    line.put(cut(region))
    line.raw(#","vendor_request_id":"#)
    line.put(cut(vendorRequestID))
    line.raw(#","response_id":"#)
    line.put(cut(responseID))
    if let meteredID {
      line.raw(#","metered_id":"#)
      line.put(cut(meteredID))
    }
    line.raw(#","final":"#)
    line.put(final)
    line.raw(#","model":{"requested":"#)
    line.put(cut(modelRequested))
    line.raw(#","routed":"#)
    line.put(cut(modelRouted))
    line.raw(#","returned":"#)
    line.put(cut(modelReturned))
    line.raw("}")
    writeWho(to: &line)
    line.raw(#","status":"#)
    line.put(status.map { Int64($0) })
    line.raw(#","outcome":"#)
    line.put(outcome.rawValue)
    writeFailure(to: &line)
    writeUsage(to: &line)
    writeClient(to: &line)
    line.raw("}")
  }

  private func writeWho(to line: inout LineText) {
    if let keyID {
      line.raw(#","key":{"id":"#)
      line.put(cut(keyID))
      line.raw(#","name":"#)
      line.put(cut(keyName))
      line.raw("}")
    } else {
      line.raw(#","key":null"#)
    }
    line.raw(#","team":"#)
    line.put(cut(team))
    line.raw(#","user":"#)
    line.put(cut(user))
    line.raw(#","session":"#)
    line.put(cut(session))
    line.raw(#","tags":{"#)
    for (index, tag) in tags.prefix(LogRecordLimit.tagsMax).enumerated() {
      if index > 0 { line.raw(",") }
      line.put(cut(tag.name) ?? "")
      line.raw(":")
      line.put(cut(tag.value))
    }
    line.raw(#"},"inference_profile":"#)
    line.put(cut(inferenceProfile))
  }

  private func writeFailure(to line: inout LineText) {
    guard let error else { return line.raw(#","error":null"#) }
    line.raw(#","error":{"type":"#)
    line.put(error.type)
    if let code = error.code {
      line.raw(#","code":"#)
      line.put(code)
    }
    line.raw(#","message":"#)
    line.put(error.message)
    line.raw("}")
  }

  private func writeUsage(to line: inout LineText) {
    line.raw(#","usage":"#)
    if let usage { line.raw(usage) } else { line.raw("null") }
    line.raw(#","billing":{"#)
    for (index, fact) in billing.enumerated() {
      if index > 0 { line.raw(",") }
      line.put(fact.name)
      line.raw(":")
      line.raw(fact.json)
    }
    line.raw(#"},"usage_source":"#)
    line.put(usageSource.rawValue)
  }

  private func writeClient(to line: inout LineText) {
    line.raw(#","client":{"ip":"#)
    line.put(cut(clientIP))
    line.raw(#","agent":"#)
    line.put(cut(clientAgent))
    line.raw("}")
  }
}

private func cut(_ text: String?) -> String? {
  guard let text, text.utf8.count > LogRecordLimit.textCharactersMax else { return text }
  // Scalars, because one character may be any number of bytes.
  return String(String.UnicodeScalarView(text.unicodeScalars.prefix(LogRecordLimit.textCharactersMax)))
}
