internal import Crypto
internal import Ledger
public import Report
public import Store

/// A chat channel that messages are posted to. The address is a secret: whoever has it can post.
public struct PostTarget: Sendable {
  public var name: String
  public var service: ChatService
  public var url: String
  /// What a webhook's posts are signed with; a secret too.
  public var secret: String?
  /// Which messages it is told.
  public var kinds: Set<ChatMessage.Kind> = [.report, .failure]
  public var attempts = PostLimit.attemptsMax
  public var answerSeconds = PostLimit.answerSecondsMax

  public init(name: String, service: ChatService = .slack, url: String, secret: String? = nil) {
    self.name = name
    self.service = service
    self.url = url
    self.secret = secret
  }
}

public enum PostLimit {
  public static let attemptsMax = 6
  /// What one answer is waited for.
  public static let answerSecondsMax = 30
  /// A longer `Retry-After` is not waited for: the next run tries again.
  public static let waitSecondsMax = 120
  /// An answer is a word or a short object; what is longer is not read.
  static let answerBytesMax = 65_536
}

/// What became of a post.
public enum PostResult: Hashable, Sendable {
  case sent
  /// Posted by an earlier run.
  case alreadySent
  /// An earlier run was cut between sending and noting: nobody knows whether it arrived.
  case unknown(String)
  case failed(String)

  /// A post that was to be made was not.
  public var isFailure: Bool {
    switch self {
    case .sent, .alreadySent: false
    case .unknown, .failed: true
    }
  }
}

/// Posts each message to each target once.
public struct Posting {
  private let store: Store
  private let now: @Sendable () -> Int64
  private let sending: ChatSending

  /// - Parameter wait: sleeps so many milliseconds, or throws where the program is to end.
  public init(
    store: Store, now: @escaping @Sendable () -> Int64, notice: @escaping (String) -> Void,
    wait: @escaping @Sendable (Int) async throws -> Void = ChatSending.sleep
  ) {
    self.store = store
    self.now = now
    sending = ChatSending(now: now, notice: notice, wait: wait)
  }

  /// Sends `payload`, unless it was sent before or nobody knows.
  ///
  /// The intent is noted before the first byte goes out, and the outcome after the answer. A run that is cut in
  /// between leaves `unknown`, which is not repeated by itself: a second post is worse than a question.
  /// - Parameters:
  ///   - period: what the message is of; the same is not posted to the same target twice.
  ///   - again: post whatever is noted.
  /// - Throws: `StoreError`.
  public func post(
    _ payload: [UInt8], period: String, to target: PostTarget, again: Bool
  ) async throws -> PostResult {
    if !again, let earlier = try store.delivery(period: period, target: target.name) {
      switch earlier.state {
      case .sent: return .alreadySent
      case .unknown: return .unknown(earlier.detail)
      case .failed: break
      }
    }
    var delivery = Delivery(
      period: period, target: target.name, state: .unknown,
      payloadSHA256: hexText(SHA256.hash(data: payload)), detail: "cut between sending and noting",
      updated: now())
    try store.save(delivery)
    let identity = SHA256.hash(data: Array("\(period)\n\(target.name)\n\(delivery.payloadSHA256)".utf8))
    let result = await sending.send(payload, identity: String(hexText(identity).prefix(32)), to: target)
    switch result {
    case .sent, .alreadySent:
      delivery.state = .sent
      delivery.detail = ""
    case .unknown(let detail): delivery.detail = detail
    case .failed(let detail):
      delivery.state = .failed
      delivery.detail = detail
    }
    delivery.updated = now()
    try store.save(delivery)
    return result
  }
}
