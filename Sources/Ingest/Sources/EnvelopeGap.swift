internal import RawLog

/// Between the rows of an envelope: an object (or several, one behind the other) whose list under one of some names
/// holds the rows, `{"data": [row, row], "page": 1}`.
struct EnvelopeGap {
  enum Next {
    /// A row begins so many bytes behind the last one.
    case row(Int)
    case more
    case end
    /// An envelope that does not end, or text that is none.
    case broken
  }

  let names: [String]
  /// Inside a list of rows.
  private(set) var isInList: Bool
  /// Any such list was there, rows or none.
  private(set) var hasList = false
  private var depth: Int

  /// - Parameter isContinued: an earlier reading has taken rows of the list.
  init(names: [String], isContinued: Bool) {
    self.names = names
    isInList = isContinued
    depth = isContinued ? 1 : 0
  }

  /// Looks for the next row, from the end of the last one; asked again with more bytes, it begins anew.
  mutating func next(_ bytes: UnsafeRawBufferPointer, isAll: Bool) -> Next {
    var walk = self
    var at = 0
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "]") where walk.isInList:
        walk.isInList = false
        at += 1
      case _ where walk.isInList:
        self = walk
        return .row(at)
      case UInt8(ascii: "\""):
        guard let end = Self.stringEnd(bytes, at) else { return isAll ? .broken : .more }
        guard walk.depth == 1, walk.names.contains(where: { bytes[at + 1..<end - 1].elementsEqual($0.utf8) })
        else {
          at = end
          continue
        }
        var list = end
        while list < bytes.count, [0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ":")].contains(bytes[list]) {
          list += 1
        }
        guard list < bytes.count else { return isAll ? .broken : .more }
        if bytes[list] == UInt8(ascii: "["), bytes[end..<list].contains(UInt8(ascii: ":")) {
          walk.isInList = true
          walk.hasList = true
          list += 1
        }
        at = list
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        walk.depth += 1
        at += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        walk.depth -= 1
        at += 1
        if walk.depth < 0 { return .broken }
      default:
        if walk.depth == 0 { return .broken }
        at += 1
      }
    }
    guard isAll else { return .more }
    self = walk
    return walk.depth == 0 && !walk.isInList ? .end : .broken
  }

  /// Behind the closing quote.
  private static func stringEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    var at = start + 1
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "\\") {
        at += 2
        continue
      }
      if bytes[at] == UInt8(ascii: "\"") { return at + 1 }
      at += 1
    }
    return nil
  }
}
