"""Delivery to chat: once for each period and target, whatever the network and the power do."""
import hashlib
import hmac
import json
import os
import pathlib
import signal
import subprocess

import pytest
import yaml

import stores
from chats import GOOD, SECRET, Chat, http_date
from desk import PERIOD, Desk, end_line
from stores import on_sqlite

pytestmark = pytest.mark.usefixtures("store_kind")
SERVICES = sorted(GOOD)
AGAIN = ("post", "--period", PERIOD, "--to", "review-channel", "--again")


@pytest.fixture
def books(tmp_path):
    chats = []

    def make(*answers, service="slack", **settings):
        chat = Chat(service, *answers)
        chats.append(chat)
        desk = Desk(tmp_path, posts_url=chat.url).import_prices()
        configure(desk, chat, **settings)
        desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
        return desk, chat

    yield make
    for chat in chats:
        chat.close()


def configure(desk, chat, language="en", **post):
    post = {"name": "review-channel", "type": chat.service, "url-env": "SLACK_WEBHOOK_URL", "attempts": 2} | post
    (desk.folder / "tollbook.yaml").write_text(yaml.safe_dump({"language": language, "posts": [post]}))


def listed(desk):
    return [
        (one["period"], one["to"], one["state"])
        for one in json.loads(desk.command("post", "--list", "--json").out)]


def test_a_finished_month_is_posted_once_however_often_it_is_run(books):
    desk, chat = books()
    desk.run(codes=(0,))
    desk.run(codes=(0,))
    assert len(chat.received) == 1
    text = json.dumps(chat.posts[0], ensure_ascii=False)
    assert "2026-10" in text and "チケット自動生成" in text
    assert listed(desk) == [(PERIOD, "review-channel", "sent")]


def test_a_month_that_is_still_running_is_not_posted(books):
    desk, chat = books()
    desk.write_lines("2099/01/05/03-w-hand-2.jsonl", end_line(2, time="2099-01-05T03:00:00.000000Z"))
    desk.run("2099-01", codes=(0,))
    assert chat.received == []


@on_sqlite
@pytest.mark.parametrize("language", ["en", "ja"])
def test_each_service_takes_its_post_and_a_dry_run_shows_it(tmp_path, language):
    """300 products and one model, with names that mean something in some chat."""
    names = ["<!channel> <@U1> @everyone", "<users/all> <at>x</at>", ":tada: 🎉 **b** `c` ~d~ [e](http://f.example)",
             "שלום مرحبا", "長" * 10_000, "a|b||c\n# d"]
    rules = {"products": [{"id": f"p{n}", "name": f"{names[n % 6]} {n}"} for n in range(300)],
             "rules": [{"product": f"p{n}", "when": {"key": f"key-{n}"}} for n in range(300)]}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules, allow_unicode=True))
    services = [Chat(service) for service in SERVICES]
    desk = Desk(tmp_path, attribution=tmp_path / "rules.yaml").import_prices()
    posts = []
    for chat in services:
        variable = "URL_" + chat.service.replace("-", "_")
        posts.append({"name": chat.service, "type": chat.service, "url-env": variable})
        desk.environment[variable] = chat.url
    (desk.folder / "tollbook.yaml").write_text(yaml.safe_dump({"language": language, "posts": posts}))
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", *(
        end_line(n + 1, key={"id": "k", "name": f"key-{n}"}, usage={"input_tokens": 1000 * (n + 1), "output_tokens": 5})
        for n in range(300)))
    desk.run(codes=(0,))
    for chat in services:
        assert chat.refused == [] and len(chat.received) == 1, (chat.service, chat.refused)
        dry = desk.command("post", "--period", PERIOD, "--to", chat.service, "--dry-run").out
        assert json.loads(dry) == chat.posts[0], "what is shown is what was sent"
        assert "CANARY" not in dry
        said = json.dumps(chat.posts[0], ensure_ascii=False)
        assert ("AI cost" if language == "en" else "AI利用費") in said
        if chat.service != "webhook":
            assert ("more" if language == "en" else "ほか") in said
            for sign in ("<!channel>", "<@U1>", "@everyone", "<users/all>", "<at>", "](http://f"):
                assert sign not in said, (chat.service, sign)
        chat.close()
    assert len(listed(desk)) == len(SERVICES)


FAULTS = {
    "429 with seconds": ([{"status": 429, "headers": {"Retry-After": "1"}}], 0, 2),
    "429 with a date": ([{"status": 429, "headers": {"Retry-After": http_date(1)}}], 0, 2),
    "429 with a fraction": ([{"status": 429, "headers": {"Retry-After": "0.2"}}], 0, 2),
    "500": ([{"status": 500}], 0, 2),
    "503, later than is waited for": ([{"status": 503, "headers": {"Retry-After": "3600"}}], 1, 1),
    "404": ([{"status": 404, "body": "no_service"}], 1, 1),
    "a redirect": ([{"status": 302, "headers": {"Location": "http://127.0.0.1:9/elsewhere"}}], 1, 1),
    "a reset": ([{"do": "reset"}], 1, 1),
    "a time-out": ([{"do": "silence"}], 1, 1),
}
"""What the service answers first; the run's exit code; how many requests it got."""
SURE = {"429 with seconds", "429 with a date", "429 with a fraction", "500"}
UNKNOWN = {"a reset", "a time-out"}


@on_sqlite
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_met_as_the_services_say(books, fault):
    answers, code, requests = FAULTS[fault]
    desk, chat = books(*answers, GOOD["slack"], **{"answer-seconds": 1})
    done = desk.command("run", "--period", PERIOD, codes=(code,))
    assert len(chat.received) == requests
    state = "sent" if fault in SURE else "unknown" if fault in UNKNOWN else "failed"
    assert listed(desk) == [(PERIOD, "review-channel", state)]
    assert desk.report("chargeback.csv"), "the reports are there, whatever became of the post"
    assert "CANARY" not in done.out + done.err + desk.command("post", "--list").out + stores.dump(desk.store)
    desk.command("run", "--period", PERIOD, codes=(1,) if state == "unknown" else (0,))
    assert len(chat.received) == (requests + 1 if state == "failed" else requests), \
        "what surely failed is made by the next run; what may have arrived is not"
    if state == "unknown":
        desk.command(*AGAIN)
        assert listed(desk) == [(PERIOD, "review-channel", "sent")]


@on_sqlite
@pytest.mark.parametrize("service, answer, word", [
    ("slack", {"status": 200, "body": "invalid_token"}, "invalid_token"),
    ("google-chat", {"status": 200, "body": '{"error":{"code":400,"message":"x","status":"INVALID_ARGUMENT"}}'},
     "INVALID_ARGUMENT"),
    ("teams", {"status": 200, "body": "Webhook message delivery failed with error: HTTP error 413"}, "200"),
    ("teams", {"status": 202, "body": '{"error":{"code":"TooLarge","message":"x"}}'}, "TooLarge"),
    ("discord", {"status": 200, "body": '{"message":"no","code":50006}'}, "50006"),
    ("mattermost", {"status": 200, "body": '{"id":"web.hook.app_error","status_code":400}'}, "web.hook.app_error"),
])
def test_a_yes_with_a_no_inside_is_a_failure(books, service, answer, word):
    desk, chat = books(answer, service=service)
    done = desk.command("run", "--period", PERIOD, codes=(1,))
    assert word in done.err and listed(desk) == [(PERIOD, "review-channel", "failed")]
    assert len(chat.received) == 1


@on_sqlite
def test_discords_own_wait_is_obeyed(books):
    limited = {"status": 429, "body": json.dumps({"message": "limited", "retry_after": 0.3, "global": False})}
    desk, chat = books(limited, GOOD["discord"], service="discord")
    done = desk.command("run", "--period", PERIOD, codes=(0,))
    assert len(chat.received) == 2 and "waiting 1 s" in done.err
    assert chat.received[0][0].endswith("?wait=true"), "without it Discord does not say whether it kept the message"


@on_sqlite
def test_a_signature_is_what_openssl_computes(books):
    desk, chat = books(service="webhook", **{"secret-env": "HOOK_SECRET"})
    desk.environment["HOOK_SECRET"] = "whsec-CANARY-key"
    done = desk.command("run", "--period", PERIOD, codes=(0,))
    (_, body, headers), = chat.received
    parts = dict(part.split("=", 1) for part in headers["Tollbook-Signature"].split(","))
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", "whsec-CANARY-key", "-r"],
        input=f"{parts['t']}.".encode() + body, capture_output=True, check=True)
    assert parts["v1"] == made.stdout.split()[0].decode()
    assert hmac.compare_digest(
        parts["v1"], hmac.new(b"whsec-CANARY-key", f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest())
    assert len(headers["Tollbook-Delivery"]) == 32
    assert "CANARY" not in done.out + done.err + stores.dump(desk.store)


@on_sqlite
def test_the_worked_example_of_the_documentation_is_right():
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "chat.md").read_text()
    commands = "\n".join(line for line in text.splitlines() if line.startswith(("    body=", "    printf")))
    made = subprocess.run(["bash", "-c", commands], capture_output=True, text=True, check=True).stdout.split()[0]
    assert len(made) == 64 and f"`{made}`" in text


@on_sqlite
def test_only_https_unless_it_is_this_machine(books):
    desk, chat = books()
    desk.environment["SLACK_WEBHOOK_URL"] = f"http://chat.example/{SECRET}"
    done = desk.command("run", "--period", PERIOD, codes=(1,))
    assert "https" in done.err and "CANARY" not in done.err + done.out


@on_sqlite
def test_https_is_held_to_its_certificate(tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True)
    chat = Chat("slack", certificate=(tmp_path / "cert.pem", tmp_path / "key.pem"))
    desk = Desk(tmp_path / "desk", posts_url=chat.url).import_prices()
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
    done = desk.command("run", "--period", PERIOD, codes=(1,))
    assert "certificate" in done.err and "CANARY" not in done.err
    assert chat.received == [] and listed(desk) == [(PERIOD, "review-channel", "failed")]
    chat.close()


def test_what_is_posted_of_a_closed_month_is_its_close_s_message_in_every_service(books):
    desk, chat = books(service="discord")
    desk.run(codes=(0,))
    desk.command("close", "--period", PERIOD)
    shown = {}
    for service in SERVICES:
        chat.service = service
        configure(desk, chat)
        shown[service] = desk.command("post", "--period", PERIOD, "--to", "review-channel", "--dry-run").out
    # Another language, other rules and late lines move nothing of it.
    desk.write_lines("2026/10/05/04-w-hand-2.jsonl", end_line(1, writer="w-hand-2", id="0199a1b2-0000-7000-8000-0000000000ff"))
    desk.command("ingest")
    for service in SERVICES:
        chat.service = service
        configure(desk, chat, language="ja")
        again = desk.command("post", "--period", PERIOD, "--to", "review-channel", "--dry-run").out
        assert again == shown[service] and "AI cost 2026-10" in again


def test_a_delivery_cut_between_sending_and_noting_is_unknown_until_a_person_repeats_it(books):
    desk, chat = books()
    process = desk.start("run", "--period", PERIOD, "--json")
    chat.before_answer = lambda: os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -9 and len(chat.received) == 1
    chat.before_answer = lambda: None
    done = desk.command("run", "--period", PERIOD, codes=(0, 1, 3))
    assert len(chat.received) == 1, "it may have arrived, so it is not sent again by itself"
    assert "unknown" in done.out + done.err and "--again" in done.out + done.err
    desk.command(*AGAIN)
    assert len(chat.received) == 2
    desk.run(codes=(0,))
    assert len(chat.received) == 2


def test_the_webhooks_address_is_a_secret(books):
    desk, chat = books({"status": 404})
    done = desk.command("run", "--period", PERIOD, codes=(1,))
    assert "CANARY" not in done.out + done.err
    found = [p for p in desk.folder.rglob("*") if p.is_file() and b"CANARY" in p.read_bytes()]
    assert found == []
    assert not stores.holds(desk.store, "CANARY")
    assert chat.received[0][0].endswith(SECRET)


@on_sqlite
@pytest.mark.parametrize("post, words", [
    ({"type": "irc"}, 'post type "irc" is not known'),
    ({"url-env": f"https://chat.example/{SECRET}"}, "name of an environment variable"),
    ({"secret-env": "X"}, "secret-env belongs to type webhook"),
    ({"attempts": 11}, "from 1 to 10"),
    ({"what": ["everything"]}, "nothing to post"),
])
def test_a_wrong_post_is_told_with_its_line(books, post, words):
    desk, chat = books(**post) if "type" not in post else books()
    if "type" in post:
        configure(desk, chat, **post)
    done = desk.command("post", "--list", codes=(2,))
    assert words in done.err and "tollbook.yaml:" in done.err and "CANARY" not in done.err
