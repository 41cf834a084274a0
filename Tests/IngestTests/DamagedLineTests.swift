import Ingest
import JSON
import Ledger
import RawLog
import TestKit
import Testing

/// Lines damaged at random: each is taken or rejected, and what is taken could have been meant.
@Suite struct DamagedLineTests {
  private let lines = [
    #"{"v":1,"kind":"end","writer":"w","seq":3,"time":"2026-10-01T00:00:00.000001Z","id":"r","attempt":1,"#
      + #""endpoint":"anthropic.messages","outcome":"ok","usage":{"input_tokens":812,"cache_creation":{"#
      + #""ephemeral_1h_input_tokens":7},"iterations":[{"type":"message","model":"m","output_tokens":9}]},"#
      + #""usage_source":"vendor","billing":{"seconds":12.5,"images":{"n":2}},"tags":{"a":"b"}}"#,
    #"{"v":1,"kind":"end","writer":"w","seq":3,"time":"2026-10-01T00:00:00Z","id":"r","attempt":1,"#
      + #""endpoint":"openai.chat_completions","outcome":"ok","usage":{"prompt_tokens":10,"completion_tokens":5,"#
      + #""total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":1}},"usage_source":"vendor"}"#,
    #"{"v":1,"kind":"start","writer":"w","seq":2,"time":"2026-10-01T00:00:00Z","id":"r","attempt":1,"endpoint":"e"}"#,
  ].map { Array($0.utf8) }

  @Test("a damaged line is taken or rejected with a reason, and no meter of it is negative or beyond reason")
  func damage() {
    var random = SeededRandom(seed: 0xDA3A6E)
    let alphabet = Array("{}[]\",:-.0123456789eE\\ntrufalsu ".utf8) + [0x00, 0x80, 0xC3, 0xFF]
    let tape = JSONTape()
    var taken = 0
    for round in 0..<20_000 {
      var line = lines[round % lines.count]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<line.count, using: &random)
        let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        switch Int.random(in: 0..<3, using: &random) {
        case 0: line[at] = byte
        case 1: line.insert(byte, at: at)
        default: line.remove(at: at)
        }
      }
      do throws(LineFault) {
        let result = try take(line, tape)
        taken += 1
        #expect(result.head.seq >= 1)
        guard case .end(_, let usage) = result else { continue }
        for counts in [usage.counts] + usage.otherModels.map(\.counts) {
          // A meter adds up to two of the vendor's counts.
          #expect(
            counts.used.allSatisfy { $0.count > 0 && ($0.meter == .millisecond || $0.count <= 1 << 54) })
          #expect((0...max(0, counts[.output])).contains(counts.reasoning))
        }
      } catch {
        #expect(!error.reason.isEmpty)
      }
    }
    #expect(taken > 1000, "the damage left too few lines whole to tell anything")
  }

  private func take(_ line: [UInt8], _ tape: JSONTape) throws(LineFault) -> TakenLine {
    var result: Result<TakenLine, LineFault> = .failure(LineFault("not read"))
    line.withUnsafeBytes { bytes in
      do throws(LineFault) {
        result = .success(try takeLine(bytes, place: .init(file: "f", line: 1), with: tape))
      } catch {
        result = .failure(error)
      }
    }
    return try result.get()
  }
}
