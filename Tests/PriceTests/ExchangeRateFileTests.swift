import Ledger
import Price
import Testing

/// The rate table: exact, strict, and the same when it is written again.
@Suite struct ExchangeRateFileTests {
  private func read(_ text: String) throws -> ExchangeRates {
    try ExchangeRateFile.read(text, name: "fx.csv")
  }

  @Test("a rate is read exactly, with where it is from")
  func rates() throws {
    let text = """
      \u{FEFF}month,currency,rate,source,date,kind\r
      # the bank's table
      2026-10,JPY,151.25,"MUFG, Tokyo",2026-10-30,TTM\r
      2026-09,JPY,148.2,MUFG,2026-09-30,
      2026-10,EUR,0.853101,ECB,2026-10-30,
      """
    let rates = try read(text)
    let rate = try #require(rates["JPY", month: "2026-10"])
    #expect(rate.units == 151_250_000 && rate.text == "151.25")
    #expect(rate.source == "MUFG, Tokyo" && rate.date == "2026-10-30" && rate.kind == "TTM")
    #expect(rates["JPY", month: "2026-11"] == nil)
    #expect(rates.list.map(\.text) == ["0.853101", "148.2", "151.25"])
    #expect(try read(ExchangeRateFile.text(rates)).list == rates.list)
  }

  @Test("dollars of yen are rounded once, half to even")
  func dollars() throws {
    let rate = try #require(
      try read("month,currency,rate,source,date\n2026-10,JPY,3,s,2026-10-31\n")["JPY", month: "2026-10"])
    #expect(rate.dollars(ofForeign: powerOfTen(15)).description == "0.333333333333333")
    #expect(rate.dollars(ofForeign: 2 * powerOfTen(15)).description == "0.666666666666667")
  }

  @Test(
    "a fault is refused with its line",
    arguments: [
      ("2026-10,JPY,151.25,s", "4 fields"), ("2026-13,JPY,1,s,2026-10-31", "2026-13"),
      ("2026-10,YEN1,1,s,2026-10-31", "YEN1"), ("2026-10,USD,1,s,2026-10-31", "USD"),
      ("2026-10,JPY,0,s,2026-10-31", "no rate"), ("2026-10,JPY,-1,s,2026-10-31", "no rate"),
      ("2026-10,JPY,\"151,25\",s,2026-10-31", "no rate"), ("2026-10,JPY,1e2,s,2026-10-31", "no rate"),
      ("2026-10,JPY,1.0000001,s,2026-10-31", "no rate"), ("2026-10,JPY,1000001,s,2026-10-31", "no rate"),
      ("2026-10,JPY,1,,2026-10-31", "source"), ("2026-10,JPY,1,s,2026-02-30", "2026-02-30"),
      ("2026-09,JPY,2,s,2026-09-30", "already"),
    ])
  func fault(line: String, word: String) {
    let text = "month,currency,rate,source,date\n2026-09,JPY,1,s,2026-09-30\n\(line)\n"
    #expect {
      _ = try read(text)
    } throws: { "\($0)".hasPrefix("fx.csv:3: ") && "\($0)".contains(word) }
  }

  @Test("a file without the heading is no rate table")
  func heading() {
    #expect(throws: PriceError.self) { try read("") }
    #expect(throws: PriceError.self) { try read("month,rate\n") }
  }
}
