/// RFC 4648's standard alphabet, in and out.

/// Padded to a multiple of four characters.
func base64(_ bytes: some Sequence<UInt8>) -> String {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  var held: UInt32 = 0
  var bits: UInt32 = 0
  for byte in bytes {
    held = held << 8 | UInt32(byte)
    bits += 8
    while bits >= 6 {
      bits -= 6
      text.append(letters[Int(held >> bits & 63)])
    }
  }
  if bits > 0 { text.append(letters[Int(held << (6 - bits) & 63)]) }
  while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
  return String(decoding: text, as: UTF8.self)
}

/// Padded or not; nil for anything else.
func base64Decoded(_ text: some Sequence<UInt8>) -> [UInt8]? {
  var result: [UInt8] = []
  var held: UInt32 = 0
  var bits = 0
  var padding = 0
  for byte in text {
    let value: UInt8
    switch byte {
    case 65...90: value = byte - 65
    case 97...122: value = byte - 71
    case 48...57: value = byte + 4
    case 43: value = 62
    case 47: value = 63
    case 61:
      padding += 1
      continue
    default: return nil
    }
    guard padding == 0 else { return nil }
    held = held << 6 | UInt32(value)
    bits += 6
    guard bits >= 8 else { continue }
    bits -= 8
    result.append(UInt8(truncatingIfNeeded: held >> UInt32(bits)))
  }
  return padding <= 2 && bits < 6 ? result : nil
}
