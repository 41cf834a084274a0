"""Vendors that speak HTTP/2: nghttpx, another hand's server of it, stands before the vendor stand-in."""
import json
import pathlib
import shutil
import socket
import subprocess
import threading
import time

import pytest

import asking
import programs
from rawlog import Log
from test_tls import TLSDoor, make_certificate
import wire

SECONDS_MAX = 20


class HTTP2Door:
    def __init__(self, folder, port_behind):
        make_certificate(folder, "localhost")
        self.authority = folder / "authority.pem"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.log = folder / "access.log"
        self.process = subprocess.Popen(
            [shutil.which("nghttpx"), f"--frontend=127.0.0.1,{self.port}", f"--backend=127.0.0.1,{port_behind}",
             "--workers=1", f"--accesslog-file={self.log}", "--accesslog-format=$alpn $request", "--single-process",
             "--no-via", "--host-rewrite", str(folder / "server.key"), str(folder / "server.pem")],
            stdout=subprocess.DEVNULL, stderr=open(folder / "nghttpx.log", "wb"))
        programs.wait_until("nghttpx listens", SECONDS_MAX, self.listens)

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            assert self.process.poll() is None
            return False

    def spoken(self):
        return [line.split()[0] for line in self.log.read_text().splitlines() if "/v1/" in line]

    def connections(self):
        """How many the proxy has open to it."""
        table = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
        return sum(line.split()[1].endswith(f":{self.port:04X}") and line.split()[3] == "01" for line in table)

    def close(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def door(tmp_path, vendor):
    folder = tmp_path / "certificates"
    folder.mkdir()
    door = HTTP2Door(folder, vendor.port)
    yield door
    door.close()


def started(make_house, door, http="2"):
    house = make_house(f"https://localhost:{door.port}")
    configuration = house.folder / "tollbook.yaml"
    text = configuration.read_text().replace("proxy:\n", f"proxy:\n  trust-roots: {door.authority}\n", 1)
    configuration.write_text(text.replace("key-env:", f'http: "{http}", key-env:'))
    house.key = house.create_key("two")["key"]
    house.proxy = house.start_proxy()
    return house


def ask(house, dialect, user, stream=False, fault="", **more):
    return wire.exchange(
        house.proxy.port, asking.PATHS[dialect], asking.headers(dialect, house.key, fault),
        asking.encoded(asking.question(dialect, user, stream)), **more)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_answers_are_the_vendors_and_metered(make_house, door, vendor, dialect, stream):
    house = started(make_house, door)
    answer = ask(house, dialect, "two", stream, "tokens=input:7,output:5")
    assert (answer.status, answer.complete) == (200, True)
    assert door.spoken() == ["h2"]
    end, = Log(house.raw_logs).ends
    assert end["outcome"] == "ok" and end["usage_source"] == "vendor"
    assert {end["usage"].get("completion_tokens"), end["usage"].get("output_tokens")} == {5, None}
    sent = vendor.requests[-1]["raw"]
    assert b"sk-tb-" not in sent


def test_many_requests_share_a_connection(make_house, door):
    house = started(make_house, door)
    ask(house, "openai", "first")
    answers = []
    threads = [threading.Thread(target=lambda n=n: answers.append(ask(house, "openai", f"u{n}", n % 2, "delay-ms=400").status))
               for n in range(40)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert door.connections() <= 2, "one a loop of the proxy"
    for thread in threads:
        thread.join()
    assert answers == [200] * 40 and set(door.spoken()) == {"h2"}
    assert {end["outcome"] for end in Log(house.raw_logs).ends} == {"ok"} and len(Log(house.raw_logs).ends) == 41


def test_a_large_body_and_a_large_answer_go_through(make_house, door):
    house = started(make_house, door)
    body = asking.encoded(asking.question("openai", "x" * 3_000_000))
    answer = wire.exchange(house.proxy.port, asking.PATHS["openai"], asking.headers("openai", house.key), body)
    assert answer.status == 200


def test_a_vendor_without_it_is_spoken_to_as_before(make_house, tmp_path, vendor):
    folder = tmp_path / "plain"
    folder.mkdir()
    make_certificate(folder, "localhost")
    door = TLSDoor(folder, vendor.port)
    door.authority = folder / "authority.pem"
    house = started(make_house, door)
    assert [ask(house, "openai", f"u{n}").status for n in range(3)] == [200] * 3
    door.close()


@pytest.mark.parametrize("fault", ["cut-at-byte=200", "hang=body"])
def test_an_answer_that_breaks_is_no_whole_one(make_house, door, fault):
    house = started(make_house, door)
    configuration = house.folder / "tollbook.yaml"
    configuration.write_text(configuration.read_text().replace("proxy:\n", "proxy:\n  limits: {read-silence-ms: 1500}\n", 1))
    house.proxy = house.start_proxy()
    answer = ask(house, "openai", "two", True, fault)
    # What nghttpx had not passed on before its vendor left, it throws away.
    assert not answer.complete or answer.status == 502
    assert ask(house, "openai", "two").status == 200, "the connection serves others"
    programs.wait_until("the line is there", SECONDS_MAX, lambda: len(Log(house.raw_logs).ends) == 2)
    first, second = Log(house.raw_logs).ends
    assert (first["outcome"], second["outcome"]) == ("vendor_error" if answer.complete else "stream_broken", "ok")


def test_a_vendor_that_dies_and_comes_back(make_house, door, vendor, tmp_path):
    house = started(make_house, door)
    assert ask(house, "openai", "two").status == 200
    door.process.kill()
    door.process.wait()
    assert ask(house, "openai", "two").status == 502


def test_it_needs_tls(make_house, vendor):
    house = make_house()
    configuration = house.folder / "tollbook.yaml"
    configuration.write_text(configuration.read_text().replace("key-env:", 'http: "2", key-env:'))
    assert "https://" in house.command("proxy", codes=(1,)).stderr
