/// The words of an answer, one piece for each event of a stream: the question's last text comes back in it.
func answerPieces(_ question: StandInQuestion, _ fault: StandInFault) -> [String] {
  let words = ["記録", "しました", "。", " The toll", " is paid", " —", " 🚃", " next"]
  var pieces = ["You said: ", String(question.lastText.prefix(200))]
  while pieces.count < fault.events { pieces.append(words[pieces.count % words.count]) }
  pieces.removeLast(max(0, pieces.count - fault.events))
  if fault.bigLineKiB > 0 {
    pieces[pieces.count / 2] += String(repeating: "x", count: fault.bigLineKiB * 1024)
  }
  return pieces
}

/// Arguments of a tool call as the vendors send them: text of JSON, cut anywhere.
let toolArgumentPieces = ["", "{\"city\":", " \"東", "京\", \"uni", "t\": \"celsius\"}"]

/// The counts of one answer.
struct StandInCounts {
  var input: Int
  var inputFinal: Int
  var cacheRead: Int
  var cacheWrite5m: Int
  var cacheWrite1h: Int
  var output: Int
  var reasoning: Int
  var webSearches: Int

  init(_ question: StandInQuestion, _ fault: StandInFault) {
    func count(_ name: StandInFault.TokenName) -> Int { fault.tokens[name] ?? 0 }
    input = fault.tokens[.input] ?? 9 + question.lastText.utf8.count / 4
    inputFinal = fault.tokens[.inputFinal] ?? input
    cacheRead = count(.cacheRead)
    cacheWrite5m = count(.cacheWrite5m)
    cacheWrite1h = count(.cacheWrite1h)
    output = fault.tokens[.output] ?? fault.events * question.choices
    reasoning = count(.reasoning)
    webSearches = count(.webSearches)
  }
}
