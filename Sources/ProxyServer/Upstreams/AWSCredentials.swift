/// The credentials that requests to Bedrock are signed with: where they come from in; always the ones that are valid now,
/// out. They are fetched and renewed by a task of its own; the event loops only look at what is there.
internal import NIOCore
internal import Synchronization

public struct AWSCredentials: Sendable {
  public var accessKeyID: String
  public var secret: Secret
  public var sessionToken: Secret?
  /// Microseconds since 1970-01-01T00:00:00Z; nil for never.
  public var expires: Int64?

  public init(accessKeyID: String, secret: Secret, sessionToken: Secret? = nil, expires: Int64? = nil) {
    self.accessKeyID = accessKeyID
    self.secret = secret
    self.sessionToken = sessionToken
    self.expires = expires
  }
}

/// One place of the standard chain.
public enum AWSCredentialSource: Sendable {
  /// From the environment or a profile.
  case fixed(AWSCredentials)
  /// ECS, EKS Pod Identity: `http://169.254.170.2/v2/credentials/…`; the token, or the file that holds it.
  case container(url: String, token: Secret?, tokenFile: String?)
  /// EC2's instance metadata, version 2, such as `http://169.254.169.254`.
  case instance(endpoint: String)
}

enum AWSCredentialLimit {
  /// Renewed that long before they end; AWS gives new ones at least five minutes before.
  static let renewalMicroseconds: Int64 = 300_000_000
  static let retrySeconds: Int64 = 5
  static let pauseSecondsMax: Int64 = 3600
  static let answerMilliseconds: Int64 = 2000
  static let answerBytesMax = 64 << 10
  static let tokenBytesMax = 16 << 10
  /// How long IMDSv2's session token lives; it is used at once.
  static let sessionSeconds = 300
}

final class AWSCredentialKeeper: Sendable {
  private let source: AWSCredentialSource
  private let held: Mutex<AWSCredentials?>
  private let clock: @Sendable () -> Int64
  private let notices: @Sendable (String) -> Void
  private let renewal = Mutex<Task<Void, Never>?>(nil)

  init(
    _ source: AWSCredentialSource, clock: @escaping @Sendable () -> Int64,
    notices: @escaping @Sendable (String) -> Void
  ) {
    self.source = source
    self.clock = clock
    self.notices = notices
    if case .fixed(let credentials) = source { held = Mutex(credentials) } else { held = Mutex(nil) }
  }

  /// Nil where there are none that are valid.
  var current: AWSCredentials? {
    guard let credentials = held.withLock({ $0 }) else { return nil }
    if let expires = credentials.expires, expires <= clock() { return nil }
    return credentials
  }

  /// Fetches the first ones, and goes on renewing them.
  func start(on group: any EventLoopGroup) async {
    if case .fixed = source { return }
    var pause = await renew(on: group)
    let task = Task { [weak self] in
      while !Task.isCancelled {
        do {
          try await Task.sleep(for: .seconds(pause))
        } catch {
          return
        }
        guard let self else { return }
        pause = await self.renew(on: group)
      }
    }
    renewal.withLock { $0 = task }
  }

  func stop() async {
    let task = renewal.withLock { $0 }
    task?.cancel()
    await task?.value
  }

  /// - Returns: seconds until it should be done again.
  private func renew(on group: any EventLoopGroup) async -> Int64 {
    do {
      let fresh = try await AWSMetadata(group: group).fetch(source)
      held.withLock { $0 = fresh }
      guard let expires = fresh.expires else { return AWSCredentialLimit.pauseSecondsMax }
      let left = (expires - clock() - AWSCredentialLimit.renewalMicroseconds) / 1_000_000
      return min(max(left, AWSCredentialLimit.retrySeconds), AWSCredentialLimit.pauseSecondsMax)
    } catch {
      // Those that are held serve until they end.
      notices("AWS credentials could not be fetched: \(error)")
      return AWSCredentialLimit.retrySeconds
    }
  }
}
