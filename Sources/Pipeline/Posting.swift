internal import Crypto
internal import Foundation
internal import FoundationNetworking
internal import Ledger
public import Store

/// A chat channel that summaries are posted to. The address is a secret: whoever has it can post.
public struct PostTarget: Sendable {
  public var name: String
  public var url: String

  public init(name: String, url: String) {
    self.name = name
    self.url = url
  }
}

public enum PostLimit {
  public static let attemptsMax = 6
  /// What one answer is waited for.
  public static let answerSecondsMax = 30
  /// A longer `Retry-After` is not waited for: the next run tries again.
  public static let waitSecondsMax = 120
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

/// Posts each period's summary to each target once.
public struct Posting {
  private let store: Store
  private let now: @Sendable () -> Int64
  private let notice: (String) -> Void

  public init(store: Store, now: @escaping @Sendable () -> Int64, notice: @escaping (String) -> Void) {
    self.store = store
    self.now = now
    self.notice = notice
  }

  /// Sends `payload`, unless it was sent before or nobody knows.
  ///
  /// The intent is noted before the first byte goes out, and the outcome after the answer. A run that is cut in
  /// between leaves `unknown`, which is not repeated by itself: a second post is worse than a question.
  /// - Parameter again: post whatever is noted.
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
    let result = await send(payload, to: target)
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

  private func send(_ payload: [UInt8], to target: PostTarget) async -> PostResult {
    guard let url = URL(string: target.url), url.scheme == "https" || url.scheme == "http" else {
      return .failed("the address of \(target.name) is no http(s) URL")
    }
    var request = URLRequest(url: url, timeoutInterval: TimeInterval(PostLimit.answerSecondsMax))
    request.httpMethod = "POST"
    request.setValue("application/json; charset=utf-8", forHTTPHeaderField: "Content-Type")
    request.httpBody = Data(payload)
    let configuration = URLSessionConfiguration.ephemeral
    let session = URLSession(configuration: configuration, delegate: NoRedirects(), delegateQueue: nil)
    defer { session.finishTasksAndInvalidate() }
    var last = ""
    for attempt in 1...PostLimit.attemptsMax {
      var wait = min(1 << (attempt - 1), PostLimit.waitSecondsMax)
      do {
        let (_, answer) = try await session.data(for: request)
        guard let answer = answer as? HTTPURLResponse else { return .unknown("no HTTP answer") }
        switch answer.statusCode {
        case 200..<300: return .sent
        case 429, 500..<600:
          last = "\(target.name) answered \(answer.statusCode)"
          if let seconds = retryAfter(answer) {
            guard seconds <= PostLimit.waitSecondsMax else {
              return .failed(last + " and asks to wait \(seconds) s; the next run tries again")
            }
            wait = seconds
          }
        default:
          return .failed(
            "\(target.name) answered \(answer.statusCode); check the webhook's address and its channel")
        }
      } catch let error as URLError {
        switch error.code {
        case .cannotConnectToHost, .cannotFindHost, .dnsLookupFailed, .notConnectedToInternet:
          last = "\(target.name) cannot be reached"
        default:
          // It may have arrived: sending again could post twice.
          return .unknown("the connection to \(target.name) broke or timed out before an answer came")
        }
      } catch {
        return .unknown("the connection to \(target.name) broke before an answer came")
      }
      guard attempt < PostLimit.attemptsMax else { break }
      notice("\(last); waiting \(wait) s before attempt \(attempt + 1) of \(PostLimit.attemptsMax)")
      do {
        try await Task.sleep(for: .seconds(wait))
      } catch {
        return .failed("\(last); stopped while waiting")
      }
    }
    return .failed("\(last), \(PostLimit.attemptsMax) times")
  }

  /// Whole seconds, rounded up; nil where there is no such header or it is a date.
  private func retryAfter(_ answer: HTTPURLResponse) -> Int? {
    guard let text = answer.value(forHTTPHeaderField: "Retry-After"), text.count < 10 else { return nil }
    let whole = text.prefix { $0 != "." }
    guard let seconds = Int(whole), seconds >= 0 else { return nil }
    return whole.count == text.count ? seconds : seconds + 1
  }
}

/// A webhook that moved is a webhook to look at: its secret address is not sent elsewhere.
private final class NoRedirects: NSObject, URLSessionTaskDelegate {
  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }
}
