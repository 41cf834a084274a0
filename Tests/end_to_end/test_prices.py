"""The price commands as a person uses them: quote, import, diff, check, contracts, and the book inside the program.
Amounts are hand arithmetic on the prices written here."""
import csv
import io
import json
import re
from decimal import Decimal

import pytest

from desk import PERIOD, Desk, end_line

pytestmark = pytest.mark.usefixtures("store_kind")
HEADING = "basis,provider,model,region,service_tier,context_over,when,meter,usd,per,factor,effective_from"
LIST = """
list,anthropic,claude-haiku-4-5,,standard,0,,input,1,1000000,,
list,anthropic,claude-haiku-4-5,,standard,0,,output,5,1000000,,
list,anthropic,claude-haiku-4-5,,standard,0,,cache_read,0.1,1000000,,
"""


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "desk")


def book(desk, lines, name="book.csv"):
    path = desk.folder / name
    path.write_text(HEADING + "\n" + lines.strip() + "\n")
    return str(path)


def publish(desk, lines):
    return json.loads(desk.command("prices", "import", "--file", book(desk, lines), "--json").out)["version"]


def month(desk, count=4):
    """Each request: 1000 tokens in, 500 out, one hour after the other."""
    desk.write_lines(
        "2026/10/05/00-w-hand-1.jsonl",
        *(end_line(n, time=f"2026-10-05T0{n}:00:00.000000Z") for n in range(1, count + 1)))
    desk.command("ingest")


def quote(desk, *questions, codes=(0,)):
    path = desk.folder / "questions.jsonl"
    path.write_text("".join(json.dumps(q) + "\n" for q in questions))
    done = desk.command("prices", "quote", str(path), codes=codes)
    return [json.loads(line) for line in done.out.splitlines()], done.err


def test_without_a_price_folder_the_book_inside_the_program_prices(desk):
    [answer], _ = quote(desk, {
        "provider": "anthropic", "model": "claude-sonnet-4-5-20250929",
        "counts": {"input": 812, "cache_read": 11200, "output": 344}})
    # 812 x 3 + 11,200 x 0.30 + 344 x 15 dollars a million: Anthropic's list.
    assert Decimal(answer["usd"]) == Decimal("0.010956")
    assert answer["unpriced"] is None and "exact" in answer["match"]
    assert "inside the program" in desk.command("prices", "list").err


def test_a_quote_shows_each_meter_and_says_why_something_has_no_price(desk):
    publish(desk, LIST)
    answers, _ = quote(
        desk,
        {"provider": "anthropic", "model": "claude-haiku-4-5-20251001",
         "counts": {"input": 1000, "cache_read": 2000, "output": 300}},
        {"provider": "anthropic", "model": "claude-haiku-4-5", "counts": {"web_search": 2, "input": 10}},
        {"provider": "nobody", "model": "x", "counts": {"input": 1}})
    assert [line["usd"] for line in answers[0]["lines"]] == ["0.001", "0.0002", "0.0015"]
    assert answers[0]["usd"] == "0.0027" and "without its snapshot date" in answers[0]["match"]
    assert answers[1]["usd"] == "0.00001" and answers[1]["unpriced"] == "no rate for web_search"
    assert answers[2]["usd"] is None and answers[2]["unpriced"] == "no price entry for this model"


def test_a_question_that_is_none_names_its_line_and_the_others_are_answered(desk):
    publish(desk, LIST)
    path = desk.folder / "q.jsonl"
    good = json.dumps({"provider": "anthropic", "model": "claude-haiku-4-5", "counts": {"input": 1}})
    path.write_text(f'{good}\n{{"counts": {{"inputs": 1}}}}\nnot json\n{good}\n')
    done = desk.command("prices", "quote", str(path), codes=(1,))
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [a.get("usd") for a in answers] == ["0.000001", None, None, "0.000001"]
    assert "q.jsonl:2" in done.err and "inputs" in done.err and "q.jsonl:3" in done.err


def test_an_import_says_what_changed(desk):
    publish(desk, LIST)
    changed = LIST.replace("input,1,", "input,1.5,") + (
        "list,anthropic,claude-new,,standard,0,,input,2,1000000,,")
    done = desk.command("prices", "import", "--file", book(desk, changed))
    assert "1 dearer" in done.out and "1 new" in done.out and "+50.0 %" in done.out
    assert re.search(r"claude-haiku-4-5 +input +1 /M +1\.5 /M", done.out)


def test_a_difference_is_told_in_lines_and_in_money(desk):
    first = publish(desk, LIST)
    second = publish(desk, LIST.replace("output,5,", "output,6,"))
    month(desk)
    told = json.loads(desk.command("prices", "diff", first[:8], second[:8], "--period", PERIOD, "--json").out)
    assert told["dearer"] == 1 and told["new"] == told["gone"] == told["cheaper"] == 0
    # 4 requests of 1000 in and 500 out: 4 x (0.001 + 0.0025), and 4 x (0.001 + 0.003).
    assert (told["was_usd"], told["becomes_usd"], told["requests"]) == ("0.014", "0.016", 4)
    assert told["models"][0]["model"].startswith("claude-haiku-4-5")
    text = desk.command("prices", "diff", "--period", PERIOD).out
    assert "+20.0 %" in text and "4 requests cost 0.01 USD by the first and 0.02 USD by the second" in text


def test_a_report_made_with_a_contract_costs_what_was_agreed(desk):
    publish(desk, LIST)
    month(desk)
    at_list = desk.run(codes=(0,))
    contract = book(desk, """
contracted,anthropic,claude-*,,*,0,,all,,,0.9,2026-10-05T03:00:00Z
""", "contract.csv")
    told = desk.command("prices", "import", "--contracts", contract).out
    assert "1 new" in told
    assert "with the contracts of contract.csv" in desk.command("prices", "list").out
    agreed = desk.run(codes=(0,))
    # Two requests before the contract begins at 3.5 thousandths, two at nine tenths of that.
    assert total(at_list) == Decimal("0.014")
    assert total(agreed) == Decimal("0.0133")
    [row] = csv.DictReader(io.StringIO(desk.report("focus.csv").decode()))
    assert (Decimal(row["BilledCost"]), Decimal(row["ListCost"])) == (Decimal("0.0133"), Decimal("0.014"))
    # New list prices keep the contract.
    publish(desk, LIST.replace("output,5,", "output,6,"))
    assert total(desk.run(codes=(0,))) == Decimal("0.008") + Decimal("0.008") * Decimal("0.9")
    explained = desk.command("explain", end_line(4)["id"]).out
    assert "x 0.9 for contracted" in explained


def total(run):
    return Decimal(run["totals"]["cost_usd"])


def test_a_contract_file_with_list_prices_is_refused(desk):
    publish(desk, LIST)
    done = desk.command("prices", "import", "--contracts", book(desk, LIST, "c.csv"), codes=(2,))
    assert "contracted" in done.err


def test_check_finds_models_without_a_price_retired_ones_and_other_sources_prices(desk):
    first = publish(desk, LIST)
    desk.write_lines(
        "2026/10/05/00-w-hand-1.jsonl", end_line(1),
        end_line(2, model={"requested": "claude-nobody-knows", "returned": "claude-nobody-knows"}))
    desk.command("ingest")
    publish(desk, LIST.replace("output,5,", "output,5.5,") + (
        "list,anthropic,claude-haiku-4-5,,*,0,,retired,,,,2026-12-01T00:00:00Z"))
    told = json.loads(desk.command(
        "prices", "check", "--period", PERIOD, "--against", first[:10], "--json", codes=(3,)).out)
    assert [(u["model"], u["requests"]) for u in told["unpriced"]] == [("claude-nobody-knows", 1)]
    assert [(r["model"], r["from"][:10]) for r in told["retired"]] == [("claude-haiku-4-5-20251001", "2026-12-01")]
    assert [(d["meter"], d["ours_usd"], d["theirs_usd"]) for d in told["disagreements"]] == [
        ("output", "0.0000055", "0.000005")]
    text = desk.command("prices", "check", "--period", PERIOD, codes=(3,)).out
    assert "claude-nobody-knows" in text and "retired by the vendor" in text


def test_check_of_a_fresh_book_that_prices_all_says_so(desk):
    publish(desk, LIST)
    month(desk)
    assert "nothing to look at" in desk.command("prices", "check", "--period", PERIOD).out


def test_show_at_a_time_shows_what_holds_then(desk):
    publish(desk, LIST + "list,anthropic,claude-haiku-4-5,,standard,0,,input,2,1000000,,2026-11-01T00:00:00Z\n")
    before = desk.command("prices", "show", "claude-haiku*", "--at", "2026-10-31T23:59:59Z").out
    after = desk.command("prices", "show", "claude-haiku*", "--at", "2026-11-01T00:00:00Z").out
    assert ",input,1,1000000," in before and ",input,2,1000000," not in before
    assert ",input,2,1000000," in after and ",input,1,1000000," not in after


def test_importing_the_same_file_again_publishes_nothing(desk):
    first = publish(desk, LIST)
    again = json.loads(desk.command("prices", "import", "--file", book(desk, LIST), "--json").out)
    assert again["version"] == first and again["published"] is False
    assert len(desk.command("prices", "list").out.splitlines()) == 1


def test_hostile_names_in_a_book_reach_no_terminal_as_they_are(desk):
    publish(desk, LIST)
    done = desk.command("prices", "import", "--file", book(desk, LIST.replace("input,1,", "input,2,") + (
        "list,anthropic,claude-haiku-4-5,,standard,0,speed=\x1b[31mred,input,1,1000000,,")))
    assert "\x1b" not in done.out
    publish(desk, LIST.replace("input,1,", "input,3,") + (
        "list,anthropic,claude-haiku-4-5,,standard,0,speed=\x1b[31mred,input,2,1000000,,"))
    assert "\x1b" not in desk.command("prices", "diff").out
