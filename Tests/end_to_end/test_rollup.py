"""`tollbook rollup`: raw logs added up without a store, against the books that the store makes of the same logs."""
import csv
import io
import json
import shutil
import subprocess
from decimal import Decimal

import pytest

import programs
from desk import PERIOD, Desk, make_month

COUNTS = ["requests", "failed_requests", "interrupted_requests", "unpriced_requests", "input_tokens",
          "cache_read_tokens", "cache_write_tokens", "output_tokens"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A month with splits, crashes, damaged and resent lines, and its books."""
    folder = tmp_path_factory.mktemp("rollup")
    make_month(folder / "raw-logs", requests=6000, seed=11, crashes=3, bad=14, resent=3)
    desk = Desk(folder).import_prices()
    desk.run()
    return desk


def rollup(desk, by, *flags, codes=(3,)):
    out = desk.command("rollup", "--period", PERIOD, "--by", by, *flags, codes=codes).out
    assert "\r\n" in out
    return list(csv.DictReader(io.StringIO(out, newline="")))


def test_the_rows_are_the_books_rows(desk):
    """Two ways from the same lines: one through the store's rows, one straight from the files."""
    columns = ["product", "provider", "model", "service_tier"]
    booked = {}
    for row in csv.DictReader(io.StringIO(desk.report("chargeback.csv").decode("utf-8-sig"), newline="")):
        booked[tuple(row[c] for c in columns)] = [row[c] for c in COUNTS + ["cost_usd"]]
    rolled = {tuple(r[c] for c in columns): [r[c] for c in COUNTS + ["cost_usd"]] for r in rollup(desk, ",".join(columns))}
    assert rolled == booked
    assert len(booked) > 30


@pytest.mark.parametrize("by", ["day,product,model,user", "user", "day", "team,key,endpoint"])
def test_whatever_the_columns_the_total_is_that_of_the_books(desk, by):
    run = json.loads(desk.report("run.json"))
    rows = rollup(desk, by)
    assert sum(Decimal(r["cost_usd"] or 0) for r in rows) == Decimal(run["totals"]["cost_usd"])
    for column in ["requests", "unpriced_requests", "interrupted_requests"]:
        assert sum(Decimal(r[column]) for r in rows) == run["totals"][column]
    keys = [tuple(r[c] for c in by.split(",")) for r in rows]
    assert len(set(keys)) == len(keys)
    assert keys == sorted(keys, key=lambda key: [text.encode() for text in key])


def test_threads_and_compression_change_no_byte(desk, tmp_path):
    plain = desk.command("rollup", "--period", PERIOD, "--threads", "1", codes=(3,)).out
    assert desk.command("rollup", "--period", PERIOD, "--threads", "5", codes=(3,)).out == plain
    packed = tmp_path / "raw-logs"
    shutil.copytree(desk.raw_logs, packed)
    files = sorted(packed.rglob("*.jsonl"))
    for tool, part in ([["zstd", "-q", "--rm"], files[::2]], [["gzip"], files[1::2]]):
        subprocess.run([*tool, *map(str, part)], check=True)
    other = Desk(tmp_path / "desk", raw_logs=packed).import_prices()
    assert other.command("rollup", "--period", PERIOD, codes=(3,)).out == plain
    assert not (tmp_path / "desk" / "tollbook.db").exists(), "no store is made"


def line(kind, seq, time, request=None, **more):
    head = {"v": 1, "kind": kind, "writer": "w-1", "seq": seq, "time": time}
    if request:
        head |= {"id": f"0199a1b2-0000-7000-8000-{request:012d}", "attempt": 1, "endpoint": "anthropic.messages",
                 "provider": "anthropic", "model": {"requested": "claude-sonnet-4-5"}, "user": f"u-{request}"}
    if kind == "end":
        head |= {"outcome": "ok", "usage_source": "vendor", "usage": {"input_tokens": 1000, "output_tokens": 100}}
    return json.dumps(head | more) + "\n"


def test_an_end_that_lies_before_its_start_has_ended_it(tmp_path):
    """The file with the starts sorts behind the one with the ends; the third request has no end at all."""
    desk = Desk(tmp_path, zone="UTC").import_prices()
    day = desk.raw_logs / "2026/10/05"
    day.mkdir(parents=True)
    time = "2026-10-05T07:00:00.000000Z"
    (day / "07-w-1-1.jsonl").write_text(
        line("open", 1, time) + line("end", 4, time, 1) + line("end", 5, time, 2))
    (day / "07-w-1-2.jsonl").write_text(
        line("start", 2, time, 1) + line("start", 3, time, 2) + line("start", 6, time, 3))
    rows = {r["user"]: r for r in rollup(desk, "user", codes=(0,))}
    assert {user: (r["requests"], r["interrupted_requests"]) for user, r in rows.items()} == {
        "u-1": ("1", "0"), "u-2": ("1", "0"), "u-3": ("1", "1")}
    # 1000 tokens in at 3 dollars a million, 100 out at 15.
    assert [rows[u]["cost_usd"] for u in ("u-1", "u-2", "u-3")] == ["0.0045", "0.0045", ""]


def test_wrong_usage_and_a_lost_file_are_said(desk, tmp_path):
    assert "colour" in desk.command("rollup", "--by", "day,colour", codes=(2,)).err
    assert "once" in desk.command("rollup", "--by", "day,day", codes=(2,)).err
    packed = tmp_path / "raw-logs" / "2026" / "10" / "05"
    packed.mkdir(parents=True)
    (packed / "07-w-1-1.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd cut")
    broken = Desk(tmp_path / "desk", raw_logs=tmp_path / "raw-logs").import_prices()
    done = broken.command("rollup", "--period", PERIOD, codes=(1,))
    assert "07-w-1-1.jsonl.zst" in done.err and done.out == ""


def test_a_full_disk_is_no_success(desk):
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            [programs.program("tollbook"), "rollup", "--period", PERIOD, *desk.flags()], stdout=full,
            stderr=subprocess.PIPE, env=desk.environment, cwd=desk.folder, timeout=60)
    assert process.returncode == 1
    assert "No space left" in process.stderr.decode()


def test_counts_that_do_not_fit_are_told_and_not_cut(tmp_path):
    # Without splits: a split counts in parts of a request, which are more.
    rules = tmp_path / "rules.yaml"
    rules.write_text("products:\n  - {id: a, name: A}\nrules:\n  - {product: a, when: {provider: anthropic}}\n")
    desk = Desk(tmp_path, zone="UTC", attribution=rules).import_prices()
    day = desk.raw_logs / "2026/10/05"
    day.mkdir(parents=True)
    most = {"input_tokens": 2**53, "output_tokens": 0}
    time = "2026-10-05T07:00:00.000000Z"
    # 1024 times 2^53 is 2^63, one more than 64 bits hold with a sign.
    (day / "07-w-1-1.jsonl").write_text("".join(line("end", n, time, n, usage=most) for n in range(1, 1024)))
    assert sum(int(r["input_tokens"]) for r in rollup(desk, "model", codes=(0,))) == 1023 * 2**53
    (day / "07-w-1-2.jsonl").write_text(line("end", 1024, time, 1024, usage=most))
    done = desk.command("rollup", "--period", PERIOD, "--by", "model", codes=(1,))
    assert "2^63" in done.err and done.out == ""
