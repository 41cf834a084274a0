"""Three months side by side: the bridge, caching, lost answers, budgets and unit costs are what an independent
computation from the raw logs says, to the last femtodollar; and the reports show them so that they add up."""
import re
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest
import yaml

import oracle
import oracle_review
from desk import ATTRIBUTION, PERIOD, PRICE_LIST, ZONE, Desk, make_month
from oracle_lines import read_raw_logs
from test_closing import corrected_book, corrected_list, femto

pytestmark = pytest.mark.usefixtures("store_kind")
LAST_YEAR, PREVIOUS = "2025-10", "2026-09"
BUDGETS = """month,product,amount,currency
2026-09,auto-approval,2.5,USD
2026-10,auto-approval,1.25,USD
2026-10,ticket-generator,1000,USD
2026-10,total,40,USD
"""
UNITS = """period,product,unit,count
2026-09,auto-approval,reviews approved,120
2026-10-01,auto-approval,reviews approved,70
2026-10-02,auto-approval,reviews approved,30
2026-10,ticket-generator,"tickets, made",7
"""


class Three:
    """Last year's month, September closed by older prices, October; the books of October are looked at."""

    def __init__(self, folder):
        logs = folder / "raw-logs"
        for month, requests, seed in ((LAST_YEAR, 500, 51), (PREVIOUS, 900, 52), (PERIOD, 1200, 53)):
            make_month(logs, requests=requests, seed=seed, month=month)
        self.desk = desk = Desk(folder / "desk", logs).import_prices()
        (desk.folder / "tollbook.yaml").write_text("budgets: budgets.csv\nunits: units.csv\n")
        (desk.folder / "budgets.csv").write_text(BUDGETS)
        (desk.folder / "units.csv").write_text(UNITS)
        desk.run(PREVIOUS)
        desk.command("close", "--period", PREVIOUS, "--accept-incomplete")
        self.closed = {n: b for n, b in desk.report_bytes().items() if n.startswith(PREVIOUS)}
        corrected_book(desk)
        self.run = desk.run(PERIOD)
        self.review = self.run["review"]
        log, rules = read_raw_logs(logs), oracle.Rules(yaml.safe_load(ATTRIBUTION.read_text()), ZONE)
        old, new = (oracle_prices(p) for p in (PRICE_LIST, corrected_list(folder)))

        def month(period, prices):
            return oracle_review.Month(log, prices, rules, period, ZONE)

        self.months = {
            LAST_YEAR: month(LAST_YEAR, new), PREVIOUS: month(PREVIOUS, old), PERIOD: month(PERIOD, new)}


def oracle_prices(path):
    import json
    return json.loads(path.read_text(), parse_float=Decimal)


@pytest.fixture(scope="module")
def three(tmp_path_factory, store_kind):
    return Three(tmp_path_factory.mktemp("three"))


def nonzero(steps):
    return {step: amount for step, amount in steps.items() if amount}


@pytest.mark.parametrize("number, period", [(0, PREVIOUS), (1, LAST_YEAR)])
def test_the_bridge_is_what_the_logs_say(three, number, period):
    comparison = three.review["comparisons"][number]
    was, now = three.months[period], three.months[PERIOD]
    assert (comparison["period"], comparison["known_by"]) == (period, "requests")
    assert comparison["closed"] == (period == PREVIOUS)
    assert femto(comparison["was_usd"]) == was.total()
    assert femto(comparison["is_usd"]) == now.total() == femto(three.run["totals"]["cost_usd"])
    expected = oracle_review.bridge(was, now)
    products = {p["id"]: p for p in comparison["products"]}
    assert set(expected) == set(products)
    for product, line in products.items():
        steps = {step: femto(amount) for step, amount in line["steps_usd"].items()}
        assert nonzero(steps) == nonzero(expected[product]), product
        assert sum(steps.values()) == femto(line["is_usd"]) - femto(line["was_usd"])
        assert femto(line["was_usd"]) == was.product(product)
    together = {step: femto(amount) for step, amount in comparison["steps_usd"].items()}
    assert sum(together.values()) == femto(comparison["difference_usd"])
    # A price that was corrected between them is seen as price, and only the sample's luck decides the rest.
    assert all(together[step] for step in oracle_review.DRIVERS)


def test_an_october_without_last_months_rules_says_by_what_each_month_was_priced(three):
    previous, year_before = three.review["comparisons"]
    assert previous["prices_version"] != three.run["prices"]["version"] == year_before["prices_version"]
    assert all(re.fullmatch("[0-9a-f]{64}", c["inputs_sha256"]) for c in three.review["comparisons"])


def test_movers_are_the_largest_differences(three):
    was, now = three.months[PREVIOUS], three.months[PERIOD]
    for name, left, right in (("keys", was.keys, now.keys), ("users", was.users, now.users)):
        changes = {n: right.get(n, 0) - left.get(n, 0) for n in {*left, *right}}
        wanted = sorted((n for n in changes if changes[n]), key=lambda n: (-abs(changes[n]), n.encode()))[:10]
        got = three.review["movers"][name]
        assert [m["name"] for m in got] == wanted
        for mover in got:
            assert femto(mover["was_usd"]) == left.get(mover["name"], 0)
            assert femto(mover["is_usd"]) == right.get(mover["name"], 0)
    models = defaultdict(int)
    for month, sign in ((was, -1), (now, 1)):
        for (product, _, model, _), use in month.uses.items():
            models[product, model] += sign * use.total()
    got = [(m["product"], m["name"]) for m in three.review["movers"]["models"]]
    assert got == sorted((n for n in models if models[n]), key=lambda n: (-abs(models[n]), n))[:10]


def test_what_caching_saved_and_what_the_best_day_would(three):
    now = three.months[PERIOD]
    lines = {
        (c["product"], c["provider"], c["model"], c["service_tier"]): c for c in three.review["caching"]}
    cached = {place for place, use in now.uses.items() if use.part(oracle_review.CACHED)[0]}
    assert set(lines) == cached
    better = 0
    for place in cached:
        use, line = now.uses[place], lines[place]
        cost = use.part(oracle_review.CACHED)[1]
        assert femto(line["cost_usd"]) == cost, place
        assert femto(line["without_cache_usd"]) == use.without_cache, place
        assert femto(line["saved_usd"]) == use.without_cache - cost
        best = oracle_review.best_day(use, now.days[place])
        prompt, read, plain = use.part(oracle_review.PROMPT)[0], use.count["cache_read"], use.count["input"]
        # The program counts in sixtieths where a split cuts requests; here that is one part in a hundred.
        more = min(Fraction(round(best[1] * prompt * 100), 100) - read, plain) if best else 0
        saving = round(more / plain * use.cost["input"]) - round(more / read * use.cost["cache_read"]) if more else 0
        assert femto(line.get("more_usd")) == (saving if more > 0 and saving > 0 else 0), place
        if "best_day" in line:
            assert line["best_day"] == best[0]
            better += 1
    assert better > 5


def test_lost_answers(three):
    got = {
        l["product"]: [femto(l[f"{kind}_usd"]) for kind in ("failed", "repeated", "abandoned")]
        for l in three.review["lost_answers"]}
    assert got == {p: list(parts) for p, parts in three.months[PERIOD].lost.items() if any(parts)}
    assert sum(parts[2] for parts in got.values()) > 0


def test_budget_against_actual(three):
    budget = three.review["budget"]
    was, now = three.months[PREVIOUS], three.months[PERIOD]
    assert budget["months"] == [PREVIOUS, PERIOD]
    assert budget["missing_months"] == [f"2026-0{n}" for n in range(4, 9)]
    lines = {line["id"]: line for line in budget["products"]}
    assert list(lines) == ["auto-approval", "ticket-generator", "total"]
    first = lines["auto-approval"]
    assert (first["budget_usd"], first["year_budget_usd"]) == ("1.25", "3.75")
    assert femto(first["actual_usd"]) == now.product("auto-approval")
    assert femto(first["year_actual_usd"]) == now.product("auto-approval") + was.product("auto-approval")
    assert femto(lines["total"]["year_actual_usd"]) == now.total()


def test_cost_per_unit(three):
    costs = {(u["product"], u["month"]): u for u in three.review["unit_costs"]}
    assert set(costs) == {
        ("auto-approval", PREVIOUS), ("auto-approval", PERIOD), ("ticket-generator", PERIOD)}
    for (product, month), line in costs.items():
        cost = three.months[month].product(product)
        count = {PREVIOUS: 120, PERIOD: 100}[month] if product == "auto-approval" else 7
        assert (line["count"], femto(line["cost_usd"])) == (count, cost)
        assert femto(line["per_unit_usd"]) == round(Fraction(cost, count * 10**9)) * 10**9


def money(text):
    text = text.replace("\\", "").replace(",", "").replace("$", "").strip("* ")
    return Decimal(0) if text[:1] in "<>" else Decimal(text)


def test_the_summary_answers_first_and_its_tables_add_up(three):
    text = three.desk.report("summary.md").decode()
    head = text.split("\n## ")[0]
    assert f"against {PREVIOUS}" in head and "Why: " in head and "**What to do**" in head
    assert len(re.findall(r"^\d\. ", head, re.M)) == 3
    section = text.split("## Why it changed")[1].split("### Since ")[1]
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")]
    titles, rows = rows[0], rows[2:]
    steps = slice(titles.index("Was") + 1, titles.index("Is"))
    for row in rows:
        assert sum(map(money, row[steps])) == money(row[titles.index("Difference")])
        assert money(row[titles.index("Is")]) - money(row[1]) == money(row[titles.index("Difference")])
    for column in range(1, len(titles) - 1):
        assert sum(money(row[column]) for row in rows[:-1]) == money(rows[-1][column])
    assert b"<svg" in three.desk.report("charts/bridge.svg")


def test_the_sheets_hold_the_same(three):
    book = openpyxl.load_workbook(three.desk.reports / PERIOD / "chargeback.xlsx", data_only=True)
    assert {"Movers", "Budget", "Unit cost"} <= set(book.sheetnames)
    cells = [[c.value for c in row] for row in book["Movers"].iter_rows()]
    head = next(n for n, row in enumerate(cells) if row[:2] == ["Product", "Was"])
    total = next(row for row in cells[head:] if row[0] == "Total")
    end = cells[head].index("Difference")
    assert round(sum(total[2:end - 1]), 6) == round(total[end], 6) == round(total[end - 1] - total[1], 6)
    assert book["Budget"]["A5"].value and book["Unit cost"]["B5"].value == "reviews approved"


def test_the_files_of_the_closed_month_stay_as_they_were(three):
    assert {n: b for n, b in three.desk.report_bytes().items() if n.startswith(PREVIOUS)} == three.closed


def test_a_wrong_plan_is_named_with_its_line(three):
    desk = three.desk
    for name, text, problem in (
            ("budgets.csv", BUDGETS + "2026-10,auto-aproval,1,USD\n", 'budgets.csv:6: no product has the id "auto-aproval"'),
            ("budgets.csv", BUDGETS + "2026-13,total,1,USD\n", "budgets.csv:6: month"),
            ("budgets.csv", BUDGETS + "2026-10,total,1,USD\n", "budgets.csv:6: total has a budget for 2026-10 already"),
            ("budgets.csv", "month,amount\n", "budgets.csv:1: the first line must be"),
            ("units.csv", UNITS + "2026-10-01,ticket-generator,\"tickets, made\",1\n", "units.csv:6: tickets, made"),
            ("units.csv", UNITS + "2026-10,auto-approval,reviews approved,1\n", "units.csv:6: reviews approved"),
            ("units.csv", UNITS + "2026-10,auto-approval,other,1.5\n", "units.csv:6: count")):
        good = (desk.folder / name).read_text()
        (desk.folder / name).write_text(text)
        try:
            done = desk.command("report", "--period", PERIOD, codes=(2,))
        finally:
            (desk.folder / name).write_text(good)
        assert problem in done.err, done.err


def test_a_first_month_says_that_there_is_nothing_to_compare_with(three):
    run = three.desk.run(LAST_YEAR)
    assert [c["known_by"] for c in run["review"]["comparisons"]] == ["nothing", "nothing"]
    assert "movers" not in run["review"]
    text = three.desk.report("summary.md", LAST_YEAR).decode()
    assert "Nothing to compare with: the store has no request of 2025-09." in text
    assert not (three.desk.reports / LAST_YEAR / "charts" / "bridge.svg").exists()
