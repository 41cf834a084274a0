"""From metered cost to chargeback: seats, infrastructure, commitments, credits, spreading, tax and yen, each figure
recomputed by oracle_costs.py."""
import csv
import io
import json
import random
from collections import defaultdict
from fractions import Fraction

import openpyxl
import pytest
import yaml

import oracle_costs
from desk import ATTRIBUTION, PERIOD, Desk, end_line, make_month

EXAMPLES = ATTRIBUTION.parent

RULES = """
products:
  - {id: auto-approval, name: レビュー自動承認, cost_center: "4101"}
  - {id: ticket-generator, name: チケット自動生成, cost_center: "4102"}
  - {id: chrome-assistant, name: Chromeアシスタント}
rules:
  - {product: auto-approval, when: {key: "auto-*"}}
  - {product: ticket-generator, when: {key: "ticket-*"}}
  - {split: {auto-approval: 1, chrome-assistant: 2}, when: {key: shared}}
"""
COSTS = """
fixed:
  - {name: Cursor seats, vendor: cursor, amount: "800", per: month, from: 2026-04, seats: {auto-approval: 4, ticket-generator: 3}}
  - {name: Proxy, vendor: aws, amount: "45001", currency: JPY, per: month, usage: all}
  - {name: Bedrock throughput, vendor: bedrock, amount: "123.4567", per: month, usage: vendor}
  - {name: Evaluation, amount: "100", month: 2026-10, evenly: all}
  - {name: Platform, amount: "10", per: month, weights: {chrome-assistant: 3, auto-approval: 7}}
  - {name: Old contract, amount: "10000", per: month, until: 2026-10, product: auto-approval}
  - {name: Next year, amount: "10000", month: 2027-01, product: auto-approval}
commitments:
  - {name: OpenAI commitment, vendor: openai, amount: "50", per: month, unused: {evenly: [ticket-generator, auto-approval]}}
  - {name: Anthropic commitment, vendor: anthropic, amount: "0.01", per: month, unused: {product: auto-approval}}
credits:
  - {name: Anthropic discount, vendor: anthropic, percent: "3.5%", per: month}
  - {name: Goodwill, vendor: openai, amount: "7.77", month: 2026-10, keep: centre}
unattributed: {spread: usage}
tax:
  - {name: 消費税, rate: "10%", vendors: [anthropic, openai, cursor]}
  - {name: リバースチャージ, rate: "10%", reverse-charge: true, vendors: [bedrock]}
"""
RATES = """month,currency,rate,source,date,kind
2026-09,JPY,149.9,Bank,2026-09-30,TTM
2026-10,JPY,151.25,Bank,2026-10-30,TTM
2026-11,JPY,155,Bank,2026-11-30,TTM
"""
MODELS = [
    ("anthropic", "anthropic.messages", "claude-haiku-4-5-20251001", "input_tokens", "output_tokens"),
    ("anthropic", "anthropic.messages", "claude-sonnet-4-5-20250929", "input_tokens", "output_tokens"),
    ("openai", "openai.chat_completions", "gpt-5-mini-2025-08-07", "prompt_tokens", "completion_tokens"),
]


def lines(months=("2026-10",), count=60, seed=11):
    made, dice = [], random.Random(seed)
    for month in months:
        for n in range(count):
            provider, endpoint, model, into, out = MODELS[dice.randrange(3)]
            made.append(end_line(
                len(made) + 1, time=f"{month}-{dice.randint(2, 28):02}T0{n % 9}:00:00Z", provider=provider,
                endpoint=endpoint, model={"requested": model, "returned": model},
                key={"id": "k", "name": dice.choice(["auto-1", "ticket-1", "shared", "stray"])},
                usage={into: dice.randint(1, 3_000_000), out: dice.randint(1, 90_000)}))
    return made


class CostsDesk(Desk):
    def __init__(self, folder, costs=COSTS, rates=RATES, rules=RULES, **settings):
        rules_path = folder / "rules.yaml"
        rules_path.write_text(rules)
        super().__init__(folder / "desk", attribution=rules_path)
        configuration = yaml.safe_load((self.folder / "tollbook.yaml").read_text()) or {}
        (self.folder / "tollbook.yaml").write_text(yaml.safe_dump(configuration | settings))
        if costs:
            (self.folder / "costs.yaml").write_text(costs)
        if rates:
            (self.folder / "fx.csv").write_text(rates)
        self.import_prices()

    def rows(self, period=PERIOD):
        text = self.report("chargeback.csv", period).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def expected(self, month=PERIOD, usage=None, days=None, costs=None):
        usage = oracle_costs.usage_of(self.rows(month)) if usage is None else usage
        return oracle_costs.Month(
            oracle_costs.numbers(oracle_costs.load(costs or self.folder / "costs.yaml")),
            yaml.safe_load(self.attribution.read_text()), oracle_costs.Rates(self.folder / "fx.csv"), month, usage,
            days).compute()


def other_rows(rows):
    found = defaultdict(int)
    for row in rows:
        if row["entry"] not in ("usage", "adjustment"):
            assert (row["requests"], row["service_tier"], row["cost_state"]) == ("0", "", "exact")
            found[row["entry"], row["product"], row["provider"], row["model"]] += oracle_costs.femto(row["cost_usd"])
    return dict(found)


def without_zeros(rows):
    return {key: cost for key, cost in rows.items() if cost}


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    desk = CostsDesk(tmp_path_factory.mktemp("costs"), currency="JPY")
    desk.write_lines("a.jsonl", *lines())
    desk.run_json = desk.run(codes=(0,))
    return desk


def test_usage_is_as_without_costs(month):
    # Only the totals hold more than usage.
    found = [text for text in month.differences_from_oracle(month.run_json)
             if "totals.cost_usd" not in text and "totals.unattributed_cost_usd" not in text]
    assert found == []


def test_every_row_of_a_cost_is_as_computed_by_hand(month):
    expected = without_zeros(month.expected().rows)
    assert other_rows(month.rows()) == expected
    assert {entry for entry, *_ in expected} == {"fixed", "credit", "allocation"}
    assert any(product == "centre" for _, product, *_ in expected)


def test_rows_add_up_to_the_totals_and_what_is_spread_to_nothing(month):
    totals, sums = month.run_json["totals"], defaultdict(int)
    for row in month.rows():
        sums[row["entry"]] += oracle_costs.femto(row["cost_usd"])
    assert {k: oracle_costs.femto(v) for k, v in totals["by_entry"].items()} == {
        "usage": sums["usage"], "adjustment": 0, "fixed": sums["fixed"], "credit": sums["credit"], "allocation": 0}
    assert oracle_costs.femto(totals["cost_usd"]) == sum(sums.values())
    assert totals["unattributed_cost_usd"] == "0"
    assert all(check["passed"] for check in month.run_json["checks"])
    assert len(month.run_json["costs"]["version"]) == 64


def test_yen_are_exact_until_they_are_printed_and_add_up(month):
    rows, rate = month.rows(), Fraction("151.25")
    assert list(rows[0])[-2:] == ["fx_rate", "cost_jpy"]
    exact = defaultdict(list)
    for row in rows:
        assert row["fx_rate"] == "151.25"
        exact[row["product"]].append(Fraction(row["cost_usd"]) * rate)
    order = ["auto-approval", "ticket-generator", "chrome-assistant", "centre", "unattributed"]
    products = oracle_costs.round_column([sum(exact[p]) for p in order])
    currency = month.run_json["currency"]
    assert currency["products"] == {p: str(yen) for p, yen in zip(order, products)}
    assert currency["total"] == str(sum(products))
    assert sum(products) == oracle_costs.half_even(sum(sum(exact[p]) for p in order))
    for product, yen in zip(order, products):
        printed = [int(row["cost_jpy"]) for row in rows if row["product"] == product]
        assert printed == oracle_costs.round_column(exact[product], yen)
    # What was billed in yen is the same yen again.
    assert sum(int(row["cost_jpy"]) for row in rows if row["model"] == "Proxy") in range(45000, 45004)


def test_tax_stands_beside_the_books(month):
    expected = month.expected().taxes()
    found = {(t["name"], t["vendor"]): (oracle_costs.femto(t["base_usd"]), oracle_costs.femto(t["tax_usd"]))
             for t in month.run_json["taxes"]}
    assert found == expected and len(expected) == 4
    assert [t["reverse_charge"] for t in month.run_json["taxes"] if t["vendor"] == "bedrock"] == [True]


def focus_rows(desk, period=PERIOD):
    return list(csv.DictReader(io.StringIO(desk.report("focus.csv", period).decode(), newline="")))


def test_focus_adds_up_to_the_books_with_tax_rows_of_no_product(month):
    rows = focus_rows(month)
    by_category = defaultdict(Fraction)
    for row in rows:
        by_category[row["ChargeCategory"]] += Fraction(row["BilledCost"])
    by_entry = {k: Fraction(v) for k, v in month.run_json["totals"]["by_entry"].items()}
    assert by_category["Usage"] == by_entry["usage"]
    effective = sum(Fraction(row["EffectiveCost"]) for row in rows if row["ChargeCategory"] != "Tax")
    assert effective == Fraction(month.run_json["totals"]["cost_usd"])
    bought = [row for row in rows if row["ChargeCategory"] == "Purchase"]
    used = [row for row in rows if row["ChargeCategory"] == "Usage" and row["x_Entry"] == "fixed"]
    assert [r["BilledCost"] for r in bought] == [r["EffectiveCost"] for r in used]
    assert {r["EffectiveCost"] for r in bought} == {"0.0"} == {r["BilledCost"] for r in used}
    assert by_category["Purchase"] == by_entry["fixed"]
    assert by_category["Credit"] == by_entry["credit"]
    assert by_category["Adjustment"] == 0
    billed = [Fraction(t["tax_usd"]) for t in month.run_json["taxes"] if not t["reverse_charge"]]
    assert by_category["Tax"] == sum(billed)
    assert all(row["SubAccountId"] == "" for row in rows if row["ChargeCategory"] == "Tax")


def test_the_workbook_shows_each_cost_with_its_method_and_proves_that_the_parts_add_up(month):
    path = month.reports / PERIOD / "chargeback.xlsx"
    values = openpyxl.load_workbook(path, data_only=True)["Fixed and shared costs"]
    cells = [[c for c in line] for line in values.iter_rows(values_only=True)]
    proofs = [line for line in cells if line[0] == "Costs less parts"]
    assert len(proofs) == 2 and all(line[4] == 0 and line[5] == 0 for line in proofs)
    start = next(n for n, line in enumerate(cells) if line[0] == "Cost" and line[2] == "Kind")
    table = []
    for line in cells[start + 1:]:
        if line[0] == "Total":
            break
        table.append(line)
    expected = month.expected()
    assert [line[0] for line in table] == [
        "Cursor seats", "Proxy", "Bedrock throughput", "Evaluation", "Platform", "OpenAI commitment",
        "Anthropic commitment", "Anthropic discount", "Goodwill"]
    cents = oracle_costs.round_column(
        [Fraction(expected.amounts[line[0]], 10 ** 13) for line in table])
    assert [money(line[6]) for line in table] == cents
    yen = [line[7] for line in table]
    assert yen == oracle_costs.round_column(
        [Fraction(expected.amounts[line[0]], 10 ** 15) * Fraction("151.25") for line in table])
    assert [line[5] for line in table][:3] == ["seats", "metered cost", "metered cost of bedrock: there was none, so on nobody"]
    parts = next(n for n, line in enumerate(cells) if line[0] == "Cost" and line[2] == "Product")
    seats = [line for line in cells[parts + 1:] if line[0] == "Cursor seats"]
    assert [line[3] for line in seats] == ["4 of 7 seats", "3 of 7 seats"]
    assert sum(money(line[4]) for line in seats) == 80000
    formulas = openpyxl.load_workbook(path)["Fixed and shared costs"]
    assert sum(str(c.value).startswith("=ROUND(") for line in formulas.iter_rows() for c in line if c.value) >= 8


def money(value):
    return 0 if value is None or isinstance(value, str) else round(value * 100)


def test_the_review_says_what_was_spread_and_which_seats_nobody_used(month):
    text = month.report("summary.md").decode()
    assert "## Fixed and shared costs" in text and "belonged to no product and was spread" in text
    assert "Seats are paid for at vendors without any metered use" in text
    assert "at 151.25 JPY per USD (TTM; Bank, 2026-10-30)" in text


def test_japanese_reports_say_it_in_japanese(tmp_path):
    desk = CostsDesk(tmp_path, currency="JPY", language="ja")
    desk.write_lines("a.jsonl", *lines(count=20))
    desk.run(codes=(0,))
    text = desk.report("summary.md").decode()
    assert "## 固定費・共通費" in text and "7シート中4シート" in text
    assert "固定費・共通費" in openpyxl.load_workbook(desk.reports / PERIOD / "chargeback.xlsx").sheetnames


def test_parts_of_a_month_add_up_to_the_month(tmp_path):
    fixed = "fixed:\n  - {name: Seats, amount: '100', per: month, seats: {auto-approval: 1, ticket-generator: 2}}\n"
    fixed += "  - {name: Once, amount: '10.01', month: 2026-10, product: auto-approval}\n"
    desk = CostsDesk(tmp_path, costs=fixed)
    desk.write_lines("a.jsonl", *lines(count=10))
    total = 0
    for first, last in ((1, 4), (5, 5), (6, 30), (31, 31)):
        label = f"2026-10-{first:02}..2026-10-{last:02}"
        run = desk.run(label, codes=(0,))
        expected = desk.expected(PERIOD, oracle_costs.usage_of(desk.rows(label)), (first, last))
        assert other_rows(desk.rows(label)) == without_zeros(expected.rows)
        total += Fraction(run["totals"]["by_entry"]["fixed"])
    assert total == Fraction("110.01") == Fraction(desk.run(codes=(0,))["totals"]["by_entry"]["fixed"])


def test_a_period_of_several_months_converts_each_month_at_its_own_rate(tmp_path):
    desk = CostsDesk(tmp_path, currency="JPY")
    desk.write_lines("a.jsonl", *lines(("2026-09", "2026-10", "2026-11")))
    monthly = {m: desk.run(m, codes=(0,)) for m in ("2026-09", "2026-10", "2026-11")}
    exact = Fraction(0)
    rates = {"2026-09": "149.9", "2026-10": "151.25", "2026-11": "155"}
    for month, run in monthly.items():
        exact += Fraction(run["totals"]["cost_usd"]) * Fraction(rates[month])
    whole = desk.run("2026-09-01..2026-11-30", codes=(0,))
    assert Fraction(whole["totals"]["cost_usd"]) == sum(Fraction(r["totals"]["cost_usd"]) for r in monthly.values())
    assert whole["currency"]["total"] == str(oracle_costs.half_even(exact))
    rows = desk.rows("2026-09-01..2026-11-30")
    assert sum(int(row["cost_jpy"]) for row in rows) == int(whole["currency"]["total"])
    assert {row["fx_rate"] for row in rows} == {""}
    assert [r["rate"] for r in whole["currency"]["rates"]] == ["149.9", "151.25", "155"]


def test_a_month_without_a_rate_is_printed_in_dollars_alone_and_says_so(tmp_path):
    desk = CostsDesk(tmp_path, currency="JPY", rates="month,currency,rate,source,date\n2026-09,JPY,149,Bank,2026-09-30\n")
    desk.write_lines("a.jsonl", *lines(count=10))
    run = desk.run(codes=(3,))
    assert run["currency"] == {"code": "JPY", "rates": [], "months_without_rate": ["2026-10"]}
    assert {row["cost_jpy"] for row in desk.rows()} == {""}
    proxy = [row for row in desk.rows() if row["model"] == "Proxy"]
    assert proxy and all((row["cost_usd"], row["cost_state"]) == ("", "unpriced") for row in proxy)
    text = desk.report("summary.md").decode()
    assert "There is no JPY rate for 2026-10" in text and "could not be converted to US dollars" in text


@pytest.mark.parametrize("costs, words", [
    ("fixed:\n  - {name: x, amount: '1', per: month, product: nobody}\n", "costs.yaml:2: product \"nobody\""),
    ("fixed:\n  - {name: x, amount: '1,5', per: month, keep: centre}\n", "costs.yaml:2: \"1,5\""),
    ("fixd: []\n", "costs.yaml:1: unknown word \"fixd\""),
])
def test_a_faulty_costs_file_is_refused_with_its_line(tmp_path, costs, words):
    desk = CostsDesk(tmp_path, costs=costs)
    assert words in desk.command("run", "--period", PERIOD, codes=(2,)).err


def test_a_faulty_rate_table_and_a_currency_without_one_are_refused(tmp_path):
    desk = CostsDesk(tmp_path, rates="month,currency,rate,source,date\n2026-10,JPY,151,25,Bank\n")
    assert "fx.csv:2" in desk.command("run", "--period", PERIOD, codes=(2,)).err
    (desk.folder / "fx.csv").unlink()
    assert "rate table" in desk.command("run", "--period", PERIOD, "--currency", "JPY", codes=(2,)).err


def test_a_close_freezes_costs_and_a_later_file_is_an_adjustment_by_decision(tmp_path):
    desk = CostsDesk(tmp_path, currency="JPY")
    desk.write_lines("a.jsonl", *lines(("2026-10", "2026-11")))
    closed = Fraction(desk.run(codes=(0,))["totals"]["cost_usd"])
    frozen = desk.report_bytes()
    desk.command("close", "--period", PERIOD)
    # A changed file alone changes nothing of what is closed.
    changed = COSTS.replace('amount: "800"', 'amount: "860"').replace("spread: usage", "spread: evenly")
    (desk.folder / "costs.yaml").write_text(changed)
    (desk.folder / "fx.csv").write_text(RATES.replace("151.25", "152"))
    november = desk.run("2026-11", codes=(0,))
    assert november["totals"]["by_entry"]["adjustment"] == "0"
    flags = ("--period", PERIOD, "--costs", str(desk.folder / "costs.yaml"))
    dry = desk.command("reprice", *flags, "--dry-run").out
    assert "of it for costs" in dry
    desk.command("reprice", *flags, "--reason", "six seats more")
    november = desk.run("2026-11", codes=(0,))
    usage = oracle_costs.usage_of(desk.rows(PERIOD))
    afresh = sum(usage.values()) + sum(desk.expected(PERIOD, usage).rows.values())
    moved = Fraction(november["totals"]["by_entry"]["adjustment"])
    assert closed + moved == Fraction(afresh, oracle_costs.FEMTO)
    assert moved != 0
    # Place by place, to the last unit.
    sums = other_rows(desk.rows(PERIOD))
    with io.StringIO(desk.report("adjustments.csv", "2026-11").decode("utf-8-sig"), newline="") as file:
        for row in csv.DictReader(file):
            assert (row["reason"], row["decision"]) == ("costs", "six seats more")
            assert len(row["costs_is"]) == 64 and row["costs_was"] != row["costs_is"]
            for key in list(sums) + [k for k in desk.expected(PERIOD, usage).rows if k not in sums]:
                if key[1:] == (row["product"], row["provider"], row["model"]):
                    sums[key] = sums.get(key, 0) + oracle_costs.femto(row["difference_usd"])
    assert without_zeros(sums) == without_zeros(desk.expected(PERIOD, usage).rows)
    assert {k: v for k, v in desk.report_bytes().items() if k.startswith(PERIOD)} == frozen


def test_month_to_date_has_the_days_that_ended_and_a_running_month_says_so(tmp_path):
    desk = CostsDesk(tmp_path, costs=None, rates=None)
    desk.write_lines("a.jsonl", end_line(1))
    future = json.loads(desk.command("run", "--period", "2999-12", "--json", codes=(0,)).out)
    assert future["to_date"] is True
    assert "# AI cost, 2999-12 to date" in desk.report("summary.md", "2999-12").decode()
    refused = desk.command("run", "--period", "2999-12", "--to-date", codes=(2,))
    assert "no day of 2999-12 has ended" in refused.err
    ended = json.loads(desk.command("run", "--period", PERIOD, "--to-date", "--json", codes=(0,)).out)
    assert ended["period"] == PERIOD and "to_date" not in ended


SEEDS = 12
"""Each makes the books once, in some half a second."""


def without_nothing(taxes):
    """A vendor that billed nothing needs no line."""
    return {key: value for key, value in taxes.items() if value[0]}


def random_costs(dice):
    """A costs file of any shape, as a dictionary."""
    products = ["auto-approval", "ticket-generator", "chrome-assistant"]
    vendors = ["anthropic", "openai", "bedrock", "cursor", ""]

    def amount():
        return f"{dice.randint(0, 10 ** dice.randint(0, 9))}.{dice.randint(0, 10 ** 9)}"

    def bearer():
        some = dice.sample(products, dice.randint(1, 3))
        return dice.choice([
            {"product": some[0]}, {"seats": {p: dice.randint(1, 50) for p in some}}, {"evenly": "all"},
            {"evenly": some}, {"weights": {p: dice.randint(1, 10 ** 6) for p in some}}, {"usage": "all"},
            {"usage": ["openai", "bedrock"]}, {"keep": "centre"}])

    def entry(kind, n):
        when = dice.choice([{"per": "month"}, {"month": "2026-10"}, {"per": "month", "from": "2026-10"},
                            {"per": "month", "until": "2026-10"}])
        one = {"name": f"{kind} {n}", "amount": amount(), "currency": dice.choice(["USD", "JPY"]), **when}
        if kind == "fixed":
            return one | {"vendor": dice.choice(vendors)} | bearer()
        one["vendor"] = dice.choice(vendors[:4])
        if kind == "commitment":
            return one | {"unused": bearer()}
        if dice.random() < 0.5:
            del one["amount"], one["currency"]
            one["percent"] = f"{dice.randint(0, 1000000) / 10000}%"
        return one | (bearer() if dice.random() < 0.5 else {})

    spread = dice.choice([{"spread": "keep"}, {"spread": "usage"}, {"spread": "evenly"},
                          {"spread": "weights", "weights": {p: dice.randint(1, 99) for p in products[1:]}}])
    return {
        "fixed": [entry("fixed", n) for n in range(dice.randint(0, 6))],
        "commitments": [entry("commitment", n) for n in range(dice.randint(0, 3))],
        "credits": [entry("credit", n) for n in range(dice.randint(0, 3))],
        "unattributed": spread, "tax": [{"name": "t", "rate": f"{dice.randint(0, 99)}.25%"}]}


def test_random_costs_files_are_as_computed_to_the_femtodollar_and_the_yen(tmp_path):
    desk = CostsDesk(tmp_path, costs=None, currency="JPY")
    desk.write_lines("a.jsonl", *lines(count=40))
    desk.run(codes=(0,))
    kinds = set()
    for seed in range(SEEDS):
        costs = yaml.safe_dump(random_costs(random.Random(seed)), sort_keys=False)
        (desk.folder / "costs.yaml").write_text(costs)
        run = json.loads(desk.command("report", "--period", PERIOD, "--format", "csv", "--json", codes=(0,)).out)
        expected = desk.expected()
        assert other_rows(desk.rows()) == without_zeros(expected.rows), f"seed {seed}"
        total = sum(Fraction(row["cost_usd"]) for row in desk.rows())
        assert Fraction(run["totals"]["cost_usd"]) == total, f"seed {seed}"
        yen = oracle_costs.half_even(total * Fraction("151.25"))
        assert yen == sum(int(row["cost_jpy"]) for row in desk.rows()) == int(run["currency"]["total"]), f"seed {seed}"
        taxes = {(t["name"], t["vendor"]): (oracle_costs.femto(t["base_usd"]), oracle_costs.femto(t["tax_usd"]))
                 for t in run["taxes"]}
        assert without_nothing(taxes) == without_nothing(expected.taxes()), f"seed {seed}"
        kinds |= {entry for entry, *_ in expected.rows}
    assert kinds == {"fixed", "credit", "allocation"}


def test_the_example_files_hold_on_the_sample_month(tmp_path):
    make_month(tmp_path / "raw-logs", requests=600, seed=3)
    desk = CostsDesk(
        tmp_path, costs=(EXAMPLES / "costs.yaml").read_text(), rates=(EXAMPLES / "fx.csv").read_text(),
        rules=(EXAMPLES / "attribution.yaml").read_text(), currency="JPY")
    desk.raw_logs = tmp_path / "raw-logs"
    run = desk.run(codes=(0, 3))
    found = defaultdict(int)
    for row in desk.rows():
        if row["entry"] != "usage":
            found[row["entry"], row["product"], row["provider"], row["model"]] += oracle_costs.femto(row["cost_usd"])
    assert dict(found) == without_zeros(desk.expected().rows)
    assert sum(int(row["cost_jpy"] or 0) for row in desk.rows()) == int(run["currency"]["total"])
    desk.attribution = EXAMPLES / "attribution.yaml"
    assert "every request lands where it must" in desk.command("attribution", "check").out


def test_the_same_inputs_give_the_same_bytes(month):
    before = month.report_bytes()
    month.run(codes=(0,))
    assert month.report_bytes() == before
