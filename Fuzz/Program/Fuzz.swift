/// `fuzz LAW [LIBFUZZER'S OPTIONS]`: looks for bytes that break a law. See `Fuzz/run.sh`.
internal import ParserLaws

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// Set once, before the fuzzer begins.
nonisolated(unsafe) private var law = ParserLaw.json

@main struct Fuzz {
  static func main() {
    guard CommandLine.argc > 1, let named = ParserLaw(rawValue: CommandLine.arguments[1]) else {
      print("fuzz \(ParserLaw.allCases.map(\.rawValue).joined(separator: "|")) [options of libFuzzer]")
      return
    }
    law = named
    var arguments = CommandLine.unsafeArgv + 1
    arguments[0] = CommandLine.unsafeArgv[0]
    var count = CommandLine.argc - 1
    _ = runDriver(&count, &arguments) { bytes, count in
      do throws(LawBroken) {
        try law.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
      } catch {
        fatalError("\(law.rawValue): \(error.description)")
      }
      return 0
    }
  }
}
