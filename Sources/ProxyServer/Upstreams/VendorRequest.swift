/// A plan in; the head of the request that goes to the vendor, with the vendor's address and the account's own credentials, out.
internal import HTTPWire
internal import NIOCore

extension Plan {
  /// About how long the head is.
  var headBytes: Int { request.headers.fields.bytesCount + 512 }

  func writeHead(to bytes: inout ByteBuffer, _ core: ProxyCore) {
    let headers = request.headers
    let target = vendor.target(request.call.path, model: pathModel, query: request.vendorQuery)
    let coding = headers.acceptEncoding(identityOnly: wantsPlain)
    let length = request.call.method == .POST ? body.readableBytes : nil
    bytes.writeRequestLine(request.call.method, target)
    bytes.writeField("host", vendor.hostHeader)
    if vendor.signsRequests, vendor.authorization == nil, let credentials = core.aws?.current {
      writeSigned(target, credentials, now: core.clock(), to: &bytes)
    } else {
      bytes.writeFields(headers.fields, headers.forwarded)
      if let authorization = vendor.authorization {
        bytes.writeField(authorization.name, authorization.value)
      }
    }
    if let coding { bytes.writeField("accept-encoding", coding) }
    if let length { bytes.writeField("content-length", length) }
    bytes.writeHeadEnd()
  }

  /// What Amazon does not ask for is not signed, so that what it ignores cannot spoil the signature.
  private func writeSigned(
    _ target: String, _ credentials: AWSCredentials, now: Int64, to bytes: inout ByteBuffer
  ) {
    let kept = request.headers.forwardedPairs.filter { !$0.name.lowercased().hasPrefix("x-stainless-") }
    let headers = kept.filter { field in
      let name = field.name.lowercased()
      return name == "content-type" || name.hasPrefix("x-amzn-bedrock-")
    }
    let signed = SigV4.sign(
      method: request.call.method, target: target, host: vendor.hostHeader, headers: headers, body: body,
      region: vendor.region ?? "", service: "bedrock", credentials: credentials, now: now)
    for (name, value) in kept { bytes.writeField(name, value) }
    for (name, value) in signed { bytes.writeField(name, value) }
  }
}
