internal import Foundation
internal import FoundationNetworking
internal import Ledger
internal import Report

/// Sends one payload to one target: tries again what surely did not arrive, within bounds, and never what may have.
public struct ChatSending {
  let now: @Sendable () -> Int64
  let notice: (String) -> Void
  let wait: @Sendable (Int) async throws -> Void

  /// - Throws: `CancellationError`.
  public static let sleep: @Sendable (Int) async throws -> Void = {
    try await Task.sleep(for: .milliseconds($0))
  }

  func send(_ payload: [UInt8], identity: String, to target: PostTarget) async -> PostResult {
    guard let url = Self.address(of: target) else {
      return .failed(
        "the address of \(target.name) is no https URL (plain http is taken for this machine alone)")
    }
    var last = ""
    for attempt in 1...max(1, target.attempts) {
      let pause: Int
      switch await answer(to: payload, identity: identity, of: target, at: url) {
      case .sent: return .sent
      case .failed(let reason): return .failed("\(target.name) \(reason)")
      case .unknown(let reason): return .unknown("\(target.name) \(reason)")
      case .again(let reason, let milliseconds):
        last = "\(target.name) \(reason)"
        pause = milliseconds ?? min(1 << (attempt - 1), PostLimit.waitSecondsMax) * 1000
      }
      guard pause <= PostLimit.waitSecondsMax * 1000 else {
        return .failed("\(last) and asks to wait \((pause + 999) / 1000) s; the next run tries again")
      }
      guard attempt < target.attempts else { break }
      notice("\(last); waiting \((pause + 999) / 1000) s before attempt \(attempt + 1) of \(target.attempts)")
      do {
        try await wait(pause)
      } catch {
        return .failed("\(last); stopped while waiting")
      }
    }
    return .failed(target.attempts > 1 ? "\(last), \(target.attempts) times" : last)
  }

  private func answer(
    to payload: [UInt8], identity: String, of target: PostTarget, at url: URL
  ) async -> ChatVerdict {
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.setValue("application/json; charset=utf-8", forHTTPHeaderField: "Content-Type")
    request.setValue("tollbook", forHTTPHeaderField: "User-Agent")
    if target.service == .webhook {
      request.setValue(identity, forHTTPHeaderField: WebhookSignature.deliveryHeaderName)
      if let secret = target.secret {
        let signature = WebhookSignature.header(payload, secret: secret, seconds: now() / 1_000_000)
        request.setValue(signature, forHTTPHeaderField: WebhookSignature.headerName)
      }
    }
    request.httpBody = Data(payload)
    do {
      let answer = try await HTTPPost.answer(
        to: request, seconds: target.answerSeconds, bytesMax: PostLimit.answerBytesMax)
      return ChatVerdict(
        answer, service: target.service, secrets: [target.url, target.secret ?? ""], now: now())
    } catch {
      return ChatVerdict(error)
    }
  }

  /// Nil for what is no https URL; http goes no further than this machine.
  static func address(of target: PostTarget) -> URL? {
    guard var parts = URLComponents(string: target.url), let host = parts.host, !host.isEmpty else {
      return nil
    }
    let isHere = host == "localhost" || host == "::1" || host == "[::1]" || isLoopback(host)
    guard parts.scheme == "https" || (parts.scheme == "http" && isHere) else { return nil }
    // Without `wait` Discord says nothing of a message that it then does not save.
    if target.service == .discord, !(parts.queryItems ?? []).contains(where: { $0.name == "wait" }) {
      parts.queryItems = (parts.queryItems ?? []) + [URLQueryItem(name: "wait", value: "true")]
    }
    return parts.url
  }

  private static func isLoopback(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
