internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// One HTTP request and its answer, both bounded. No redirect is followed: a webhook that moved is a webhook to look
/// at, and its secret is sent nowhere else.
enum HTTPPost {
  struct Answer: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]
  }

  enum Fault: Error {
    /// Nothing was sent: the other side was not there.
    case notReached
    /// Nothing was sent: the other side could not show who it is.
    case notTrusted
    /// It may have arrived.
    case unanswered
  }

  /// - Parameters:
  ///   - seconds: until the whole answer is there.
  ///   - bytesMax: the answer's body is cut there.
  /// - Throws: `Fault`. It says nothing of the address.
  static func answer(to request: URLRequest, seconds: Int, bytesMax: Int) async throws(Fault) -> Answer {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = TimeInterval(seconds)
    configuration.timeoutIntervalForResource = TimeInterval(seconds)
    configuration.httpCookieStorage = nil
    let receiving = Receiving(bytesMax: bytesMax)
    let session = URLSession(configuration: configuration, delegate: receiving, delegateQueue: nil)
    let result = await withCheckedContinuation { continuation in
      receiving.begin(continuation)
      session.dataTask(with: request).resume()
    }
    session.invalidateAndCancel()
    return try result.get()
  }
}

private final class Receiving: NSObject, URLSessionDataDelegate {
  private struct State {
    var continuation: CheckedContinuation<Result<HTTPPost.Answer, HTTPPost.Fault>, Never>?
    var body: [UInt8] = []
  }

  private let bytesMax: Int
  private let state = Mutex(State())

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  func begin(_ continuation: CheckedContinuation<Result<HTTPPost.Answer, HTTPPost.Fault>, Never>) {
    state.withLock { $0.continuation = continuation }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let isFull = state.withLock { state in
      state.body += data.prefix(bytesMax - state.body.count)
      return state.body.count >= bytesMax
    }
    if isFull { finish(dataTask.response, nil) }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    finish(task.response, error)
  }

  private func finish(_ response: URLResponse?, _ error: (any Error)?) {
    let (continuation, body) = state.withLock { state in
      defer { state.continuation = nil }
      return (state.continuation, state.body)
    }
    guard let continuation else { return }
    if let error {
      continuation.resume(returning: .failure(Self.fault(error)))
    } else if let response = response as? HTTPURLResponse {
      var headers: [String: String] = [:]
      for (name, value) in response.allHeaderFields {
        headers["\(name)".lowercased()] = "\(value)"
      }
      continuation.resume(
        returning: .success(HTTPPost.Answer(status: response.statusCode, headers: headers, body: body)))
    } else {
      continuation.resume(returning: .failure(.unanswered))
    }
  }

  private static func fault(_ error: any Error) -> HTTPPost.Fault {
    guard let error = error as? URLError else { return .unanswered }
    switch error.code {
    case .cannotConnectToHost, .cannotFindHost, .dnsLookupFailed, .notConnectedToInternet: return .notReached
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateNotYetValid, .serverCertificateHasUnknownRoot, .clientCertificateRejected,
      .clientCertificateRequired:
      return .notTrusted
    // libcurl's refusal of a certificate comes without a code of its own.
    case .unknown where error.localizedDescription.lowercased().contains("certificate"): return .notTrusted
    default: return .unanswered
    }
  }
}
