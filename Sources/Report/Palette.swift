/// The colours of all reports, as 0xRRGGBB: blues and greys, and one warm colour for what wants attention.
enum Palette {
  static let accent: UInt32 = 0x1F4E79
  static let attention: UInt32 = 0xB45F06
  static let ink: UInt32 = 0x262626
  static let muted: UInt32 = 0x6B7280
  static let line: UInt32 = 0xD5DAE1
  static let headFill: UInt32 = 0xEEF3F8
  static let bar: UInt32 = 0xBCD3EA
  static let heat: UInt32 = 0x9DC0E2
  static let weekend: UInt32 = 0xF5F6F8
  static let good: UInt32 = 0x2E7D4F

  static let paper: UInt32 = 0xFFFFFF

  /// What stands for each colour on a dark ground.
  private static let dark: [(UInt32, UInt32)] = [
    (paper, 0x0D1117), (ink, 0xE6EDF3), (muted, 0x9DA7B3), (line, 0x3D444D), (0x1F4E79, 0x6CA6DD),
    (0x5B93C7, 0x3F75A8), (0xA9C9E5, 0xA9C9E5), (0x44546A, 0x8899B0), (0x8497B0, 0x5D6F88),
    (0xC3CCD9, 0xC3CCD9), (0xD08A3C, 0xE0A052),
  ]

  /// For drawings: readers that know no style sheets see the light colours.
  static let darkRules: String = {
    let rules = dark.map { "[fill=\"\(hex($0))\"]{fill:\(hex($1))}" }.joined()
    return "@media (prefers-color-scheme:dark){\(rules)[stroke=\"\(hex(line))\"]{stroke:#30363D}}"
  }()

  private static let series: [UInt32] = [
    0x1F4E79, 0x5B93C7, 0xA9C9E5, 0x44546A, 0x8497B0, 0xC3CCD9,
  ]

  /// A product's colour; cost without a product stands out.
  static func color(ofProduct index: Int, unattributed: Int) -> UInt32 {
    index == unattributed ? 0xD08A3C : series[index % series.count]
  }

  static func hex(_ color: UInt32) -> String {
    let digits = String(color, radix: 16, uppercase: true)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
