"""Laws of the books that hold whatever is in them: sums, pinned inputs, changed files, one run at a time."""
import csv
import fcntl
import gzip
import io
import json
import re
import shutil
import subprocess
import zipfile
from decimal import Decimal

import pytest

import stores
from desk import PERIOD, PRICE_LIST, Desk, end_line, make_month
from stores import on_sqlite

pytestmark = pytest.mark.usefixtures("store_kind")
CANARY = "CANARYPROMPT"


@pytest.fixture(scope="module")
def desk(store_kind, tmp_path_factory):
    folder = tmp_path_factory.mktemp("laws")
    make_month(folder / "raw-logs", requests=2000, seed=21, bad=17, resent=2)
    desk = Desk(folder, folder / "raw-logs").import_prices()
    desk.run()
    return desk


def cost(run):
    return Decimal(run["totals"]["cost_usd"])


def report(desk, period, *arguments):
    return json.loads(desk.command("report", "--period", period, "--json", *arguments, codes=(0, 3)).out)


@pytest.mark.parametrize("parts", [
    ["2026-10-01..2026-10-13", "2026-10-14", "2026-10-15..2026-10-31"],
    ["2026-10-01..2026-10-04", "2026-W41", "2026-W42", "2026-W43", "2026-10-26..2026-10-31"],
])
def test_parts_of_a_month_add_up_to_the_month(desk, parts):
    runs = [report(desk, p) for p in parts]
    month = report(desk, PERIOD)
    assert sum(map(cost, runs)) == cost(month) > 0
    for count in ("requests", "interrupted_requests", "unpriced_requests", "output_tokens"):
        assert sum(r["totals"][count] for r in runs) == month["totals"][count]


def test_sums_beyond_64_bits_are_exact(tmp_path):
    """A server that counts nonsense: each count is one that JSON's readers take, and 1024 of them pass 2^63."""
    requests, most = 1100, 2**53
    desk = Desk(tmp_path).import_prices()
    usage = {"input_tokens": most, "output_tokens": most}
    strange = {"model": {"requested": "no-such-model"}, "provider": "elsewhere", "usage": usage}
    lines = [end_line(n, usage=usage) for n in range(1, requests + 1)]
    lines += [end_line(n, **strange) for n in range(requests + 1, 2 * requests + 1)]
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", *lines)
    desk.run()
    run = json.loads(desk.report("run.json"))
    assert run["totals"]["input_tokens"] == run["totals"]["output_tokens"] == 2 * requests * most
    # 1 dollar a million in, 5 out.
    assert cost(run) == Decimal(requests * most * 6) / 10**6
    assert [u["counts"] for u in run["unpriced"]] == [{"input": requests * most, "output": requests * most}]
    rows = list(csv.DictReader(io.StringIO(desk.report("chargeback.csv").decode("utf-8-sig"), newline="")))
    assert sum(int(r["input_tokens"]) for r in rows) == 2 * requests * most
    assert f"{requests * most:,}" in desk.report("summary.md").decode()
    for command in (["usage", "--by", "model"], ["requests", "--limit", "1"], ["verify", str(desk.reports / PERIOD)]):
        desk.command(*command, codes=(0, 3))


def test_rows_products_and_totals_say_the_same(desk):
    rows = list(csv.DictReader(io.StringIO(desk.report("chargeback.csv").decode("utf-8-sig"), newline="")))
    run = json.loads(desk.report("run.json"))
    assert sum(Decimal(r["cost_usd"] or 0) for r in rows) == cost(run)
    assert sum(Decimal(r["requests"]) for r in rows) == run["totals"]["requests"]
    for product in run["products"]:
        own = [Decimal(r["cost_usd"] or 0) for r in rows if r["product"] == product["id"]]
        assert sum(own) == Decimal(product["cost_usd"] or 0), product["id"]
    focus = list(csv.DictReader(io.StringIO(desk.report("focus.csv").decode("utf-8-sig"), newline="")))
    for product in run["products"]:
        billed = [Decimal(r["BilledCost"]) for r in focus if r["SubAccountId"] == product["id"]]
        assert sum(billed) == Decimal(product["cost_usd"] or 0), product["id"]


def test_no_cell_of_the_csv_is_a_formula(desk):
    rows = list(csv.reader(io.StringIO(desk.report("chargeback.csv").decode("utf-8-sig"), newline="")))
    texts = [cell for row in rows for cell in row]
    assert [t for t in texts if re.match(r"[=+\-@\t\r]", t)] == []
    assert any("=1+1" in t or "@SUM" in t for t in texts), "no hostile model name: the test proves nothing"


def test_a_pinned_price_version_gives_the_old_bytes_back(desk, tmp_path):
    own = Desk(tmp_path, desk.raw_logs).import_prices()
    old = own.run()
    before = own.report_bytes()
    dearer = json.loads(PRICE_LIST.read_text())
    dearer["claude-haiku-4-5-20251001"]["output_cost_per_token"] = 9e-06
    (tmp_path / "dearer.json").write_text(json.dumps(dearer))
    own.import_prices(tmp_path / "dearer.json")
    new = own.run()
    assert cost(new) > cost(old) and new["prices"]["version"] != old["prices"]["version"]
    own.command("run", "--period", PERIOD, "--prices-version", old["prices"]["version"], codes=(3,))
    assert own.report_bytes() == before


def test_a_segment_that_lies_there_plain_and_compressed_is_read_once(tmp_path):
    desk = Desk(tmp_path).import_prices()
    path = desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1), end_line(2))
    # A compression that was cut: the plain file is still the truth.
    whole = subprocess.run(["zstd", "-qc", path], check=True, capture_output=True).stdout
    path.with_name(path.name + ".zst").write_bytes(whole[: len(whole) // 2])
    run = desk.run(codes=(0,))
    assert (run["ingest"]["lines"], run["ingest"]["usages"], len(run["inputs"])) == (2, 2, 1)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_that_is_cut_is_named_and_the_run_does_not_end_well(tmp_path, suffix):
    desk = Desk(tmp_path).import_prices()
    path = desk.write_lines("2026/10/05/03-w-hand-1.jsonl", *(end_line(n) for n in range(1, 200)))
    packed = gzip.compress(path.read_bytes()) if suffix == ".gz" else subprocess.run(
        ["zstd", "-qc", path], check=True, capture_output=True).stdout
    path.unlink()
    cut = path.with_name(path.name + suffix)
    cut.write_bytes(packed[:-9])
    done = desk.command("run", "--period", PERIOD, codes=(1, 3))
    assert cut.name in done.out + done.err
    cut.write_bytes(packed)
    run = desk.run(codes=(0,))
    assert (run["ingest"]["usages"], run["ingest"]["duplicates"]) == (199, 0)


def test_a_file_that_changed_after_it_was_read_is_named_and_nothing_is_counted_twice(tmp_path):
    desk = Desk(tmp_path).import_prices()
    path = desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1), end_line(2))
    desk.run(codes=(0,))
    before = desk.report_bytes()
    original = path.read_bytes()
    path.write_bytes(original.replace(b'"output_tokens": 500', b'"output_tokens": 900', 1))
    done = desk.command("run", "--period", PERIOD, codes=(1,))
    assert path.name in done.out + done.err
    path.write_bytes(original)
    desk.run(codes=(0,))
    assert desk.report_bytes() == before


@on_sqlite
def test_a_second_run_at_the_same_time_is_refused_and_told_why(tmp_path):
    desk = Desk(tmp_path).import_prices()
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
    with open(tmp_path / "tollbook.db.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = desk.command("run", "--period", PERIOD, codes=(1,))
        assert "another" in done.err
    assert desk.run(codes=(0,))["totals"]["requests"] == 1


def everything(folder):
    """All files below a folder, workbooks unpacked."""
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                yield from ((f"{path}:{n}", book.read(n)) for n in book.namelist())
        elif path.is_file():
            yield str(path), path.read_bytes()


def test_text_of_a_rejected_line_reaches_no_report_and_no_screen(tmp_path):
    desk = Desk(tmp_path).import_prices()
    path = desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
    broken = f"{CANARY} please summarise\n{{\"prompt\":\"{CANARY}\"}}\n"
    path.write_bytes(path.read_bytes() + broken.encode())
    done = desk.command("run", "--period", PERIOD, codes=(3,))
    assert "2 lines were rejected" in done.out
    assert CANARY not in done.out + done.err
    kept = [name for name, data in everything(tmp_path) if CANARY.encode() in data]
    assert kept == [str(path)], "only the raw log holds what a rejected line says"
    assert not stores.holds(desk.store, CANARY)


def test_running_in_another_order_of_periods_changes_nothing(desk, tmp_path):
    raw_logs = tmp_path / "raw-logs"
    shutil.copytree(desk.raw_logs, raw_logs)
    other = Desk(tmp_path, raw_logs).import_prices()
    other.run("2026-11", codes=(0, 3))
    other.run("2026-09", codes=(0, 3))
    other.run()
    ours = {n: b for n, b in other.report_bytes().items() if n.startswith(PERIOD + "/")}
    assert ours == {n: b for n, b in desk.report_bytes().items() if n.startswith(PERIOD + "/")}
