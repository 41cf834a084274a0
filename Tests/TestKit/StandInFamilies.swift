/// The vendors' endpoints that are not a chat of OpenAI's or Anthropic's: each family answers at its paths, with the same
/// faults.
enum StandInFamilies {
  private static let all: [any StandInFamily.Type] = [
    StandInBedrock.self, StandInGemini.self, StandInAnthropicMore.self, StandInOpenAIMore.self,
  ]

  /// Nil where no family has such a path.
  static func answer(to request: RecordedRequest, defaultFault: StandInFault) -> HTTPAnswer? {
    for family in all {
      let fault: StandInFault
      do throws(StandInFaultError) {
        fault = try StandInFault(request.values("x-stand-in").joined(separator: ";"), over: defaultFault)
      } catch {
        return refused(family, StandInRefusal(status: 400, type: "", message: error.message), .init())
      }
      do throws(StandInRefusal) {
        guard let reply = try family.reply(to: request, fault) else { continue }
        if let status = fault.status, isFailing(fault, request) {
          throw StandInRefusal(status: status, type: family.word(status), message: "asked to fail")
        }
        return VendorStandIn.deliver(reply, fault, request)
      } catch {
        return refused(family, error, fault)
      }
    }
    return nil
  }

  private static func isFailing(_ fault: StandInFault, _ request: RecordedRequest) -> Bool {
    let retries = request.value("x-stainless-retry-count").flatMap { Int($0) } ?? 0
    return fault.untilRetry == 0 || retries < fault.untilRetry
  }

  private static func refused(
    _ family: any StandInFamily.Type, _ refusal: StandInRefusal, _ fault: StandInFault
  ) -> HTTPAnswer {
    var (headers, body) = family.refusal(refusal)
    headers.append(.init("content-type", "application/json"))
    if let seconds = fault.retryAfterSeconds { headers.append(.init("retry-after", String(seconds))) }
    return .whole(status: refusal.status, headers: headers, body: body)
  }
}

extension VendorStandIn {
  static func deliver(_ reply: StandInReply, _ fault: StandInFault, _ request: RecordedRequest) -> HTTPAnswer
  {
    if fault.hang == .head { return HTTPAnswer(steps: [.hang]) }
    var pieces = reply.pieces
    var headers = reply.headers
    headers.append(.init("content-type", reply.contentType))
    let accepts = request.values("accept-encoding").joined(separator: ",").lowercased().contains("gzip")
    if fault.gzip == .always || (fault.gzip == .accepted && accepts) {
      pieces = gzipped(pieces)
      headers.append(.init("content-encoding", "gzip"))
    }
    if reply.isStream {
      headers.append(.init("transfer-encoding", "chunked"))
    } else {
      headers.append(.init("content-length", String(pieces.reduce(0) { $0 + $1.count })))
    }
    if fault.close { headers.append(.init("connection", "close")) }
    var steps: [HTTPAnswer.Step] = []
    if fault.delayMilliseconds > 0 { steps.append(.pause(milliseconds: fault.delayMilliseconds)) }
    steps.append(.head(status: 200, headers: headers))
    return HTTPAnswer(steps: steps + delivery(pieces, fault))
  }
}
