/// Asks a container's or an instance's metadata service for credentials: the documents of ECS and of IMDSv2.
internal import Glibc
internal import JSON
internal import Ledger
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

struct AWSMetadataFault: Error, CustomStringConvertible {
  var description: String
}

struct AWSMetadata {
  let group: any EventLoopGroup

  func fetch(_ source: AWSCredentialSource) async throws -> AWSCredentials {
    switch source {
    case .fixed(let credentials): return credentials
    case .container(let url, let token, let tokenFile):
      var headers: [(String, String)] = []
      if let tokenFile {
        headers.append(("authorization", try Self.token(in: tokenFile)))
      } else if let token {
        headers.append(("authorization", token.text))
      }
      return try credentials(try await ask(.GET, url, headers))
    case .instance(let endpoint):
      let session = try await ask(
        .PUT, endpoint + "/latest/api/token",
        [("x-aws-ec2-metadata-token-ttl-seconds", String(AWSCredentialLimit.sessionSeconds))])
      let headers = [("x-aws-ec2-metadata-token", String(decoding: session, as: UTF8.self))]
      let folder = endpoint + "/latest/meta-data/iam/security-credentials/"
      let roles = String(decoding: try await ask(.GET, folder, headers), as: UTF8.self)
      guard let role = roles.split(separator: "\n").first, !role.isEmpty else {
        throw AWSMetadataFault(description: "the instance has no role")
      }
      return try credentials(try await ask(.GET, folder + percentEncoded(role.utf8), headers))
    }
  }

  private func credentials(_ document: [UInt8]) throws -> AWSCredentials {
    let value = try JSONTape().parse(document)
    guard let id = value["AccessKeyId"]?.string, let secret = value["SecretAccessKey"]?.string else {
      throw AWSMetadataFault(description: "the metadata service's answer holds no credentials")
    }
    let expiration = value["Expiration"]?.string
    let expires = expiration.flatMap { Timestamp.parse($0.utf8) }
    guard expiration == nil || expires != nil else {
      throw AWSMetadataFault(description: "the metadata service's answer has an expiration that is no time")
    }
    return AWSCredentials(
      accessKeyID: id, secret: Secret(secret), sessionToken: value["Token"]?.string.map { Secret($0) },
      expires: expires)
  }

  /// Pod Identity's token is renewed in its file.
  private static func token(in path: String) throws -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw AWSMetadataFault(description: "\(path) cannot be read") }
    defer { close(file) }
    var room = [UInt8](repeating: 0, count: AWSCredentialLimit.tokenBytesMax)
    let count = read(file, &room, room.count)
    let text = String(decoding: room.prefix(max(0, count)), as: UTF8.self).filter { !$0.isNewline }
    guard !text.isEmpty else { throw AWSMetadataFault(description: "\(path) is empty") }
    return text
  }

  /// One question over a connection of its own.
  private func ask(
    _ method: HTTPMethod, _ url: String, _ headers: [(String, String)]
  ) async throws -> [UInt8] {
    let place = try Vendor(Upstream(name: "AWS metadata", provider: "aws", baseURL: url), index: 0)
    guard !place.isTLS else { throw AWSMetadataFault(description: "\(place.host): only http is asked") }
    let eventLoop = group.next()
    let answer = eventLoop.makePromise(of: [UInt8].self)
    let timeout = eventLoop.scheduleTask(in: .milliseconds(AWSCredentialLimit.answerMilliseconds)) {
      answer.fail(AWSMetadataFault(description: "\(place.host) did not answer in time"))
    }
    let channel: any Channel
    do {
      channel = try await ClientBootstrap(group: eventLoop)
        .connectTimeout(.milliseconds(AWSCredentialLimit.answerMilliseconds))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(MetadataAnswer(answer, host: place.host))
          }
        }
        .connect(host: place.host, port: place.port).get()
    } catch {
      timeout.cancel()
      answer.fail(error)
      throw AWSMetadataFault(description: "\(place.host) cannot be reached")
    }
    var fields = HTTPHeaders([("host", place.hostHeader), ("connection", "close")] + headers)
    if method == .PUT { fields.add(name: "content-length", value: "0") }
    let target = place.target(VendorPath(.host, url.hasSuffix("/") ? "/" : ""), query: nil)
    let head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: fields)
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    defer {
      timeout.cancel()
      channel.close(promise: nil)
    }
    return try await answer.futureResult.get()
  }
}

private final class MetadataAnswer: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart

  private let answer: EventLoopPromise<[UInt8]>
  private let host: String
  private var status = 0
  private var body: [UInt8] = []

  init(_ answer: EventLoopPromise<[UInt8]>, host: String) {
    self.answer = answer
    self.host = host
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): status = Int(head.status.code)
    case .body(let bytes):
      body += Array(bytes.readableBytesView)
      if body.count > AWSCredentialLimit.answerBytesMax { context.close(promise: nil) }
    case .end:
      if status == 200 {
        answer.succeed(body)
      } else {
        answer.fail(AWSMetadataFault(description: "\(host) answered with status \(status)"))
      }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    answer.fail(AWSMetadataFault(description: "\(host) closed the connection before it answered"))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
