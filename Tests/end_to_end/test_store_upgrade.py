"""A store that an older version wrote is brought up to date by the first command, and says the same as a new one."""
import pathlib
import shutil
import sqlite3

import pytest

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
    assert store.execute("SELECT count(*) FROM requests_2026_10").fetchone() == (3,)
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
