"""tollbook attribution: rules are looked at before they are used."""
import json
from fractions import Fraction

import pytest

from desk import PERIOD, Desk, end_line

NOW = """products: [{id: a}, {id: b}, {id: c}]
rules:
  - {product: a, when: {key: "a-*"}}
  - {split: {a: 1, b: 2}, when: {key: shared}}
  - {product: c, when: {key: c}}
"""
CHANGED = """products: [{id: a}, {id: b}, {id: d}]
rules:
  - {product: b, when: {key: "a-*", model: "*sonnet*"}}
  - {product: a, when: {key: "a-*"}}
  - {split: {a: 2, b: 1}, when: {key: shared}}
  - {product: d, when: {key: [c, e]}}
"""


@pytest.fixture
def desk(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(NOW)
    desk = Desk(tmp_path / "desk", attribution=path)
    desk.changed = tmp_path / "changed.yaml"
    desk.changed.write_text(CHANGED)
    return desk


def check(desk, text, command="check", codes=(0,)):
    desk.attribution.write_text(text)
    return desk.command("attribution", command, codes=codes)


def test_check_names_what_is_hardly_meant_with_its_line(desk):
    assert "3 rules, 3 products, 0 tests" in check(desk, NOW).out
    done = check(desk, NOW + '  - {product: b, when: {key: a-1}}\n', codes=(3,))
    assert "unreachable: rules.yaml:6: takes nothing: rules.yaml:3 stands before it" in done.out
    done = check(desk, NOW.replace("{id: c}", "{id: c}, {id: d}"), codes=(3,))
    assert 'unused product: product "d"' in done.out
    done = check(desk, NOW.replace("when", "wen", 1), codes=(2,))
    assert 'rules.yaml:3: unknown word "wen"' in done.err


def test_a_failing_test_shows_where_its_request_lands_and_ends_with_1(desk):
    tests = NOW + "tests:\n  - {request: {key: a-9}, product: a}\n  - {request: {key: shared}, product: b}\n"
    for command in ("test", "check"):
        done = check(desk, tests, command, codes=(1,))
        line = next(line for line in done.out.splitlines() if "rules.yaml:8" in line)
        assert "key shared" in line and "a 1 : b 2" in line and "rules.yaml:4" in line
        assert "1 of 2 tests failed" in done.out
    passing = tests.replace("product: b}\n", "split: {a: 10, b: 20}}\n")
    assert "every request lands where it must" in check(desk, passing, "test").out


def test_preview_shows_what_moves_before_it_is_used(desk):
    desk.import_prices()
    keys = ["a-1", "a-2", "shared", "c", "e"]
    models = ["claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929"]
    desk.write_lines("a.jsonl", *(
        end_line(n + 1, key={"id": "k", "name": keys[n % 5]}, model={"requested": models[n % 2], "returned": models[n % 2]},
                 usage={"input_tokens": 1000 * n + 7, "output_tokens": n}) for n in range(40)))
    desk.run(codes=(0,))
    reports = desk.report_bytes()

    def preview(*more, codes=(0,)):
        flags = desk.flags()
        at = flags.index("--attribution")
        environment = {**desk.environment, "TOLLBOOK_ATTRIBUTION": str(desk.attribution)}
        kept, desk.environment = desk.environment, environment
        desk.flags = lambda: flags[:at] + ["--attribution", str(desk.changed)] + flags[at + 2:]
        try:
            return desk.command("attribution", "preview", "--period", PERIOD, *more, codes=codes)
        finally:
            desk.environment = kept
            del desk.flags

    shown = json.loads(preview("--json").out)
    # What each file says by itself is what the preview said.
    before = costs(desk)
    assert {p["product"]: Fraction(p["was_usd"]) for p in shown["products"] if p["was_usd"] != "0"} == before
    differences = [Fraction(p["difference_usd"]) for p in shown["products"]]
    assert sum(differences) == 0 and any(differences)
    assert sum(Fraction(m["difference_usd"]) for m in shown["movers"]) == 0
    sizes = [abs(Fraction(m["difference_usd"])) for m in shown["movers"]]
    assert sizes == sorted(sizes, reverse=True)
    assert shown["moved_requests"] == 4 * 2 + 8 * 3
    text = preview().out
    assert "24 requests would land elsewhere" not in text and "32 requests would land elsewhere" in text
    assert desk.report_bytes() == reports
    desk.attribution.write_text(CHANGED)
    desk.run(codes=(0,))
    assert {p["product"]: Fraction(p["is_usd"]) for p in shown["products"] if p["is_usd"] != "0"} == costs(desk)


def costs(desk):
    run = json.loads(desk.report("run.json"))
    return {p["id"]: Fraction(p["cost_usd"]) for p in run["products"] if p["cost_usd"] != "0"}
