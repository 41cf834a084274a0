internal import Glibc

/// Objects that differ in their numbers only, one after another in, what they hold out.
///
/// A vendor's usage object is the same text again and again with other counts in it. The first of a kind is parsed and
/// learnt: the text between its numbers, and its layout. The next is held against that text, and only its numbers are
/// read. What fits no shape is nobody's loss: it is parsed as any text is.
public final class JSONShapes {
  /// The shapes, the one that fitted last in front.
  private var shapes: [JSONShape] = []

  public enum Limit {
    /// A format has a few; more means that something in the text is never the same twice.
    public static let shapesMax = 48
    public static let bytesMax = 4096
    public static let numbersMax = 128
    /// Longer numbers are not learnt: so many digits always fit 64 bits.
    public static let digitsMax = 15
    /// Bytes behind the text that must be readable.
    public static let slackBytes = 32
  }

  public init() {}

  /// The object that stands at `start`, if one of the shapes fits it, and how many bytes it has.
  ///
  /// - Parameter end: behind the last byte of the text; `Limit.slackBytes` behind it can be read.
  /// - Returns: the object, readable until the next call; nil where no shape fits.
  public func match(
    at start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) -> (value: JSONValue, count: Int)? {
    var index = 0
    while index < shapes.count {
      let shape = shapes[index]
      let count = shape.match(start, end)
      if count > 0 {
        if index > 0 { shapes.swapAt(index, index - 1) }
        return (JSONValue(layout: shape.layout, index: 0), count)
      }
      index += 1
    }
    return nil
  }

  /// Learns an object's shape, unless it is too large, or holds a number that is no plain count.
  public func learn(_ value: JSONValue) {
    guard shapes.count < Limit.shapesMax, let shape = JSONShape(value) else { return }
    shapes.append(shape)
  }
}

/// One shape: the text around the numbers, and a layout in which only the numbers change.
private final class JSONShape {
  let layout: JSONLayout
  /// The text around the numbers: one more piece than numbers.
  private let text: UnsafeMutablePointer<UInt8>
  private let pieceCounts: UnsafeMutablePointer<Int>
  private let numbers: Int
  /// The node of each number.
  private let numberNodes: UnsafeMutablePointer<Int>
  /// Each number's own place in the layout's bytes.
  private static let numberRoom = 16

  init?(_ value: JSONValue) {
    let range = value.range
    guard value.isObject, range.count <= JSONShapes.Limit.bytesMax else { return nil }
    let source = value.layout
    let end = Int(source.nodes[value.index].next)
    var found: [Int] = []
    for node in value.index..<end where source.nodes[node].kind == .number {
      let count = Int(source.nodes[node].end - source.nodes[node].start)
      let first = source.bytes[Int(source.nodes[node].start)]
      guard count <= JSONShapes.Limit.digitsMax, count == 1 || first != UInt8(ascii: "0"),
        (0..<count).allSatisfy({ source.bytes[Int(source.nodes[node].start) + $0] &- 48 < 10 })
      else { return nil }
      found.append(node)
    }
    guard found.count <= JSONShapes.Limit.numbersMax else { return nil }
    numbers = found.count
    layout = JSONLayout(
      bytesMax: max(range.count + numbers * Self.numberRoom, end - value.index), remembers: true)
    text = .allocate(capacity: range.count + 1)
    pieceCounts = .allocate(capacity: numbers + 1)
    numberNodes = .allocate(capacity: numbers + 1)
    copy(source, value.index..<end, range, found)
  }

  private func copy(_ source: JSONLayout, _ nodes: Range<Int>, _ range: Range<Int>, _ found: [Int]) {
    memcpy(layout.bytes, source.bytes + range.lowerBound, range.count)
    for node in nodes {
      var copied = source.nodes[node]
      copied.start -= Int32(range.lowerBound)
      copied.end -= Int32(range.lowerBound)
      copied.next -= Int32(nodes.lowerBound)
      layout.nodes[node - nodes.lowerBound] = copied
    }
    var from = 0
    var textCount = 0
    for (index, node) in found.enumerated() {
      let start = Int(source.nodes[node].start) - range.lowerBound
      memcpy(text + textCount, layout.bytes + from, start - from)
      pieceCounts[index] = start - from
      textCount += start - from
      from = Int(source.nodes[node].end) - range.lowerBound
      numberNodes[index] = node - nodes.lowerBound
      layout.nodes[node - nodes.lowerBound].start = Int32(range.count + index * Self.numberRoom)
    }
    memcpy(text + textCount, layout.bytes + from, range.count - from)
    pieceCounts[found.count] = range.count - from
  }

  deinit {
    text.deallocate()
    pieceCounts.deallocate()
    numberNodes.deallocate()
  }

  /// Holds a text against the shape, and takes its numbers over.
  /// - Returns: the bytes it has; 0 where it does not fit.
  @inline(__always)
  func match(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
    guard let wholes = layout.wholes else { return 0 }
    var at = start
    var piece = UnsafePointer(text)
    var index = 0
    while true {
      let count = pieceCounts[index]
      guard end - at >= count, equal(at, piece, count) else { return 0 }
      at += count
      piece += count
      if index == numbers { return at - start }
      let first = at
      var value: Int64 = 0
      while true {
        let digit = at.pointee &- 48
        guard digit < 10 else { break }
        value = value &* 10 &+ Int64(digit)
        at += 1
        // A number that goes on beyond this fits no shape.
        if at - first > JSONShapes.Limit.digitsMax { return 0 }
      }
      let digits = at - first
      guard digits > 0, digits == 1 || first.pointee != UInt8(ascii: "0") else { return 0 }
      let node = numberNodes[index]
      wholes[node] = value
      let room = layout.bytes + Int(layout.nodes[node].start)
      UnsafeMutableRawPointer(room).copyMemory(from: first, byteCount: Self.numberRoom)
      layout.nodes[node].end = layout.nodes[node].start + Int32(digits)
      index += 1
    }
  }
}

/// Whether two texts are the same, eight bytes at a time; both have at least seven readable bytes behind them or
/// `count` is looked at byte by byte at its end.
@inline(__always)
private func equal(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  var at = 0
  while at &+ 8 <= count {
    let left = UnsafeRawPointer(a + at).loadUnaligned(as: UInt64.self)
    let right = UnsafeRawPointer(b + at).loadUnaligned(as: UInt64.self)
    if left != right { return false }
    at = at &+ 8
  }
  while at < count {
    if a[at] != b[at] { return false }
    at = at &+ 1
  }
  return true
}
