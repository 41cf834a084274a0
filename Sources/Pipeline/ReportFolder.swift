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
  private static let bridge = "charts/bridge.svg"

  /// - Parameters:
  ///   - reports: the folder of all periods.
  ///   - period: the period's label.
  public init(reports: String, period: String) { path = reports + "/" + period }

  /// - Returns: the files, relative to the folder, in the order written.
  /// - Throws: `FolderError`, `ReportError`.
  public func write(_ books: Books, formats: Set<ReportFormat>) throws -> [String] {
    try makeFolder(path)
    let files = try render(books, formats: formats)
    if let run = files.last { try removeOther(run.bytes) }
    if books.adjustments.isEmpty, formats.contains(.csv) { try remove("adjustments.csv") }
    if formats.contains(.xlsx) { try removeProductFiles(except: Set(files.map(\.name))) }
    if formats.contains(.markdown) {
      try makeFolder(path + "/charts")
      // Of an earlier run that had something to compare with.
      if !files.contains(where: { $0.name == Self.bridge }) { try remove(Self.bridge) }
    }
    for file in files { try replace(file.name) { try writeFile(file.bytes, to: $0) } }
    return files.map(\.name)
  }

  /// The files as they would be written, in that order.
  func render(_ books: Books, formats: Set<ReportFormat>) throws -> [ReportFile] {
    var files: [ReportFile] = []
    func add(_ name: String, _ bytes: [UInt8]) { files.append(ReportFile(name: name, bytes: bytes)) }
    if formats.contains(.csv) {
      add("chargeback.csv", Reports.chargebackCSV(books))
      if let corrections = Reports.adjustmentsCSV(books) { add("adjustments.csv", corrections) }
    }
    if formats.contains(.focus) { add("focus.csv", Reports.focusCSV(books)) }
    if formats.contains(.xlsx) {
      add("chargeback.xlsx", try workbook { try Reports.writeWorkbook(books, to: $0) })
      for (product, name) in books.productFiles ? Reports.productFileNames(books) : [] {
        add(name, try workbook { try Reports.writeWorkbook(books, product: product, to: $0) })
      }
    }
    if formats.contains(.markdown) {
      for chart in Reports.charts(books) { add("charts/" + chart.name, chart.bytes) }
      add("summary.md", Reports.summaryMarkdown(books))
    }
    add("run.json", Reports.runJSON(books))
    return files
  }

  /// A workbook is made in a file, which is gone again when its bytes are here.
  private func workbook(_ write: (String) throws -> Void) throws -> [UInt8] {
    try makeFolder(path)
    let temporary = path + "/chargeback.xlsx.new"
    defer { unlink(temporary) }
    try write(temporary)
    guard let bytes = contents(temporary) else {
      throw FolderError(path: temporary, problem: "cannot be read")
    }
    return bytes
  }

  /// A file of the folder; nil where there is none.
  func contents(ofFile name: String) -> [UInt8]? { contents(path + "/" + name) }

  private func contents(_ file: String) -> [UInt8]? {
    FileManager.default.contents(atPath: file).map(Array.init)
  }

  private func remove(_ name: String) throws(FolderError) {
    guard unlink(path + "/" + name) != 0, errno != ENOENT else { return }
    throw FolderError(
      path: path + "/" + name, problem: "cannot be removed: \(String(cString: strerror(errno)))")
  }

  /// Products come and go, and a workbook that nobody writes any more would speak of other figures.
  private func removeProductFiles(except names: Set<String>) throws(FolderError) {
    let found: [String]
    do {
      found = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw FolderError(path: path, problem: "cannot be listed: \(error.localizedDescription)")
    }
    for name in found.sorted()
    where name.hasPrefix("chargeback-") && name.hasSuffix(".xlsx") && !names.contains(name) {
      try remove(name)
    }
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

/// One file of a period's reports.
struct ReportFile {
  /// Relative to the folder.
  var name: String
  var bytes: [UInt8]
}

public enum ReportFormat: String, CaseIterable, Sendable {
  case csv, xlsx, focus
  case markdown = "md"
}
