"""The whole way from raw logs to reports, held to the generator's count and to the oracle's money."""
import json
import random
import re
import shutil
import time

import pytest

import oracle
from desk import ATTRIBUTION, PERIOD, PRICE_LIST, ZONE, Desk, compress, end_line, make_month

pytestmark = pytest.mark.usefixtures("store_kind")
KILL_ROUNDS_MAX = 8
"""Kills in one test before the run is left to end."""


class Month:
    """A sample month and the books made of it once."""

    def __init__(self, folder, **arguments):
        self.raw_logs = folder / "raw-logs"
        self.made = make_month(self.raw_logs, **arguments)
        self.desk = Desk(folder / "desk", self.raw_logs).import_prices()
        begun = time.monotonic()
        self.run = self.desk.run()
        self.seconds = time.monotonic() - begun
        self.reports = self.desk.report_bytes()


@pytest.fixture(scope="module")
def month(store_kind, tmp_path_factory):
    return Month(tmp_path_factory.mktemp("month"), requests=20_000, seed=11, bad=48, resent=6, crashes=4)


@pytest.fixture(scope="module")
def small_month(store_kind, tmp_path_factory):
    return Month(tmp_path_factory.mktemp("small"), requests=3000, seed=5, bad=16, resent=3, crashes=3)


def test_every_line_the_generator_wrote_is_accounted_for(month):
    names = ("lines", "usages", "duplicates", "rejected", "control")
    assert {n: month.run["ingest"][n] for n in names} == {n: month.made[n] for n in names}
    assert month.run["totals"]["requests"] == month.made["requests"]
    assert month.run["totals"]["interrupted_requests"] == month.made["interrupted"] > 0


def test_every_row_has_the_oracles_money_to_the_last_digit(month):
    assert month.desk.differences_from_oracle(month.run) == []


def test_what_is_printed_is_the_run_json_on_disk(month):
    assert json.loads(month.reports[f"{PERIOD}/run.json"]) == month.run


def test_a_second_run_changes_no_byte_of_any_report(month):
    month.desk.run()
    assert month.desk.report_bytes() == month.reports


def test_a_new_store_and_another_folder_give_the_same_bytes(month, tmp_path):
    moved = tmp_path / "elsewhere"
    shutil.copytree(month.raw_logs, moved)
    other = Desk(tmp_path / "desk", moved).import_prices()
    other.run()
    assert other.report_bytes() == month.reports


@pytest.fixture(scope="module")
def large_month(tmp_path_factory):
    """The logs, what the generator wrote, and the oracle's books, for both stores."""
    raw_logs = tmp_path_factory.mktemp("large") / "raw-logs"
    made = make_month(raw_logs, requests=200_000, seed=3, bad=17, resent=5, crashes=3, writers=3)
    return raw_logs, made, oracle.books(raw_logs, PRICE_LIST, ATTRIBUTION, PERIOD, ZONE)


def test_a_month_of_two_hundred_thousand_requests_agrees_with_the_oracle(large_month, tmp_path):
    raw_logs, made, expected = large_month
    desk = Desk(tmp_path, raw_logs).import_prices()
    run = desk.run()
    names = ("lines", "usages", "duplicates", "rejected", "control")
    assert {n: run["ingest"][n] for n in names} == {n: made[n] for n in names}
    assert desk.differences_from(expected, run) == []


def test_a_month_cut_in_another_zone_keeps_only_its_own_hours(tmp_path):
    make_month(tmp_path / "raw-logs", requests=4000, seed=8, utc_offset=0, crashes=1)
    desk = Desk(tmp_path, tmp_path / "raw-logs").import_prices()
    october, november = desk.run(PERIOD), desk.run("2026-11", codes=(0, 3))
    assert desk.differences_from_oracle(october, PERIOD) == []
    assert desk.differences_from_oracle(november, "2026-11") == []
    total = october["totals"]["requests"] + november["totals"]["requests"]
    assert total == 4000 and november["totals"]["requests"] > 0


@pytest.mark.parametrize("seed", range(4))
def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(small_month, tmp_path, seed):
    chance = random.Random(seed)
    desk = Desk(tmp_path, small_month.raw_logs).import_prices()
    killed = 0
    for _ in range(KILL_ROUNDS_MAX):
        process = desk.start("run", "--period", PERIOD, "--json")
        time.sleep(chance.uniform(0, small_month.seconds))
        process.kill()
        process.communicate()
        killed += process.returncode == -9
    assert killed > 0, "no kill met a running program: the test proves nothing"
    desk.run()
    assert desk.report_bytes() == small_month.reports


def test_segments_compressed_between_runs_change_nothing(small_month, tmp_path):
    raw_logs = tmp_path / "raw-logs"
    shutil.copytree(small_month.raw_logs, raw_logs)
    desk = Desk(tmp_path / "desk", raw_logs).import_prices()
    desk.run()
    assert desk.report_bytes() == small_month.reports
    for n, path in enumerate(sorted(raw_logs.rglob("*.jsonl"))):
        if n % 3:
            compress(path, ".zst" if n % 3 == 1 else ".gz")
    desk.run()
    assert desk.report_bytes() == small_month.reports
    other = Desk(tmp_path / "other", raw_logs).import_prices()
    other.run()
    assert other.report_bytes() == small_month.reports


def test_logs_that_arrive_bit_by_bit_end_in_the_same_books(small_month, tmp_path):
    files = sorted(p for p in small_month.raw_logs.rglob("*.jsonl"))
    random.Random(4).shuffle(files)
    desk = Desk(tmp_path).import_prices()
    for part in (files[: len(files) // 3], files[len(files) // 3: len(files) // 2], files[len(files) // 2:]):
        for path in part:
            copy = desk.raw_logs / path.relative_to(small_month.raw_logs)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        run = desk.run(codes=(0, 3))
    assert run["totals"] == small_month.run["totals"]
    assert desk.report("chargeback.csv") == small_month.desk.report("chargeback.csv")
    assert desk.differences_from_oracle(run) == []


def test_an_open_segment_that_grows_is_read_on_from_where_it_stood(tmp_path):
    desk = Desk(tmp_path).import_prices()
    path = desk.write_lines("2026/10/05/03-w-hand-1.jsonl.open", end_line(1), end_line(2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    assert desk.run(codes=(0,))["ingest"]["usages"] == 1
    path.write_bytes(whole)
    run = desk.run(codes=(0,))
    assert (run["ingest"]["lines"], run["ingest"]["usages"], run["ingest"]["rejected"]) == (2, 2, 0)
    path.rename(path.with_suffix(""))
    before = desk.report_bytes()
    desk.run(codes=(0,))
    assert desk.report_bytes() == before, "sealing a segment changes its name and nothing else"


def test_clean_books_exit_with_0_and_a_hole_in_seq_with_3(tmp_path):
    desk = Desk(tmp_path).import_prices()
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1), end_line(2))
    desk.run(codes=(0,))
    desk.write_lines("2026/10/05/04-w-hand-2.jsonl", end_line(5))
    assert desk.run(codes=(3,))["holes"] == [{"writer": "w-hand", "first": 3, "last": 4}]
    done = desk.command("run", "--period", PERIOD, codes=(3,))
    assert re.search("missing|hole", done.out + done.err), "the summary says why it is not 0"


def test_an_end_that_comes_after_the_interrupted_start_was_booked_replaces_it(tmp_path):
    desk = Desk(tmp_path).import_prices()
    end = end_line(2)
    start = {k: end[k] for k in ("v", "id", "attempt", "endpoint", "provider", "writer", "time", "key")} | {
        "kind": "start", "seq": 1, "model": {"requested": "claude-haiku-4-5"}}
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", start)
    totals = desk.run(codes=(0, 3))["totals"]
    assert (totals["requests"], totals["interrupted_requests"], totals["cost_usd"]) == (1, 1, "0")
    desk.write_lines("2026/10/05/04-w-hand-2.jsonl", end)
    totals = desk.run(codes=(0,))["totals"]
    # 1000 x 0.000001 + 500 x 0.000005 USD
    assert (totals["requests"], totals["interrupted_requests"], totals["cost_usd"]) == (1, 0, "0.0035")


EXPLAINED = {
    "split": (
        # 0.001 + 0.0025 = 0.0035 USD, cut 60 : 40
        {"key": {"id": "k_2", "name": "shared-batch"}},
        ["0.0035", "0.0021", "0.0014", "auto-approval", "ticket-generator", "claude-haiku-4-5-20251001"]),
    "long context": (
        # 200,001 tokens in: 1 x 6.6e-6 + 200,000 x 6.6e-7 + 10 x 2.475e-5 = 0.1322541 USD
        {"endpoint": "bedrock.converse", "provider": "bedrock",
         "model": {"requested": "jp.anthropic.claude-sonnet-4-5-20250929-v1:0"}, "billing": {},
         "usage": {"inputTokens": 1, "cacheReadInputTokens": 200_000, "outputTokens": 10,
                   "totalTokens": 200_011}},
        ["0.1322541", "0.0000066", "0.132", "0.0002475", "200"]),
    "unpriced": (
        {"endpoint": "openai.chat_completions", "provider": "openai",
         "model": {"requested": "acme-internal-70b", "returned": "acme-internal-70b"},
         "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}},
        ["acme-internal-70b", "no price entry", "unknown"]),
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_explain_shows_the_amounts_a_person_gets_by_hand(tmp_path, name):
    changes, expected = EXPLAINED[name]
    desk = Desk(tmp_path).import_prices()
    line = end_line(1, **changes)
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", line)
    desk.run(codes=(0, 3))
    told = desk.command("explain", line["id"]).out
    assert [text for text in expected if text not in told] == [], told
    if name == "unpriced":
        assert not re.search(r"\b0 USD", told), f"unknown is not zero:\n{told}"
