internal import Glibc
public import RawLog

/// Reads segments with several threads, and hands their lines out in the segments' order.
///
/// One thread at a time reads a chunk of the files, in their order, then parses it while the next one reads. What is
/// read and not yet handed out is bounded, however slow the caller is.
public final class ParallelReader: @unchecked Sendable {
  /// What the caller gets next.
  public enum Item {
    case batch(LineBatch)
    /// A segment that cannot be read, or not further: nothing more comes of it.
    case failure(segment: Int, SegmentError)
  }

  public enum Limit {
    public static let threadsMax = 64
    /// Chunks that are being read, parsed or waiting for the caller: for each thread, and at least, so that all go on while
    /// the caller waits for a disk.
    public static let chunksPerThread = 4
    public static let chunksMin = 48
  }

  private let open: @Sendable (Int) throws(SegmentError) -> SegmentReader?
  private let segments: Int
  private var mutex = pthread_mutex_t()
  private var filled = pthread_cond_t()
  private var freed = pthread_cond_t()
  private var threads: [pthread_t] = []
  // Guarded by the mutex.
  private var reading: (segment: Int, reader: SegmentReader?) = (0, nil)
  private var nextTicket = 0
  private var handedOut = 0
  private var done: [Item?]
  private var spare: [LineChunk] = []
  private var isReading = false
  private var isAtEnd = false
  private var isStopped = false

  /// - Parameters:
  ///   - segments: how many there are.
  ///   - threads: how many parse at a time.
  ///   - open: opens the segment of that number; nil for one that need not be read. Called by one thread at a time, in
  ///     the segments' order.
  public init(
    segments: Int, threads: Int, open: @escaping @Sendable (Int) throws(SegmentError) -> SegmentReader?
  ) {
    self.open = open
    self.segments = segments
    let count = max(1, min(threads, Limit.threadsMax))
    done = Array(repeating: nil, count: max(Limit.chunksMin, count * Limit.chunksPerThread))
    pthread_mutex_init(&mutex, nil)
    pthread_cond_init(&filled, nil)
    pthread_cond_init(&freed, nil)
    for number in 0..<count { start(number, of: count) }
  }

  deinit {
    stop()
    pthread_cond_destroy(&freed)
    pthread_cond_destroy(&filled)
    pthread_mutex_destroy(&mutex)
  }

  /// The next item, in the segments' order; nil when all are read. A batch's chunk is given back with `giveBack`.
  public func next() -> Item? {
    pthread_mutex_lock(&mutex)
    defer { pthread_mutex_unlock(&mutex) }
    let place = handedOut % done.count
    while done[place] == nil {
      if isAtEnd, handedOut == nextTicket { return nil }
      pthread_cond_wait(&filled, &mutex)
    }
    let item = done[place]
    done[place] = nil
    handedOut += 1
    pthread_cond_broadcast(&freed)
    return item
  }

  public func giveBack(_ chunk: LineChunk) {
    pthread_mutex_lock(&mutex)
    spare.append(chunk)
    pthread_mutex_unlock(&mutex)
  }

  /// Ends the threads: nothing more can be asked for.
  public func stop() {
    pthread_mutex_lock(&mutex)
    isStopped = true
    pthread_cond_broadcast(&freed)
    pthread_mutex_unlock(&mutex)
    for thread in threads { pthread_join(thread, nil) }
    threads.removeAll()
  }

  // MARK: - Threads

  private final class Work {
    // Its owner ends its threads before it ends itself.
    unowned let owner: ParallelReader
    let number: Int
    let parsers: Int
    init(_ owner: ParallelReader, _ number: Int, _ parsers: Int) {
      self.owner = owner
      self.number = number
      self.parsers = parsers
    }
  }

  private func start(_ number: Int, of parsers: Int) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(self, number, parsers))
    let result = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        let work = Unmanaged<Work>.fromOpaque(raw).takeRetainedValue()
        work.owner.work(LineParser(number: work.number, of: work.parsers))
        return nil
      }, work.toOpaque())
    if result == 0 {
      threads.append(thread)
    } else {
      work.release()
      precondition(!threads.isEmpty, "no thread can be started: \(String(cString: strerror(result)))")
    }
  }

  private func work(_ made: consuming LineParser) {
    var parser = made
    while let (ticket, chunk, failure) = read() {
      let item: Item =
        if let failure { .failure(segment: chunk.segment, failure) } else { .batch(parser.parse(chunk)) }
      pthread_mutex_lock(&mutex)
      if failure != nil { spare.append(chunk) }
      done[ticket % done.count] = item
      pthread_cond_signal(&filled)
      pthread_mutex_unlock(&mutex)
    }
  }

  /// The next chunk of the files and its place in their order; nil at their end.
  private func read() -> (ticket: Int, chunk: LineChunk, failure: SegmentError?)? {
    pthread_mutex_lock(&mutex)
    while !isStopped, !isAtEnd, isReading || nextTicket - handedOut >= done.count {
      pthread_cond_wait(&freed, &mutex)
    }
    if isStopped || isAtEnd {
      pthread_mutex_unlock(&mutex)
      return nil
    }
    isReading = true
    let chunk = spare.popLast() ?? LineChunk()
    pthread_mutex_unlock(&mutex)

    var failure: SegmentError?
    var found = false
    do throws(SegmentError) { found = try fill(chunk) } catch {
      failure = error
      chunk.segment = reading.segment
      reading = (reading.segment + 1, nil)
    }

    pthread_mutex_lock(&mutex)
    isReading = false
    let ticket = nextTicket
    if found || failure != nil { nextTicket += 1 } else { isAtEnd = true }
    pthread_cond_signal(&filled)
    pthread_cond_broadcast(&freed)
    pthread_mutex_unlock(&mutex)
    return found || failure != nil ? (ticket, chunk, failure) : nil
  }

  /// Only by the thread that is reading.
  private func fill(_ chunk: LineChunk) throws(SegmentError) -> Bool {
    while reading.reader == nil {
      guard reading.segment < segments else { return false }
      reading.reader = try open(reading.segment)
      if reading.reader == nil { reading.segment += 1 }
    }
    guard let reader = reading.reader else { return false }
    chunk.segment = reading.segment
    try reader.fill(chunk)
    if chunk.isLast { reading = (reading.segment + 1, nil) }
    return true
  }
}
