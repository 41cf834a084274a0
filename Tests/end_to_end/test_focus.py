"""focus.csv before the FOCUS project's own validator, offline, and what that validator does not look at."""
import csv
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree
from decimal import Decimal

import pytest

from test_costs import COSTS, CostsDesk, lines

VALIDATOR = pathlib.Path(os.environ.get("FOCUS_DIR") or pathlib.Path(__file__).parent / ".venv" / "focus")
VALIDATOR_SECONDS_MAX = 300
#: The model of 1.2 has two rules of InvoiceId that exclude each other where no invoice is known: the one fails for an
#: empty column, the other for a filled one.
CONTRADICTION = "InvoiceId-C-005-C"
#: What the dataset has: counts, products as sub accounts of one type, tags. It has no unit prices: a row adds up
#: requests of many rates.
CRITERIA = "USAGE_MEASUREMENT_SUPPORTED,SUB_ACCOUNT_SUPPORTED,TAGGING_SUPPORTED,ACCOUNT_NAMING_SUPPORTED"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def months(tmp_path_factory):
    """October with every kind of row, and November, which corrects it."""
    desk = CostsDesk(tmp_path_factory.mktemp("focus"))
    desk.write_lines("a.jsonl", *lines(("2026-10", "2026-11")))
    desk.run(codes=(0,))
    desk.command("close", "--period", "2026-10")
    (desk.folder / "costs.yaml").write_text(COSTS.replace('amount: "800"', 'amount: "860"'))
    desk.command(
        "reprice", "--period", "2026-10", "--costs", str(desk.folder / "costs.yaml"), "--reason", "six seats more")
    desk.run("2026-11", codes=(0,))
    return desk


@pytest.fixture(params=["2026-10", "2026-11"])
def path(months, request):
    return months.reports / request.param / "focus.csv"


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_validator_finds_nothing_but_its_own_contradiction(path, tmp_path):
    result = tmp_path / "result.xml"
    program = "import sys; from focus_validator.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "--data-file", str(path), "--validate-version", "1.2", "--block-download",
         "--applicability-criteria", CRITERIA, "--output-type", "unittest", "--output-destination", str(result)],
        # It opens a file of its own by a path from here.
        cwd=VALIDATOR, env={**os.environ, "PYTHONPATH": str(VALIDATOR)}, capture_output=True, text=True,
        timeout=VALIDATOR_SECONDS_MAX)
    assert result.exists(), done.stdout + done.stderr
    suite = xml.etree.ElementTree.parse(result).getroot()
    cases = list(suite.iter("testcase"))
    failed = [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    assert [name.split(" ")[0] for name in failed] == [CONTRADICTION]
    passed = [case for case in cases if len(case) == 0]
    assert len(passed) > 130, "rules that were asked"


def test_every_kind_of_row_is_there(months):
    october, november = (rows(months.reports / p / "focus.csv") for p in ("2026-10", "2026-11"))
    assert {row["ChargeCategory"] for row in october} == {"Usage", "Purchase", "Credit", "Adjustment", "Tax"}
    assert {row["ChargeClass"] for row in october} == {""}
    assert {row["ChargeClass"] for row in november} == {"", "Correction"}


def test_what_the_validator_does_not_look_at(path):
    for row in rows(path):
        for column in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"):
            assert INSTANT.fullmatch(row[column]), (column, row[column])
        assert row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        if row["ChargeCategory"] in ("Usage", "Purchase") and row["ChargeClass"] == "":
            assert Decimal(row["PricingQuantity"]) >= 0 and row["PricingUnit"]
        if row["ChargeCategory"] == "Usage" and row["ChargeClass"] == "":
            assert Decimal(row["ConsumedQuantity"]) >= 0 and row["ConsumedUnit"]
        # No contract changes a price here, so a list price is what was paid; no column claims a unit price.
        assert Decimal(row["ListCost"]) == Decimal(row["ContractedCost"]) == Decimal(row["BilledCost"])
        assert not {"ListUnitPrice", "ContractedUnitPrice"} & set(row)
        if row["ChargeClass"] == "Correction":
            assert row["ChargePeriodStart"] < row["BillingPeriodStart"]
