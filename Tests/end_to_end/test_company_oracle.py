"""The company's oracles held to arithmetic done by hand, so that they may judge the program."""
from fractions import Fraction

import pytest

import company_prices
import oracle_book
import company_pools
import oracle_print
import company_review
from oracle_lines import Counts, microseconds

FEMTO = 10**15


@pytest.fixture
def books(tmp_path):
    found = {}
    for name in company_prices.EDITIONS:
        path = tmp_path / f"{name}.csv"
        path.write_text(company_prices.edition(name))
        found[name] = oracle_book.Book(path)
    return found


def cost(book, provider, model, time, tier=None, **counts):
    line = {"provider": provider, "time_us": microseconds(time), "billing": {"service_tier": tier}}
    charge = book.charge(line, Counts(**counts), [model])
    return sum(charge.money.values()), sum(charge.listed.values()), charge.missing


def usd(text):
    return int(Fraction(text) * FEMTO)


def test_rates_follow_dates_tiers_sizes_regions_and_contracts(books):
    first, falls, rises = (books[n] for n in ("first", "haiku-falls", "sonnet-rises"))
    # 1,000 input at 1 USD and 100 output at 5 USD a million; from June 0.8 and 4.
    for book, time, each in ((falls, "2026-05-31T23:59:59Z", "0.0015"), (falls, "2026-06-01T00:00:00Z", "0.0012"),
                             (first, "2026-06-01T00:00:00Z", "0.0015")):
        assert cost(book, "anthropic", "claude-haiku-4-5-20251001", time, input=1000, output=100) == (usd(each), usd(each), [])
    # Sonnet's batch is half of its own price of the day; a search in it costs what a search costs.
    assert cost(rises, "anthropic", "claude-sonnet-4-5", "2026-10-10T15:00:00Z", "batch", input=1000, web_search=1)[0] == usd("0.01165")
    # A tier's own price goes before the size's: 300,000 x 1.25 USD a million, 4 % off by contract.
    assert cost(first, "openai", "gpt-5.4-2026-03-05", "2026-07-01T00:00:00Z", "flex", input=300_000) == (
        usd("0.36"), usd("0.375"), [])
    # At the threshold and one above it, before the contract.
    assert cost(first, "openai", "gpt-5.4", "2026-06-30T14:59:59Z", input=272_000)[0] == usd("0.68")
    assert cost(first, "openai", "gpt-5.4", "2026-06-30T14:59:59Z", input=1, cache_read=272_000)[0] == usd("0.136005")
    # Japan's inference profile is dearer; a model that no list has is unpriced, a meter without a price too.
    assert cost(first, "bedrock", "jp.anthropic.claude-sonnet-4-5-20250929-v1:0", "2026-01-01T00:00:00Z", input=10)[0] == usd("0.000033")
    assert cost(first, "openai", "acme-internal-70b", "2026-01-01T00:00:00Z", input=10) == (0, 0, ["input"])
    assert cost(first, "openai", "gpt-4.1", "2026-01-01T00:00:00Z", input=10, web_search=1) == (
        usd("0.00002"), usd("0.00002"), ["web_search"])


def test_printed_figures_add_up_to_the_printed_total():
    third = Fraction(1, 3)
    assert oracle_print.column([third, third, third], 2) == [Fraction(34, 100), Fraction(33, 100), Fraction(33, 100)]
    assert oracle_print.column([Fraction(-1, 3), 1], 0) == [0, 1]
    assert oracle_print.column([Fraction("0.4"), Fraction("0.4")], 0, total=0) == [0, 0]
    assert [oracle_print.plain(Fraction(n)) for n in ("0", "12.50", "-0.001", "3")] == ["0", "12.5", "-0.001", "3"]
    assert [oracle_print.money_digits([n * FEMTO // 100]) for n in (1000, 999, 10, 9, 0)] == [2, 4, 4, 6, 2]


COSTS = """
fixed:
  - {name: seats, vendor: cursor, amount: 10, per: month, from: 2026-02, until: 2026-04, seats: {b: 1, a: 2}}
  - {name: infra, amount: 1500, currency: JPY, per: month, evenly: all}
  - {name: pt, vendor: bedrock, amount: 7, per: month, usage: vendor}
commitments:
  - {name: promise, vendor: openai, amount: 8, per: month, unused: {keep: centre}}
credits:
  - {name: thanks, vendor: openai, amount: 1, month: 2026-03}
  - {name: off, vendor: openai, percent: 10%, per: month, usage: vendor}
unattributed: {spread: usage}
tax: [{name: t, rate: 10%, vendors: [openai]}, {name: r, rate: 8 %, reverse-charge: true}]
"""


def test_costs_are_put_on_products_by_hand(tmp_path):
    (tmp_path / "costs.yaml").write_text(COSTS)
    (tmp_path / "fx.csv").write_text("month,currency,rate,source,date\n2026-03,JPY,150,x,2026-03-31\n")
    costs = company_pools.Costs(tmp_path / "costs.yaml", company_pools.Rates(tmp_path / "fx.csv"), ["a", "b"])
    metered = {("a", "openai"): 3 * FEMTO, ("b", "openai"): 1 * FEMTO, ("unattributed", "openai"): 2 * FEMTO}
    seats, infra, throughput, promise, thanks, off, spread = costs.lines("2026-03", metered)
    assert seats.parts == {"a": usd("6.666666666666667"), "b": usd("3.333333333333333")}
    # 1,500 yen at 150 are 10 dollars, in equal parts for who used anything.
    assert infra.parts == {"a": 5 * FEMTO, "b": 5 * FEMTO}
    # Nobody used it: it lies on unattributed, and is spread with it.
    assert throughput.no_basis and throughput.parts == {"unattributed": 7 * FEMTO}
    assert (promise.amount, promise.drawn, promise.parts) == (2 * FEMTO, 6 * FEMTO, {"centre": 2 * FEMTO})
    assert thanks.parts == {"a": -usd("0.5"), "b": -usd("0.166666666666667"), "unattributed": -usd("0.333333333333333")}
    assert off.parts == {"a": -usd("0.3"), "b": -usd("0.1"), "unattributed": -usd("0.2")}
    # 2 + 7 - 0.333333333333333 - 0.2 = 8.466666666666667, by 3 : 1.
    assert spread.parts == {"a": usd("6.35"), "b": usd("2.116666666666667"), "unattributed": -usd("8.466666666666667")}
    assert "seats" not in {line.name for line in costs.lines("2026-03", {})[3:]}
    assert [line.name for line in costs.lines("2026-03", metered)] == [
        "seats", "infra", "pt", "promise", "thanks", "off", company_pools.SPREAD]
    assert [(tax.name, tax.vendor, tax.reverse, tax.tax) for tax in costs.taxes({"openai": 5 * FEMTO, "cursor": 10 * FEMTO})] == [
        ("t", "openai", False, usd("0.5")), ("r", "cursor", True, usd("0.8")), ("r", "openai", True, usd("0.4"))]


class Share:
    """As much of a share as a bridge looks at."""

    def __init__(self, model, calls, dollars=None, **counts):
        self.place, self.weight, self.counts = ("p", "v", model, "standard"), Fraction(1), Counts(**counts)
        self.money = {meter: usd(amount) for meter, amount in (dollars or {}).items()}
        self.calls = calls


def test_a_bridge_goes_step_by_step():
    """Two calls of m at 1 USD became three: twice as many tokens each, half of them cached at a tenth, at a doubled price."""
    before = [Share("m", 1, {"input": "1"}, input=100)] * 2
    after = [Share("m", 1, {"input": "2", "cache_read": "0.2"}, input=100, cache_read=100)] * 3
    steps = company_review.bridge(before, after)["p"]
    # 2 calls cost 2; 3 calls 3 (volume 1); twice the tokens 6 (size 3); no price of a cached token before, so its own:
    # 3 + 0.6 = 3.6 (cache -2.4); at the new prices 6.6 (price 3).
    assert {step: amount for step, amount in steps.items() if amount} == {
        "volume": usd("1"), "size": usd("3"), "cache": -usd("2.4"), "price": usd("3")}


def test_a_model_that_is_new_is_mix_and_a_product_that_is_new_is_volume():
    before, both = [Share("m", 1, {"input": "1"}, input=1)] * 2, [
        Share("m", 1, {"input": "1"}, input=1), Share("n", 1, {"input": "3"}, input=1)]
    assert {s: a for s, a in company_review.bridge(before, both)["p"].items() if a} == {"mix": usd("2")}
    assert {s: a for s, a in company_review.bridge([], both)["p"].items() if a} == {"volume": usd("4")}
    # What had no price before and has one now is neither.
    free = [Share("m", 1, {}, input=1)]
    assert {s: a for s, a in company_review.bridge(free, before)["p"].items() if a} == {"unpriced": usd("2")}
