"""Delivery to chat: once for each period and target, whatever the network and the power do."""
import http.server
import json
import os
import signal
import threading

import pytest

import stores
from desk import PERIOD, Desk, end_line

pytestmark = pytest.mark.usefixtures("store_kind")
SECRET = "T0CANARY/B0CANARY/secretpart"


class Chat:
    """A chat service that answers as scripted, the last answer for ever, and keeps what it received."""

    def __init__(self, *answers):
        self.answers, self.received, self.before_answer = list(answers), [], lambda: None
        chat = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                answer = chat.answers[min(len(chat.received), len(chat.answers) - 1)]
                chat.received.append((self.path, body))
                chat.before_answer()
                self.send_response(answer["status"])
                for name, value in answer.get("headers", {}).items():
                    self.send_header(name, value)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/{SECRET}"


@pytest.fixture
def books(tmp_path):
    chats = []

    def make(*answers):
        chat = Chat(*(answers or ({"status": 200},)))
        chats.append(chat)
        desk = Desk(tmp_path, posts_url=chat.url).import_prices()
        desk.write_lines("2026/10/05/03-w-hand-1.jsonl", end_line(1))
        return desk, chat

    yield make
    for chat in chats:
        chat.server.shutdown()


def test_a_finished_month_is_posted_once_however_often_it_is_run(books):
    desk, chat = books()
    desk.run(codes=(0,))
    desk.run(codes=(0,))
    assert len(chat.received) == 1
    text = json.dumps(json.loads(chat.received[0][1]), ensure_ascii=False)
    assert "2026-10" in text and "チケット自動生成" in text


def test_a_month_that_is_still_running_is_not_posted(books):
    desk, chat = books()
    desk.write_lines("2099/01/05/03-w-hand-2.jsonl", end_line(2, time="2099-01-05T03:00:00.000000Z"))
    desk.run("2099-01", codes=(0,))
    assert chat.received == []


def test_a_service_that_says_wait_is_obeyed_and_gets_the_post_once(books):
    desk, chat = books({"status": 429, "headers": {"Retry-After": "1"}}, {"status": 200})
    desk.run(codes=(0,))
    assert len(chat.received) == 2, "one refused, one taken"
    desk.run(codes=(0,))
    assert len(chat.received) == 2


def test_a_service_that_refuses_fails_the_run_and_leaves_the_reports(books):
    desk, chat = books({"status": 404})
    desk.command("run", "--period", PERIOD, codes=(1,))
    assert desk.report("chargeback.csv")
    sent = len(chat.received)
    chat.answers = [{"status": 200}]
    desk.run(codes=(0,))
    assert len(chat.received) == sent + 1, "a post that surely failed is made by the next run"


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
    desk.command("post", "--period", PERIOD, "--to", "review-channel", "--again")
    assert len(chat.received) == 2
    desk.run(codes=(0,))
    assert len(chat.received) == 2


def test_the_webhooks_address_is_a_secret(books):
    desk, chat = books({"status": 404})
    done = desk.command("run", "--period", PERIOD, codes=(1,))
    assert "CANARY" not in done.out + done.err
    found = [p for p in desk.folder.rglob("*") if p.is_file() and b"CANARY" in p.read_bytes()]
    assert found == []
    assert "CANARY" not in stores.dump(desk.store)
    assert chat.received[0][0].endswith(SECRET)
