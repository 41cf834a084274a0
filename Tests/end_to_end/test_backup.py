"""A backup made while a run goes on, and what comes back from it."""
import shutil

from desk import PERIOD, Desk, end_line, make_month


def test_a_restored_backup_and_the_raw_logs_give_the_same_books(tmp_path):
    make_month(tmp_path / "raw-logs", 2000, seed=11)
    desk = Desk(tmp_path / "desk", tmp_path / "raw-logs").import_prices()
    late = sorted((tmp_path / "raw-logs").rglob("*.jsonl"))[-40:]
    (tmp_path / "aside").mkdir()
    moved = [(shutil.move(path, tmp_path / "aside" / str(n)), path) for n, path in enumerate(late)]
    desk.command("ingest", codes=(3,))
    copy = tmp_path / "copy.db"
    running = desk.start("run", "--period", PERIOD)
    said = desk.command("store", "backup", str(copy))
    running.communicate()
    assert "checked" in said.err and copy.stat().st_size > 100_000
    for aside, path in moved:
        shutil.move(aside, path)
    whole = desk.run()
    books = desk.report_bytes()
    for name in ("tollbook.db", "tollbook.db-wal", "tollbook.db-shm"):
        (desk.folder / name).unlink(missing_ok=True)
    shutil.copy(copy, desk.folder / "tollbook.db")
    assert desk.run() == whole
    assert desk.report_bytes() == books


def test_keys_and_closings_come_back(tmp_path):
    desk = Desk(tmp_path / "desk").import_prices()
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
    desk.command("ingest")
    desk.command("keys", "create", "--name", "ticket-generator")
    desk.command("close", "--period", PERIOD)
    copy = tmp_path / "copy.db"
    desk.command("store", "backup", str(copy))
    for name in ("tollbook.db", "tollbook.db-wal", "tollbook.db-shm"):
        (desk.folder / name).unlink(missing_ok=True)
    shutil.copy(copy, desk.folder / "tollbook.db")
    assert "ticket-generator" in desk.command("keys", "list").out
    assert "as closed" in desk.command("periods").out


def test_a_backup_never_writes_over_a_file_and_leaves_nothing_unfinished(tmp_path):
    desk = Desk(tmp_path / "desk").import_prices()
    missing = desk.command("store", "backup", str(tmp_path / "copy.db"), codes=(2,))
    assert "no store" in missing.err
    desk.command("ingest", codes=(0, 1))
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
    desk.command("ingest")
    there = tmp_path / "there.db"
    there.write_text("mine")
    assert "never writes over" in desk.command("store", "backup", str(there), codes=(1,)).err
    assert there.read_text() == "mine"
    desk.command("store", "backup", str(tmp_path / "nowhere" / "copy.db"), codes=(1,))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["desk", "there.db"]
