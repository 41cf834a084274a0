internal import Foundation
internal import Glibc
public import Report

/// Files that could not be written, and where.
public struct FolderError: Error, CustomStringConvertible, Sendable {
  public var path: String
  public var problem: String
  public var description: String { "\(path): \(problem)" }
}

/// Writes a period's reports: each file whole or not at all, and `run.json` last, so that a folder with a
/// `run.json` is a complete one.
public struct ReportFolder: Sendable {
  public let path: String

  /// - Parameters:
  ///   - reports: the folder of all periods.
  ///   - period: the period's label.
  public init(reports: String, period: String) { path = reports + "/" + period }

  /// - Returns: the files, relative to the folder, in the order written.
  /// - Throws: `FolderError`, `ReportError`.
  public func write(_ books: Books, formats: Set<ReportFormat>) throws -> [String] {
    try makeFolder(path)
    let run = Reports.runJSON(books)
    try removeOther(run)
    var files: [String] = []
    func put(_ name: String, _ bytes: [UInt8]) throws {
      try replace(name) { try writeFile(bytes, to: $0) }
      files.append(name)
    }
    if formats.contains(.csv) { try put("chargeback.csv", Reports.chargebackCSV(books)) }
    if formats.contains(.focus) { try put("focus.csv", Reports.focusCSV(books)) }
    if formats.contains(.xlsx) {
      try replace("chargeback.xlsx") { try Reports.writeWorkbook(books, to: $0) }
      files.append("chargeback.xlsx")
    }
    if formats.contains(.markdown) {
      try makeFolder(path + "/charts")
      for chart in Reports.charts(books) { try put("charts/" + chart.name, chart.bytes) }
      try put("summary.md", Reports.summaryMarkdown(books))
    }
    try put("run.json", run)
    return files
  }

  /// A `run.json` of other figures goes first: a write that is cut must not leave it beside newer files.
  private func removeOther(_ run: [UInt8]) throws(FolderError) {
    let final = path + "/run.json"
    guard let old = FileManager.default.contents(atPath: final), !old.elementsEqual(run) else { return }
    guard unlink(final) == 0 else {
      throw FolderError(path: final, problem: "cannot be replaced: \(String(cString: strerror(errno)))")
    }
  }

  private func makeFolder(_ folder: String) throws(FolderError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FolderError(path: folder, problem: "cannot be made: \(error.localizedDescription)")
    }
  }

  /// Writes the file under this very name: Foundation's own writers go by way of a temporary of another name,
  /// which a killed run would leave in the folder for ever.
  private func writeFile(_ bytes: [UInt8], to file: String) throws(FolderError) {
    func fault() -> FolderError {
      FolderError(path: file, problem: "cannot be written: \(String(cString: strerror(errno)))")
    }
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fault() }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fault() }
      rest = rest.dropFirst(count)
    }
  }

  /// Writes beside the final name, waits for the disk, and renames: a reader sees the old file or the new one.
  private func replace(_ name: String, _ write: (String) throws -> Void) throws {
    let final = path + "/" + name
    let temporary = final + ".new"
    try write(temporary)
    let descriptor = open(temporary, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FolderError(path: temporary, problem: "cannot be opened") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0, rename(temporary, final) == 0 else {
      throw FolderError(path: final, problem: "cannot be put in place: \(String(cString: strerror(errno)))")
    }
  }
}

public enum ReportFormat: String, CaseIterable, Sendable {
  case csv, xlsx, focus
  case markdown = "md"
}
