/// A model name to look for: as it came, or with parts of it taken off, and the words for what was taken off.
struct ModelName: Hashable {
  var name: String
  var step: String
  /// The region that the name itself said: `us` of `us.anthropic.claude-…`.
  var region: String?
}

/// The names to look for, in their order: as it is, without its snapshot date, without a vendor's prefix,
/// without a region's prefix.
func modelNames(_ name: String) -> [ModelName] {
  var result: [ModelName] = []
  func add(_ name: String, _ steps: [String], region: String?) {
    let step = steps.isEmpty ? "exact" : "without its " + steps.joined(separator: " and ")
    result.append(ModelName(name: name, step: step, region: region))
    if let undated = withoutSnapshotDate(name) {
      let step = "without its " + (steps + ["snapshot date"]).joined(separator: " and ")
      result.append(ModelName(name: undated, step: step, region: region))
    }
  }
  add(name, [], region: nil)
  var bare = name
  if let slash = name.lastIndex(of: "/"), name.index(after: slash) < name.endIndex {
    bare = String(name[name.index(after: slash)...])
    add(bare, ["vendor prefix"], region: nil)
  }
  if let dot = bare.firstIndex(of: "."), regionPrefixes.contains(String(bare[..<dot])) {
    let steps = bare == name ? ["region prefix"] : ["vendor prefix", "region prefix"]
    add(String(bare[bare.index(after: dot)...]), steps, region: String(bare[..<dot]))
  }
  return result
}

/// Amazon Bedrock's prefixes of inference profiles that span regions (Bedrock user guide, "Supported Regions
/// and models for inference profiles").
let regionPrefixes: Set<String> = [
  "global", "us", "eu", "apac", "jp", "au", "ca", "us-gov", "in", "sa", "me", "af",
]

/// The regions whose prices may hold for a call to `region`, the narrowest first: the region itself, and the
/// geographies it is part of by the same guide.
func regionScopes(_ region: String) -> [String] {
  let geographies: [String] =
    switch region {
    case "ap-northeast-1", "ap-northeast-3": ["jp", "apac"]
    case "ap-southeast-2", "ap-southeast-4": ["au", "apac"]
    default:
      if region.hasPrefix("us-gov-") {
        ["us-gov"]
      } else if let dash = region.firstIndex(of: "-") {
        switch region[..<dash] {
        case "us": ["us"]
        case "eu": ["eu"]
        case "ap": ["apac"]
        case "ca": ["ca"]
        default: []
        }
      } else {
        []
      }
    }
  return [region] + geographies
}

/// `gpt-4o-mini-2024-07-18` → `gpt-4o-mini`, `claude-sonnet-4-5-20250929` → `claude-sonnet-4-5`,
/// `claude-opus-4@20250514` → `claude-opus-4`; nil for a name without a date behind it.
func withoutSnapshotDate(_ name: String) -> String? {
  let shape = name.utf8.map { (48...57).contains($0) ? UInt8(ascii: "0") : $0 }
  for suffix in ["-0000-00-00", "-00000000", "@00000000"] {
    if shape.count > suffix.utf8.count, shape.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) {
      return String(name.utf8.dropLast(suffix.utf8.count))
    }
  }
  return nil
}
