internal import Pipeline
internal import Yams

/// `schedule:` of `tollbook.yaml`: times of day in the books' zone.
extension ConfigurationFile {
  func readSchedule(_ node: Node, _ reader: YAMLReader) throws -> ScheduleTimes {
    var times = ScheduleTimes.usual
    for (key, value) in try reader.mapping(node) {
      let text = try reader.text(value, key)
      let words = text.split(separator: " ").map(String.init)
      let isOff = text == "off"
      switch key {
      case "ingest":
        guard isOff || words.count == 1 else { throw fault(value, key, "\"02:00\"", reader) }
        times.ingest = isOff ? nil : try seconds(text, value, key, "\"02:00\"", reader)
      case "month":
        let example = "\"1 06:00\""
        guard !isOff else {
          times.month = nil
          continue
        }
        guard words.count == 2, let day = Int64(words[0]), (1...28).contains(day) else {
          throw fault(value, key, "\(example) (a day from 1 to 28)", reader)
        }
        times.month = .init(day: day, seconds: try seconds(words[1], value, key, example, reader))
      case "week":
        let example = "\"monday 09:00\""
        guard !isOff else {
          times.week = nil
          continue
        }
        guard words.count == 2, let weekday = Self.weekdays.firstIndex(of: words[0].lowercased()) else {
          throw fault(value, key, example, reader)
        }
        times.week = .init(
          weekday: Int64(weekday), seconds: try seconds(words[1], value, key, example, reader))
      default: throw reader.unknown(key, value)
      }
    }
    return times
  }

  private static let weekdays = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
  ]

  /// `06:00`
  private func seconds(
    _ text: String, _ node: Node, _ key: String, _ example: String, _ reader: YAMLReader
  ) throws -> Int64 {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let hour = Int64(parts[0]), let minute = Int64(parts[1]), hour < 24, minute < 60
    else { throw fault(node, key, example, reader) }
    return hour * 3600 + minute * 60
  }

  private func fault(
    _ node: Node, _ key: String, _ example: String, _ reader: YAMLReader
  ) -> ConfigurationError {
    reader.fault(node, "\(key) of the schedule is a time such as \(example), or off")
  }
}
