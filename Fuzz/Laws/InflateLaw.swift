internal import ProxyServer
internal import TestKit

/// Compressed answers: the same comes out however they are cut, never more than the bound, and what was compressed comes
/// out as it was.
enum InflateLaw {
  private static let outputBytesMax = 1 << 16

  static func check(_ input: Input) throws(LawBroken) {
    let isMade = input.choice(2) == 1
    let bytes = isMade ? gzipped([input.text]).flatMap { $0 } : input.text
    for coding in ["gzip", "deflate"] {
      let whole = inflated([bytes], coding)
      let cut = inflated(cutUp(bytes, input.cut), coding)
      try hold(whole.isFault == cut.isFault, "\(coding): a fault comes with the cuts")
      try hold(whole.isFault || whole.output == cut.output, "\(coding): other bytes come when they are cut")
      try hold(max(whole.output.count, cut.output.count) <= outputBytesMax, "\(coding): too many bytes")
    }
    if isMade, input.text.count <= outputBytesMax {
      try hold(inflated([bytes], "gzip").output == input.text, "other bytes come out than went in")
    }
  }

  private static func inflated(_ pieces: [[UInt8]], _ coding: String) -> (output: [UInt8], isFault: Bool) {
    var output: [UInt8] = []
    guard let inflater = Inflater(coding: coding, outputBytesMax: outputBytesMax) else { return ([], true) }
    for piece in pieces {
      var fault: InflateFault?
      piece.withUnsafeBytes { bytes in
        do throws(InflateFault) { try inflater.take(bytes) { output += $0 } } catch { fault = error }
      }
      if fault != nil { return (output, true) }
    }
    return (output, false)
  }
}
