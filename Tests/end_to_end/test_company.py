"""A made-up company over fourteen months, held figure by figure to an independent computation of its books.

The program lives through the company's story (`company.py`): months run and closed in turn, prices that change, a product
that begins and one that stops, files that come late, a closed month priced anew. `company_oracle.py` computes from the
raw logs and inputs alone what October's books must say.

A larger company, by hand:

    COMPANY_MONTHS=26 COMPANY_REQUESTS=5000 COMPANY_SEED=7 Tests/end_to_end/run.sh test_company.py -q
"""
import collections
import csv
import functools
import io
import json
import os
import pathlib
import shutil
import tempfile
from fractions import Fraction

import pytest

import company
import company_oracle
import oracle_print
from company_desk import CompanyDesk
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


def place(row):
    return row["product"], row["provider"], row["model"].removeprefix("'"), row["service_tier"]


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


ENTRIES = ["usage", "adjustment", "fixed", "credit", "allocation"]


def chargeback_rows(wanted, month):
    """(entry, for_period, place) → amount, in the order of the file."""
    expected = {(entry, month, place): one for (entry, place), one in wanted.months[month].rows().items()}
    booked = collections.defaultdict(list)
    for one in wanted.adjustments[month]:
        booked["adjustment", one.for_period, one.place].append(one)
    expected |= booked
    order = {product: n for n, product in enumerate([*wanted.rules.order, "centre", "unattributed"])}

    def rank(key):
        entry, period, (product, *rest) = key
        return order[product], *rest, ENTRIES.index(entry), period

    return {key: expected[key] for key in sorted(expected, key=rank)}


def chargeback_differences(wanted, month, found):
    """What differs between a file's rows and what they should be, one sentence a cell."""
    expected = chargeback_rows(wanted, month)
    keys = [(row["entry"], row["for_period"], place(row)) for row in found]
    if keys != list(expected):
        yield f"rows are {keys}, expected {list(expected)}"
        return
    counts = {
        name: oracle_print.column([one.counts[name] if key[0] == "usage" else 0 for key, one in expected.items()], 6)
        for name in company_oracle.COLUMNS}
    yen = converted(wanted, month, expected)
    for n, ((key, one), row) in enumerate(zip(expected.items(), found)):
        texts = {name: oracle_print.plain(counts[name][n]) for name in counts}
        texts |= {"cost_usd": dollars(cost_of(one)), "fx_rate": rate(wanted, month), "cost_jpy": str(yen[n])}
        if key[0] != "adjustment":
            texts["cost_state"] = one.state
            if one.state == "unpriced":
                texts |= dict.fromkeys(("cost_usd", "fx_rate", "cost_jpy"), "")
        for name, text in texts.items():
            if row[name] != text:
                yield f"{key} {name} is {row[name]!r}, should be {text!r}"


def cost_of(one):
    return sum(each.difference for each in one) if isinstance(one, list) else one.cost


def rate(wanted, month):
    return oracle_print.plain(wanted.rates.rate(month, wanted.currency))


def converted(wanted, month, expected):
    """Whole yen of each row: rounded once for the total, then handed down to products and their rows."""
    yen = [Fraction(cost_of(one), 10**15) * wanted.rates.rate(month, wanted.currency) for one in expected.values()]
    products = [place[0] for _, _, place in expected]
    named = list(dict.fromkeys(products))
    sums = oracle_print.column([sum(y for y, p in zip(yen, products) if p == name) for name in named], 0)
    for name, total in zip(named, sums):
        own = [n for n, product in enumerate(products) if product == name]
        for n, whole in zip(own, oracle_print.column([yen[n] for n in own], 0, total)):
            yen[n] = whole
    return yen


def test_closed_months_are_corrected_by_what_came_later(lived, wanted):
    for month, adjustments in wanted.adjustments.items():
        expected = {
            (one.for_period, one.day, *one.place, one.reason): [
                dollars(n) for n in (company_oracle.worth(one.was), company_oracle.worth(one.now), one.difference)]
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
        total = company_oracle.Sum(wanted.months[month].shares)
        for name in ("requests", "failed_requests", "unpriced_requests", "interrupted_requests"):
            assert run["totals"][name] == total.counts[name], (month, name)
        lies = sum(one.cost for (_, place), one in wanted.months[month].rows().items() if place[0] == "unattributed")
        booked = sum(one.difference for one in wanted.adjustments[month] if one.place[0] == "unattributed")
        assert run["totals"]["unattributed_cost_usd"] == dollars(lies + booked)
        assert run["prices"]["version"] == lived.versions[wanted.edition_of[month]]
        named = {one["id"]: femto(one["cost_usd"]) for one in run["products"]}
        sums = collections.Counter()
        for (_, place), one in wanted.months[month].rows().items():
            sums[place[0]] += one.cost
        for one in wanted.adjustments[month]:
            sums[one.place[0]] += one.difference
        assert {p: n for p, n in named.items() if n} == {p: n for p, n in sums.items() if n}
