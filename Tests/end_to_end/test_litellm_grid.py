"""Tollbook against LiteLLM: every model of its price map, priced by both.

TOLLBOOK_WRITE_DOCS=1 writes the counted part of docs/prices-compared.md anew.
"""

import csv
import json
import os
import pathlib
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import pytest

import litellm_compare
from desk import Desk
from litellm_cells import BEDROCK_PREFIXES, cells

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = HERE.parents[1] / "docs" / "prices-compared.md"
BEGIN, END = "<!-- litellm: counted by the test -->", "<!-- litellm: end -->"
#: One process of litellm a core.
PARTS = 2


def litellm_dir():
    folder = os.environ.get("LITELLM_DIR")
    if not folder:
        pytest.fail("LITELLM_DIR must name the folder of the litellm package; run.sh sets it")
    return pathlib.Path(folder)


def start_litellm(*words):
    return subprocess.Popen(
        [sys.executable, str(HERE / "litellm_costs.py"), *words], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(litellm_dir()), "LITELLM_LOCAL_MODEL_COST_MAP": "True"})


class Comparison:
    def __init__(self, folder):
        runs = [start_litellm(str(part), str(PARTS)) for part in range(PARTS)]
        self.price_map = price_map = litellm_dir() / "litellm" / "model_prices_and_context_window_backup.json"
        self.map = json.loads(price_map.read_text())
        self.cells = list(cells(self.map))
        self.desk = Desk(folder)
        told = self.desk.command("prices", "import", "--litellm", str(price_map)).err
        #: Fields without a meter, as the import lists them.
        self.skipped = set(re.findall(r"(\w+) \(\d+\)", told))
        questions = folder / "questions.jsonl"
        questions.write_text("".join(json.dumps(cell.question()) + "\n" for cell in self.cells))
        self.answers = [
            json.loads(line) for line in self.desk.command("prices", "quote", str(questions)).out.splitlines()]
        self.theirs = [None] * len(self.cells)
        for part, run in enumerate(runs):
            out, _ = run.communicate()
            assert run.returncode == 0
            self.theirs[part::PARTS] = [json.loads(line) for line in out.splitlines()]
        causes = litellm_compare.Causes(self.cells)
        self.named = [
            causes.name(cell, answer, *theirs)
            for cell, answer, theirs in zip(self.cells, self.answers, self.theirs, strict=True)]
        self.theirs = [theirs for theirs, _ in self.theirs]
        self.counts = Counter(self.named)

    def of(self, name):
        return [(cell.asked.key, cell.tier, cell.kind, cell.counts, answer["usd"], answer["unpriced"], theirs)
                for cell, answer, theirs, what in zip(self.cells, self.answers, self.theirs, self.named)
                if what == name]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return Comparison(tmp_path_factory.mktemp("litellm"))


def test_every_cell_is_equal_or_its_difference_has_a_name(comparison):
    assert comparison.of("other")[:20] == []
    assert len(comparison.cells) > 100_000
    assert comparison.counts["equal"] / len(comparison.cells) > 0.975


def test_the_grid_asks_every_model_that_has_a_price(comparison):
    """Left out: commitments by the hour, samplers' steps, and models priced only by what has no meter."""
    asked = {cell.asked.key for cell in comparison.cells}
    no_meter = ("pixel", "credit", "dbu", "guardrail")
    missed = [
        key for key, entry in comparison.map.items()
        if key not in asked and key not in ("sample_spec", "fallback_generalizations")
        and "-commitment/" not in key and "-steps/" not in key
        and any("cost" in name and isinstance(value, (int, float)) and value and not any(
            word in name for word in no_meter) for name, value in entry.items())]
    assert len(missed) <= litellm_compare.MODELS_NOT_ASKED_MAX, missed


def test_every_named_difference_occurs(comparison):
    assert {name for name in litellm_compare.CLASSES if not comparison.counts[name]} == set()


def test_no_number_of_the_map_went_through_a_double(comparison):
    """Every price of the map stands in the book digit for digit, or among the rounded ones with both values."""
    (book,) = (comparison.desk.folder / "prices").glob("*.csv")
    rates, rounded = {}, set()
    for line in csv.reader(book.read_text().splitlines()):
        if line[0].startswith("# rounded to 1e-15 USD: "):
            rounded.add(tuple(",".join(line).removeprefix("# rounded to 1e-15 USD: ").rsplit(" ", 4)[:3]))
        elif len(line) == 12 and line[8] and line[0] == "list":
            rates.setdefault((line[1], line[2]), set()).add(Decimal(line[8]) / Decimal(line[9]))
    texts = json.loads(comparison.price_map.read_text(), parse_float=Number, parse_int=Number)
    found, missing = 0, []
    for cell in {cell.asked.key: cell for cell in comparison.cells}.values():
        one = cell.asked
        head, _, rest = one.model.partition(".")
        model = rest if one.provider == "bedrock" and head in BEDROCK_PREFIXES else one.model
        book_rates = rates.get((one.provider, model), set())
        for field, text in texts[one.key].items():
            if not isinstance(text, Number) or "cost" not in field:
                continue
            spellings = {(one.key, name + field, str(text)) for name in ("", "tiered_pricing.")}
            if Decimal(text) / (1000 if "second" in field else 1) in book_rates or spellings & rounded:
                found += 1
            # A transcription is priced by one of its two fields; the other one is 0.
            elif field not in comparison.skipped and not ("second" in field and Decimal(text) == 0):
                missing.append((one.key, field, text))
    assert found > 15_000
    assert len(missing) <= litellm_compare.NUMBERS_ELSEWHERE_MAX, missing


class Number(str):
    """A number of a JSON text, as it is written."""


def test_a_price_of_ones_own_counts_cached_tokens_once(comparison, tmp_path):
    """100 fresh at 3 USD a million and 5,000 cached at 0.30: 0.0003 + 0.0015 USD."""
    out, _ = start_litellm("custom").communicate()
    assert round(json.loads(out), 6) == 0.0168
    heading = "basis,provider,model,region,service_tier,context_over,when,meter,usd,per,factor,effective_from"
    (tmp_path / "own.csv").write_text("\n".join((
        heading, "contracted,anthropic,claude-sonnet-4-5,,standard,0,,input,3,1000000,,",
        "contracted,anthropic,claude-sonnet-4-5,,standard,0,,cache_read,0.3,1000000,,")) + "\n")
    desk = Desk(tmp_path)
    desk.command("prices", "import", "--contracts", str(tmp_path / "own.csv"))
    (tmp_path / "asked.jsonl").write_text(json.dumps({
        "provider": "anthropic", "model": "claude-sonnet-4-5", "counts": {"input": 100, "cache_read": 5000}}) + "\n")
    answer = json.loads(desk.command("prices", "quote", str(tmp_path / "asked.jsonl")).out)
    assert answer["usd"] == "0.0018"


def test_the_document_has_the_numbers_of_this_run(comparison):
    inexact = sum(
        Decimal(repr(theirs)) != Decimal(answer["usd"])
        for answer, theirs, name in zip(comparison.answers, comparison.theirs, comparison.named) if name == "equal")
    made = litellm_compare.written(comparison.counts, comparison.cells, inexact)
    document = DOCUMENT.read_text()
    head, rest = document.split(BEGIN)
    counted, tail = rest.split(END)
    if os.environ.get("TOLLBOOK_WRITE_DOCS"):
        DOCUMENT.write_text(f"{head}{BEGIN}\n\n{made}\n{END}{tail}")
    else:
        assert counted.strip() == made.strip()
