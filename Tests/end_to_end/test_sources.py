"""Other histories than the raw log: in the same books, each request once, or refused with a reason."""
import gzip
import json
import random
import signal
import subprocess
import time
from decimal import Decimal

import pytest
import yaml

import spend_logs
import stores
from desk import PERIOD, Desk, end_line, make_month

pytestmark = pytest.mark.usefixtures("store_kind")
ROWS = 50_000
FORMS = {
    "spend.csv": lambda rows: spend_logs.as_csv(rows),
    "spend.csv.gz": lambda rows: gzip.compress(spend_logs.as_csv(rows)),
    "spend.jsonl": spend_logs.as_json_lines,
    "spend.json.zst": lambda rows: subprocess.run(
        ["zstd", "-qc"], input=spend_logs.as_json_array(rows), check=True, capture_output=True).stdout}


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path / "desk").import_prices()
    desk.raw_logs.mkdir()
    return desk


def configure(desk, *sources):
    (desk.folder / "tollbook.yaml").write_text(yaml.safe_dump({"sources": list(sources)}))


def put(desk, name, data):
    path = desk.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def cost(run):
    return Decimal(run["totals"]["cost_usd"])


def stored(desk):
    """How many requests and segments."""
    rows = stores.query(desk.store, "SELECT count(*), (SELECT count(*) FROM segments) FROM requests")
    return rows[0] if rows else (0, 0)


@pytest.fixture(scope="module")
def september():
    return spend_logs.history(ROWS, seed=1)


def test_a_history_of_50000_rows_and_the_next_months_raw_log_are_one_continuous_book(desk, september):
    make_month(desk.raw_logs, requests=2000, seed=3, bad=0)
    put(desk, "history/spend.csv", spend_logs.as_csv(september))
    configure(desk, {"path": "history", "zone": "UTC"})
    run = desk.run("2026-09", codes=(0,))
    assert run["totals"]["requests"] == ROWS
    assert cost(run) == sum(row["cost"] for row in september)
    assert run["totals"]["failed_requests"] == sum(row["status"] == "failure" for row in september)
    [source] = run["inputs"]
    assert (source["name"], source["lines"]) == ("litellm:history/spend.csv", ROWS + 1)
    assert (source["usages"], source["control"], source["rejected"]) == (ROWS, 1, 0)
    assert all(check["passed"] for check in run["checks"])
    # The key's alias puts the cost on a product by the same rules as the raw log's.
    tickets = next(p for p in run["products"] if p["id"] == "ticket-generator")
    prod = [r for r in september if r["metadata"]["user_api_key_alias"] == "ticket-generator-prod"]
    assert Decimal(tickets["cost_usd"]) == sum(row["cost"] for row in prod)
    october = desk.run(codes=(3,))
    assert desk.differences_from_oracle(october) == []
    both = desk.run("2026-09-01..2026-10-31", codes=(3,))
    assert cost(both) == cost(run) + cost(october)
    assert both["totals"]["requests"] == run["totals"]["requests"] + october["totals"]["requests"]
    # No prompt of the export is anywhere.
    for path in desk.folder.rglob("*"):
        if path.is_file() and "history" not in path.parts:
            assert b"CANARYPROMPT" not in path.read_bytes(), path
    assert not stores.holds(desk.store, "CANARYPROMPT")


def test_what_litellm_stated_is_compared_model_by_model(desk):
    rows = spend_logs.history(2000, seed=8)
    put(desk, "spend.jsonl", spend_logs.as_json_lines(rows))
    configure(desk, {"path": "spend.jsonl"})
    run = desk.run("2026-09", codes=(0,))
    compared = {one["model"]: one for one in run["stated_costs"]}
    assert set(compared) == set(spend_logs.PRICES)
    for model, one in compared.items():
        own = [row for row in rows if row["model"] == model]
        assert one["requests"] == len(own) and one["unpriced_requests"] == 0
        assert Decimal(one["cost_usd"]) == sum(row["cost"] for row in own)
        # LiteLLM's doubles are a little off; twice the price is not a little.
        stated = Decimal(one["cost_usd"]) * (2 if model == "gpt-4.1" else 1)
        assert abs(Decimal(one["stated_usd"]) - stated) < Decimal("1e-9")
    assert run["stated_costs"][0]["model"] == "gpt-4.1", "the largest difference first"
    explained = desk.command("explain", rows[0]["request_id"]).out
    assert "USD, by the source; compared, not charged" in explained
    summary = desk.report("summary.md", "2026-09").decode()
    assert "2,000 requests of other sources came with a cost" in summary


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_export_makes_the_same_books(desk, form):
    rows = spend_logs.history(3000, seed=4)
    path = put(desk, form, FORMS[form](rows))
    summary = json.loads(desk.command("ingest", "--from", str(path), "--zone", "UTC", "--json").out)
    assert (summary["usages"], summary["rejected"], summary["problems"]) == (3000, 0, [])
    assert summary["not_read"] == []
    run = desk.run("2026-09", codes=(0,))
    assert cost(run) == sum(row["cost"] for row in rows)
    # Once more, and all other forms of it under their names: nothing new.
    for other, make in FORMS.items():
        put(desk, "again/" + other, make(rows))
    again = json.loads(
        desk.command("ingest", "--from", str(desk.folder / "again"), "--zone", "UTC", "--json").out)
    assert (again["usages"], again["rejected"]) == (0, 0)
    assert desk.run("2026-09", codes=(0,))["totals"] == run["totals"]


def seen_by_litellm(raw_logs):
    """The rows that a LiteLLM in front of the proxy would have of the same answers."""
    rows = []
    for number, path in enumerate(sorted(raw_logs.rglob("*.jsonl"))):
        for line in map(json.loads, path.read_text().splitlines()):
            if line["kind"] == "end" and line.get("response_id"):
                row = dict(spend_logs.history(1, seed=number)[0])
                rows.append(row | {"request_id": line["response_id"]})
    return rows


@pytest.mark.parametrize("raw_first", [True, False])
def test_a_month_seen_by_the_proxy_and_by_litellm_is_counted_once(desk, tmp_path, raw_first):
    make_month(desk.raw_logs, requests=500, seed=5, bad=0, crashes=0)
    alone = Desk(tmp_path / "alone", desk.raw_logs).import_prices().run()
    rows = seen_by_litellm(desk.raw_logs)
    assert len(rows) > 300
    path = put(desk, "spend.jsonl", spend_logs.as_json_lines(rows))
    steps = [("ingest",), ("ingest", "--from", str(path))]
    for step in steps if raw_first else steps[::-1]:
        desk.command(*step, codes=(0, 3))
    answered = stores.query(desk.store, "SELECT count(*) FROM requests WHERE response_id IS NOT NULL")
    assert answered == [(len({row["request_id"] for row in rows}),)]
    duplicates = dict(stores.query(
        desk.store,
        "SELECT CASE WHEN name LIKE 'litellm:%' THEN 1 ELSE 0 END, sum(duplicates) FROM segments GROUP BY 1"))
    assert duplicates == ({0: 0, 1: len(rows)} if raw_first else {0: len(rows), 1: 0})
    if raw_first:
        run = desk.run()
        assert run["totals"] == alone["totals"]
        assert run["products"] == alone["products"]


def test_killed_anywhere_and_run_again_it_makes_the_same_bytes(desk, tmp_path, september):
    whole = Desk(tmp_path / "whole").import_prices()
    whole.raw_logs.mkdir()
    # Each file is longer than what is put at once.
    parts = [september[n:n + 5000] for n in range(0, 15_000, 5000)]
    for place in (desk, whole):
        for number, part in enumerate(parts):
            put(place, f"history/part-{number}.csv", spend_logs.as_csv(part))
        configure(place, {"path": "history", "zone": "UTC"})
    began = time.monotonic()
    whole.run("2026-09", codes=(0,))
    seconds = time.monotonic() - began
    dice, killed = random.Random(11), 0
    for _ in range(8):
        process = desk.start("ingest")
        time.sleep(dice.uniform(0.02, seconds * 0.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        requests, _ = stored(desk)
        assert requests % 5000 == 0, "a file is there as a whole or not at all"
    assert killed > 0
    desk.run("2026-09", codes=(0,))
    assert desk.report_bytes() == whole.report_bytes()


GOOD = spend_logs.history(300, seed=6)


def without_column(name):
    rows = [line.split(b",") for line in spend_logs.as_csv(GOOD, "Z").split(b"\n")]
    rows[0] = [b"renamed" if cell == name.encode() else cell for cell in rows[0]]
    return b"\n".join(b",".join(row) for row in rows)


WRONG = {
    "renamed.csv": (without_column("prompt_tokens"), "without `prompt_tokens`; unknown here: renamed", "under their own names"),
    "no-zone.csv": (spend_logs.as_csv(GOOD), "row 2: `startTime` has no time zone", "--zone UTC"),
    "cut.csv.gz": (gzip.compress(spend_logs.as_csv(GOOD, "Z"))[:-100], "cut off", "again"),
    "cut.csv": (spend_logs.as_csv(GOOD, "Z")[:-5], "row 301: the last row has no line end", "fetch the file again"),
    "cut.jsonl": (spend_logs.as_json_lines(GOOD)[:-5], "row 300: the last row is cut off", "fetch the file again"),
    "cut.json": (spend_logs.as_json_array(GOOD)[:-5], "its JSON array has no end", "fetch it again"),
    "utf-16.csv": (spend_logs.as_csv(GOOD, "Z").decode().encode("utf-16"), "is UTF-16 text", "save it as UTF-8"),
    "invoice.csv": (b"date,amount\n2026-09-01,3\n", "recognised as none of litellm, bedrock, openai-costs", "docs/sources.md"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_place_reason_and_remedy_and_leaves_nothing(desk, name):
    data, reason, remedy = WRONG[name]
    path = put(desk, name, data)
    done = desk.command("ingest", "--from", str(path), codes=(1,))
    assert name in done.err and reason in done.err and remedy in done.err
    assert stored(desk) == (0, 0)
    # In a folder it does not keep the others out, and a run says it too.
    put(desk, "in/good.jsonl", spend_logs.as_json_lines(GOOD))
    put(desk, "in/" + name, data)
    configure(desk, {"path": "in"})
    assert reason in desk.command("run", "--period", "2026-09", codes=(1,)).err
    assert stored(desk) == (len(GOOD), 1)


def test_a_bad_row_stops_nothing_and_ends_the_month_with_3(desk):
    lines = spend_logs.as_json_lines(GOOD).splitlines(keepends=True)
    lines[100] = b'{"request_id": "\x00"}\n'
    lines[200] = b'{"pad":"' + b"x" * (2 << 20) + b'"}\n'
    path = put(desk, "spend.jsonl", b"\xef\xbb\xbf" + b"".join(lines))
    done = desk.command("ingest", "--from", str(path), codes=(3,))
    assert "298 usages, 0 duplicates, 2 rejected" in done.err
    run = desk.run("2026-09", codes=(3,))
    places = [(r["file"], r["line"]) for r in run["rejected"]["first"]]
    assert places == [("litellm:spend.jsonl", 101), ("litellm:spend.jsonl", 201)]


def test_columns_that_nobody_reads_are_named_with_how_often(desk):
    rows = spend_logs.as_json_lines(GOOD).replace(b'{"request_id"', b'{"new_column": 1, "request_id"')
    done = desk.command("ingest", "--from", str(put(desk, "spend.jsonl", rows)))
    assert "litellm:spend.jsonl: not read: new_column (300 rows)" in done.err


def test_an_export_that_grows_is_read_on_and_one_that_changed_is_refused(desk):
    put(desk, "spend.json", spend_logs.as_json_array(GOOD[:100]))
    desk.command("ingest", "--from", str(desk.folder / "spend.json"))
    put(desk, "spend.json", spend_logs.as_json_array(GOOD))
    grown = json.loads(desk.command("ingest", "--from", str(desk.folder / "spend.json"), "--json").out)
    assert (grown["usages"], grown["duplicates"]) == (200, 0)
    put(desk, "spend.json", spend_logs.as_json_array(GOOD[1:] + GOOD[:1]))
    done = desk.command("ingest", "--from", str(desk.folder / "spend.json"), codes=(1,))
    assert "changed after it was read" in done.err and done.err.count("SHA-256") == 1
    assert stored(desk) == (len(GOOD), 1)


def invocation(number, **changes):
    return {
        "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": "2026-10-05T03:00:00Z",
        "accountId": "111122223333", "region": "ap-northeast-1", "requestId": f"aws-{number}",
        "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/ticket-generator-lambda/run-1"},
        "operation": "Converse", "modelId": "jp.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "requestMetadata": {"env": "prod"},
        "input": {
            "inputContentType": "application/json", "inputTokenCount": 1000, "cacheReadInputTokenCount": 2000,
            "cacheWriteInputTokenCount": 300, "inputBodyJson": {"messages": "CANARYPROMPT"}},
        "output": {
            "outputContentType": "application/json", "outputTokenCount": 500, "outputBodyJson": {
                "text": "CANARYPROMPT", "usage": {"cacheDetails": [{"ttl": "1h", "inputTokens": 100}]}}}} | changes


def test_bedrocks_invocation_logs_are_priced_and_attributed(desk):
    profile = "arn:aws:bedrock:ap-northeast-1:111122223333:application-inference-profile/chrome7"
    logs = [invocation(1), invocation(2, modelId=profile), invocation(3, errorCode="ThrottlingException", output=None)]
    data = gzip.compress("".join(json.dumps(log) + "\n" for log in logs).encode())
    put(desk, "AWSLogs/1/BedrockModelInvocationLogs/ap-northeast-1/2026/10/05/03/x_1.json.gz", data)
    put(desk, "AWSLogs/1/BedrockModelInvocationLogs/ap-northeast-1/2026/10/05/03/data/aws-9_input.json.gz",
        gzip.compress(b"CANARYPROMPT"))
    configure(desk, {
        "path": "AWSLogs", "format": "bedrock",
        "profiles": {"*:application-inference-profile/chrome7": "jp.anthropic.claude-sonnet-4-5-20250929-v1:0"}})
    run = desk.run(codes=(0,))
    # 1000 x 3.3e-6 + 2000 x 3.3e-7 + 200 x 4.125e-6 + 100 x 6.6e-6 + 500 x 1.65e-5 = 0.013695 USD each; the third
    # failed before it was counted.
    third = 1000 * Decimal("0.0000033") + 2000 * Decimal("0.00000033") + 300 * Decimal("0.000004125")
    each = Decimal("0.013695")
    assert run["totals"]["requests"] == 3 and run["totals"]["failed_requests"] == 1
    assert cost(run) == 2 * each + third
    products = {p["id"]: Decimal(p["cost_usd"]) for p in run["products"]}
    # The profile's name puts it on the extension, the role's name on the ticket generator.
    assert products["chrome-assistant"] == each
    assert products["ticket-generator"] == each + third
    for path in desk.folder.rglob("*"):
        if path.is_file() and "AWSLogs" not in path.parts:
            assert b"CANARYPROMPT" not in path.read_bytes(), path
    assert not stores.holds(desk.store, "CANARYPROMPT")


def test_a_profile_that_nobody_named_is_of_unknown_cost(desk):
    profile = "arn:aws:bedrock:ap-northeast-1:111122223333:application-inference-profile/zz"
    path = put(desk, "x.json", json.dumps(invocation(1, modelId=profile)).encode())
    desk.command("ingest", "--from", str(path))
    run = desk.run(codes=(3,))
    assert run["totals"]["unpriced_requests"] == 1
    assert run["unpriced"][0]["model"] == profile


def test_a_bedrock_call_that_the_proxy_logged_is_counted_once(desk):
    desk.write_lines("a.jsonl", end_line(1, vendor_request_id="aws-1"))
    put(desk, "x.json", (json.dumps(invocation(1)) + "\n" + json.dumps(invocation(2)) + "\n").encode())
    configure(desk, {"path": "x.json"})
    run = desk.run(codes=(0,))
    assert run["totals"]["requests"] == 2
    assert [(i["name"], i["duplicates"]) for i in run["inputs"]] == [("a.jsonl", 0), ("bedrock:x.json", 1)]


@pytest.mark.parametrize("arguments, words", [
    (("--from", "x", "--format", "strange"), "there are litellm, bedrock"),
    (("--from", "x", "--zone", "Asia/Tokyo"), "write UTC, or an offset"),
    (("--format", "litellm"), "belong to --from"),
    (("a.jsonl", "--from", "x"), "not both"),
])
def test_wrong_flags_are_explained(desk, arguments, words):
    assert words in desk.command("ingest", *arguments, codes=(2,)).err


@pytest.mark.parametrize("source, words", [
    ({"format": "litellm"}, "a source needs path"), ({"path": "x", "format": "raw"}, "there are litellm, bedrock"),
    ({"path": "x", "format": "litellm", "role": "compare"}, "litellm brings what the books are made of; its role is add"),
    ({"path": "x", "role": "both"}, "there are add and compare"),
    ({"path": "x", "colour": "red"}, "unknown word"), ({"path": "x", "zone": "JST"}, "write UTC, or an offset"),
])
def test_a_wrong_source_in_the_configuration_is_named_with_its_line(desk, source, words):
    configure(desk, source)
    done = desk.command("ingest", codes=(2,))
    assert words in done.err and "tollbook.yaml:" in done.err


def test_a_late_history_of_a_closed_month_is_an_adjustment_of_the_next(desk):
    desk.write_lines("a.jsonl", end_line(1))
    desk.run(codes=(0,))
    desk.command("close", "--period", PERIOD)
    closed = desk.report_bytes()
    put(desk, "x.json", (json.dumps(invocation(5)) + "\n").encode())
    desk.command("ingest", "--from", str(desk.folder / "x.json"))
    november = desk.run("2026-11", codes=(0,))
    assert november["totals"]["by_entry"]["adjustment"] == "0.013695"
    assert {path: data for path, data in desk.report_bytes().items() if path in closed} == closed


def test_a_month_is_not_closed_before_its_sources_are_read(desk):
    desk.write_lines("a.jsonl", end_line(1))
    put(desk, "x.json", (json.dumps(invocation(5)) + "\n").encode())
    desk.run(codes=(0,))
    configure(desk, {"path": "x.json"})
    done = desk.command("close", "--period", PERIOD, codes=(1,))
    assert "are not read" in done.err and "x.json" in done.err and "tollbook ingest" in done.err
    desk.run(codes=(0,))
    desk.command("close", "--period", PERIOD)


def test_what_a_vendor_states_is_compared_day_by_day_and_is_in_no_total(desk):
    desk.write_lines(
        "a.jsonl", end_line(1), end_line(2, time="2026-10-06T03:00:00Z"),
        # 2026-10-31 in UTC ends in November of Tokyo: it is not compared.
        end_line(3, time="2026-10-31T03:00:00Z"))
    days = [("2026-10-05", "2026-10-06", "0.35"), ("2026-10-06", "2026-10-07", "0.40"), ("2026-10-31", "2026-11-01", "9")]
    page = {"data": [
        {"starting_at": begin + "T00:00:00Z", "ending_at": end + "T00:00:00Z", "results": [{
            "amount": cents, "currency": "USD", "cost_type": "tokens", "token_type": "output_tokens",
            "model": "claude-haiku-4-5-20251001", "description": "x", "workspace_id": None}]}
        for begin, end, cents in days], "has_more": False, "next_page": None}
    put(desk, "costs/anthropic.json", json.dumps(page, indent=2).encode())
    configure(desk, {"path": "costs", "format": "anthropic-costs", "role": "compare"})
    run = desk.run(codes=(0,))
    # Each request costs 1000 x 0.000001 + 500 x 0.000005 = 0.0035 USD.
    assert (run["totals"]["requests"], run["totals"]["cost_usd"]) == (3, "0.0105")
    assert [(d["day"], d["stated_usd"], d["cost_usd"], d["requests"]) for d in run["stated_days"]] == [
        ("2026-10-06", "0.004", "0.0035", 1), ("2026-10-05", "0.0035", "0.0035", 1)]
    assert "for 2 days that the books have at" in desk.report("summary.md").decode()
    assert {"name": "anthropic-costs:costs/anthropic.json", "lines": 3}.items() <= run["inputs"][1].items()
    again = desk.run(codes=(0,))
    assert again == run
    # An amount of another currency: nothing of the file is kept.
    page["data"][0]["results"][0]["currency"] = "EUR"
    put(desk, "euro.json", json.dumps(page).encode())
    done = desk.command("ingest", "--from", str(desk.folder / "euro.json"), codes=(1,))
    assert 'euro.json: page 1: 2026-10-05: an amount is in "EUR", not in US dollars' in done.err
    assert desk.run(codes=(0,)) == run
