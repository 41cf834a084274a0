import Ledger
import Report
import TestKit
import Testing

@Suite("Who asked")
struct CallersTests {
  @Test("each kind adds up to the usage, and a request that names nobody is somebody's too")
  func addsUp() {
    let books = books(of: [
      request(1, user: "mika", team: "review"), request(2, user: "mika", team: nil),
      request(4, user: nil, team: "review"),
    ])
    for kind in CallerKind.allCases {
      let list = books.callers.filter { $0.kind == kind }
      #expect(list.reduce(Money.zero) { $0 + $1.cost } == books.totalCost)
      #expect(list.reduce(Int128(0)) { $0 + $1.requests } == 3)
    }
    let users = books.callers.filter { $0.kind == .user }.map { "\($0.name ?? "-") \($0.cost)" }
    #expect(users == [" 4", "mika 3"])
    #expect(books.checks.filter { !$0.passed }.map(\.name) == [])
  }

  @Test("of more names than the limit the first by name are kept whole, in any order of requests")
  func bounded() {
    var random = SeededRandom(seed: 9)
    let usages = (0..<90_000).map { request($0, user: "user-\(100_000 + $0 % 43_000)", team: nil) }
    let straight = books(of: usages).callers.filter { $0.kind == .user }
    let shuffled = books(of: usages.shuffled(using: &random)).callers.filter { $0.kind == .user }
    let kept = straight.compactMap(\.name)
    #expect(kept.count == 20_000 && kept.max() == "user-119999")
    #expect(straight.last?.name == nil && straight.last?.requests == 46_000)
    #expect(straight.reduce(Int128(0)) { $0 + $1.requests } == 90_000)
    #expect(straight.map { "\($0)" } == shuffled.map { "\($0)" })
  }

  /// Request n costs n dollars.
  private func request(_ number: Int, user: String?, team: String?) -> Usage {
    var usage = Usage(
      id: "r-\(number)", attempt: 1, final: true, time: SampleBooks.october2026.begin,
      place: .init(file: "a.jsonl", line: Int64(number)),
      facts: RequestFacts(provider: "p", modelReturned: "m", keyName: "k", team: team), outcome: .ok
    )
    usage.user = user
    usage.counts = TokenCounts([.input: Int64(number)])
    return usage
  }

  private func books(of usages: [Usage]) -> Books {
    var builder = BooksBuilder(
      SampleBooks.empty(products: [Product(id: "a", name: "A"), .unattributed], denominator: 1))
    for usage in usages {
      var amounts = MeterAmounts()
      amounts[.input] = Money(femtodollars: Int128(usage.place.line) * 1_000_000_000_000_000)
      var charge = Charge(model: "m", counts: usage.counts)
      charge.amounts = amounts
      charge.hasPricedMeter = true
      builder.add(
        usage, serviceTier: "standard", charges: [charge],
        shares: [
          [
            Share(
              product: 0, rule: nil, weight: 1, weightTotal: 1, amounts: amounts,
              listCost: amounts.total)
          ]
        ])
    }
    return builder.finish(inputs: [], rejections: [], holes: [])
  }
}
