"""chargeback.xlsx, read by other programs than the one that wrote it: openpyxl and LibreOffice.

The committed golden month and a month made and reported by the program itself, each in both languages.
"""
import collections
import datetime
import pathlib
from decimal import Decimal

import pytest

from desk import PERIOD, Desk, make_month
from workbooks import COUNT_COLUMNS, GOLDEN, Month, digits_of, money, office, recalculated, rounded

MONTHS = ["golden", "golden in Japanese", "made", "made in Japanese", "with costs, in yen"]
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def months(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workbook")
    make_month(folder / "raw-logs", requests=3000, seed=7, bad=12, resent=3, crashes=3)
    desk = Desk(folder / "desk", folder / "raw-logs").import_prices()
    desk.run()
    english = desk.reports / PERIOD
    desk.reports = folder / "desk" / "japanese"
    desk.command("report", "--period", PERIOD, "--language", "ja", "--product-sheets", codes=(3,))
    japanese = desk.reports / PERIOD
    desk.reports = folder / "desk" / "yen"
    desk.command("report", "--period", PERIOD, "--currency", "JPY", "--costs", str(EXAMPLES / "costs.yaml"), "--fx",
                 str(EXAMPLES / "fx.csv"), codes=(3,))
    yen = desk.reports / PERIOD
    return dict(zip(MONTHS, [
        Month(GOLDEN / "chargeback.xlsx", GOLDEN, "en"), Month(GOLDEN / "chargeback.ja.xlsx", GOLDEN, "ja"),
        Month(english / "chargeback.xlsx", english, "en"), Month(japanese / "chargeback.xlsx", japanese, "ja"),
        Month(yen / "chargeback.xlsx", yen, "en")]))


@pytest.fixture(params=MONTHS)
def month(request, months):
    return months[request.param]


def test_the_sheets_are_there_in_order(month):
    names = ["Summary", "Products", "Pivot", "Lines", "Daily", "Callers", "Movers", "Budget", "Unit cost", "Costs",
             "Adjustments", "Trouble", "Data", "About"]
    found = month.values.sheetnames
    optional = {"Movers", "Budget", "Unit cost", "Costs", "Adjustments"}
    names = [name for name in names if name not in optional or month.words[name] in found]
    assert ("Adjustments" in names) == ("adjustments" in month.run)
    assert found[:len(names)] == [month.words[name] for name in names]
    products = len({row["product"] for row in month.rows})
    assert len(found) == len(names) + (products if month.words["Total"] == "合計" else 0)


def test_the_adjustments_sheet_adds_up_to_what_is_booked(month):
    words = month.words
    if "adjustments" not in month.run:
        assert all(row["entry"] != "adjustment" for row in month.rows)
        return
    lines = [list(line) for line in month.sheet("Adjustments").iter_rows(values_only=True)]
    rows, total = month.table("Adjustments", "Period")
    for row in rows:
        assert money(row[words["Is"]]) - money(row[words["Was"]]) == money(row[words["Difference"]]), row
    booked = month.run["adjustments"]["difference_usd"]
    assert sum(money(row[words["Difference"]]) for row in rows) == money(total[words["Difference"]])
    assert money(total[words["Difference"]]) == rounded(booked, 6)
    titles = next(i for i, line in enumerate(lines) if line[0] == words["Usage"])
    usage, corrections, together = (money(cell) for cell in lines[titles + 1][:3])
    assert usage + corrections == together == rounded(
        month.run["totals"]["cost_usd"], digits_of(month.run["totals"]["cost_usd"]))


def test_the_total_is_the_same_in_the_workbook_the_csv_and_run_json(month):
    exact = month.run["totals"]["cost_usd"]
    cost = month.words["Cost"]
    assert sum(Decimal(row["cost_usd"] or 0) for row in month.rows) == Decimal(exact)
    wanted = rounded(exact, digits_of(exact))
    assert money(month.sheet("Summary")["A5"].value) == wanted
    assert money(month.table("Summary", "Product")[1][cost]) == wanted
    assert money(month.table("Products", "Product")[1][cost]) == wanted
    assert money(month.table("Daily", "Day")[1][month.words["Total column"]]) == wanted
    assert money(month.table("Pivot", "Model")[1][month.words["Total column"]]) == wanted
    assert money(month.table("Lines", "Product")[1][cost]) == rounded(exact, 6)
    assert sum(money(row[month.words["Cost"]]) for row in data(month)) == rounded(exact, 9)


def data(month):
    lines = month.sheet("Data").iter_rows(values_only=True)
    titles = next(lines)
    return [dict(zip(titles, line)) for line in lines]


def test_every_formula_is_the_program_s_own_and_every_sum_is_that_of_what_is_printed(month):
    assert month.check_formulas() >= 40


def test_counts_in_the_workbook_are_those_of_the_csv(month):
    for sheet in ("Products", "Lines"):
        total = month.table(sheet, "Product")[1]
        for title, column in zip(month.words["counts"], COUNT_COLUMNS):
            assert money(total[title]) == sum(Decimal(row[column]) for row in month.rows), (sheet, title)
    for title, column in zip(month.words["counts"], COUNT_COLUMNS):
        assert sum(money(row[title]) for row in data(month)) == sum(Decimal(row[column]) for row in month.rows), title
    assert money(month.table("Daily", "Day")[1][month.words["counts"][0]]) == month.run["totals"]["requests"]


def test_each_row_of_the_csv_is_a_row_of_the_lines(month):
    rows, _ = month.table("Lines", "Product")
    words = month.words
    assert len(rows) == len(month.rows)
    for shown, exact in zip(rows, month.rows):
        model = exact["model"]
        assert shown[words["Model"]] == (model[1:] if model.startswith("'") else model or words["unknown"])
        assert shown[words["Cost is"]] == words["states"][exact["cost_state"]]
        if exact["cost_usd"] == "":
            assert shown[words["Cost"]] is None, "an unknown cost is an empty cell"
        else:
            assert abs(money(shown[words["Cost"]]) - Decimal(exact["cost_usd"])) < Decimal("0.000001")


def test_the_data_sheet_is_a_table_that_adds_up_to_the_csv_and_to_the_days(month):
    words, sheet = month.words, month.formulas[month.words["Data"]]
    rows = data(month)
    table, = sheet.tables.values()
    assert table.ref == f"A1:S{len(rows) + 1}" and table.autoFilter.ref == table.ref
    assert [column.name for column in table.tableColumns] == [cell.value for cell in sheet[1]]
    assert not sheet.merged_cells.ranges and sheet.freeze_panes == "A2"
    sums, days = collections.Counter(), collections.Counter()
    for row in rows:
        place = row[words["Product ID"]], row[words["Provider"]] or "", row[words["Model"]], row[words["Tier"]] or ""
        sums[place] += money(row[words["Cost"]])
        if row[words["Entry"]] == words["usage"] and row[words["Day"]] is not None:
            assert isinstance(row[words["Day"]], datetime.datetime)
            days[row[words["Day"]]] += money(row[words["Cost"]])
    for row in month.rows:
        place = row["product"], row["provider"], row["model"] or words["unknown"], row["service_tier"]
        sums[place] -= Decimal(row["cost_usd"] or 0)
    assert all(abs(rest) < Decimal("0.00000005") for rest in sums.values()), sums
    for row in month.table("Daily", "Day")[0]:
        if isinstance(row[words["Day"]], datetime.datetime):
            # A cent a product at most is moved so that each column adds up.
            assert abs(days[row[words["Day"]]] - money(row[words["Total column"]])) < Decimal("0.06"), row


def test_the_cover_says_that_the_sheets_agree_and_leaves_room_to_sign(month):
    verdicts = [cell.value for cell in month.sheet("Summary")["D"] if cell.value in (month.words["agrees"], "DIFFERS")]
    assert verdicts.count(month.words["agrees"]) == 5 == len(verdicts)


def test_it_prints_on_a4_across_with_titles_and_page_numbers(month):
    for sheet in month.formulas:
        page = sheet.page_setup
        # One page wide is what a sheet that fits its pages is, unless it says otherwise.
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        assert (page.orientation, int(page.paperSize), page.fitToWidth or 1) == ("landscape", 9, 1), sheet.title
        assert "&P" in sheet.oddFooter.right.text and "&N" in sheet.oddFooter.right.text
    for name in ("Products", "Pivot", "Lines", "Daily", "Data"):
        assert month.formulas[month.words[name]].print_title_rows, name
        assert month.formulas[month.words[name]].freeze_panes, name
    assert month.formulas.properties.title and month.formulas.properties.creator == "Tollbook"


def test_no_piece_of_a_rejected_line_is_in_it(month):
    assert not [name for name, content in month.parts().items() if "SECRET" in content]


def test_libreoffice_calculates_the_values_that_are_written_beside_the_formulas(months, tmp_path):
    books = list(months.values())
    for book, calculated in zip(books, recalculated(books, tmp_path)):
        for sheet, cell, written in book.formula_cells():
            found = calculated[sheet.title][cell.coordinate].value
            if not isinstance(written, str):
                written = pytest.approx(written, abs=1e-9)
            assert found == written, (book.path, sheet.title, cell.coordinate, cell.value)


def test_libreoffice_prints_it(months, tmp_path):
    for number, month in enumerate(months.values()):
        (tmp_path / f"{number}.xlsx").write_bytes(month.path.read_bytes())
    office(tmp_path, "--convert-to", "pdf", *(f"{number}.xlsx" for number in range(len(months))))
    for number in range(len(months)):
        assert (tmp_path / f"{number}.pdf").read_bytes().startswith(b"%PDF")
