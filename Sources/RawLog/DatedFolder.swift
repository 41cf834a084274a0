/// Folders of days below a folder: `2026/11/28`.
internal import Glibc
internal import Ledger

package struct DatedFolder: Sendable {
  package let path: String
  /// Days since 1970-01-01.
  package let day: Int64

  /// Oldest first. What is called otherwise is left out.
  package static func all(below folder: String) -> [DatedFolder] {
    var found: [DatedFolder] = []
    for year in numbers(in: folder, digits: 4) {
      for month in numbers(in: year.path, digits: 2) where (1...12).contains(month.number) {
        for day in numbers(in: month.path, digits: 2) where (1...31).contains(day.number) {
          found.append(
            DatedFolder(
              path: day.path, day: Timestamp.days(year: year.number, month: month.number, day: day.number)))
        }
      }
    }
    return found
  }

  /// What is in it, by name.
  package var names: [String] { fileNames(in: path) }

  /// `raw-logs/2026/10/01/00`: where the files of an hour stand, and what their names begin with.
  /// - Parameter hour: since 1970-01-01T00Z.
  package static func hourPath(below folder: String, hour: Int64) -> String {
    let day = floorDivide(hour, 24)
    let date = Timestamp.date(days: day)
    return
      "\(folder)/\(padded(date.year, 4))/\(padded(date.month, 2))/\(padded(date.day, 2))/\(padded(hour - day * 24, 2))"
  }

  private static func numbers(in folder: String, digits: Int) -> [(path: String, number: Int64)] {
    fileNames(in: folder).compactMap { name in
      guard name.utf8.count == digits, name.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
        let number = Int64(name)
      else { return nil }
      return ("\(folder)/\(name)", number)
    }
  }
}

private func fileNames(in folder: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var found: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if !name.hasPrefix(".") { found.append(name) }
  }
  return found.sorted()
}
