"""What is only to be seen with a server, or with both stores at once: the same bytes, lost servers, copies, dumps."""
import json
import pathlib
import re
import subprocess
import time

import desk
import programs
import wire
from asking import PATHS, encoded, headers, question
from desk import PERIOD, Desk, make_month
from stores import on_postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_both_stores_give_the_same_bytes(tmp_path, postgres):
    make_month(tmp_path / "raw-logs", 2000, seed=21, bad=8, resent=3)
    stores = [None, postgres.make_database()]
    desks = [Desk(tmp_path / f"desk{n}", tmp_path / "raw-logs", store=s).import_prices() for n, s in enumerate(stores)]
    runs = [one.run() for one in desks]
    assert runs[0] == runs[1]
    assert desks[0].report_bytes() == desks[1].report_bytes()
    assert desks[1].run() == runs[0], "once more changes nothing"
    listed = [one.command("requests", "--period", PERIOD, "--limit", "500", "--json").out for one in desks]
    assert listed[0] == listed[1] and listed[0].count("\n") == 500
    name = json.loads(listed[0].split("\n")[0])["id"]
    assert desks[0].command("explain", name).out == desks[1].command("explain", name).out
    for one in desks:
        one.command("close", "--period", PERIOD, "--accept-incomplete")
    assert desks[0].report_bytes() == desks[1].report_bytes()


def test_the_demo_gives_the_same_bytes(tmp_path, postgres):
    prices, rules = ["--prices", str(ROOT / "prices")], ["--attribution", str(ROOT / "examples" / "attribution.yaml")]
    done = tollbook("demo", "--out", str(tmp_path / "demo"), *prices, *rules)
    assert done.returncode == 0, done.stderr
    done = tollbook(
        "run", "--config", str(tmp_path / "demo" / "tollbook.yaml"), *prices, *rules, "--period", PERIOD,
        "--store", postgres.make_database(), "--reports", str(tmp_path / "reports"))
    assert done.returncode == 3, done.stderr
    files = {path.relative_to(tmp_path / "reports") for path in (tmp_path / "reports").rglob("*") if path.is_file()}
    assert len(files) >= 5
    for file in files:
        assert (tmp_path / "reports" / file).read_bytes() == (tmp_path / "demo" / "reports" / file).read_bytes(), file


def test_no_ordered_index_holds_a_text_that_a_client_may_choose(tmp_path, postgres):
    """Above some 2,700 bytes such an index refuses the row, and with it the whole batch."""
    one = Desk(tmp_path / "desk", store=postgres.make_database()).import_prices()
    one.write_lines("2026/10/05/03-w-hand-1.jsonl", desk.end_line(1))
    one.command("ingest")
    (one.folder / "none.jsonl").write_text("")
    one.command("ingest", "--from", str(one.folder / "none.jsonl"), codes=(0, 1, 3))
    found = postgres.sql(re.search(r"test_\d+", one.store)[0], """
        SELECT DISTINCT t.relname || '.' || a.attname
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
        JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = to_regnamespace('tollbook')
        JOIN pg_attribute a ON a.attrelid = x.oid AND a.atttypid IN ('text'::regtype, 'bytea'::regtype)""")
    # Names of files, periods, jobs and meters, digests, and names that are bounded where they are taken; columns are named
    # as the index names them.
    chosen_here = {
        "former_secrets.sha256", "policy_holders.kind", "policy_holders.name", "budget_leases.holder",
        "budget_leases.budget", "budget_leases.proxy",
        "segments.name", "closed_periods.label", "closed_files.name", "closed_inputs.name", "rules_texts.version",
        "costs_texts.version", "jobs.job",
        "keys.id", "keys.sha256", "deliveries.period", "deliveries.target", "usage_slot_meters.meter"}
    assert set(found) <= chosen_here, set(found) - chosen_here
    assert found


def test_texts_of_any_length_and_kind_are_taken(tmp_path, postgres):
    noise = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(20_000))
    lines = [desk.end_line(1, user=noise, session=noise, response_id=noise, vendor_request_id=noise, metered_id=noise)]
    lines += [desk.end_line(2, user="nul\0inside", session="\0", metered_id="\0\0", model={"requested": "a\0b"})]
    lines += [desk.end_line(3, writer=noise, id=noise), desk.end_line(4, id="\0", error={"type": noise})]
    desks = []
    for name, store in (("file", None), ("server", postgres.make_database())):
        one = Desk(tmp_path / name, store=store).import_prices()
        one.write_lines("2026/10/05/03-w-hand-1.jsonl", *lines)
        run = one.run()
        assert (run["ingest"]["usages"], run["ingest"]["rejected"]) == (4, 0)
        assert one.run() == run
        one.command("close", "--period", PERIOD, "--accept-incomplete")
        one.run(period="2026-11", codes=(0, 3))
        adjusted = one.reports / "2026-11" / "adjustments.csv"
        assert not adjusted.exists() or adjusted.read_text().count("\n") <= 1, adjusted.read_text()
        desks.append(one)
    assert desks[0].report_bytes() == desks[1].report_bytes()


def test_a_copy_gives_the_same_bytes_in_either_direction(tmp_path, postgres):
    make_month(tmp_path / "raw-logs", 500, seed=22)
    first = Desk(tmp_path / "desk", tmp_path / "raw-logs").import_prices()
    first.command("keys", "create", "--name", "ticket-generator")
    run = first.run()
    first.command("close", "--period", PERIOD, "--accept-incomplete")
    reports = first.report_bytes()
    files = [f"sqlite:{first.folder / 'tollbook.db'}", postgres.make_database(), f"sqlite:{first.folder / 'copy.db'}"]
    for source, target in zip(files, files[1:]):
        said = tollbook("store", "copy", source, target)
        assert said.returncode == 0 and "rows, counted" in said.stderr, said.stderr
        first.store = target
        assert first.command("keys", "list").out.count("ticket-generator") == 1
        assert "as closed" in first.command("periods").out
        first.command("run", "--period", PERIOD)
        assert first.report_bytes() == reports
    again = tollbook("store", "copy", files[0], files[1])
    assert again.returncode == 1 and "empty" in again.stderr
    assert run["ingest"]["lines"] > 500


def status(proxy, key):
    asked = encoded(question("openai", "u-1"))
    return wire.exchange(proxy.port, PATHS["openai"], headers("openai", key), asked).status


def tollbook(*arguments):
    return subprocess.run(
        [programs.program("tollbook"), *arguments], env=programs.environment(), capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=desk.RUN_SECONDS_MAX)


def test_an_ingest_whose_server_goes_away_says_so_and_the_next_one_ends_it(tmp_path, postgres):
    make_month(tmp_path / "raw-logs", 3000, seed=24)
    plain = Desk(tmp_path / "plain", tmp_path / "raw-logs").import_prices()
    plain.run()
    lost = 0
    for life in range(4):
        one = Desk(tmp_path / f"desk{life}", tmp_path / "raw-logs", store=postgres.make_database()).import_prices()
        process = one.start("ingest")
        time.sleep(0.3 + life * 0.3)
        postgres.stop()
        try:
            out, err = process.communicate(timeout=desk.RUN_SECONDS_MAX)
            if process.returncode == 1:
                lost += 1
                assert re.search(rb"the connection was lost|cannot be reached", err), err
                assert b"password" not in err
        except BaseException:
            # The tests behind this one need their server.
            postgres.start()
            raise
        # The next one waits for a server that is starting.
        process = one.start("ingest")
        time.sleep(1)
        postgres.start()
        out, err = process.communicate(timeout=desk.RUN_SECONDS_MAX)
        assert process.returncode in (0, 3), err
        one.run()
        assert one.report_bytes() == plain.report_bytes()
    assert lost, "no ingest lost its server: the test shows nothing"


def test_a_second_run_is_told_who_holds_the_store(tmp_path, postgres):
    make_month(tmp_path / "raw-logs", 3000, seed=25)
    one = Desk(tmp_path / "desk", tmp_path / "raw-logs", store=postgres.make_database()).import_prices()
    process = one.start("ingest")
    database = re.search(r"test_\d+", one.store)[0]
    held = "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE locktype = 'advisory' AND datname = "
    programs.wait_until("the ingest holds the lock", 60, lambda: postgres.sql(database, f"{held} '{database}'"))
    told = one.command("ingest", codes=(1,)).err
    process.communicate(timeout=desk.RUN_SECONDS_MAX)
    assert f"tollbook ingest, process {process.pid}" in told


def test_doctor_and_backup_say_what_holds_for_a_server_and_no_password_is_printed(tmp_path, postgres):
    location = postgres.make_database() + "&password=CANARYSECRET"
    one = Desk(tmp_path / "desk", store=location).import_prices()
    one.write_lines("2026/10/05/03-w-hand-1.jsonl", desk.end_line(1))
    one.command("ingest")
    said = [one.command("doctor", codes=(0, 3)), one.command("store", "backup", str(tmp_path / "x"), codes=(1,))]
    assert "PostgreSQL 1" in said[0].out and "pg_dump" in said[1].err
    one.store = "postgres://me:CANARYSECRET@127.0.0.1:1x/d"
    said.append(one.command("ingest", codes=(1,)))
    assert not any("CANARYSECRET" in text for done in said for text in (done.out, done.err))


def test_a_dump_that_is_restored_gives_the_same_books(tmp_path, postgres):
    make_month(tmp_path / "raw-logs", 500, seed=26)
    one = Desk(tmp_path / "desk", tmp_path / "raw-logs", store=postgres.make_database()).import_prices()
    one.run()
    reports = one.report_bytes()
    source = re.search(r"test_\d+", one.store)[0]
    dump = subprocess.run(
        [postgres.bin / "pg_dump", "--format=custom", "--schema=tollbook", "-h", postgres.folder, "-U", "tollbook", source],
        capture_output=True, check=True).stdout
    one.store = postgres.make_database()
    target = re.search(r"test_\d+", one.store)[0]
    subprocess.run(
        [postgres.bin / "pg_restore", "-h", postgres.folder, "-U", "tollbook", "-d", target], input=dump, check=True)
    one.run()
    assert one.report_bytes() == reports


@on_postgres
def test_while_the_server_is_away_the_keys_last_read_stay_valid(make_house, store_kind, postgres):
    house = make_house()
    first = house.create_key("first")["key"]
    proxy = house.start_proxy()
    assert status(proxy, first) == 200
    postgres.stop()
    try:
        assert status(proxy, first) == 200
    finally:
        postgres.start()
    second = house.create_key("second")["key"]
    programs.wait_until("a key made after the server came back is known", 40, lambda: status(proxy, second) == 200)
