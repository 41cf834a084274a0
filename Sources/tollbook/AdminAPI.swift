internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import ProxyServer
internal import Store

/// The admin API: keys, policies, budgets and the audit log, as `CAdminDocument/openapi.json` describes them.
struct AdminAPI: Sendable {
  var store: String
  /// Of budgets that name none.
  var zone: String

  /// A server that is silent for longer is told to whoever asked.
  private static let answerMillisecondsMax = 30_000

  /// Called on a thread that may wait.
  func answer(_ request: AdminRequest) -> AdminAnswer {
    do {
      return try Desk(
        request: request,
        store: try Store(store, waitSecondsMax: 0, answerMillisecondsMax: Self.answerMillisecondsMax),
        zone: zone, now: Settings.now()
      ).answer()
    } catch let error as Fault {
      return error.answer
    } catch let error as UsageError {
      return Fault(400, error.problem).answer
    } catch let error as StoreError {
      return Fault(error.isTaken ? 409 : 503, error.problem).answer
    } catch {
      return Fault(500, "\(error)").answer
    }
  }

  struct Fault: Error {
    var status: Int
    var message: String
    var allow: String?

    init(_ status: Int, _ message: String, allow: String? = nil) {
      self.status = status
      self.message = message
      self.allow = allow
    }

    var answer: AdminAnswer {
      var answer = AdminAnswer(
        status: status, json: "{\"error\":{\"message\":\(PolicyText.quoted(message))}}")
      if let allow { answer.headers = [("allow", allow)] }
      return answer
    }
  }

  /// One request's.
  private struct Desk {
    let request: AdminRequest
    let store: Store
    let zone: String
    let now: Int64

    private var making: KeyMaking {
      KeyMaking(store: store, zone: zone, mark: ChangeMark(actor: "api:\(request.admin)", time: now))
    }

    func answer() throws -> AdminAnswer {
      guard request.path.first == "v1", request.path.count >= 2 else { throw Self.notFound }
      let rest = Array(request.path.dropFirst(2))
      switch (request.path[1], rest.count) {
      case ("keys", 0): return try keys()
      case ("keys", 1): return try key(rest[0])
      case ("keys", 2) where rest[1] == "rotate": return try rotate(rest[0])
      case ("policies", 0): return try policies()
      case ("policies", 2): return try policy(rest[0], rest[1])
      case ("budgets", 0): return try budgets()
      case ("audit", 0): return try audit()
      default: throw Self.notFound
      }
    }

    private static let notFound = Fault(404, "there is no such path; see /openapi.json")

    private func only(_ methods: String...) throws {
      guard methods.contains(request.method) else {
        throw Fault(
          405, "this path takes \(methods.joined(separator: ", "))", allow: methods.joined(separator: ", "))
      }
    }

    /// - Throws: for a parameter that is not among these.
    private func parameters(_ names: String...) throws {
      for name in request.query.keys where !names.contains(name) {
        throw Fault(400, "the parameter \"\(name.prefix(64))\" is not known here")
      }
    }

    private func body() throws -> JSONValue {
      do throws(JSONError) {
        return try JSONTape().parse(request.body)
      } catch {
        throw Fault(400, "the body is not JSON: \(error)")
      }
    }

    // MARK: Keys

    private func keys() throws -> AdminAnswer {
      try only("GET", "POST")
      try parameters()
      if request.method == "GET" {
        let all = try store.keys().map { $0.json(at: now) }
        return AdminAnswer(status: 200, json: "{\"keys\":[\(all.joined(separator: ","))]}")
      }
      let secret = ClientSecret()
      let made = try making.create(try KeyChange(try body()), secret)
      return AdminAnswer(status: 201, json: try shown(made.id, secret.members))
    }

    private func key(_ id: String) throws -> AdminAnswer {
      try only("GET", "PATCH", "DELETE")
      try parameters()
      switch request.method {
      case "PATCH":
        guard try making.update(id, try KeyChange(try body())) != nil else {
          throw Fault(404, "there is no such key")
        }
      case "DELETE":
        guard try store.revokeKey(id, by: making.mark) else {
          throw Fault(404, "there is no such key in use")
        }
      default: break
      }
      return AdminAnswer(status: 200, json: try shown(id))
    }

    private func shown(_ id: String, _ more: [PolicyText.Member] = []) throws -> String {
      guard let stored = try store.key(id) else { throw Fault(404, "there is no such key") }
      let json = stored.json(at: now)
      guard !more.isEmpty else { return json }
      return "\(PolicyText.object(more).dropLast()),\(json.dropFirst())"
    }

    private func rotate(_ id: String) throws -> AdminAnswer {
      try only("POST")
      try parameters()
      var grace: String?
      if !request.body.isEmpty {
        let body = try body()
        guard body.isObject else { throw UsageError("the body must be a JSON object") }
        for (name, value) in body.members {
          guard name.isString("grace"), let text = value.string else {
            throw UsageError("the body may have grace, a text, and nothing else")
          }
          grace = text
        }
      }
      let secret = ClientSecret()
      guard let made = try making.rotate(id, to: secret, grace: grace) else {
        throw Fault(404, "there is no such key in use")
      }
      return AdminAnswer(status: 200, json: try shown(made.key.id, secret.members))
    }

    // MARK: Policies

    private func policies() throws -> AdminAnswer {
      try only("GET")
      try parameters()
      let all = try store.policyHolders().map(\.json).joined(separator: ",")
      return AdminAnswer(status: 200, json: "{\"policies\":[\(all)]}")
    }

    private func policy(_ kindName: String, _ name: String) throws -> AdminAnswer {
      guard let kind = PolicyHolder.Kind(rawValue: kindName) else {
        throw Fault(404, "there are team and user")
      }
      try only("GET", "PATCH")
      try parameters()
      if request.method == "PATCH" {
        let policy = try making.updatePolicy(of: kind, name, try KeyChange(try body(), isPolicy: true))
        return AdminAnswer(status: 200, json: PolicyHolder(kind: kind, name: name, policy: policy).json)
      }
      guard let found = try store.policyHolders().first(where: { $0.kind == kind && $0.name == name }) else {
        throw Fault(404, "the \(kindName) has no policy of its own")
      }
      return AdminAnswer(status: 200, json: found.json)
    }

    // MARK: What was spent and changed

    private func budgets() throws -> AdminAnswer {
      try only("GET")
      try parameters()
      let all = request.budgets().map { state in
        let (kind, id) = state.holderParts
        return PolicyText.object([
          ("kind", PolicyText.quoted(kind)), ("id", PolicyText.quoted(id)),
          ("name", PolicyText.quoted(state.name)),
          ("budget", PolicyText.quoted(state.budget.name)),
          ("usd", PolicyText.quoted(state.budget.amount.description)),
          ("spent_usd", PolicyText.quoted(state.spent.description)),
          ("reserved_usd", PolicyText.quoted(state.reserved.description)),
          ("resets", state.resets.map { PolicyText.quoted(Timestamp.text($0)) } ?? "null"),
        ])
      }
      return AdminAnswer(status: 200, json: "{\"budgets\":[\(all.joined(separator: ","))]}")
    }

    private func audit() throws -> AdminAnswer {
      try only("GET")
      try parameters("after", "subject", "limit")
      func number(_ name: String, _ range: ClosedRange<Int64>, _ otherwise: Int64) throws -> Int64 {
        guard let text = request.query[name] else { return otherwise }
        guard let number = Int64(text), range.contains(number), !text.hasPrefix("+") else {
          throw Fault(400, "\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
      }
      let entries = try store.audit(
        after: try number("after", 0...1 << 53, 0), subject: request.query["subject"],
        limit: Int(try number("limit", 1...1000, 100)))
      return AdminAnswer(
        status: 200, json: "{\"entries\":[\(entries.map(\.json).joined(separator: ","))]}")
    }
  }
}
