// Which meters are the same tokens, with a cache and without.

extension Meter {
  /// Tokens that went in.
  public var isPrompt: Bool { cacheFamily != nil || self == .inputVideo }

  public var isCacheRead: Bool { self == .cacheRead || self == .cacheReadAudio || self == .cacheReadImage }

  public var isCacheWrite: Bool { self == .cacheWrite5m || self == .cacheWrite1h || self == .cacheWrite12h }

  /// The plain meter that a token would be in without a cache; nil where no cache has a say.
  public var cacheFamily: Meter? {
    switch self {
    case .input, .cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h: .input
    case .inputAudio, .cacheReadAudio: .inputAudio
    case .inputImage, .cacheReadImage: .inputImage
    default: nil
    }
  }

  /// What moves together when requests grow: a cache only moves tokens inside it.
  public var sizeGroup: Meter { cacheFamily ?? self }
}

extension TokenCounts {
  /// Tokens were read from a cache or written to one.
  public var usesCache: Bool {
    self[.cacheRead] != 0 || cacheWrite != 0 || self[.cacheReadAudio] != 0 || self[.cacheReadImage] != 0
  }

  /// The same counts as if there were no cache.
  public var withoutCache: TokenCounts {
    var result = self
    for meter in Meter.allCases where meter.isCacheRead || meter.isCacheWrite {
      result[meter] = 0
      if let plain = meter.cacheFamily { result[plain] += self[meter] }
    }
    return result
  }
}
