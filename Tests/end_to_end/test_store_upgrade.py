"""A store that an older version wrote is brought up to date by the first command, and says the same as a new one."""
import json
import pathlib
import shutil
import sqlite3

import pytest

import stores
from desk import FIXTURES, PERIOD, Desk

STORES = FIXTURES / "stores"
SEGMENT = pathlib.Path("2026/10/05/03-w-hand-1.jsonl")


def desk_with_log(folder):
    desk = Desk(folder).import_prices()
    (desk.raw_logs / SEGMENT).parent.mkdir(parents=True)
    shutil.copy(STORES / "version-1.jsonl", desk.raw_logs / SEGMENT)
    return desk


@pytest.fixture
def old(tmp_path):
    desk = desk_with_log(tmp_path / "old")
    store = sqlite3.connect(desk.folder / "tollbook.db")
    store.executescript((STORES / "version-1.sql").read_text())
    assert store.execute("PRAGMA user_version").fetchone() == (1,)
    store.close()
    return desk


def test_its_rows_are_kept_and_its_reports_are_those_of_a_new_store(old, tmp_path):
    run = old.run()
    new = desk_with_log(tmp_path / "new")
    assert run == new.run()
    assert old.report_bytes() == new.report_bytes()
    assert (run["ingest"]["lines"], run["totals"]["requests"]) == (5, 4)
    store = sqlite3.connect(old.folder / "tollbook.db")
    assert store.execute("PRAGMA user_version").fetchone()[0] >= 3
    assert stores.query(old.store, "SELECT count(*) FROM requests") == [(3,)]
    assert store.execute("SELECT count(*) FROM open_requests").fetchone() == (1,)


def test_its_period_can_be_closed(old):
    old.run()
    old.command("close", "--period", PERIOD, "--accept-incomplete")
    assert "its 7 files" in old.command("run", "--period", PERIOD).out


def test_a_store_of_a_newer_version_is_refused_and_left_alone(old):
    store = sqlite3.connect(old.folder / "tollbook.db")
    store.execute("PRAGMA user_version = 999")
    store.commit()
    store.close()
    assert "newer" in old.command("run", "--period", PERIOD, codes=(1,)).err


SPEND = "spend.jsonl"
AUGUST_TO_OCTOBER = ("--period", "2026-08-01..2026-10-31")


def desk_of_version_7(folder):
    desk = Desk(folder).import_prices()
    (desk.raw_logs / SEGMENT).parent.mkdir(parents=True)
    shutil.copy(STORES / "version-7.jsonl", desk.raw_logs / SEGMENT)
    shutil.copy(STORES / "version-7-spend.jsonl", desk.folder / SPEND)
    return desk


def said(desk):
    """What its commands say of its rows, of what was added up, and of one request by each of its ids."""
    listed = desk.command("requests", "--json", "--limit", "1000").out
    row = json.loads(listed.splitlines()[3])
    return {
        "requests": listed, "sessions": desk.command("requests", "--json", "--session", row["session"] or "*").out,
        "usage": desk.command("usage", "--by", "day,model,key,status", *AUGUST_TO_OCTOBER).out,
        "explain": desk.command("explain", row["id"], "--json").out, "run": desk.run(), "september": desk.run("2026-09", codes=(0,)),
        "reports": desk.report_bytes()}


@pytest.mark.usefixtures("store_kind")
def test_version_7_had_a_row_for_each_request_and_says_the_same_in_blocks(tmp_path):
    old, new = desk_of_version_7(tmp_path / "old"), desk_of_version_7(tmp_path / "new")
    stores.restore(old.store, STORES / f"version-7{'' if stores.kind() == 'sqlite' else '-postgres'}.sql")
    source = ("ingest", "--from", SPEND, "--zone", "UTC", "--json")
    assert [json.loads(old.command(*words).out)["lines"] for words in (("ingest", "--json"), source)] == [0, 0]
    new.command("ingest")
    new.command(*source)
    assert said(old) == said(new)
    rows = "SELECT time, id, response_id, status, input, output FROM requests ORDER BY time, id"
    assert stores.query(old.store, rows) == stores.query(new.store, rows)
    # What a source brings again is known by the vendors' ids still.
    spend = (old.folder / SPEND).read_text()
    (old.folder / "again.jsonl").write_text(spend)
    again = json.loads(old.command("ingest", "--from", "again.jsonl", "--zone", "UTC", "--json").out)
    assert (again["usages"], again["duplicates"]) == (0, 6)
