/// Bytes that grow at their end: numbers of any size, and other bytes.
struct PackedBytes: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  /// What a number takes at most.
  static let numberBytesMax = 10

  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  mutating func removeAll() { count = 0 }

  /// Makes room: what is put next must fit into it.
  @inline(__always) mutating func reserve(_ more: Int) {
    if capacity &- count < more { grow(more) }
  }

  @inline(never) private mutating func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
  }

  // MARK: - Into the room that was made

  @inline(__always) mutating func put(byte: UInt8) {
    base[count] = byte
    count = count &+ 1
  }

  /// Seven bits a byte, the lowest first; the highest bit says that more follow.
  @inline(__always) mutating func put(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      base[count] = UInt8(truncatingIfNeeded: rest) | 0x80
      count = count &+ 1
      rest >>= 7
    }
    base[count] = UInt8(truncatingIfNeeded: rest)
    count = count &+ 1
  }

  /// A number that is hardly ever below zero.
  @inline(__always) mutating func put(_ number: Int64) { put(UInt64(bitPattern: number)) }

  /// A number near zero, on either side.
  @inline(__always) mutating func put(signed number: Int64) {
    put(UInt64(bitPattern: number &<< 1 ^ number &>> 63))
  }

  /// A number of a fixed size.
  @inline(__always) mutating func put<Word: FixedWidthInteger>(word: Word) {
    UnsafeMutableRawPointer(base + count).storeBytes(of: word.littleEndian, as: Word.self)
    count = count &+ MemoryLayout<Word>.size
  }

  /// Puts a number of a fixed size where there is one already.
  @inline(__always) mutating func put<Word: FixedWidthInteger>(word: Word, at place: Int) {
    UnsafeMutableRawPointer(base + place).storeBytes(of: word.littleEndian, as: Word.self)
  }

  @inline(__always) mutating func put(bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: bytes.count)
    count = count &+ bytes.count
  }

  /// Ends the bytes with the check value of all before it.
  mutating func putCheck() {
    reserve(MemoryLayout<UInt64>.size)
    put(word: checkValue(bytes))
  }
}

/// Reads what `PackedBytes` wrote. What is not there is 0, and is told by `isDamaged`.
struct PackedReader {
  private(set) var at: UnsafePointer<UInt8>
  private var end: UnsafePointer<UInt8>
  private(set) var isDamaged = false

  /// - Parameter bytes: with their check value.
  /// - Returns: nil where the check value is not theirs.
  init?(checked bytes: UnsafeRawBufferPointer) {
    let checkBytes = MemoryLayout<UInt64>.size
    guard bytes.count > checkBytes, let base = bytes.baseAddress else { return nil }
    let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - checkBytes)])
    let check = bytes.loadUnaligned(fromByteOffset: body.count, as: UInt64.self)
    guard UInt64(littleEndian: check) == checkValue(body) else { return nil }
    at = base.assumingMemoryBound(to: UInt8.self)
    end = at + body.count
  }

  var isAtEnd: Bool { at >= end }

  @inline(__always) mutating func byte() -> UInt8 {
    guard at < end else { return damaged() }
    defer { at += 1 }
    return at.pointee
  }

  @inline(__always) mutating func number() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while at < end, shift < 70 {
      let byte = at.pointee
      at += 1
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return value }
      shift = shift &+ 7
    }
    return damaged()
  }

  @inline(__always) mutating func integer() -> Int64 { Int64(bitPattern: number()) }

  @inline(__always) mutating func signed() -> Int64 {
    let bits = number()
    return Int64(bitPattern: bits &>> 1) ^ -Int64(bitPattern: bits & 1)
  }

  @inline(__always) mutating func word<Word: FixedWidthInteger>() -> Word {
    let size = MemoryLayout<Word>.size
    guard end - at >= size else { return damaged() }
    defer { at += size }
    return Word(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: Word.self))
  }

  /// Steps over so many bytes.
  /// - Returns: where they begin; nil where there are not so many.
  @inline(__always) mutating func skip(_ count: UInt64) -> UnsafePointer<UInt8>? {
    guard count <= UInt64(end - at) else {
      isDamaged = true
      return nil
    }
    defer { at += Int(count) }
    return at
  }

  /// Goes on at a place behind this one.
  @inline(__always) mutating func move(to place: UnsafePointer<UInt8>) { at = place }

  @inline(never) private mutating func damaged<Word: FixedWidthInteger>() -> Word {
    isDamaged = true
    at = end
    return 0
  }
}

/// Tells bytes that were damaged on a disk or on the way: no protection against a forger. It stands in stores: this function
/// is never changed.
func checkValue(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  guard let base = bytes.baseAddress else { return 0 }
  let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
  // Four at a time, each by itself: a multiplication waits for the one before it.
  var a = UInt64(truncatingIfNeeded: bytes.count) &* factor
  var b: UInt64 = 0xBF58_476D_1CE4_E5B9
  var c: UInt64 = 0x94D0_49BB_1331_11EB
  var d: UInt64 = 0xD6E8_FEB8_6659_FD93
  func word(_ at: Int) -> UInt64 { UInt64(littleEndian: (base + at).loadUnaligned(as: UInt64.self)) }
  var at = 0
  while at &+ 32 <= bytes.count {
    a = (a ^ word(at)) &* factor
    b = (b ^ word(at &+ 8)) &* factor
    c = (c ^ word(at &+ 16)) &* factor
    d = (d ^ word(at &+ 24)) &* factor
    a ^= a &>> 29
    b ^= b &>> 29
    c ^= c &>> 29
    d ^= d &>> 29
    at = at &+ 32
  }
  while at < bytes.count {
    a = (a ^ UInt64(bytes[at])) &* factor
    a ^= a &>> 29
    at = at &+ 1
  }
  for lane in [b, c, d] {
    a = (a ^ lane) &* factor
    a ^= a &>> 29
  }
  return a
}
