"""A made-up company over fourteen months, held figure by figure to an independent computation of its books.

The program lives through the company's story (`company.py`): months run and closed in turn, prices that change, a product
that begins and one that stops, files that come late, a closed month priced anew. `company_oracle.py` computes from the
raw logs and inputs alone what October's books must say.

A larger company, by hand:

    COMPANY_MONTHS=26 COMPANY_REQUESTS=5000 COMPANY_SEED=7 Tests/end_to_end/run.sh test_company.py -q
"""
import collections
import csv
import datetime
import functools
import io
import json
import os
import pathlib
import random
import shutil
import tempfile
from fractions import Fraction

import openpyxl
import pytest

import company
import company_bridge
import company_oracle
import company_plans
import company_review
import oracle_print
import sheets
from company_books import Sum, worth
from company_chargeback import chargeback_differences, place
from company_desk import CompanyDesk
from company_more_tables import read_plan
from company_tables import Books
from company_workbook import Workbook, days_of
from oracle import dollars

pytestmark = pytest.mark.usefixtures("store_kind")
OCTOBER = company.LAST
MONTHS, REQUESTS, SEED = (
    int(os.environ.get("COMPANY_" + name, value)) for name, value in (("MONTHS", 14), ("REQUESTS", 400), ("SEED", 1)))


@functools.cache
def made():
    """The company's folder as its story begins, and what the oracle makes of it: the same for both stores."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="company-"))
    company.write(folder, MONTHS, REQUESTS, SEED)
    return folder, company_oracle.Company(folder)


@pytest.fixture(scope="module", autouse=True)
def clean():
    yield
    if made.cache_info().currsize:
        shutil.rmtree(made()[0], ignore_errors=True)


@pytest.fixture(scope="module")
def lived(store_kind, tmp_path_factory):
    folder = tmp_path_factory.mktemp("company") / "desk"
    shutil.copytree(made()[0], folder)
    return CompanyDesk(folder).live()


@pytest.fixture(scope="module")
def wanted():
    return made()[1]


def rows(desk, month, name="chargeback.csv"):
    return list(csv.DictReader(io.StringIO(desk.report(name, month).decode("utf-8-sig"), newline="")))


def femto(text):
    return Fraction(text or 0) * 10**15


def test_the_story_has_what_it_should(wanted):
    spent = {m: {s.product for s in books.shares if s.cost} for m, books in wanted.months.items()}
    assert {m for m, products in spent.items() if "chrome-assistant" in products} == {m for m in spent if m >= "2026-02"}
    assert {m for m, products in spent.items() if "faq-search" in products} == {m for m in spent if m <= "2026-07"}
    assert all("unattributed" in products for products in spent.values())
    october = wanted.months[OCTOBER].shares
    assert {share.weight for share in october if share.line["key"]["name"] == "shared-batch"} == {
        Fraction(1, 2), Fraction(3, 10), Fraction(1, 5), Fraction(1, 3)}
    outcomes = collections.Counter(line["outcome"] for line in wanted.usages)
    assert all(outcomes[o] for o in ("ok", "vendor_error", "refused", "client_gone", "stream_broken")), outcomes
    assert {one.reason for one in wanted.adjustments[OCTOBER]} == {"late lines", "prices"}
    assert {one.for_period for one in wanted.adjustments["2026-09"]} == {"2026-08"}
    assert any(share.tier == "flex" for share in october) and any(share.interrupted for share in october)
    assert any(share.listed != share.cost for share in october) and any("web_search" in share.money for share in october)


def test_each_month_s_chargeback_is_what_it_should_be(lived, wanted):
    found = [f"{month} {text}" for month in wanted.months for text in chargeback_differences(wanted, month, rows(lived, month))]
    assert not found, "\n".join(found[:20])


def test_closed_months_are_corrected_by_what_came_later(lived, wanted):
    for month, adjustments in wanted.adjustments.items():
        expected = {
            (one.for_period, one.day, *one.place, one.reason): [
                dollars(n) for n in (worth(one.was), worth(one.now), one.difference)]
            for one in adjustments}
        if not expected:
            assert not (lived.reports / month / "adjustments.csv").exists()
            continue
        found = {
            (row["for_period"], row["day"], *place(row), row["reason"]): [
                row[name] for name in ("was_usd", "is_usd", "difference_usd")]
            for row in rows(lived, month, "adjustments.csv")}
        assert found == expected


def test_closed_files_never_changed(lived):
    assert len(lived.closed_files) == MONTHS - 1
    for month, files in lived.closed_files.items():
        assert lived.files_of(month) == files, month


def test_every_file_says_the_same_total(lived, wanted):
    for month, run in lived.runs.items():
        entries = collections.Counter()
        for row in rows(lived, month):
            entries[row["entry"]] += femto(row["cost_usd"])
        expected = collections.Counter({"adjustment": sum(one.difference for one in wanted.adjustments[month])})
        listed = 0
        for (entry, _), one in wanted.months[month].rows().items():
            expected[entry] += one.cost
            listed += one.listed if entry == "usage" else 0
        assert {e: n for e, n in entries.items() if n} == {e: n for e, n in expected.items() if n}, month
        assert run["totals"]["cost_usd"] == dollars(int(sum(entries.values())))
        assert {name: femto(text) for name, text in run["totals"]["by_entry"].items() if femto(text)} == {
            name: amount for name, amount in entries.items() if amount}
        focus = rows(lived, month, "focus.csv")
        taxes = sum(tax.tax for tax in wanted.months[month].taxes if not tax.reverse)
        assert sum(femto(row["BilledCost"]) for row in focus) == sum(entries.values()) + taxes
        assert sum(femto(row["BilledCost"]) for row in focus if row["ChargeCategory"] == "Tax") == taxes
        assert sum(femto(row["ListCost"]) for row in focus if row["x_Entry"] == "usage") == listed
        assert json.loads(lived.report("run.json", month)) == run


def test_run_json_counts_what_was_read(lived, wanted):
    for month, run in lived.runs.items():
        total = Sum(wanted.months[month].shares)
        for name in ("requests", "failed_requests", "unpriced_requests", "interrupted_requests"):
            assert run["totals"][name] == total.counts[name], (month, name)
        lies = sum(one.cost for (_, place), one in wanted.months[month].rows().items() if place[0] == "unattributed")
        booked = sum(one.difference for one in wanted.adjustments[month] if one.place[0] == "unattributed")
        assert run["totals"]["unattributed_cost_usd"] == dollars(lies + booked)
        assert run["prices"]["version"] == lived.versions[wanted.edition_of[month]]
        named = {one["id"]: femto(one["cost_usd"]) for one in run["products"]}
        sums = collections.Counter()
        for (_, (product, *_)), one in wanted.months[month].rows().items():
            sums[product] += one.cost
        for one in wanted.adjustments[month]:
            sums[one.place[0]] += one.difference
        assert {p: n for p, n in named.items() if n} == {p: n for p, n in sums.items() if n}


# --- The review ---


def test_the_bridge_of_every_month_is_the_oracle_s_step_by_step(lived, wanted):
    compared = 0
    for month, run in lived.runs.items():
        for comparison in run["review"]["comparisons"]:
            earlier = comparison["period"]
            if earlier not in wanted.earlier[month]:
                assert "difference_usd" not in comparison, (month, earlier)
                continue
            compared += 1
            steps, was = company_bridge.bridge(wanted, month, earlier)
            assert comparison["prices_version"] == lived.versions[wanted.edition_of[earlier]]
            assert_bridge(comparison, steps, was, f"{earlier} to {month}")
    assert compared == MONTHS - 1 + max(0, MONTHS - 12)


def assert_bridge(comparison, steps, was, words):
    """Each step as computed, and all of them the difference; of each product and together."""
    named = {one["id"]: one for one in comparison["products"]}
    assert {p for p, one in steps.items() if any(one.values())} <= named.keys(), words
    for product, one in named.items():
        found = {step: femto(text) for step, text in one["steps_usd"].items() if femto(text)}
        assert found == {step: n for step, n in steps.get(product, {}).items() if n}, f"{words}, {product}"
        assert femto(one["was_usd"]) == was.get(product, 0), f"{words}, {product}"
        assert sum(found.values()) == femto(one["is_usd"]) - femto(one["was_usd"]), f"{words}, {product}"
    whole = {step: femto(text) for step, text in comparison["steps_usd"].items()}
    for step, amount in whole.items():
        assert amount == sum(femto(one["steps_usd"][step]) for one in named.values()), f"{words}, {step}"
    assert sum(whole.values()) == femto(comparison["difference_usd"]) == femto(comparison["is_usd"]) - femto(comparison["was_usd"])


def test_two_hundred_bridges_between_random_weeks_and_days_add_up(lived, wanted):
    """Weeks and days are in force's: the last prices, today's lines. Their drivers are the oracle's too."""
    draw, pairs = random.Random(SEED), 0
    first, last = datetime.date(2025, 9, 10), datetime.date(2026, 10, 30)
    while pairs < 200:
        day = first + datetime.timedelta(draw.randrange((last - first).days))
        length = draw.choice([7, 7, 1])
        begin = day - datetime.timedelta(day.weekday()) if length == 7 else day
        year, week, _ = begin.isocalendar()
        label = f"{year}-W{week:02d}" if length == 7 else day.isoformat()
        run = json.loads(lived.command("report", "--period", label, "--format", "csv", "--json", codes=(0, 3)).out)
        [comparison] = [one for one in run["review"]["comparisons"] if one["with"] == "previous"]
        now, before = (in_force(wanted, begin - datetime.timedelta(n), length) for n in (0, length))
        steps = company_review.bridge(before, now)
        # Of a day on which nobody asked anything there is no bridge.
        for one in comparison.get("products", []):
            found = {step: femto(text) for step, text in one["steps_usd"].items()}
            assert sum(found.values()) == femto(one["is_usd"]) - femto(one["was_usd"]), (label, one["id"])
            expected = steps.get(one["id"], {})
            for step in (*company_review.DRIVERS, "unpriced"):
                assert found.get(step, 0) == expected.get(step, 0), (label, one["id"], step)
            pairs += 1


def in_force(wanted, begin, length):
    days = {(begin + datetime.timedelta(n)).isoformat() for n in range(length)}
    months = {day[:7] for day in days} & wanted.months.keys()
    return [share for month in sorted(months) for share in wanted.shares(month, wanted.edition) if share.day in days]


def test_october_s_review_is_the_oracle_s_to_the_last_unit(lived, wanted):
    review, month = lived.runs[OCTOBER]["review"], wanted.months[OCTOBER].shares
    earlier = wanted.earlier[OCTOBER]["2026-09"].shares
    for kind, name in (("models", lambda s: (s.product, s.model)), ("keys", lambda s: s.key), ("users", lambda s: s.line.get("user"))):
        found = [((one["product"], one["name"]) if kind == "models" else one["name"], femto(one["was_usd"]), femto(one["is_usd"]))
                 for one in review["movers"][kind]]
        assert found == company_review.movers(earlier, month, name), kind
    assert {one["product"]: [femto(one[n]) for n in ("failed_usd", "repeated_usd", "abandoned_usd")] for one in review["lost_answers"]} == (
        company_review.lost(month))
    cached = company_review.caching(month)
    assert len(cached) == len(review["caching"]) > 20
    for one in review["caching"]:
        line = cached[one["product"], one["provider"], one["model"], one["service_tier"]]
        assert [femto(one[n]) for n in ("cost_usd", "without_cache_usd", "saved_usd")] == [line.cost, line.plain, line.saved], one
        assert ("best_day" in one) == bool(line.best), one
        if line.best:
            day, rate, more = line.best
            # The tokens that would be read are whole ones, so it is a token's price off at most.
            token = max(line.cost, line.plain) / line.tokens
            assert one["best_day"] == day and abs(femto(one["more_usd"]) - more) <= token, (one, line)
            assert Fraction(one["best_hit_percent"]) == Fraction(oracle_print.half_even(rate * 10_000), 100), one
    plans = Workbook(wanted, OCTOBER, lived.reports / OCTOBER / "chargeback.xlsx")
    unusual = company_plans.unusual_days(earlier, month, days_of("2026-09"), days_of(OCTOBER))
    assert [(one["day"], one["key"], femto(one["cost_usd"]), femto(one["usual_usd"]), one["days_compared"], one["driver"])
            for one in review["anomalies"]] == [
        (one.day, one.key, one.cost, one.usual.__floor__(), one.days, one.driver) for one in unusual]
    assert ("2026-10-21", "ticket-generator-stg") in {(one.day, one.key) for one in unusual}
    months, behind = company_plans.fiscal_year(OCTOBER)
    costs = {m: plans.costs(m) for m in wanted.months}
    lines = company_plans.budget_lines(read_plan(wanted.folder / "budgets.csv"), costs, months, wanted.rates)
    assert {one["id"]: [femto(one[n]) for n in ("budget_usd", "actual_usd", "year_budget_usd", "year_actual_usd")]
            for one in review["budget"]["products"]} == lines
    units = company_plans.unit_costs(read_plan(wanted.folder / "units.csv"), costs, sorted(wanted.months))
    assert {(one["product"], one["unit"], one["month"]): (one["count"], femto(one["cost_usd"])) for one in review["unit_costs"]} == units
    days = dict.fromkeys(days_of("2026-09") + days_of(OCTOBER), 0)
    for share in [*earlier, *month]:
        days[share.day] += share.cost
    booked = sum(sum(costs[m].values()) for m in months)
    year = review["forecast"]["fiscal_year"]
    assert year["label"] == "FY2026" and [femto(year[n]) for n in ("low_usd", "expected_usd", "high_usd")] == [
        n + booked for n in company_plans.forecast(days, behind)]


# --- The workbook ---


def test_every_figure_of_october_s_workbook_is_what_it_should_be(lived, wanted):
    book = Workbook(wanted, OCTOBER, lived.reports / OCTOBER / "chargeback.xlsx")
    found = list(book.differences())
    assert not found, f"{len(found)} cells:\n" + "\n".join(found[:40])
    unknown = list(book.reader.figures_not_seen())
    assert not unknown, f"{len(unknown)} figures:\n" + "\n".join(unknown[:40])


@pytest.fixture(scope="module")
def japanese(lived, tmp_path_factory):
    """October in Japanese, with a workbook for each product, in a folder of its own."""
    folder = tmp_path_factory.mktemp("japanese")
    flags = lived.flags()
    flags[flags.index("--reports") + 1] = str(folder)
    lived.flags, own = lambda: flags, lived.flags
    lived.command("report", "--period", OCTOBER, "--language", "ja", "--product-files", codes=(0, 3))
    lived.flags = own
    return folder / OCTOBER


def test_the_japanese_workbook_has_the_same_figures_in_the_same_cells(lived, japanese):
    english, other = (sheets.Reader(folder / "chargeback.xlsx") for folder in (lived.reports / OCTOBER, japanese))
    assert len(english.values.sheetnames) == len(other.values.sheetnames)
    for name, named in zip(english.values.sheetnames, other.values.sheetnames):
        first, second = (sheets.figures(reader.values[n]) for reader, n in ((english, name), (other, named)))
        assert first == second, name
    assert not list(other.formulas_that_do_not_add_up())


def test_each_product_s_own_workbook_has_its_part_of_the_figures(wanted, japanese):
    books = Books(wanted, OCTOBER)
    files = {path.name for path in japanese.glob("chargeback-*.xlsx")}
    assert files == {f"chargeback-{row.product}.xlsx" for row in books.rows}
    for product in {row.product for row in books.rows}:
        reader = sheets.Reader(japanese / f"chargeback-{product}.xlsx")
        assert not list(reader.formulas_that_do_not_add_up()), product
        cover = sheets.figures(reader.values[reader.values.sheetnames[0]])
        assert books.printed[product] in cover.values(), product
        digits = max(6, oracle_print.money_digits([row.cost for row in books.rows]))
        whole = oracle_print.column([Fraction(row.cost, 10**15) for row in books.rows], digits)
        own = [cost for cost, row in zip(whole, books.rows) if row.product == product and row.state != "unpriced" and cost]
        # Its lines are those of the workbook of all, rounded with all the others.
        table = reader.values["明細"]
        column = next(cell.column for row in table.iter_rows() for cell in row if cell.value == "費用（USD）")
        shown = [sheets.exact(cell.value) for cell in table[openpyxl.utils.get_column_letter(column)]
                 if isinstance(cell.value, (int, float)) and cell.value]
        assert shown == own + ([sum(own)] if sum(own) else []), product
