"""Tollbook against genai-prices: every model of its data, priced by both, equal to the last digit.

TOLLBOOK_WRITE_DOCS=1 writes the counted part of docs/prices-compared.md anew.
"""
import datetime
import json
import os
import pathlib
import re
from collections import Counter
from decimal import Decimal

import pytest

import genai_compare
import genai_grid
from desk import Desk

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "prices-compared.md"


class Comparison:
    def __init__(self, folder):
        desk = Desk(folder)
        genai_grid.write_data(folder / "data.json")
        desk.command("prices", "import", "--genai-prices", str(folder / "data.json"))
        (book,) = (folder / "prices").glob("*.csv")
        self.book = book.read_text()
        self.cells = list(genai_grid.cells())
        questions = folder / "questions.jsonl"
        questions.write_text("".join(json.dumps(cell.question()) + "\n" for cell in self.cells))
        self.answers = [json.loads(line) for line in desk.command("prices", "quote", str(questions)).out.splitlines()]
        rounded = genai_compare.rounded_models(self.book)
        self.compared = [
            (cell, answer, theirs, genai_compare.compare(cell, answer, theirs, rounded))
            for cell, answer in zip(self.cells, self.answers, strict=True)
            for theirs in [genai_compare.their_cost(cell)]]
        self.classes = Counter(what for *_, what in self.compared)

    def of(self, what):
        return [(c.provider, c.name, str(c.at), c.context, c.counts, a["usd"], a["unpriced"], str(theirs))
                for c, a, theirs, named in self.compared if named == what]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return Comparison(tmp_path_factory.mktemp("genai"))


def test_every_cell_is_equal_or_its_difference_has_a_name(comparison):
    assert comparison.of("other")[:20] == []
    assert len(comparison.cells) > 100_000
    same = comparison.classes["equal"] + comparison.classes["rounded"]
    assert Decimal(100 * same) / len(comparison.cells) >= genai_compare.RIGHT_PERCENT_MIN


def test_the_grid_asks_every_vendor_date_window_and_tier(comparison):
    cells = comparison.cells
    assert {c.vendor for c in cells} == {p.id for p in genai_grid.providers}
    priced = {(p.id, m.id) for p in genai_grid.providers for m in p.models if genai_grid.classes(m)}
    assert priced <= {(c.vendor, c.model) for c in cells}
    asked = {(c.vendor, c.model, c.at) for c in cells}
    for provider in genai_grid.providers:
        for model in provider.models:
            if genai_grid.classes(model):
                assert {(provider.id, model.id, at) for at in genai_grid.instants(model)} <= asked
    words = {json.dumps(c.context) for c in cells}
    assert {'{"processing": "batch"}', '{"service_tier": "flex"}', '{"speed": "fast"}'} <= words


def test_the_grid_would_see_a_date_or_an_hour_that_was_ignored(comparison):
    """A second apart the cost changes, at 00:00 and at the ends of daily windows: in so many cells it must."""
    costs = {(c.vendor, c.provider, c.model, c.name, str(c.context), str(c.counts), c.at): theirs
             for c, _, theirs, _ in comparison.compared}
    changes = Counter(
        "midnight" if at.hour == at.minute == 0 else "window"
        for (*rest, at), cost in costs.items()
        if costs.get((*rest, at - datetime.timedelta(seconds=1)), cost) != cost)
    assert changes["midnight"] > 1000 and changes["window"] > 100


def test_the_document_says_what_was_counted(comparison):
    rounded = len(re.findall(r"^# rounded to", comparison.book, re.M))
    section = genai_compare.section(comparison.cells, comparison.classes, rounded)
    text = DOCUMENT.read_text()
    begin, end = text.index(genai_compare.BEGIN), text.index(genai_compare.END) + len(genai_compare.END)
    if os.environ.get("TOLLBOOK_WRITE_DOCS"):
        DOCUMENT.write_text(text[:begin] + section + text[end:])
    else:
        assert text[begin:end] == section
