"""The content log: for keys that ask for it, in files of its own, and never in what the books are made of."""
import base64
import datetime
import gzip
import json
import os

import pytest

from asking import CANARY, PATHS, encoded, headers, plain_text, question
import programs
import wire

PART_BYTES = 4096


@pytest.fixture(scope="module")
def audited(tmp_path_factory, vendor):
    house = programs.House(tmp_path_factory.mktemp("content"), vendor.url)
    configuration = house.folder / "tollbook.yaml"
    configuration.write_text(configuration.read_text().replace(
        "proxy:\n", f"proxy:\n  content-log: {{folder: audit, retention-days: 7, part-bytes: {PART_BYTES}}}\n", 1))
    house.content = house.folder / "audit"
    today = datetime.datetime.now(datetime.timezone.utc).date()
    house.days = {}
    for age in (8, 7):
        folder = house.content / (today - datetime.timedelta(days=age)).strftime("%Y/%m/%d")
        folder.mkdir(parents=True)
        (folder / "09-w-0.content.jsonl").write_text("{}\n")
        house.days[age] = folder
    (house.days[8] / "somebody's own.txt").write_text("kept")
    older = house.content / "2024/02/29"
    older.mkdir(parents=True)
    (older / "23-w-0.content.jsonl").write_text("{}\n")
    house.older = older
    house.asks = house.create_key("asks", "--content-log")["key"]
    house.silent = house.create_key("silent")["key"]
    house.proxy = house.start_proxy()
    yield house
    house.close()


def lines(house):
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y/%m/%d")
    found = []
    for file in sorted((house.content / today).glob("*.content.jsonl")):
        found += [json.loads(line) for line in file.read_text().splitlines()]
    return found


def ask(house, key, body, dialect="openai", fault="", **more):
    return wire.exchange(house.proxy.port, PATHS[dialect], headers(dialect, key, fault, **more), body)


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_key_that_asks_has_what_was_asked_and_answered(audited, dialect, stream):
    body = encoded(question(dialect, "somebody", stream))
    answer = ask(audited, audited.asks, body, dialect)
    line = lines(audited)[-1]
    assert line["request"] == body.decode() and line["request_bytes"] == len(body)
    assert (line["status"], line["request_id"]) == (200, answer.header("x-tollbook-request-id"))
    if "answer_content_encoding" in line:
        kept = gzip.decompress(base64.b64decode(line["answer_base64"]))
    else:
        kept = line["answer"].encode()
    if not stream:
        assert kept == plain_text(answer)
    else:
        assert kept.startswith(plain_text(answer)[:40]) and b"usage" in kept


def test_what_is_long_is_cut_and_said_to_be(audited):
    body = encoded(question("openai", "é" * PART_BYTES))
    ask(audited, audited.asks, body)
    line = lines(audited)[-1]
    assert line["request_bytes"] == len(body) and PART_BYTES - 4 < len(line["request"].encode()) <= PART_BYTES
    assert body.decode().startswith(line["request"])


def test_a_failure_is_there_too(audited):
    ask(audited, audited.asks, encoded(question("openai", "x")), fault="status=500")
    assert lines(audited)[-1]["status"] == 500


def test_other_keys_leave_nothing(audited):
    before = len(lines(audited))
    assert ask(audited, audited.silent, encoded(question("openai", "nobody's business"))).status == 200
    assert len(lines(audited)) == before
    assert not any("nobody's business" in json.dumps(line) for line in lines(audited))


def test_only_its_owner_may_read_it(audited):
    assert os.stat(audited.content).st_mode & 0o777 == 0o700
    for folder, _, names in os.walk(audited.content):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".content.jsonl") and path.split("/")[-2] == datetime.datetime.now(
                    datetime.timezone.utc).strftime("%d"):
                assert os.stat(path).st_mode & 0o777 == 0o600


def test_its_days_are_numbered_and_others_files_are_not(audited):
    programs.wait_until("the old ones are gone", 20, lambda: not audited.older.exists())
    assert not (audited.content / "2024").exists()
    assert [one.name for one in audited.days[8].iterdir()] == ["somebody's own.txt"]
    assert (audited.days[7] / "09-w-0.content.jsonl").exists()


def test_no_content_is_anywhere_else_and_no_report_reads_it(audited):
    audited.command("run", codes=(0, 1, 3))
    for name, content in audited.everything_written().items():
        if not str(name).startswith(("audit", str(audited.content))):
            assert CANARY.encode() not in content and CANARY.encode("unicode_escape") not in content, name


def test_a_change_is_followed_and_recorded(audited):
    audited.command("keys", "update", "silent", "--content-log")

    def grows():
        before = len(lines(audited))
        ask(audited, audited.silent, encoded(question("openai", "x")))
        return len(lines(audited)) == before + 1

    programs.wait_until("it is logged", 20, grows)
    entry = json.loads(audited.command("keys", "audit", "--json").stdout)[-1]
    assert (entry["action"], entry["changes"]) == ("update", {"content_log": [False, True]})
    audited.command("keys", "update", "silent", "--no-content-log")
    programs.wait_until("it is not any more", 20, lambda: not grows())


def test_a_proxy_without_one_says_so_and_the_raw_logs_folder_is_not_for_it(make_house):
    house = make_house()
    house.create_key("asks", "--content-log")
    proxy = house.start_proxy()
    programs.wait_until("it says so", 20, lambda: '"asks" asks for a content log' in proxy.stderr)
    configuration = house.folder / "tollbook.yaml"
    configuration.write_text(configuration.read_text().replace(
        "proxy:\n", "proxy:\n  content-log: {folder: raw-logs/content}\n", 1))
    refused = house.command("proxy", codes=(2,))
    assert "must be apart from the raw logs" in refused.stderr
