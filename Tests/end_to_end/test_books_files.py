"""What may lie in the raw logs' folder, and how files are cut, packed and named."""
import gzip
import json
import subprocess

import pytest

from desk import PERIOD, Desk, end_line

pytestmark = pytest.mark.usefixtures("store_kind")


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path).import_prices()


def lines(*numbers, **changes):
    return "".join(json.dumps(end_line(n, **changes)) + "\n" for n in numbers).encode()


def put(desk, name, data):
    path = desk.raw_logs / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, check=True, capture_output=True).stdout


@pytest.mark.parametrize("suffix, pack", [(".gz", gzip.compress), (".zst", zstd)])
def test_packed_parts_that_were_appended_are_one_file(desk, suffix, pack):
    whole = lines(*range(1, 50))
    # The cut goes through the middle of a line.
    put(desk, "2026/10/05/03-w-hand-1.jsonl" + suffix, pack(whole[:5000]) + pack(whole[5000:]))
    run = desk.run(codes=(0,))
    assert run["ingest"] == {"lines": 49, "usages": 49, "duplicates": 0, "rejected": 0, "control": 0}
    assert desk.differences_from_oracle(run) == []


def test_empty_files_and_foreign_files_are_no_trouble(desk):
    put(desk, "2026/10/05/03-w-hand-1.jsonl", lines(1))
    put(desk, "2026/10/05/04-w-hand-2.jsonl", b"")
    put(desk, "2026/10/05/04-w-hand-3.jsonl.gz", gzip.compress(b""))
    put(desk, "2026/10/05/04-w-hand-4.jsonl.zst", zstd(b""))
    put(desk, "2026/10/05/05-w-hand-5.jsonl.open", b"")
    foreign = ("README.md", "2026/10/05/x.jsonl.tmp", "2026/10/05/.hidden.jsonl", "notes.json", "a.jsonl.bak")
    for name in foreign:
        put(desk, name, b"not a log\n")
    run = desk.run(codes=(0,))
    assert (run["ingest"]["lines"], run["ingest"]["rejected"], run["totals"]["requests"]) == (1, 0, 1)


def test_names_may_hold_blanks_and_any_script_and_folders_may_be_deep(desk):
    put(desk, "a b/請求 ログ/深い/x y.jsonl", lines(1))
    put(desk, "flat.jsonl", lines(2))
    run = desk.run(codes=(0,))
    assert sorted(i["name"] for i in run["inputs"]) == ["a b/請求 ログ/深い/x y.jsonl", "flat.jsonl"]


def test_a_number_that_is_taken_is_a_duplicate_whatever_the_line_says(desk):
    put(desk, "a.jsonl", lines(1) + lines(1, id="another", usage={"input_tokens": 9_000_000}))
    close = {"v": 1, "kind": "close", "writer": "w-hand", "seq": 1, "time": "2026-10-05T03:00:00Z"}
    put(desk, "b.jsonl", json.dumps(close).encode() + b"\n")
    run = desk.run(codes=(0,))
    assert run["ingest"] == {"lines": 3, "usages": 1, "duplicates": 2, "rejected": 0, "control": 0}
    assert run["totals"]["cost_usd"] == "0.0035"


def test_a_rejected_line_takes_no_number(desk):
    put(desk, "a.jsonl", lines(1, usage={"input_tokens": -1}) + lines(1))
    run = desk.run()
    assert (run["ingest"]["usages"], run["ingest"]["rejected"], run["ingest"]["duplicates"]) == (1, 1, 0)


def test_a_batch_item_fetched_again_by_another_proxy_is_counted_once(desk):
    put(desk, "a.jsonl", lines(1, metered_id="batch_1/item-1", billing={"batch": True}))
    put(desk, "b.jsonl", lines(1, writer="w-other", id="again", metered_id="batch_1/item-1"))
    run = desk.run(codes=(0,))
    assert (run["ingest"]["usages"], run["ingest"]["duplicates"]) == (1, 1)
    # 1000 x 0.0000005 + 500 x 0.0000025 USD: the batch price
    assert run["totals"]["cost_usd"] == "0.00175"


def test_a_file_without_a_readable_time_belongs_to_the_hour_of_its_path_or_to_every_period(desk):
    put(desk, "2026/10/05/03-w-x-1.jsonl", b"garbage\n")
    put(desk, "no-hour.jsonl", b"garbage\n")
    put(desk, "good.jsonl", lines(1))
    october, september = desk.run(), desk.run("2026-09")
    assert sorted(i["name"] for i in october["inputs"]) == [
        "2026/10/05/03-w-x-1.jsonl", "good.jsonl", "no-hour.jsonl"]
    assert [i["name"] for i in september["inputs"]] == ["no-hour.jsonl"]
    assert (october["ingest"]["rejected"], september["ingest"]["rejected"]) == (2, 1)


def test_a_file_of_two_months_is_counted_whole_in_both_and_its_money_once(desk):
    put(desk, "a.jsonl", lines(1) + lines(2, time="2026-11-05T03:00:00Z") + b"garbage\n")
    october, november = desk.run(), desk.run("2026-11")
    for run in (october, november):
        assert (run["ingest"]["lines"], run["ingest"]["rejected"]) == (3, 1)
        assert (run["totals"]["requests"], run["totals"]["cost_usd"]) == (1, "0.0035")
    assert desk.differences_from_oracle(november, "2026-11") == []


def test_a_rejected_line_places_its_file_in_the_month_of_its_own_time(desk):
    put(desk, "a.jsonl", lines(1) + lines(2, time="2026-09-05T03:00:00Z", usage={"input_tokens": 1.5}))
    september = desk.run("2026-09")
    assert [i["name"] for i in september["inputs"]] == ["a.jsonl"]
    assert desk.differences_from_oracle(september, "2026-09") == []


def test_files_can_be_ingested_by_name_before_a_run(desk):
    first = put(desk, "2026/10/05/03-w-hand-1.jsonl", lines(1, 2))
    put(desk, "2026/10/05/04-w-hand-2.jsonl", lines(3))
    summary = json.loads(desk.command("ingest", str(first), "--json").out)
    assert (summary["lines"], summary["usages"]) == (2, 2)
    run = desk.run(codes=(0,))
    assert run["totals"]["requests"] == 3
    assert json.loads(desk.command("ingest", "--json").out)["lines"] == 0


def test_a_folder_that_is_not_there_is_named(desk):
    done = desk.command("run", "--period", PERIOD, codes=(1, 2))
    assert "raw-logs" in done.err
