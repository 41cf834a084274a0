/// Anthropic's batch objects tell an address of their results, at Anthropic itself. A client that followed it would leave the
/// proxy and show its key there; so the address is made one of the same server, and every other byte stays.
internal import JSON
internal import NIOCore

struct BatchPage: AnswerStream {
  private(set) var facts = AnswerFacts(.batch)
  private(set) var isBlind = false
  var changesBytes: Bool { true }
  var sawTerminal: Bool { false }
  var isWhole: Bool { true }

  private let tape: JSONTape
  private let bytesMax: Int
  private var held: [UInt8] = []

  init(tape: JSONTape, bytesMax: Int) {
    self.tape = tape
    self.bytesMax = bytesMax
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard !isBlind else { return nil }
    held.append(contentsOf: bytes)
    guard held.count > bytesMax else { return [] }
    // No page is so long; then it passes as it is.
    isBlind = true
    defer { held = [] }
    return held
  }

  mutating func finish() -> [UInt8] {
    defer { held = [] }
    guard !held.isEmpty else { return [] }
    do throws(JSONError) {
      let page = try tape.parse(held)
      facts.readWholeAnswer(page)
      let batches = page["data"]?.elements ?? [page]
      let splices = batches.compactMap { batch in batch["results_url"].flatMap { Self.relative($0) } }
      guard !splices.isEmpty else { return held }
      return Array(
        spliced(ByteBuffer(bytes: held), splices, allocator: ByteBufferAllocator()).readableBytesView)
    } catch {
      return held
    }
  }

  mutating func stopReading() { isBlind = true }

  /// `/v1/messages/batches/…` for an absolute address.
  private static func relative(_ address: JSONValue) -> Splice? {
    guard let text = address.string, text.hasPrefix("https://") || text.hasPrefix("http://"),
      let slash = text.dropFirst(8).firstIndex(of: "/")
    else { return nil }
    var writer = JSONWriter()
    writer.string(String(text[slash...]))
    return Splice(range: address.range, bytes: writer.bytes)
  }
}
