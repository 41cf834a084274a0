"""`tollbook schedule`: what is due is done once, whatever stops it, and who should know is told."""
import datetime
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
import yaml

import faketime
import programs
from chats import Chat
from desk import PERIOD, Desk, end_line
from stores import on_sqlite

pytestmark = pytest.mark.usefixtures("store_kind")
FIRST = "2026-10-31T21:00:30Z"
"""06:00:30 on November 1st, a Sunday, in Tokyo."""


class ScheduledDesk(Desk):
    def at(self, time):
        self.environment |= faketime.environment(time)
        return self

    def once(self, codes=(0,)):
        done = self.command("schedule", "--once", codes=codes)
        return [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]

    def listed(self):
        return {job["job"]: job for job in json.loads(self.command("schedule", "--list", "--json").out)}


@pytest.fixture
def desk(tmp_path):
    chat = Chat()
    desk = ScheduledDesk(tmp_path / "desk", posts_url=chat.url).import_prices()
    desk.chat = chat
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
    yield desk
    chat.close()


def titles(desk):
    return [post["blocks"][0]["text"]["text"] for post in desk.chat.posts]


def test_the_month_is_made_at_its_time_and_once(desk):
    desk.at("2026-10-31T20:59:00Z").once()
    assert titles(desk) == [], "a minute before"
    desk.at(FIRST)
    events = desk.once()
    assert [(e["event"], e["job"]) for e in events] == [("begun", "month"), ("done", "month")]
    assert titles(desk) == ["AI cost 2026-10"] and desk.report("run.json")
    assert desk.once() == [] and len(desk.chat.received) == 1
    job = desk.listed()["month"]
    assert (job["last"], job["state"], job["attempts"], job["next"]) == (
        "2026-10", "done", 1, "2026-11-30T21:00:00.000000Z")
    assert desk.listed()["ingest"]["state"] == "done", "at 02:00, by the run a minute before"


@on_sqlite
def test_what_was_missed_is_made_up_for_once(desk):
    desk.at(FIRST).once()
    desk.at("2027-02-10T00:00:00Z").once()
    assert titles(desk)[1:] == ["AI cost 2026-11", "AI cost 2026-12", "AI cost 2027-01", "AI cost 2027-W05"], \
        "each month has its books; of weeks only the last is news"
    assert desk.once() == []


@on_sqlite
def test_a_failed_run_is_told_once_tried_again_and_given_up(desk):
    desk.at("2026-10-31T20:59:00Z").once()
    rules = desk.folder / "rules.yaml"
    rules.write_text("products: 7\n")
    desk.attribution = rules
    start = datetime.datetime(2026, 10, 31, 21, 0, 30)
    for minutes in (0, 0.5, 2, 8, 24, 90, 500):
        desk.at((start + datetime.timedelta(minutes=minutes)).isoformat() + "Z")
        events = desk.once(codes=(0, 1))
        assert all(e["event"] in ("begun", "failed", "given_up") for e in events)
    assert titles(desk) == [
        "Tollbook: the month-end run of 2026-10 failed"] * 2, "the first failure, and that it is given up"
    first, last = (json.dumps(post) for post in desk.chat.posts)
    assert "rules.yaml" in first and "2026-11-01 06:01" in first
    assert "tollbook run --period 2026-10" in last
    job = desk.listed()["month"]
    assert (job["state"], job["attempts"]) == ("given_up", 5) and "rules.yaml" in job["detail"]


@on_sqlite
def test_a_failure_speaks_the_books_language(desk):
    configuration = yaml.safe_load((desk.folder / "tollbook.yaml").read_text()) | {"language": "ja"}
    (desk.folder / "tollbook.yaml").write_text(yaml.safe_dump(configuration))
    desk.attribution = desk.folder / "missing.yaml"
    desk.at(FIRST).once(codes=(1,))
    assert titles(desk)[-1] == "Tollbook: 2026-10の月次処理が失敗しました"


@on_sqlite
def test_two_never_run_at_once_and_the_second_is_told_who_is_first(desk):
    desk.at(FIRST)
    path = pathlib.Path(desk.store.removeprefix("sqlite:") + ".lock")
    with open(path, "w") as lock:
        lock.write("tollbook run, process 4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        event, = [e for e in desk.once(codes=(1,)) if e["event"] != "notice"]
        assert event["event"] == "waiting" and "process 4711" in event["why"] and titles(desk) == []
    desk.once()
    assert titles(desk) == ["AI cost 2026-10"]


@on_sqlite
def test_two_schedulers_do_everything_once(desk):
    desk.at(FIRST)
    processes = [desk.start("schedule", "--once") for _ in range(2)]
    for process in processes:
        process.communicate()
    desk.once()
    assert titles(desk) == ["AI cost 2026-10"]


def test_it_stops_on_sigterm_and_never_in_the_middle_of_a_post(desk):
    desk.at(FIRST)
    process = desk.start("schedule")

    def stop():
        os.kill(process.pid, signal.SIGTERM)
        time.sleep(0.5)

    desk.chat.before_answer = stop
    out, err = process.communicate(timeout=60)
    events = [json.loads(line)["event"] for line in err.decode().splitlines()]
    assert process.returncode == 0 and events[0] == "started" and events[-1] == "stopped"
    assert len(desk.chat.received) == 1
    delivery, = json.loads(desk.command("post", "--list", "--json").out)
    assert delivery["state"] == "sent", "it waited for the answer, and noted it"
    desk.chat.before_answer = lambda: None
    desk.once()
    assert len(desk.chat.received) == 1


def test_a_run_that_was_killed_is_done_by_the_next_start_and_posts_once(desk):
    desk.at(FIRST)
    process = desk.start("schedule")
    desk.chat.before_answer = lambda: os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    desk.chat.before_answer = lambda: None
    events = desk.once()
    assert [e["event"] for e in events if e["job"] == "month"] == ["begun", "done"]
    assert events[-1]["attempt"] == "2" and "nobody knows" in events[-1]["detail"]
    assert len(desk.chat.received) == 1, "it may have arrived"


@on_sqlite
@pytest.mark.parametrize("schedule, line, words", [
    ({"month": "31 06:00"}, 2, "a day from 1 to 28"),
    ({"ingest": "6:00"}, 2, '"02:00"'),
    ({"week": "someday 09:00"}, 2, '"monday 09:00"'),
    ({"ingest": "24:00"}, 2, "or off"),
    ({"yearly": "1 06:00"}, 2, 'unknown word "yearly"'),
])
def test_a_wrong_time_is_told_with_its_line(desk, schedule, line, words):
    (desk.folder / "tollbook.yaml").write_text(yaml.safe_dump({"schedule": schedule}))
    done = desk.command("schedule", "--list", codes=(2,))
    assert f"tollbook.yaml:{line}" in done.err and words in done.err


@on_sqlite
def test_what_is_off_is_never_done(desk):
    off = {"schedule": {"month": "off", "week": "off", "ingest": "off"}}
    (desk.folder / "tollbook.yaml").write_text(yaml.safe_dump(off))
    assert desk.at(FIRST).once() == [] and not desk.reports.exists()
    assert desk.command("schedule", "--list").out.count("off") == 3


DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "examples" / "deploy"


@on_sqlite
def test_the_files_for_systemd_cron_and_kubernetes_are_in_order():
    units = sorted(map(str, DEPLOY.glob("*.service"))) + sorted(map(str, DEPLOY.glob("*.timer")))
    assert len(units) == 3
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", *units], capture_output=True, text=True)
    # The program and its user are not on this machine.
    wrong = [
        line for line in done.stderr.splitlines()
        if "tollbook" in line and "is not executable" not in line and "Unit tollbook" not in line]
    assert wrong == []
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes-cronjob.yaml").read_text()))
    job, = [d for d in documents if d["kind"] == "CronJob"]
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    container, = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    words = container["args"]
    assert words == ["schedule", "--once"]
    for line in (DEPLOY / "tollbook.cron").read_text().splitlines():
        if line and not line.startswith(("#", "SHELL", "PATH", "MAILTO")):
            minute, hour, day, month, weekday, user, command = line.split(maxsplit=6)
            assert user == "tollbook" and "tollbook schedule --once" in command
    help_text = subprocess.run(
        [programs.program("tollbook"), "schedule", "--help"], capture_output=True, text=True).stdout
    assert "--once" in help_text
