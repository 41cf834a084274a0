"""When a client or a vendor leaves early: what the client sees, and what the log knows of the cost."""
import json
import threading
import time

import pytest

from asking import PATHS, encoded, events, headers, question, usage_told
import programs
import wire

LOG_SECONDS_MAX = 20
COUNTS = "tokens=input:1200,output:57"


def end_when_written(shared, user):
    """A request whose client has left ends some time later: when the vendor's answer does."""
    programs.wait_until(f"the end of {user}", LOG_SECONDS_MAX,
                        lambda: any(end["user"] == user for end in shared.log.ends))
    return shared.log.end_of(user)


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("leave_after", [0, 1, 400, 1500])
def test_a_client_that_leaves_is_billed_what_the_vendor_bills(shared, user, dialect, leave_after):
    body = encoded(question(dialect, user, True))
    fault = f"events=40; event-ms=10; {COUNTS}"
    sent = headers(dialect, shared.key["key"], fault)
    answer = wire.exchange(shared.proxy.port, PATHS[dialect], sent, body, stop_after=leave_after)
    assert not answer.complete
    end = end_when_written(shared, user)
    asked = question(dialect, user, True)
    if dialect == "openai":
        asked["stream_options"] = {"include_usage": True}
    whole = wire.exchange(shared.vendor.port, PATHS[dialect], headers(dialect, "sk-vendor-direct", COUNTS + "; events=40"),
                          encoded(asked))
    assert end["outcome"] == "client_gone"
    assert end["usage"] == usage_told(dialect, whole.body, True) and end["usage_source"] == "vendor"
    number = next(r["number"] for r in shared.vendor.requests if user.encode() in r["body"])
    assert shared.vendor.outcomes[number] == "finished", "the vendor's answer was read to its end"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_client_that_closes_behind_the_terminal_event_has_had_its_answer(shared, user, dialect):
    """SDKs close the connection when they have read the terminal event, not when the body ends."""
    body = encoded(question(dialect, user, True))
    whole = wire.exchange(shared.vendor.port, PATHS[dialect], headers(dialect, "k"), body)
    sent = headers(dialect, shared.key["key"])
    wire.exchange(shared.proxy.port, PATHS[dialect], sent, body, stop_after=len(whole.body))
    assert end_when_written(shared, user)["outcome"] == "ok"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("cut", [1, 300, 1111, 2500])
@pytest.mark.parametrize("pieces", ["", "; chunk-bytes=13"])
def test_a_stream_that_the_vendor_cuts_is_seen_as_cut(shared, user, dialect, cut, pieces):
    body = encoded(question(dialect, user, True))
    sent = headers(dialect, shared.key["key"], f"events=40; cut-at-byte={cut}{pieces}")
    answer = wire.exchange(shared.proxy.port, PATHS[dialect], sent, body)
    assert answer.status == 200 and not answer.complete, "no clean end may follow"
    whole = wire.exchange(shared.vendor.port, PATHS[dialect], headers(dialect, "k", "events=40"), body)
    assert whole.body.startswith(answer.body)
    end = shared.log.end_of(user)
    assert end["outcome"] == "stream_broken" and end["error"]["type"]
    if end["usage"] is not None:
        # Anthropic tells the input first; the output is an estimate then, and the whole is marked as one.
        assert end["usage_source"] == "estimated"
        input_name, output_name = (("prompt_tokens", "completion_tokens") if dialect == "openai"
                                   else ("input_tokens", "output_tokens"))
        assert end["usage"][input_name] > 0 and end["usage"][output_name] >= 0
    else:
        assert end["usage_source"] == "none"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_what_an_estimate_is_made_of(shared, user, dialect):
    """A quarter of the bytes of the text the vendor sent, for a stream whose usage never came."""
    body = encoded(question(dialect, user, True))
    sent = headers(dialect, shared.key["key"], "events=12; no-terminal=1; no-usage=1")
    answer = wire.exchange(shared.proxy.port, PATHS[dialect], sent, body)
    assert answer.status == 200 and not answer.complete
    text = ""
    for _, data in events(answer.body):
        event = json.loads(data)
        if dialect == "openai":
            text += event["choices"][0]["delta"].get("content") or ""
        elif event["type"] == "content_block_delta":
            text += event["delta"]["text"]
    end = shared.log.end_of(user)
    assert end["outcome"] == "stream_broken" and end["usage_source"] == "estimated"
    output = end["usage"]["completion_tokens" if dialect == "openai" else "output_tokens"]
    assert output == -(-len(text.encode()) // 4)


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_stream_without_its_terminal_event_is_not_passed_off_as_whole(shared, user, dialect):
    sent = headers(dialect, shared.key["key"], "no-terminal=1")
    answer = wire.exchange(shared.proxy.port, PATHS[dialect], sent, encoded(question(dialect, user, True)))
    assert answer.status == 200 and not answer.complete
    assert shared.log.end_of(user)["outcome"] == "stream_broken"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("cut", [0, 200])
def test_a_plain_answer_that_the_vendor_cuts_does_not_look_whole(shared, user, dialect, cut):
    sent = headers(dialect, shared.key["key"], f"cut-at-byte={cut}")
    try:
        answer = wire.exchange(shared.proxy.port, PATHS[dialect], sent, encoded(question(dialect, user)))
    except AssertionError:
        pass  # the connection closed before a head was there: an error for any client
    else:
        assert answer.status >= 500 or not answer.complete
    assert end_when_written(shared, user)["outcome"] in ("stream_broken", "vendor_error")


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_vendor_that_cannot_be_reached_is_a_502(make_house, user, dialect):
    house = make_house(vendor_url="http://127.0.0.1:9")
    key = house.create_key("unreachable")["key"]
    proxy = house.start_proxy()
    answer = wire.exchange(proxy.port, PATHS[dialect], headers(dialect, key), encoded(question(dialect, user)))
    assert answer.status == 502
    told = json.loads(answer.body)
    assert told["error"]["message"] and (told.get("type") == "error") == (dialect == "anthropic")
    from rawlog import Log
    end = Log(house.raw_logs).end_of(user)
    assert (end["outcome"], end["status"]) == ("vendor_error", 502)
    assert end["error"]["type"] == "vendor_unreachable" and not end["usage"]


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_slow_client_gets_everything(shared, user, dialect):
    """Twelve megabytes through a client that reads late: the vendor is held back, nothing is lost."""
    body = encoded(question(dialect, user, True))
    fault = "big-line-kib=12288; chunk-bytes=65536"
    import socket
    with socket.create_connection(("127.0.0.1", shared.proxy.port), timeout=60) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(wire.request_bytes(PATHS[dialect], headers(dialect, shared.key["key"], fault), body))
        time.sleep(1)
        parser = wire.Parser("POST")
        while not parser.done:
            data = connection.recv(65536)
            assert data, "the answer ended early"
            parser.feed(data)
    direct = wire.exchange(shared.vendor.port, PATHS[dialect], headers(dialect, "k", fault), body)
    assert parser.answer().body == direct.body
    assert shared.log.end_of(user)["outcome"] == "ok"


def test_requests_sent_behind_each_other_on_one_connection_are_answered_in_order(shared, user):
    import socket
    count = 20
    sent = [wire.request_bytes(PATHS["openai"], headers("openai", shared.key["key"]),
                               encoded(question("openai", f"{user}-{n}", n % 2 == 1))) for n in range(count)]
    answers = []
    with socket.create_connection(("127.0.0.1", shared.proxy.port), timeout=60) as connection:
        threading.Thread(target=lambda: connection.sendall(b"".join(sent))).start()
        rest = b""
        while len(answers) < count:
            parser = PipelinedParser()
            while not parser.done:
                if not rest:
                    rest = connection.recv(65536)
                    assert rest, f"closed behind {len(answers)} answers"
                rest = parser.take(rest)
            answers.append(parser)
    for n, answer in enumerate(answers):
        assert f"{user}-{n}".encode() in bytes(answer.body)


class PipelinedParser(wire.Parser):
    """Takes one answer and gives back what belongs to the next."""

    def __init__(self):
        super().__init__("POST")

    def take(self, data):
        for at in range(len(data)):
            self.feed(data[at:at + 1])
            if self.done:
                return data[at + 1:]
        return b""
