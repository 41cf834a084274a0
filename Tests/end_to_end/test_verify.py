"""The same inputs give the same bytes, anywhere; and `tollbook verify` says so, or what is otherwise."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

import faketime
import programs
from desk import PERIOD, PRICE_LIST, Desk, end_line, make_month
from stores import on_sqlite

pytestmark = pytest.mark.usefixtures("store_kind")
NOBODY = 65534


class Elsewhere(Desk):
    """A desk under another path, with another clock, language, zone and umask; where this is root, another user too."""

    def start(self, *arguments):
        home = pathlib.Path(self.folder)
        program = home / "bin" / "tollbook"
        if not program.exists():
            program.parent.mkdir()
            shutil.copy2(programs.program("tollbook"), program)
            program.chmod(0o755)
        who = {}
        if os.geteuid() == 0:
            for path in [home, *home.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)
            who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        environment = self.environment | faketime.environment("2031-02-03T04:05:06Z") | {
            "TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "HOME": str(home)}
        return subprocess.Popen(
            [program, *arguments, *self.flags()], cwd=self.folder, env=environment, umask=0o077,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **who)


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path / "desk")
    make_month(desk.raw_logs, 400, bad=3, resent=2)
    desk.import_prices()
    desk.run(codes=(3,))
    return desk


def verify(desk, folder=None, codes=(0,)):
    folder = folder or desk.reports / PERIOD
    return json.loads(desk.command("verify", str(folder), "--json", codes=codes).out)


def kinds(result):
    return {(one["kind"], one["name"]) for one in result["differences"]}


@on_sqlite
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_same_inputs_give_the_same_bytes_elsewhere(tmp_path, language):
    here = Desk(tmp_path / "here")
    make_month(here.raw_logs, 600, bad=3, resent=2)
    with tempfile.TemporaryDirectory(prefix="another path, with spaces ") as folder:
        os.chmod(folder, 0o755)
        there = Elsewhere(pathlib.Path(folder) / "deep" / "er")
        for desk in (here, there):
            (desk.folder / "tollbook.yaml").write_text(f"language: {language}\n")
        shutil.copytree(here.raw_logs, there.raw_logs)
        shutil.copy(here.attribution, there.folder / "rules.yaml")
        there.attribution = there.folder / "rules.yaml"
        for desk in (here, there):
            desk.import_prices(shutil.copy(PRICE_LIST, desk.folder / "list.json"))
            desk.run(codes=(3,))
        mine, theirs = here.report_bytes(), there.report_bytes()
        assert mine.keys() == theirs.keys() and len(mine) >= 6
        assert [name for name in mine if mine[name] != theirs[name]] == []
        # Each verifies the other's.
        shutil.copytree(here.reports, there.folder / "theirs")
        for desk, other in ((here, there.reports), (there, there.folder / "theirs")):
            result = verify(desk, pathlib.Path(other) / PERIOD)
            assert result["reproduced"] and len(result["same"]) == len(mine)


def test_a_report_is_reproduced_and_nothing_is_written(desk):
    before = {p: p.read_bytes() for p in desk.folder.rglob("*") if p.is_file() and ".db" not in p.name}
    assert verify(desk)["reproduced"]
    assert before == {p: p.read_bytes() for p in desk.folder.rglob("*") if p.is_file() and ".db" not in p.name}
    assert not list(pathlib.Path(tempfile.gettempdir()).glob("tollbook-verify-*"))
    assert "reproduced" in desk.command("verify", str(desk.reports / PERIOD)).out


@on_sqlite
@pytest.mark.parametrize("name", ["summary.md", "chargeback.csv", "chargeback.xlsx", "charts/daily.svg", "run.json"])
def test_one_changed_byte_is_named(desk, name):
    path = desk.reports / PERIOD / name
    data = bytearray(path.read_bytes())
    # In run.json one that says nothing of the inputs.
    at = data.index(b'"complete"') + 1 if name == "run.json" else len(data) // 2
    data[at] ^= 1
    path.write_bytes(data)
    result = verify(desk, codes=(1,))
    assert kinds(result) == {("file", name)} and not result["reproduced"]


@on_sqlite
def test_what_was_asked_for_on_the_command_line_needs_no_repetition(desk):
    desk.command("run", "--period", PERIOD, "--product-files", "--product-sheets", codes=(3,))
    result = verify(desk)
    assert result["reproduced"] and any(name.startswith("chargeback-") for name in result["same"])


@on_sqlite
def test_missing_and_strange_files_are_named(desk):
    (desk.reports / PERIOD / "focus.csv").unlink()
    (desk.reports / PERIOD / "notes.txt").write_text("x")
    assert kinds(verify(desk, codes=(1,))) == {("file", "focus.csv"), ("file", "notes.txt")}
    (desk.reports / PERIOD / "run.json").unlink()
    assert "run.json" in desk.command("verify", str(desk.reports / PERIOD), codes=(1,)).err


@on_sqlite
def test_a_changed_and_a_missing_log_are_named(desk):
    logs = sorted(desk.raw_logs.rglob("*.jsonl"))
    changed, missing = logs[0], logs[1]
    data = bytearray(changed.read_bytes())
    data[data.index(b'"name":"') + 8] ^= 1
    changed.write_bytes(data)
    missing.unlink()
    result = verify(desk, codes=(1,))
    named = {name for kind, name in kinds(result) if kind == "input"}
    assert {str(p.relative_to(desk.raw_logs)) for p in (changed, missing)} <= named


@on_sqlite
def test_other_rules_and_prices_are_named(desk):
    rules = desk.folder / "rules.yaml"
    rules.write_text(pathlib.Path(desk.attribution).read_text().replace("チケット自動生成", "別の名前"))
    desk.attribution = rules
    assert {kind for kind, _ in kinds(verify(desk, codes=(1,)))} == {"rules"}
    for path in (desk.folder / "prices").glob("*"):
        if path.name != "published.jsonl":
            path.unlink()
    done = desk.command("verify", str(desk.reports / PERIOD), codes=(1, 2))
    assert "price" in done.out + done.err


@on_sqlite
def test_lines_that_came_later_are_no_part_of_the_report(desk):
    late = end_line(1, writer="w-late", time="2026-10-20T03:00:00.000000Z", id="0199a1b2-0000-7000-8000-00000000beef")
    desk.write_lines("2026/10/20/03-w-late-1.jsonl", late)
    # And a file that was being written went on.
    log = [path for path in sorted(desk.raw_logs.rglob("*.jsonl")) if path.read_bytes().endswith(b"\n")][3]
    with open(log, "a") as file:
        file.write(json.dumps(end_line(2, writer="w-late") | {"id": "0199a1b2-0000-7000-8000-00000000cafe"}) + "\n")
    result = verify(desk)
    assert result["reproduced"]
    assert set(result["later"]) == {"2026/10/20/03-w-late-1.jsonl", str(log.relative_to(desk.raw_logs))}


def test_closed_months_with_late_lines_and_other_prices_are_reproduced(desk):
    desk.command("close", "--period", PERIOD, "--accept-incomplete")
    late = end_line(1, writer="w-late", time="2026-10-20T03:00:00.000000Z", id="0199a1b2-0000-7000-8000-00000000beef")
    desk.write_lines("2026/10/20/03-w-late-1.jsonl", late)
    desk.write_lines("2026/11/03/03-w-nov-1.jsonl", end_line(
        1, writer="w-nov", time="2026-11-03T03:00:00.000000Z", id="0199a1b2-0000-7000-8000-00000000cafe"))
    rules = desk.folder / "rules.yaml"
    rules.write_text(pathlib.Path(desk.attribution).read_text().replace("チケット自動生成", "別の名前"))
    desk.attribution = rules
    desk.run("2026-11", codes=(0, 3))
    assert b"late lines" in desk.report("adjustments.csv", "2026-11")
    assert verify(desk)["reproduced"], "the closed month, by its own rules and without what came later"
    assert verify(desk, desk.reports / "2026-11")["reproduced"], "the open one, with its adjustments"
    # November is closed too, by a clock that is past it.
    desk.environment |= faketime.environment("2026-12-02T00:00:00Z")
    desk.command("close", "--period", "2026-11", "--accept-incomplete")
    assert verify(desk, desk.reports / "2026-11")["reproduced"], "closed, with what was frozen in it"
