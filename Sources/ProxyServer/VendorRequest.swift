/// A plan in; the head of the request that goes to the vendor, with the vendor's address and the account's own credentials, out.
internal import NIOCore
internal import NIOHTTP1

extension Plan {
  func vendorHead(_ core: ProxyCore) -> HTTPRequestHead {
    let headers = request.headers
    var fields: [(String, String)] = [("host", vendor.hostHeader)]
    fields.reserveCapacity(headers.forwarded.count + 4)
    fields.append(contentsOf: headers.forwarded)
    if let coding = headers.acceptEncoding(identityOnly: wantsPlain) {
      fields.append(("accept-encoding", coding))
    }
    if request.call.method == .POST { fields.append(("content-length", String(body.readableBytes))) }
    let target = vendor.target(request.call.path, model: pathModel, query: request.vendorQuery)
    if let authorization = vendor.authorization {
      fields.append((authorization.name, authorization.value))
    } else if vendor.signsRequests, let credentials = core.aws?.current {
      fields = signed(fields, target, credentials, now: core.clock())
    }
    return HTTPRequestHead(
      version: .http1_1, method: request.call.method, uri: target, headers: HTTPHeaders(fields))
  }

  /// What Amazon does not ask for is not signed, so that what it ignores cannot spoil the signature.
  private func signed(
    _ fields: [(String, String)], _ target: String, _ credentials: AWSCredentials, now: Int64
  ) -> [(String, String)] {
    let kept = fields.filter { !$0.0.lowercased().hasPrefix("x-stainless-") }
    let headers = kept.filter { field in
      let name = field.0.lowercased()
      return name == "content-type" || name.hasPrefix("x-amzn-bedrock-")
    }
    return kept
      + SigV4.sign(
        method: request.call.method, target: target, host: vendor.hostHeader,
        headers: headers.map { (name: $0.0, value: $0.1) }, body: body, region: vendor.region ?? "",
        service: "bedrock", credentials: credentials, now: now)
  }
}
