import Ledger
import TestKit
import Testing

@Suite struct PeriodTests {
  @Test("a period holds its first instant and not its end")
  func halfOpen() {
    let period = Period(
      label: "x", zone: "UTC", begin: 100, end: 200,
      days: [.init(label: "a", begin: 100), .init(label: "b", begin: 150)])
    #expect([99, 100, 199, 200].map(period.contains) == [false, true, true, false])
    #expect([99, 100, 149, 150, 199, 200].map(period.day(of:)) == [nil, 0, 0, 1, 1, nil])
  }

  @Test("the day of an instant is the last day that has begun, in days of any length")
  func dayOfInstant() {
    var random = SeededRandom(seed: 0xDA7)
    for _ in 0..<300 {
      var begins: [Int64] = [Int64.random(in: -1000...1000, using: &random)]
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        begins.append(begins[begins.count - 1] + Int64.random(in: 1...30, using: &random))
      }
      let end = begins[begins.count - 1] + Int64.random(in: 1...30, using: &random)
      let period = Period(
        label: "x", zone: "UTC", begin: begins[0], end: end,
        days: begins.map { .init(label: "\($0)", begin: $0) })
      for time in begins[0] - 2...end + 2 {
        let expected = period.contains(time) ? begins.lastIndex { $0 <= time } : nil
        #expect(period.day(of: time) == expected)
      }
    }
  }
}

@Suite struct TokenCountsTests {
  @Test("every meter has a name of its own, and is found by it")
  func names() {
    #expect(Set(Meter.allCases.map(\.name)).count == Meter.allCases.count)
    for meter in Meter.allCases { #expect(Meter(name: meter.name) == meter) }
    #expect(Meter(name: "Input") == nil)
    #expect(Meter(name: "reasoning") == nil)
  }

  @Test("the whole input is all tokens that went in; output and counted units are no part of it")
  func totalInput() {
    var counts = TokenCounts()
    for (index, meter) in Meter.allCases.enumerated() { counts[meter] = 1 << Int64(index) }
    let inputs: [Meter] = [
      .input, .cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h, .inputAudio, .inputImage,
      .inputVideo, .cacheReadAudio, .cacheReadImage,
    ]
    let expected = Meter.allCases.enumerated().filter { inputs.contains($0.element) }
      .reduce(Int64(0)) { $0 + 1 << Int64($1.offset) }
    #expect(counts.totalInput == expected)
  }

  @Test("counts add meter by meter, and only meters with a count are used")
  func adding() {
    var sum = TokenCounts([.input: 3, .webSearch: 2])
    sum.reasoning = 5
    var other = TokenCounts([.input: 4, .output: 7])
    other.reasoning = 6
    sum += other
    #expect(sum.used.map(\.meter) == [.input, .output, .webSearch])
    #expect(sum.used.map(\.count) == [7, 7, 2])
    #expect(sum.reasoning == 11)
    #expect(TokenCounts().isZero)
    #expect(!sum.isZero)
  }
}
