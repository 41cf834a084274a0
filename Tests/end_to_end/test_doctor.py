"""`tollbook doctor`: each thing it looks at, made wrong once."""
import datetime
import json
import os

import pytest

from desk import Desk, end_line
from stores import on_sqlite

pytestmark = pytest.mark.usefixtures("store_kind")


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path / "desk").import_prices()
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", *(end_line(n) for n in (1, 2, 3)))
    return desk


def findings(desk, codes=(0, 3)):
    told = json.loads(desk.command("doctor", "--json", codes=codes).out)
    return told["state"], {(f["subject"], f["state"]): f for f in told["findings"]}


def test_a_desk_in_order_is_fine(desk):
    desk.command("ingest")
    state, found = findings(desk, codes=(0,))
    assert state == "fine" and all(f["remedy"] is None for f in found.values())
    assert "look" not in desk.command("doctor").out


def test_segments_that_were_not_read_are_named(desk):
    desk.command("ingest")
    desk.write_lines("2026/10/05/04-w-hand-2.jsonl", end_line(4))
    state, found = findings(desk, codes=(3,))
    assert state == "look" and "2026/10/05/04-w-hand-2.jsonl" in found["ingest", "look"]["text"]
    assert "tollbook ingest" in found["ingest", "look"]["remedy"]


def test_a_hole_is_told_with_its_writer_and_numbers(desk):
    desk.write_lines("2026/10/05/04-w-hand-2.jsonl", end_line(7))
    desk.command("ingest")
    assert "w-hand 4-6" in findings(desk)[1]["log", "look"]["text"]


def test_a_request_of_the_future_is_a_wrong_clock(desk):
    late = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=10)
    desk.write_lines("2026/10/05/04-w-hand-2.jsonl", end_line(4, time=late.strftime("%Y-%m-%dT%H:%M:%S.000000Z")))
    desk.command("ingest")
    assert "set the clock" in findings(desk)[1]["clock", "look"]["remedy"]


def test_an_open_segment_without_a_writer_is_told(desk):
    path = desk.write_lines("2026/10/05/04-w-hand-2.jsonl.open", end_line(4))
    desk.command("ingest")
    os.utime(path, (path.stat().st_mtime - 3 * 3600,) * 2)
    assert "nobody writes" in findings(desk)[1]["raw logs", "look"]["text"]


def test_a_model_in_use_without_a_price_and_an_interrupted_request_are_told(desk):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    start = {k: v for k, v in end_line(5, kind="start", time=now).items()
             if k not in ("status", "outcome", "error", "usage", "billing", "usage_source", "final", "stream")}
    desk.write_lines(
        "2026/10/05/04-w-hand-2.jsonl", end_line(4, time=now, model={"requested": "nobody-knows"}), start)
    desk.command("ingest")
    found = findings(desk)[1]
    assert "anthropic/nobody-knows" in found["prices", "look"]["text"]
    assert found["requests", "look"]["text"].startswith("1 requests")


@on_sqlite
def test_a_damaged_store_broken_rules_and_a_missing_folder_are_broken(desk, tmp_path):
    desk.command("ingest")
    rules = tmp_path / "rules.yaml"
    rules.write_text("products: 7\n")
    desk.attribution = rules
    with open(desk.folder / "tollbook.db", "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(10 * 4096))
    desk.raw_logs = desk.folder / "nowhere"
    state, found = findings(desk, codes=(1,))
    assert state == "broken"
    assert "nowhere" in found["raw logs", "broken"]["text"]
    assert "rules.yaml" in found["rules", "broken"]["text"]
    assert ("store", "broken") in found
