"""chargeback-<product>.xlsx: what an owner gets holds nothing of the others, whatever they are called."""
import json
import re

import openpyxl
import pytest
import yaml

from desk import PERIOD, Desk, end_line
from workbooks import Book, money, office, recalculated

PRODUCTS = {
    "alpha": {"name": "アルファ審査", "cost_center": "CC-71001", "owner": "owner-of-alpha"},
    "../Be=ta*": {"name": "=HYPERLINK(\"http://evil.example\",\"ベータ\")", "cost_center": "CC-82002",
                  "owner": "@owner-of-beta"},
    "ガンマ": {"name": "+ガンマ'[1]'!A1", "cost_center": "CC-93003", "owner": "owner-of-gamma"},
}
"""Ids, names and owners that could not be mistaken for one another, two of them hostile to spreadsheets and folders."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("product-workbooks")
    rules = {"products": [{"id": id, **facts} for id, facts in PRODUCTS.items()],
             "rules": [{"product": id, "when": {"key": f"key-{n}-*"}} for n, id in enumerate(PRODUCTS)]
             + [{"split": {"alpha": 1, "ガンマ": 2}, "when": {"key": "shared"}}]}
    attribution = folder / "attribution.yaml"
    attribution.write_text(yaml.safe_dump(rules, allow_unicode=True))
    desk = Desk(folder / "desk", attribution=attribution).import_prices()
    lines = []
    for seq in range(1, 121):
        n = seq % 4
        key = f"key-{n}-=cmd" if n < 3 else "shared"
        lines.append(end_line(
            seq, time=f"2026-10-{seq % 28 + 1:02d}T03:00:00.000000Z", key={"id": f"k_{n}", "name": key},
            team=f"=team-{n}", user=f"@user-{n}-{seq % 8}",
            usage={"input_tokens": 100_003 * (n + 1) + seq, "output_tokens": 20_011 * (n + 3)}))
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", *lines)
    desk.command("run", "--period", PERIOD, "--product-files", "--product-sheets", codes=(0, 3))
    desk.command("report", "--period", PERIOD, "--product-files", codes=(0, 3))
    return desk.reports / PERIOD


@pytest.fixture(scope="module")
def files(folder):
    names = sorted(file.name for file in folder.glob("chargeback-*.xlsx"))
    assert names == ["chargeback-.._Be_ta_.xlsx", "chargeback-alpha.xlsx", "chargeback-ガンマ.xlsx"], names
    return {id: Book(folder / f"chargeback-{name}.xlsx") for id, name in zip(PRODUCTS, ["alpha", ".._Be_ta_", "ガンマ"])}


def test_a_product_s_workbook_holds_nothing_of_the_others(folder, files):
    run = json.loads((folder / "run.json").read_text())
    products = {one["id"]: one for one in run["products"]}
    for n, (id, book) in enumerate(files.items()):
        parts = book.parts()
        text = "\n".join(parts.values())
        for name in ("&amp;", "&lt;", "&gt;", "&quot;"):
            text = text.replace(name, {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"'}[name])
        assert PRODUCTS[id]["name"] in text and PRODUCTS[id]["cost_center"] in text
        for m, (other, facts) in enumerate(PRODUCTS.items()):
            if other == id:
                continue
            for secret in (facts["name"], facts["cost_center"], facts["owner"], f"key-{m}-", f"team-{m}", f"user-{m}-"):
                assert secret not in text, (id, secret)
            for cost in (products[other]["cost_usd"], f"{float(products[other]['cost_usd']):.2f}"):
                assert f">{cost}<" not in text, (id, other, cost)
        figures = {run["totals"]["cost_usd"], f"{float(run['totals']['cost_usd']):.2f}"}
        assert not [figure for figure in figures if f">{figure}<" in text], "the company's total"
        assert str(run["totals"]["requests"]) not in re.findall(r"<v>(\d+)</v>", text), "the company's requests"


def test_each_has_the_cost_that_the_workbook_of_all_has(folder, files):
    rows = openpyxl.load_workbook(folder / "chargeback.xlsx", data_only=True)["Products"].iter_rows(values_only=True)
    costs = {row[1]: row[5] for row in rows if row[1] in PRODUCTS}
    assert len(costs) == len(PRODUCTS)
    for id, book in files.items():
        assert money(book.values.worksheets[0]["A6"].value) == money(costs[id]) > 0


def test_names_from_outside_are_never_formulas(folder, files):
    for book in [Book(folder / "chargeback.xlsx"), *files.values()]:
        assert book.check_formulas() >= 20
        texts = {cell.value for sheet in book.formulas for line in sheet.iter_rows() for cell in line
                 if cell.data_type == "s"}
        assert any(text.startswith("=team-") for text in texts), "the hostile names are in it, as text"


def test_libreoffice_calculates_and_prints_them(files, tmp_path):
    books = list(files.values())
    for book, calculated in zip(books, recalculated(books, tmp_path)):
        for sheet, cell, written in book.formula_cells():
            found = calculated[sheet.title][cell.coordinate].value
            assert found == (written if isinstance(written, str) else pytest.approx(written, abs=1e-9)), cell.value
    office(tmp_path, "--convert-to", "pdf", *(f"bare/{n}.xlsx" for n in range(len(books))))
    assert all((tmp_path / f"{n}.pdf").read_bytes().startswith(b"%PDF") for n in range(len(books)))


def test_a_workbook_that_nobody_writes_any_more_is_gone(folder, tmp_path):
    desk = Desk(tmp_path / "desk").import_prices()
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
    desk.command("run", "--period", PERIOD, "--product-files", codes=(0, 3))
    month = desk.reports / PERIOD
    assert [file.name for file in month.glob("chargeback-*.xlsx")] == ["chargeback-ticket-generator.xlsx"]
    desk.command("report", "--period", PERIOD, codes=(0, 3))
    assert not list(month.glob("chargeback-*.xlsx")) and (month / "chargeback.xlsx").exists()
