/// How lines come into a segment: composed one behind the other, then written in one go, the lock being held.
internal import Ledger

extension LogWriter {
  func writeLine(
    _ state: inout State, _ kind: LineKind, time: Int64, members: some Collection<UInt8>
  ) throws(LogError) {
    state.text.removeAll(keepingCapacity: true)
    state.ends.removeAll(keepingCapacity: true)
    compose(&state, kind, time: time, members: members)
    try writeComposed(&state)
  }

  /// Writes what was composed. What is not whole is taken back; the lines before it stay.
  func writeComposed(_ state: inout State) throws(LogError) {
    guard let segment = state.segment else { return }
    var written = 0
    var fault: FileFault?
    state.text.withUnsafeBytes { bytes in
      do throws(FileFault) {
        while written < bytes.count {
          written += try files.write(segment.file, UnsafeRawBufferPointer(rebasing: bytes[written...]))
        }
      } catch {
        fault = error
      }
    }
    let whole = state.ends.prefix { $0 <= written }
    let wholeBytes = whole.last ?? 0
    if !whole.isEmpty {
      state.segment?.sizeBytes += Int64(wholeBytes)
      state.seq += Int64(whole.count)
      state.isDirty = true
      if state.dirtySince == nil { state.dirtySince = state.writtenAt }
    }
    guard let fault else { return }
    if written > wholeBytes { undo(&state) }
    throw LogError(doing: "writing to", path: segment.openPath, fault: fault)
  }

  /// Takes the torn line back; a segment that cannot be cut is left to its readers, who reject that line.
  private func undo(_ state: inout State) {
    guard let segment = state.segment else { return }
    do throws(FileFault) {
      try files.truncate(segment.file, to: segment.sizeBytes)
    } catch {
      notice("cutting a torn line from \(segment.openPath): \(error). A new segment follows.")
      retire(&state)
    }
  }

  /// Adds a line behind those that are being written; its number is the next one.
  func compose(_ state: inout State, _ kind: LineKind, time: Int64, members: some Collection<UInt8>) {
    state.text.append(contentsOf: prefixes[kind] ?? [])
    appendDecimal(state.seq + Int64(state.ends.count) + 1, to: &state.text)
    state.text.append(contentsOf: Self.timeName)
    Timestamp.append(time, to: &state.text)
    state.text.append(UInt8(ascii: "\""))
    if members.count > 2 { state.text.append(UInt8(ascii: ",")) }
    let isCopied: Void? = members.withContiguousStorageIfAvailable { bytes in
      state.text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes.dropFirst()))
    }
    if isCopied == nil { state.text.append(contentsOf: members.dropFirst()) }
    state.text.append(UInt8(ascii: "\n"))
    state.ends.append(state.text.count)
  }

  private static let timeName = Array(#","time":""#.utf8)

  static func prefix(_ kind: LineKind, _ writer: String) -> [UInt8] {
    Array(#"{"v":1,"kind":"\#(kind.rawValue)","writer":"\#(writer)","seq":"#.utf8)
  }
}
