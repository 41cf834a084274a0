"""A month is closed and corrected: closed files never change, and with all its adjustments the month is what the
independent oracle computes afresh, to the last femtodollar."""
import collections
import csv
import hashlib
import io
import json
import random
import re
import shutil
import signal
import time
from decimal import Decimal

import openpyxl
import pytest
import yaml

import oracle
import stores
from desk import ATTRIBUTION, PERIOD, PRICE_LIST, ZONE, Desk, end_line, make_month
from test_books_posts import Chat
from workbooks import office, without_cached_values

pytestmark = pytest.mark.usefixtures("store_kind")
NEXT = "2026-11"
FEMTO = 10**15
MODEL = "claude-haiku-4-5-20251001"


def corrected_list(folder):
    """The price list with one price corrected, as the oracle reads it."""
    prices = json.loads(PRICE_LIST.read_text())
    assert prices[MODEL]["output_cost_per_token"] == 5e-06
    prices[MODEL]["output_cost_per_token"] = 4.9e-06
    path = folder / "corrected.json"
    path.write_text(json.dumps(prices))
    return path


def corrected_book(desk):
    """The same correction made by hand in the book's own format, published; gives the new version."""
    version = json.loads((desk.folder / "prices" / "published.jsonl").read_text().splitlines()[0])["version"]
    lines = (desk.folder / "prices" / f"{version}.csv").read_text().split("\n")
    head = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    titles = lines[head].split(",")
    changed = 0
    for number in range(head + 1, len(lines)):
        cells = lines[number].split(",")
        row = dict(zip(titles, cells))
        if (row.get("model"), row.get("meter"), row.get("service_tier")) == (MODEL, "output", "standard"):
            assert (row["usd"], row["per"]) == ("5", "1000000"), row
            cells[titles.index("usd")] = "4.9"
            lines[number] = ",".join(cells)
            changed += 1
    assert changed == 1
    file = desk.folder / "corrected.csv"
    file.write_text("\n".join(lines))
    done = desk.command("prices", "import", "--file", str(file), "--json")
    return json.loads(done.out)["version"]


def other_rules(folder):
    """The split was agreed otherwise, and one product was renamed by a new id."""
    rules = yaml.safe_load(ATTRIBUTION.read_text())
    for rule in rules["rules"]:
        if "split" in rule:
            rule["split"] = {"auto-approval": 1, "ticket-generator": 2}
    rules["products"].append({"id": "poc", "name": "=1+1 <b>PoC</b>"})
    rules["rules"].append({"product": "poc", "when": {"key": "poc-*"}})
    path = folder / "other-rules.yaml"
    path.write_text(yaml.safe_dump(rules, allow_unicode=True, sort_keys=False))
    return path


def digests(desk, period=PERIOD):
    folder = desk.reports / period
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*") if p.is_file()}


def rows(desk, name, period):
    return list(csv.DictReader(io.StringIO(desk.report(name, period).decode("utf-8-sig"), newline="")))


def place(row):
    return row["product"], row["provider"], row["model"].removeprefix("'"), row["service_tier"]


def femto(text):
    return int(Decimal(text or 0) * FEMTO)


def expected(desk, price_list, attribution):
    books = oracle.books(desk.raw_logs, price_list, attribution, PERIOD, ZONE)
    return {key: row.cost for key, row in books.rows.items() if row.cost}


def nonzero(sums):
    return {key: value for key, value in sums.items() if value}


class Corrected:
    """October closed, then late lines, a corrected price and other rules; each step's state is kept."""

    def __init__(self, folder):
        make_month(folder / "raw-logs", requests=2500, seed=31, bad=0, resent=0, crashes=2)
        self.desk = desk = Desk(folder / "desk", folder / "raw-logs").import_prices()
        files = sorted(p for p in desk.raw_logs.rglob("*.jsonl") if "/2026/10/" in str(p))
        held = files[40:-40:25]
        for path in held:
            (folder / "held" / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, folder / "held" / path.relative_to(folder))
        # A request whose end comes after the close.
        end = end_line(2, time="2026-10-31T14:00:00.000000Z")
        start = {k: end[k] for k in ("v", "writer", "time", "id", "attempt", "endpoint", "provider", "key")}
        start |= {"kind": "start", "seq": 1, "model": {"requested": "claude-haiku-4-5"}}
        desk.write_lines("2026/10/31/14-w-hand-1.jsonl", start)
        self.run = desk.run()
        self.close = desk.command("close", "--period", PERIOD, "--accept-incomplete")
        self.closed = digests(desk)
        self.closed_rows = rows(desk, "chargeback.csv", PERIOD)
        for path in held:
            shutil.move(folder / "held" / path.relative_to(folder), path)
        desk.write_lines("2026/10/31/15-w-hand-2.jsonl", end)
        desk.write_lines("2026/11/02/03-w-nov-1.jsonl", end_line(
            1, writer="w-nov", time="2026-11-02T03:00:00.000000Z", id="november"))
        self.late_run = desk.command("run", "--period", PERIOD)
        self.late_books = expected(desk, PRICE_LIST, ATTRIBUTION)
        desk.run(NEXT, codes=(0, 3))
        self.after_late = rows(desk, "adjustments.csv", NEXT)
        self.prices = corrected_list(folder)
        self.version = corrected_book(desk)
        self.rules = other_rules(folder)
        before = (desk.report_bytes(), stores.dump(desk.store))
        self.dry = desk.command(
            "reprice", "--period", PERIOD, "--prices-version", self.version[:16], "--dry-run")
        self.dry_wrote = (desk.report_bytes(), stores.dump(desk.store)) != before
        self.reason = "=1+1 <script>|`x` @here"
        desk.command("reprice", "--period", PERIOD, "--prices-version", self.version, "--reason", self.reason)
        # The flag that names the rules stands before the desk's own, which would win.
        flags = desk.flags()
        flags[flags.index("--attribution") + 1] = str(self.rules)
        desk.flags, own = lambda: flags, desk.flags
        desk.command("reprice", "--period", PERIOD, "--reason", "the split was agreed late")
        desk.flags = own
        self.november = desk.run(NEXT, codes=(0, 3))


@pytest.fixture(scope="module")
def corrected(store_kind, tmp_path_factory):
    return Corrected(tmp_path_factory.mktemp("closing"))


def test_closed_files_are_the_same_after_every_later_command(corrected):
    assert "is closed" in corrected.close.out
    assert digests(corrected.desk) == corrected.closed
    assert "are as they were" in corrected.late_run.out and "late lines" in corrected.late_run.out
    again = corrected.desk.command("close", "--period", PERIOD)
    assert "closed already" in again.out
    corrected.desk.command("report", "--period", PERIOD, "--prices-version", corrected.version)
    assert digests(corrected.desk) == corrected.closed


def test_late_lines_are_booked_by_the_prices_and_rules_of_then(corrected):
    sums = collections.Counter({place(row): femto(row["cost_usd"]) for row in corrected.closed_rows})
    for row in corrected.after_late:
        assert row["reason"] == "late lines"
        sums[place(row)] += femto(row["difference_usd"])
    assert nonzero(sums) == corrected.late_books


def test_october_and_its_adjustments_are_october_afresh_by_the_oracle(corrected):
    sums = collections.Counter({place(row): femto(row["cost_usd"]) for row in corrected.closed_rows})
    adjustments = rows(corrected.desk, "adjustments.csv", NEXT)
    assert {row["reason"] for row in adjustments} == {"late lines", "prices", "rules"}
    for row in adjustments:
        assert row["for_period"] == PERIOD and row["day"].startswith(PERIOD)
        assert femto(row["is_usd"]) - femto(row["was_usd"]) == femto(row["difference_usd"])
        sums[place(row)] += femto(row["difference_usd"])
    assert nonzero(sums) == expected(corrected.desk, corrected.prices, corrected.rules)
    # Reasons follow each other: late lines, prices, rules; rules move cost and make none.
    by_reason = collections.Counter()
    for row in adjustments:
        by_reason[row["reason"]] += femto(row["difference_usd"])
    assert by_reason["rules"] == 0 and by_reason["prices"] < 0 < by_reason["late lines"]


def test_the_open_months_figures_add_up_in_every_file(corrected):
    desk, run = corrected.desk, corrected.november
    booked = sum(femto(row["difference_usd"]) for row in rows(desk, "adjustments.csv", NEXT))
    chargeback = rows(desk, "chargeback.csv", NEXT)
    by_entry = collections.Counter()
    for row in chargeback:
        by_entry[row["entry"]] += femto(row["cost_usd"])
        assert row["for_period"] == (PERIOD if row["entry"] == "adjustment" else NEXT)
    assert by_entry["adjustment"] == booked == femto(run["totals"]["by_entry"]["adjustment"])
    # 1,000 input tokens at 1 USD and 500 output tokens at the corrected 4.9 USD a million.
    assert by_entry["usage"] == femto(run["adjustments"]["usage_usd"]) == femto("0.00345")
    assert sum(by_entry.values()) == femto(run["totals"]["cost_usd"]) == femto(run["adjustments"]["together_usd"])
    assert run["totals"]["requests"] == 1, "requests belong to the month they were made in"
    focus = rows(desk, "focus.csv", NEXT)
    corrections = [row for row in focus if row["ChargeClass"] == "Correction"]
    assert sum(femto(row["BilledCost"]) for row in corrections) == booked
    assert sum(femto(row["BilledCost"]) for row in focus) == femto(run["totals"]["cost_usd"])
    for row in corrections:
        assert row["BillingPeriodStart"] == "2026-10-31T15:00:00Z" and row["PricingQuantity"] == ""
        assert "2026-09-30T15:00:00Z" <= row["ChargePeriodStart"] < row["ChargePeriodEnd"] <= "2026-10-31T15:00:00Z"


def test_running_again_changes_no_byte(corrected):
    before = corrected.desk.report_bytes()
    corrected.desk.run(NEXT, codes=(0, 3))
    corrected.desk.command("run", "--period", PERIOD)
    assert corrected.desk.report_bytes() == before


def test_a_dry_run_shows_product_model_and_day_and_writes_nothing(corrected):
    assert not corrected.dry_wrote
    for words in ("Product", "Model", "Day", MODEL, "2026-10-0", "for prices", "nothing was written"):
        assert words in corrected.dry.out


def test_a_reason_is_text_wherever_it_is_shown(corrected):
    desk = corrected.desk
    decisions = {row["decision"] for row in rows(desk, "adjustments.csv", NEXT) if row["reason"] == "prices"}
    assert decisions == {"'" + corrected.reason}, "an apostrophe keeps a spreadsheet from running it"
    summary = desk.report("summary.md", NEXT).decode()
    assert "<script>" not in summary and "@here" not in summary and "&lt;script&gt;" in summary


def test_libreoffice_opens_the_adjustments_sheet_and_finds_the_same_sum(corrected, tmp_path):
    path = corrected.desk.reports / NEXT / "chargeback.xlsx"
    without_cached_values(path, tmp_path / "bare.xlsx")
    (tmp_path / "calculated").mkdir()
    office(tmp_path, "--convert-to", "xlsx", "--outdir", str(tmp_path / "calculated"), str(tmp_path / "bare.xlsx"))
    calculated = openpyxl.load_workbook(tmp_path / "calculated" / "bare.xlsx", data_only=True)["Adjustments"]
    lines = [list(line) for line in calculated.iter_rows(values_only=True)]
    head = next(line for line in lines if line[0] == "Period")
    column = head.index("Difference (USD)")
    total = next(line for line in lines if line[0] == "Total")[column]
    booked = Decimal(corrected.november["adjustments"]["difference_usd"])
    assert abs(Decimal(str(total)) - booked) <= Decimal("0.000001")
    assert any("=1+1 <script>" in str(cell) for line in lines for cell in line if cell)


def test_explain_says_what_was_booked_and_what_it_costs_now(corrected):
    desk = corrected.desk
    [(name, number)] = stores.query(
        desk.store,
        "SELECT s.name, r.line FROM requests r JOIN facets f ON f.id = r.facet JOIN segments s ON s.id = r.segment "
        "JOIN closed_inputs i ON i.name = s.name AND r.line <= i.lines WHERE f.model_returned = '" + MODEL + "' AND r.output > 0 "
        "AND r.outcome = 0 AND f.provider = 'anthropic' AND coalesce(f.service_tier, 'standard') = 'standard' "
        "AND r.time >= 1790780400000000 LIMIT 1")
    known = json.loads((desk.raw_logs / name).read_text().splitlines()[number - 1])["id"]
    [found] = json.loads(desk.command("explain", known, "--json").out)
    then, now = found["closed"]["booked"]["cost_usd"], found["cost_usd"]
    output = next(m for p in found["parts"] for m in p["meters"] if m["meter"] == "output")
    assert femto(then) - femto(now) == output["count"] * 100_000_000, "0.1 USD a million tokens cheaper"
    assert found["prices_version"] == corrected.version
    text = desk.command("explain", known).out
    assert f"booked then  {then} USD" in text and f"costs now    {now} USD" in text
    late = end_line(2)["id"]
    [found] = json.loads(desk.command("explain", late, "--json").out)
    assert found["closed"]["booked"] is None and found["closed"]["open_period"] == NEXT


def test_periods_lists_what_is_closed_and_adjusted(corrected):
    [one] = json.loads(corrected.desk.command("periods", "--json").out)
    assert (one["period"], one["open_in"], one["problems"]) == (PERIOD, NEXT, [])
    assert one["closed_usd"] == corrected.run["totals"]["cost_usd"]
    assert one["open_difference_usd"] == corrected.november["adjustments"]["difference_usd"]
    assert femto(one["now_usd"]) == sum(expected(corrected.desk, corrected.prices, corrected.rules).values())
    listed = corrected.desk.command("close", "--list").out
    assert PERIOD in listed and "as closed" in listed


def test_a_closed_file_that_is_changed_or_gone_is_named_and_never_rewritten(corrected):
    desk = corrected.desk
    csv_file, focus = desk.reports / PERIOD / "chargeback.csv", desk.reports / PERIOD / "focus.csv"
    good = csv_file.read_bytes(), focus.read_bytes()
    csv_file.write_bytes(good[0] + b"\r\n")
    focus.unlink()
    try:
        for command in (["run", "--period", PERIOD], ["report", "--period", PERIOD], ["periods"]):
            done = desk.command(*command, codes=(1,))
            assert "chargeback.csv: was changed after the close" in done.err
            assert "focus.csv: is missing" in done.err and "backup" in done.err
            assert corrected.closed["chargeback.csv"] in done.err, "which file to look for in the backup"
        assert csv_file.read_bytes() == good[0] + b"\r\n" and not focus.exists()
    finally:
        csv_file.write_bytes(good[0])
        focus.write_bytes(good[1])
    desk.command("run", "--period", PERIOD)


def test_several_closings_and_reprices_in_a_row_each_land_in_the_open_month(tmp_path):
    desk = Desk(tmp_path).import_prices()
    for month in ("08", "09", "10"):
        desk.write_lines(f"2026/{month}/05/03-w-{month}-1.jsonl", *(
            end_line(n, writer=f"w-{month}", time=f"2026-{month}-05T03:00:00.000000Z", id=f"{month}-{n}")
            for n in (1, 2)))
    first = desk.run("2026-08", codes=(0,))["prices"]["version"]
    desk.command("close", "--period", "2026-08")
    second = corrected_book(desk)
    desk.command("reprice", "--period", "2026-08", "--prices-version", second, "--reason", "one")
    september = desk.run("2026-09", codes=(0,))
    # Two requests of 500 output tokens, 0.1 USD a million cheaper.
    assert september["adjustments"]["difference_usd"] == "-0.0001"
    desk.command("close", "--period", "2026-09", "--prices-version", first)
    assert desk.report("chargeback.csv", "2026-09").count(b"adjustment") == 1
    desk.command("reprice", "--period", "2026-08", "--prices-version", first, "--reason", "two")
    desk.command("reprice", "--period", "2026-09", "--prices-version", second, "--reason", "three")
    october = desk.run("2026-10", codes=(0,))
    periods = {one["period"]: one["difference_usd"] for one in october["adjustments"]["periods"]}
    assert periods == {"2026-08": "0.0001", "2026-09": "-0.0001"}
    desk.command("close", "--period", "2026-10")
    assert "adjustments" not in desk.run("2026-11", codes=(0,))
    assert not (desk.reports / "2026-11" / "adjustments.csv").exists()
    listed = {one["period"]: one for one in json.loads(desk.command("periods", "--json").out)}
    assert listed["2026-08"]["now_usd"] == listed["2026-08"]["closed_usd"]
    assert [one["in"] for one in listed["2026-08"]["adjusted"]] == ["2026-09", "2026-10"]


def test_close_says_what_stands_against_it(tmp_path):
    desk = Desk(tmp_path).import_prices()
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1), end_line(2, model={"returned": "no-such-model"}))
    assert "03-w-hand-1" in desk.command("close", "--period", PERIOD, codes=(1,)).err
    desk.run()
    refused = desk.command("close", "--period", PERIOD, codes=(1,))
    assert "1 requests used something that has no price" in refused.err and "--accept-incomplete" in refused.err
    assert "not ended" in desk.command("close", "--period", "2099-01", codes=(1,)).err
    assert "cannot be closed" in desk.command("close", "--period", "2026-10-01..2026-10-31", codes=(2,)).err
    (desk.reports / PERIOD / "summary.md").write_text("mine")
    changed = desk.command("close", "--period", PERIOD, "--accept-incomplete", codes=(1,))
    assert "summary.md" in changed.err
    desk.command("report", "--period", PERIOD, codes=(3,))
    desk.command("close", "--period", PERIOD, "--accept-incomplete")
    assert "overlaps 2026-10" in desk.command("close", "--period", "2026-10-05", codes=(1,)).err


def test_kill_9_during_close_leaves_the_month_open_or_closed_and_nothing_between(tmp_path):
    make_month(tmp_path / "raw-logs", requests=1500, seed=8, bad=0, resent=0)
    calm = Desk(tmp_path / "calm", tmp_path / "raw-logs").import_prices()
    calm.run()
    begin = time.monotonic()
    calm.command("close", "--period", PERIOD, "--accept-incomplete")
    seconds = time.monotonic() - begin
    wanted = digests(calm)
    draw, states = random.Random(8), collections.Counter()
    for number in range(8):
        desk = Desk(tmp_path / f"killed{number}", tmp_path / "raw-logs")
        shutil.copytree(calm.folder / "prices", desk.folder / "prices")
        desk.command("ingest", codes=(0, 3))
        process = desk.start("close", "--period", PERIOD, "--accept-incomplete")
        time.sleep(draw.uniform(0, 1.1) * seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        closed = json.loads(desk.command("periods", "--json").out)
        states[len(closed)] += 1
        if closed:
            assert closed[0]["problems"] == [] and digests(desk) == wanted
        desk.command("close", "--period", PERIOD, "--accept-incomplete")
        assert digests(desk) == wanted, "no file is missing, other, or left over"
        assert "are as they were" in desk.command("run", "--period", PERIOD).out
    assert states[0] > 0, "no kill came before the end: it proves nothing"


def test_what_is_posted_of_a_closed_month_is_what_was_closed(tmp_path):
    chat = Chat()
    try:
        desk = Desk(tmp_path, posts_url=chat.url).import_prices()
        desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
        desk.command("ingest")
        desk.command("close", "--period", PERIOD)
        shown = desk.command("post", "--period", PERIOD, "--to", "review-channel", "--dry-run").out
        desk.write_lines("2026/10/05/04-w-hand-2.jsonl", end_line(2))
        desk.command("run", "--period", PERIOD)
        desk.command("run", "--period", PERIOD)
        assert len(chat.received) == 1
        assert chat.received[0][1].decode() == shown.rstrip("\n")
        assert "1 request" in shown
        desk.run(NEXT, codes=(0,))
        text = desk.command("post", "--period", NEXT, "--to", "review-channel", "--dry-run").out
        assert re.search(r"adjustments to 2026-10 \$0\.0035", text.replace("\u200b", ""))
    finally:
        chat.server.shutdown()
