"""The log page on the terminal, what is added up for ever, and months of rows that are dropped."""
import csv
import datetime
import io
import json
from decimal import Decimal

import pytest

import stores
from desk import ATTRIBUTION, PERIOD, Desk, end_line, make_month

pytestmark = pytest.mark.usefixtures("store_kind")
NEXT = "2026-11"


@pytest.fixture(scope="module")
def read(store_kind, tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("requests")).import_prices()
    make_month(desk.raw_logs, requests=600, seed=3, bad=0)
    desk.command("ingest", codes=(0, 3))
    return desk


def listed(desk, *arguments):
    return [json.loads(line) for line in desk.command("requests", "--json", *arguments).out.splitlines()]


@pytest.fixture(scope="module")
def every(read):
    return listed(read, "--limit", "100000")


def key(row):
    return row["time"], row["id"], row["attempt"]


def test_pages_one_after_another_are_the_whole_log(read, every):
    assert len(every) > 500
    assert [row["time"] for row in every] == sorted((row["time"] for row in every), reverse=True)
    pages, after = [], []
    while True:
        done = read.command("requests", "--json", "--limit", "97", *after)
        pages += [json.loads(line) for line in done.out.splitlines()]
        if "--after" not in done.err:
            break
        after = ["--after", done.err.split("--after ")[1].strip()]
    assert pages == every


def test_blocks_unpacked_by_another_hand_hold_what_is_listed(read, every):
    rows = stores.query(
        read.store, "SELECT r.time, r.id, r.attempt, r.status, r.input, r.output, f.model_returned, f.key_name FROM requests r "
        "JOIN facets f ON f.id = r.facet ORDER BY r.time DESC, r.segment DESC, r.line DESC")
    ended = [row for row in every if row["outcome"] != "interrupted"]
    assert len(rows) == len(ended)
    for (time, name, attempt, status, put_in, put_out, model, key_name), row in zip(rows, ended):
        at = datetime.datetime.fromisoformat(row["time"])
        micros = (at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)
        assert (time, name, attempt, status) == (micros, row["id"], row["attempt"], row["status"])
        assert (put_in, put_out) == (row["input_tokens"], row["output_tokens"])
        assert key_name == row["key"] and (model is None or model == row["model"])


def test_a_damaged_block_is_told_and_nothing_made_of_it(tmp_path):
    desk = Desk(tmp_path).import_prices()
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", *(end_line(seq) for seq in range(1, 9)))
    desk.command("ingest")
    assert len(listed(desk)) == 8
    stores.change(desk.store, "UPDATE request_blocks_2026_10 SET data = " + (
        "CAST(substr(data, 1, 40) || x'00' || substr(data, 42) AS BLOB)" if stores.kind() == "sqlite"
        else "set_byte(data, 40, 255 - get_byte(data, 40))"))
    for arguments in (["requests"], ["run", "--period", PERIOD]):
        assert "the store is damaged" in desk.command(*arguments, codes=(1,)).err


@pytest.mark.parametrize("arguments, fits", [
    (["--status", "5xx"], lambda row: 500 <= (row["status"] or 0) <= 599),
    (["--status", "200"], lambda row: row["status"] == 200),
    (["--key", "ticket-*"], lambda row: (row["key"] or "").startswith("ticket-")),
    (["--model", "*claude*"], lambda row: "claude" in (row["model"] or "")),
    (["--outcome", "interrupted"], lambda row: row["outcome"] == "interrupted"),
    (["--error-type", "*"], lambda row: row["error_type"] is not None),
    (["--min-cost", "0.01"], lambda row: row["cost_usd"] is not None and Decimal(row["cost_usd"]) >= Decimal("0.01")),
    (["--max-cost", "0"], lambda row: row["cost_usd"] == "0"),
    (["--from", "2026-10-05T00:00:00Z", "--until", "2026-10-06T00:00:00Z"], lambda row: row["time"].startswith("2026-10-05")),
])
def test_a_condition_shows_what_fits_and_nothing_else(read, every, arguments, fits):
    found = listed(read, "--limit", "100000", *arguments)
    assert found == [row for row in every if fits(row)]
    if arguments[0] != "--error-type":
        assert found, "the sample has such requests"


def test_users_and_sessions_are_found(read, every):
    for field in ("user", "session"):
        value = next(row[field] for row in every if row[field])
        assert listed(read, "--limit", "100000", f"--{field}", value) == [row for row in every if row[field] == value]


@pytest.mark.parametrize("arguments", [
    ["--status", "abc"], ["--min-cost", "cheap"], ["--after", "1-2"], ["--from", "yesterday"], ["--limit", "0"],
    ["--from", "2026-10-06", "--until", "2026-10-05"],
])
def test_what_is_not_understood_is_refused(read, arguments):
    assert arguments[0] in read.command("requests", *arguments, codes=(2,)).err


def test_usage_adds_up_to_the_log(read, every):
    def sums(*arguments):
        rows = csv.DictReader(io.StringIO(read.command("usage", "--csv", "--period", PERIOD, *arguments).out.lstrip("\ufeff")))
        return {tuple(row[name] for name in arguments[1].split(",")): (
            int(row["attempts"]), int(row["input_tokens"]), int(row["output_tokens"])) for row in rows}

    log = listed(read, "--period", PERIOD, "--limit", "100000")
    by_key = {}
    for row in log:
        name = (row["key"] or "", row["outcome"])
        attempts, taken, made = by_key.get(name, (0, 0, 0))
        by_key[name] = attempts + 1, taken + row["input_tokens"], made + row["output_tokens"]
    found = sums("--by", "key,outcome")
    assert {name: figures[0] for name, figures in found.items()} == {
        name: figures[0] for name, figures in by_key.items()}
    # An answer's other models have tokens too, which the log's line does not show.
    assert all(found[name][1] >= figures[1] and found[name][2] >= figures[2] for name, figures in by_key.items())
    assert sum(figures[0] for figures in sums("--by", "day,model").values()) == len(log)


def test_a_month_is_dropped_only_when_it_is_closed_and_its_books_stay(tmp_path):
    desk = Desk(tmp_path).import_prices()
    make_month(desk.raw_logs, requests=300, seed=4, bad=0)
    desk.run()
    usage = desk.command("usage", "--period", PERIOD, "--csv").out
    rows = listed(desk, "--limit", "100000")
    # The books' October begins on the last of September in UTC: those hours' month is the first that goes.
    today = datetime.datetime.now(datetime.timezone.utc)
    keep = today.year * 12 + today.month - (2026 * 12 + 10) + 1
    assert keep >= 2, "the sample's month has not ended yet by this machine's clock"
    prune = "store", "prune", "--keep-months", str(keep)

    refused = desk.command(*prune, codes=(1,)).err
    assert "2026-09 stays" in refused and "tollbook close" in refused
    desk.command("close", "--period", PERIOD, "--accept-incomplete")
    assert "2026-09: would be dropped" in desk.command(*prune, "--dry-run").err
    assert listed(desk, "--limit", "100000") == rows
    assert json.loads(desk.command(*prune, "--json").out) == {"dry_run": False, "months": ["2026-09"], "kept": []}
    assert "no month to drop" in desk.command(*prune).err

    left = listed(desk, "--limit", "100000")
    assert left == [row for row in rows if row["time"] >= "2026-10" or row["outcome"] == "interrupted"]
    assert len(left) < len(rows)
    assert desk.command("usage", "--period", PERIOD, "--csv").out == usage
    # Nothing is read again of logs that are still there, and the next month's books go on.
    desk.command("ingest", codes=(0, 3))
    assert listed(desk, "--limit", "100000") == left
    desk.command("run", "--period", NEXT, codes=(0, 3))
    for arguments in (["run", "--period", "2026-09"], ["report", "--period", "2026-09-30"]):
        assert "2026-09 were dropped" in desk.command(*arguments, codes=(1,)).err
    rules = tmp_path / "other.yaml"
    rules.write_text("products: [{id: all, name: All}]\nrules: [{product: all, when: {model: '*'}}]\n")
    assert "2026-09" in desk.command("doctor", codes=(0, 1, 3)).out
    desk.attribution = rules
    assert "2026-09 were dropped" in desk.command("reprice", "--period", PERIOD, "--dry-run", codes=(1,)).err
    desk.attribution = ATTRIBUTION

    # A line that comes later still is a row, and in no books: the open period's run says so and goes on.
    desk.write_lines("2026/11/02/03-w-late-1.jsonl", end_line(1, time="2026-09-30T20:00:00.000000Z", writer="w-late"))
    late = desk.command("run", "--period", NEXT, codes=(0, 3)).err
    assert f"{PERIOD}: 1 requests came after its request rows were dropped" in late
    assert '"lost_requests":1' in desk.command("periods", "--json").out.replace(" ", "")
    assert [row["time"] for row in listed(desk, "--until", "2026-10-01T00:00:00Z") if row["outcome"] == "ok"] == [
        "2026-09-30T20:00:00.000000Z"]
