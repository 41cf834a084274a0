"""SIGTERM under load: what was accepted is finished, what comes after is not accepted, and the log is closed."""
import asyncio
import json
import signal
import socket
import time

import pytest

from asking import PATHS, encoded, headers, question
import crowds
import programs
from rawlog import Log
import wire


@pytest.mark.parametrize("fsync", ["always", "1000ms", "never"])
def test_sigterm_lets_accepted_requests_finish(make_house, fsync):
    house = make_house(fsync=fsync)
    key = house.create_key("stopping")["key"]
    proxy = house.start_proxy()
    clients = crowds.crowd("stopping", 60)

    async def stop():
        while sum(client.began for client in clients) < 20:
            await asyncio.sleep(0.01)
        proxy.process.send_signal(signal.SIGTERM)

    asyncio.run(crowds.run(clients, proxy.port, key, "events=60; event-ms=15", stop))
    assert proxy.process.wait(programs.STOP_SECONDS_MAX) == 0, proxy.stderr
    began = [client for client in clients if client.began]
    assert len(began) >= 20 and all(client.ended and client.status == 200 for client in began)
    log = Log(house.raw_logs)
    [lines] = log.check_sequence().values()
    log.check_pairs()
    assert lines[-1]["kind"] == "close" and not log.torn
    assert all(file.name.endswith(".jsonl") for file in log.files)
    outcomes = {line["user"]: line["outcome"] for line in log.ends}
    assert all(outcomes[client.user] == "ok" for client in began)
    assert len(log.starts) == len(log.ends)


def test_an_idle_proxy_stops_at_once_and_leaves_no_open_segment(make_house):
    house = make_house()
    key = house.create_key("idle")["key"]
    proxy = house.start_proxy()
    client = crowds.crowd("idle", 1)
    asyncio.run(crowds.run(client, proxy.port, key, "", lambda: asyncio.sleep(0)))
    # A connection kept open and a client that has sent half a head keep nobody waiting.
    with socket.create_connection(("127.0.0.1", proxy.port)) as half:
        half.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x")
        assert proxy.terminate() == 0
    log = Log(house.raw_logs)
    assert [line["kind"] for line in log.lines] == ["open", "start", "end", "close"]


def test_a_drained_answer_is_waited_for(make_house, user):
    """The client has left, the vendor still answers: stopping waits for the usage, within its grace."""
    house = make_house()
    key = house.create_key("drained")["key"]
    proxy = house.start_proxy()
    sent = headers("openai", key, "events=40; event-ms=30; tokens=input:7,output:40")
    wire.exchange(proxy.port, PATHS["openai"], sent, encoded(question("openai", user, True)), stop_after=1)
    assert proxy.terminate() == 0
    end = Log(house.raw_logs).end_of(user)
    assert end["outcome"] == "client_gone" and end["usage"]["completion_tokens"] == 40


def test_the_last_bytes_of_a_whole_answer_are_waited_for(make_house, user):
    """The log has the answer's end, and the proxy still holds what a slow reader has not taken."""
    house = make_house()
    key = house.create_key("slow-reader")["key"]
    proxy = house.start_proxy()
    # An answer that is to say what it cost goes out in one piece.
    sent = [*headers("openai", key, "big-line-kib=24576"), ("x-tollbook-cost", "1")]
    body = encoded(question("openai", user, False))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(programs.STOP_SECONDS_MAX)
        client.connect(("127.0.0.1", proxy.port))
        client.sendall(wire.request_bytes(PATHS["openai"], sent, body, "POST"))
        parser = wire.Parser("POST")
        while not (parser.done or Log(house.raw_logs).ends):
            parser.feed(client.recv(65536))
        assert not parser.done
        proxy.process.send_signal(signal.SIGTERM)
        # Time enough for a proxy that does not wait for its clients to be gone.
        time.sleep(1)
        while not parser.done:
            data = client.recv(1 << 20)
            assert data, f"{len(parser.body)} bytes came, and {parser.left} did not"
            parser.feed(data)
    assert proxy.process.wait(programs.STOP_SECONDS_MAX) == 0
    assert Log(house.raw_logs).end_of(user)["outcome"] == "ok"


def test_a_port_that_is_taken_is_said_and_fails(make_house, vendor):
    house = make_house()
    configuration = house.folder / "tollbook.yaml"
    configuration.write_text(configuration.read_text().replace("127.0.0.1:0", f"127.0.0.1:{vendor.port}"))
    with pytest.raises(AssertionError, match=str(vendor.port)):
        house.start_proxy()
