public import Ledger

/// What changed most between two periods, the largest change first.
public struct Movers: Sendable {
  public struct Mover: Hashable, Sendable {
    public var name: String
    /// The product; empty where the name alone says it.
    public var product: String
    public var was: Money
    public var now: Money
    public var difference: Money { now - was }

    public init(name: String, product: String = "", was: Money, now: Money) {
      self.name = name
      self.product = product
      self.was = was
      self.now = now
    }
  }

  public enum Limit {
    /// A screenful of each.
    public static let linesMax = 10
  }

  public var models: [Mover]
  public var keys: [Mover]
  public var users: [Mover]
  public var hasMoreUsers: Bool

  /// - Parameter days: the earlier period's days that count.
  public init(from was: Books, days: Range<Int>?, to now: Books) {
    var models: [ModelKey: (Money, Money)] = [:]
    var keys: [String: (Money, Money)] = [:]
    for cell in was.use.cells where days?.contains(cell.day) ?? true {
      let cost = cell.sum.cost
      models[ModelKey(was.products[cell.product].id, cell.caller.model), default: (.zero, .zero)].0 += cost
      keys[cell.caller.key, default: (.zero, .zero)].0 += cost
    }
    for cell in now.use.cells {
      let cost = cell.sum.cost
      models[ModelKey(now.products[cell.product].id, cell.caller.model), default: (.zero, .zero)].1 += cost
      keys[cell.caller.key, default: (.zero, .zero)].1 += cost
    }
    self.models = Self.largest(
      models.map { Mover(name: $0.key.model, product: $0.key.product, was: $0.value.0, now: $0.value.1) })
    self.keys = Self.largest(keys.map { Mover(name: $0.key, was: $0.value.0, now: $0.value.1) })
    // Users are added up by period, not by day: part of a period cannot be compared.
    let names = days == nil ? Set(was.use.users.keys).union(now.use.users.keys) : []
    users = Self.largest(
      names.map { Mover(name: $0, was: was.use.users[$0] ?? .zero, now: now.use.users[$0] ?? .zero) })
    hasMoreUsers = was.use.hasMoreUsers || now.use.hasMoreUsers
  }

  /// Both columns as printed; a difference is that of the printed figures.
  static func printed(_ movers: [Mover]) -> (was: [Money], now: [Money], digits: Int) {
    let digits = PrintedMoney.digits(for: movers.map(\.was) + movers.map(\.now))
    return (
      PrintedMoney.rounded(movers.map(\.was), digits: digits),
      PrintedMoney.rounded(movers.map(\.now), digits: digits),
      digits
    )
  }

  private struct ModelKey: Hashable {
    var product: String
    var model: String
    init(_ product: String, _ model: String) {
      self.product = product
      self.model = model
    }
  }

  private static func largest(_ all: [Mover]) -> [Mover] {
    let changed = all.filter { $0.difference != .zero }.sorted { a, b in
      let (left, right) = (a.difference.femtodollars.magnitude, b.difference.femtodollars.magnitude)
      return left == right ? (a.product, a.name) < (b.product, b.name) : left > right
    }
    return Array(changed.prefix(Limit.linesMax))
  }
}
