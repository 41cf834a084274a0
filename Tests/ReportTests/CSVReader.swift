/// RFC 4180, read strictly: what a careful reader makes of a file. Nil for anything else.
enum CSVReader {
  static func lines(_ bytes: [UInt8], byteOrderMark: Bool = true) -> [[String]]? {
    guard bytes.starts(with: [0xEF, 0xBB, 0xBF]) == byteOrderMark else { return nil }
    var lines: [[String]] = []
    var line: [String] = []
    var field: [UInt8] = []
    var rest = bytes.dropFirst(byteOrderMark ? 3 : 0)[...]
    var isQuoted = false
    while let byte = rest.popFirst() {
      if isQuoted {
        guard byte == UInt8(ascii: "\"") else {
          field.append(byte)
          continue
        }
        if rest.first == UInt8(ascii: "\"") {
          field.append(byte)
          rest.removeFirst()
        } else {
          isQuoted = false
          guard rest.first == UInt8(ascii: ",") || rest.first == 0x0D else { return nil }
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        guard field.isEmpty else { return nil }
        isQuoted = true
      case UInt8(ascii: ","), 0x0D:
        line.append(String(decoding: field, as: UTF8.self))
        field = []
        guard byte == 0x0D else { continue }
        guard rest.popFirst() == 0x0A else { return nil }
        lines.append(line)
        line = []
      case 0x0A: return nil
      default: field.append(byte)
      }
    }
    return isQuoted || !line.isEmpty || !field.isEmpty ? nil : lines
  }
}
