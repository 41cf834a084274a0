public import Report
public import Store

extension Scheduler {
  /// What the scheduler needs of the world around it.
  public struct World {
    public var now: @Sendable () -> Int64
    /// Sleeps so many milliseconds, or throws where the program is to end.
    public var wait: @Sendable (Int) async throws -> Void
    public var lock: (_ job: String) throws -> RunLock
    public var store: () throws -> Store
    /// Prices, rules and settings as they are then.
    public var run: () throws -> Run
    public var posts: [PostTarget]
    public var language: Language
    public var log: (ScheduleEvent) -> Void

    public init(
      now: @escaping @Sendable () -> Int64, wait: @escaping @Sendable (Int) async throws -> Void,
      lock: @escaping (String) throws -> RunLock, store: @escaping () throws -> Store,
      run: @escaping () throws -> Run, posts: [PostTarget], language: Language,
      log: @escaping (ScheduleEvent) -> Void
    ) {
      self.now = now
      self.wait = wait
      self.lock = lock
      self.store = store
      self.run = run
      self.posts = posts
      self.language = language
      self.log = log
    }
  }
}
