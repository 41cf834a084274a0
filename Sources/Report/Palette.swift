/// The colours of all reports, as 0xRRGGBB: blues and greys, and one warm colour for what wants attention.
enum Palette {
  static let accent: UInt32 = 0x1F4E79
  static let attention: UInt32 = 0xB45F06
  static let ink: UInt32 = 0x262626
  static let muted: UInt32 = 0x6B7280
  static let line: UInt32 = 0xD5DAE1
  static let headFill: UInt32 = 0xEEF3F8

  private static let series: [UInt32] = [0x1F4E79, 0x5B93C7, 0xA9C9E5, 0x44546A, 0x8497B0, 0xC3CCD9]

  /// A product's colour; cost without a product stands out.
  static func color(ofProduct index: Int, unattributed: Int) -> UInt32 {
    index == unattributed ? 0xD08A3C : series[index % series.count]
  }

  static func hex(_ color: UInt32) -> String {
    let digits = String(color, radix: 16, uppercase: true)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
