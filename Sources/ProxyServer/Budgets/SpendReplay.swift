/// What the raw log says was spent, for a proxy that begins, and for a budget that looks further back than was known.
///
/// An `end` counts what it cost, by the same reading and prices as while the proxy ran. A `start` without an `end` was cut
/// off, and its vendor may bill it: it counts the most that it could cost, as its line says; without a budget it had no
/// bound, and counts nothing. An answer that came without usage counts its bound too.
internal import Glibc
internal import JSON
internal import Ledger
internal import RawLog

package struct SpendReplay {
  package struct Spent: Sendable {
    /// The request's.
    var id: String
    var keyID: String
    var team: String?
    var user: String?
    var cost: Int128
    var time: Int64
  }

  private enum Limit {
    /// Handed over at a time.
    static let batch = 4096
    /// Work that is metered when it is fetched, told apart.
    static let meteredMax = 1_000_000
  }

  private let folder: String
  /// When requests arrived that count.
  private let times: Range<Int64>
  /// What this process wrote it counted when it wrote it.
  private let ownWriter: String
  private let reader: UseReader
  private var started: [String: Spent] = [:]
  /// Ends whose start was not read before: another writer's, whose segment may come later.
  private var ended: Set<String> = []
  private var metered: Set<String> = []
  private var batch: [Spent] = []

  /// - Parameters:
  ///   - each: gets some of them at a time.
  ///   - unfinished: gets what has a start and no end.
  ///   - metered: gets the id of what was fetched after it was done.
  ///   - trouble: a sentence for each file that could not be read.
  static func run(
    folder: String, times: Range<Int64>, ownWriter: String, prices: PriceShelf, each: ([Spent]) -> Void,
    unfinished: (Spent) -> Void, metered: (String) -> Void, trouble: (String) -> Void
  ) {
    let reader = UseReader()
    reader.use(prices)
    var replay = SpendReplay(folder: folder, times: times, ownWriter: ownWriter, reader: reader)
    func attempt(_ body: () throws(SegmentError) -> Void) {
      do throws(SegmentError) {
        try body()
      } catch {
        trouble("What \(error.path) says was spent is not known to budgets: \(error.problem)")
      }
    }
    var segments: [Segment] = []
    attempt { () throws(SegmentError) in segments = try replay.segments() }
    for segment in segments {
      attempt { () throws(SegmentError) in try replay.read(segment, each) }
    }
    each(replay.batch)
    for spent in replay.started.values { unfinished(spent) }
    for id in replay.metered { metered(id) }
  }

  private init(folder: String, times: Range<Int64>, ownWriter: String, reader: UseReader) {
    self.folder = folder
    self.times = times
    self.ownWriter = ownWriter
    self.reader = reader
  }

  /// Segments that may hold such requests: none arrives after its segment's hour is over.
  private func segments() throws(SegmentError) -> [Segment] {
    // Before the first request there is no folder.
    guard access(folder, F_OK) == 0 else { return [] }
    return try findSegments(in: folder).filter { segment in
      hour(inPath: segment.name).map { $0 + 3_600_000_000 > times.lowerBound } ?? true
    }
  }

  // MARK: - Lines

  private mutating func read(_ segment: Segment, _ each: ([Spent]) -> Void) throws(SegmentError) {
    let splitter = LineSplitter(try SegmentFile(path: segment.path, compression: segment.compression))
    let tape = JSONTape()
    while let line = try splitter.next(consumed: { _ in }) {
      guard case .whole(let bytes) = line else { continue }
      do throws(LineFault) {
        take(try readLine(bytes, with: tape))
      } catch {
        // The books report it; a line that cannot be read says nothing of money.
      }
      if batch.count >= Limit.batch {
        each(batch)
        batch.removeAll(keepingCapacity: true)
      }
    }
  }

  private mutating func take(_ line: RawLine) {
    guard line.writer != ownWriter, let request = line.request, times.contains(line.time),
      let keyID = request.facts.keyID
    else { return }
    let name = "\(request.id) \(request.attempt)"
    var spent = Spent(
      id: request.id, keyID: keyID, team: request.facts.team, user: request.user, cost: 0, time: line.time)
    guard let end = request.end else {
      guard ended.remove(name) == nil else { return }
      spent.cost = request.bound ?? 0
      started[name] = spent
      return
    }
    if let id = end.meteredID {
      guard metered.count < Limit.meteredMax, metered.insert(id).inserted else { return }
    }
    let start = started.removeValue(forKey: name)
    if start == nil, request.final, ended.count < Limit.meteredMax { ended.insert(name) }
    let bound = start?.cost ?? 0
    let use = reader.read(
      end.usage, end.billing, request.facts,
      End(outcome: end.outcome, errorType: end.errorType, source: end.usageSource), time: line.time)
    spent.cost = use.isUnknown ? max(bound, use.cost) : use.cost
    if spent.cost > 0 { batch.append(spent) }
  }
}
