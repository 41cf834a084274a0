"""chargeback.xlsx, read by other programs than the one that wrote it: openpyxl and LibreOffice.

Two books are looked at: the committed golden month, and a month made and reported by the program itself.
"""
import csv
import json
import pathlib
import re
import subprocess
import zipfile
from decimal import ROUND_HALF_EVEN, Decimal

import openpyxl
import pytest

from desk import PERIOD, Desk, make_month

GOLDEN = pathlib.Path(__file__).parent.parent / "Fixtures" / "golden" / "report"
OFFICE_SECONDS_MAX = 180
"""LibreOffice starts in seconds; a loaded machine gets minutes."""

SHEETS = ["Summary", "Products", "Models", "Daily", "Unpriced & rejected", "About"]
OWN_FORMULA = re.compile(r"=ROUND\((SUBTOTAL\(109,|SUM\()[A-Z]+\d+:[A-Z]+\d+\),\d\)")


class Month:
    def __init__(self, folder):
        self.path = folder / "chargeback.xlsx"
        self.run = json.loads((folder / "run.json").read_text())
        with open(folder / "chargeback.csv", encoding="utf-8-sig", newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.values = openpyxl.load_workbook(self.path, data_only=True)
        self.formulas = openpyxl.load_workbook(self.path)

    def table(self, sheet, head):
        """Rows under the row that begins with `head`, as dictionaries, and the total row."""
        lines = [list(line) for line in self.values[sheet].iter_rows(values_only=True)]
        start = next(i for i, line in enumerate(lines) if line[0] == head)
        titles = [title for title in lines[start] if title is not None]
        rows = []
        for line in lines[start + 1:]:
            row = dict(zip(titles, line))
            if row[head] == "Total":
                return rows, row
            rows.append(row)
        raise AssertionError(f"{sheet} has no total row")


@pytest.fixture(scope="module", params=["golden", "made"])
def month(request, tmp_path_factory):
    if request.param == "golden":
        return Month(GOLDEN)
    folder = tmp_path_factory.mktemp("workbook")
    make_month(folder / "raw-logs", requests=3000, seed=7, bad=12, resent=3, crashes=3)
    desk = Desk(folder / "desk", folder / "raw-logs").import_prices()
    desk.run()
    return Month(desk.reports / PERIOD)


def money(value):
    """A cell's number. Words such as `<$0.01` stand for an amount that is too small to print."""
    return Decimal(0) if value is None or isinstance(value, str) else Decimal(str(value))


def rounded(text, digits):
    return Decimal(text).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def digits_of(total):
    """How many digits people are shown: cents from ten dollars on."""
    return 2 if abs(Decimal(total)) >= 10 else 4 if abs(Decimal(total)) >= Decimal("0.1") else 6


def test_the_sheets_are_there_in_order(month):
    corrected = "adjustments" in month.run
    assert month.values.sheetnames == SHEETS[:4] + ["Adjustments"] * corrected + SHEETS[4:]


def test_the_adjustments_sheet_adds_up_to_what_is_booked(month):
    if "adjustments" not in month.run:
        assert all(row["entry"] == "usage" for row in month.rows)
        return
    lines = [list(line) for line in month.values["Adjustments"].iter_rows(values_only=True)]
    rows, total = month.table("Adjustments", "Period")
    for row in rows:
        assert money(row["Is (USD)"]) - money(row["Was (USD)"]) == money(row["Difference (USD)"]), row
    booked = month.run["adjustments"]["difference_usd"]
    assert sum(money(row["Difference (USD)"]) for row in rows) == money(total["Difference (USD)"])
    assert money(total["Difference (USD)"]) == rounded(booked, 6)
    titles = next(i for i, line in enumerate(lines) if line[0] == "Usage of the period")
    usage, corrections, together = (money(cell) for cell in lines[titles + 1][:3])
    assert usage + corrections == together == rounded(month.run["totals"]["cost_usd"], digits_of(
        month.run["totals"]["cost_usd"]))


def test_the_total_is_the_same_in_the_workbook_the_csv_and_run_json(month):
    exact = month.run["totals"]["cost_usd"]
    assert sum(Decimal(row["cost_usd"] or 0) for row in month.rows) == Decimal(exact)
    wanted = rounded(exact, digits_of(exact))
    assert money(month.table("Summary", "Product")[1]["Cost (USD)"]) == wanted
    assert money(month.table("Products", "Product")[1]["Cost (USD)"]) == wanted
    assert money(month.table("Daily", "Day")[1]["Total (USD)"]) == wanted
    assert money(month.table("Models", "Product")[1]["Cost (USD)"]) == rounded(exact, 6)


def test_printed_rows_add_up_to_the_printed_total(month):
    for sheet, head, titles in [
        ("Summary", "Product", ["Cost (USD)", "Share", "Requests"]),
        ("Products", "Product", ["Cost (USD)", "Share", "Requests", "Failed", "Interrupted", "Unpriced",
                                 "Input tokens", "Cache read", "Cache write", "Output tokens"]),
        ("Models", "Product", ["Cost (USD)", "Requests", "Failed", "Interrupted", "Unpriced",
                               "Input tokens", "Cache read", "Cache write", "Output tokens"]),
        ("Daily", "Day", ["Requests", "Total (USD)"]),
    ]:
        rows, total = month.table(sheet, head)
        for title in titles:
            assert sum(money(row[title]) for row in rows) == money(total[title]), (sheet, title)


def test_counts_in_the_workbook_are_those_of_the_csv(month):
    names = {
        "Requests": "requests", "Failed": "failed_requests", "Interrupted": "interrupted_requests",
        "Unpriced": "unpriced_requests", "Input tokens": "input_tokens", "Cache read": "cache_read_tokens",
        "Cache write": "cache_write_tokens", "Output tokens": "output_tokens"}
    for sheet in ("Products", "Models"):
        total = month.table(sheet, "Product")[1]
        for title, column in names.items():
            assert money(total[title]) == sum(Decimal(row[column]) for row in month.rows), (sheet, title)
    assert money(month.table("Daily", "Day")[1]["Requests"]) == month.run["totals"]["requests"]


def test_each_row_of_the_csv_is_a_row_of_the_models_sheet(month):
    rows, _ = month.table("Models", "Product")
    assert len(rows) == len(month.rows)
    for shown, exact in zip(rows, month.rows):
        model = exact["model"]
        assert shown["Model"] == (model[1:] if model.startswith("'") else model or "unknown")
        assert shown["Cost is"] == exact["cost_state"]
        if exact["cost_usd"] == "":
            assert shown["Cost (USD)"] is None, "an unknown cost is an empty cell"
        else:
            assert abs(money(shown["Cost (USD)"]) - Decimal(exact["cost_usd"])) < Decimal("0.000001")


def test_every_formula_is_one_of_the_program_s_own(month):
    formulas = 0
    for sheet in month.formulas:
        for line in sheet.iter_rows():
            for cell in line:
                if cell.data_type == "f":
                    assert OWN_FORMULA.fullmatch(cell.value), (sheet.title, cell.coordinate, cell.value)
                    formulas += 1
                assert cell.hyperlink is None
    assert formulas >= 20


def test_no_piece_of_a_rejected_line_is_in_it(month):
    with zipfile.ZipFile(month.path) as archive:
        for name in archive.namelist():
            assert b"SECRET" not in archive.read(name), name


def office(folder, *arguments):
    """Runs LibreOffice with a profile of its own, beside any other."""
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", *arguments], check=True,
        cwd=folder, timeout=OFFICE_SECONDS_MAX, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def without_cached_values(source, target):
    """The same workbook with formulas alone, so that whoever opens it has to calculate."""
    stripped = 0
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                content, count = re.subn(rb"(</f>)<v>[^<]*</v>", rb"\1", content)
                stripped += count
            new.writestr(name, content)
    assert stripped >= 20


def test_libreoffice_calculates_the_totals_that_are_written_beside_the_formulas(month, tmp_path):
    without_cached_values(month.path, tmp_path / "bare.xlsx")
    (tmp_path / "calculated").mkdir()
    office(tmp_path, "--convert-to", "xlsx", "--outdir", str(tmp_path / "calculated"), str(tmp_path / "bare.xlsx"))
    calculated = openpyxl.load_workbook(tmp_path / "calculated" / "bare.xlsx", data_only=True)
    compared = 0
    for sheet in month.formulas:
        for line in sheet.iter_rows():
            for cell in line:
                if cell.data_type != "f":
                    continue
                written = month.values[sheet.title][cell.coordinate].value
                found = calculated[sheet.title][cell.coordinate].value
                assert found == pytest.approx(written, abs=1e-9), (sheet.title, cell.coordinate)
                compared += 1
    assert compared >= 20


def test_libreoffice_prints_it(month, tmp_path):
    office(tmp_path, "--convert-to", "pdf", "--outdir", str(tmp_path), str(month.path))
    assert (tmp_path / "chargeback.pdf").read_bytes().startswith(b"%PDF")
