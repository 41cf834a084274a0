internal import JSON
internal import ProxyServer
internal import RawLog

/// What a stream told of an answer, as one text, and what a client got of it.
struct Told {
  var facts: String
  var passed: [UInt8] = []
  /// The stream said that the bytes pass as they are, every time.
  var isUntouched = true
  /// The most that was kept between two pieces.
  var heldBytes = 0

  init<Stream: AnswerStream>(_ pieces: [[UInt8]], _ stream: Stream, held: (Stream) -> Int) {
    var stream = stream
    for piece in pieces {
      if let bytes = piece.withUnsafeBytes({ stream.take($0) }) {
        isUntouched = false
        passed += bytes
      } else {
        passed += piece
      }
      heldBytes = max(heldBytes, held(stream))
    }
    passed += stream.finish()
    facts = "\(say(stream.facts)) blind \(stream.isBlind) whole \(stream.isWhole)"
  }
}

/// All that facts say, as one text.
func say(_ facts: AnswerFacts) -> String {
  let billing = facts.billing.map { "\($0.name)=\(text($0.json))" }.joined(separator: " ")
  return """
    id \(facts.responseID ?? "–") model \(facts.model ?? "–") usage \(text(facts.usage?.json ?? [])) \
    final \(facts.usageIsFinal) billing \(billing) text \(facts.textBytes) error \(facts.error?.type ?? "–") \
    \(facts.error?.code ?? "–") terminal \(facts.sawTerminal)
    """
}

/// The JSON in these bytes; nil where it is none. Readable until the tape's next `parse`.
func parsed(_ bytes: [UInt8], _ tape: JSONTape) -> JSONValue? {
  do throws(JSONError) { return try tape.parse(bytes) } catch { return nil }
}
