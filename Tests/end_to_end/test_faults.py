"""Each fault while 64 clients ask: afterwards clients, log, books and budgets agree, nothing stays reserved, and memory is
what it was."""
import asyncio
import concurrent.futures
import contextlib
import json
import pathlib
import signal
import socket

import pytest

from accounts import budget, check_books, check_budgets, check_log, check_seen, counted
from asking import PATHS, headers
from byte_vendor import ByteVendor
from loads import FAULT, Load, request
import programs
from rawlog import Log
import stores
from test_full_disk import small_disk
import wire

MIB = 1 << 20
ADMIN = ["admin: 127.0.0.1:0", "admins: [{name: ops, token-env: ADMIN_TOKEN}]"]
GROWTH_MAX = 48 * MIB
"""Of 64 clients' load, whatever goes wrong; where it is asked, much more than this passes through."""
CHEAP = "tokens=input:0,output:0; delay-ms=600"


def memory(proxy, field="VmRSS"):
    status = pathlib.Path(f"/proc/{proxy.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(field + ":")).split()[1]) << 10


class Ground:
    """A house whose key has a budget, and a second key whose budget one running request reserves as a whole."""

    def __init__(self, house):
        self.house = house
        house.publish_prices()
        self.key = house.create_key("loaded", "--budget", "1000/total")
        # The bound of this request, at 0.15 and 0.60 dollars a million.
        self.body = request("tight", "openai", False)
        amount = len(self.body) * 150 + 50 * 600
        self.tight = house.create_key("tight", "--budget", f"0.{amount:09}/total")
        self.proxy = self.start()
        self.seen = []
        self.holding = None

    def start(self, **options):
        self.proxy = self.house.start_proxy(variables={"ADMIN_TOKEN": "admin-token-of-faults-1"}, **options)
        return self.proxy

    def run(self, name, during, fault=FAULT, clients=64):
        load = Load(name, self.proxy.port, self.key["key"], clients, fault)

        async def all_of_it(load):
            await during(load)
            if self.holding:
                await self.holding
        asyncio.run(load.run(all_of_it))
        self.holding = None
        self.seen += load.seen
        return load

    async def hold(self, load):
        """A request has all of the second key's budget reserved from now on, until the fault or its answer ends it."""
        async def one():
            with contextlib.suppress(OSError):
                await wire.exchange_async(
                    load.port, PATHS["openai"], headers("openai", self.tight["key"], CHEAP), self.body)
        self.holding = asyncio.create_task(one())
        await asyncio.to_thread(programs.wait_until, "it is reserved", 10, lambda: budget(self.proxy, self.tight, "reserved"))

    def tight_status(self):
        sent = headers("openai", self.tight["key"], "tokens=input:0,output:0")
        return wire.exchange(self.proxy.port, PATHS["openai"], sent, self.body).status

    def was_cut(self):
        """Nobody knows how the second key's request ended at the vendor, so its bound is spent."""
        log = check_log(self.house)
        ends = {end["id"]: end for end in log.ends}
        return any(start["id"] not in ends or counted(ends[start["id"]], start) for start in log.starts
                   if start["key"]["id"] == self.tight["id"])

    def check(self):
        expected = 429 if self.was_cut() else 200
        found = []

        def is_free():
            found.append(self.tight_status())
            return found[-1] == expected
        programs.wait_until(lambda: f"{expected} for who had reserved it, but {found}, {self.proxy.stderr}", 10, is_free)
        check_budgets(self.proxy, check_log(self.house), [self.key, self.tight])
        assert self.proxy.terminate() == 0, self.proxy.stderr
        log = check_log(self.house)
        ends = check_seen(log, self.seen)
        check_books(self.house, log)
        return log, ends


@pytest.fixture
def ground(make_house):
    def make(vendor_url=None, limits=(), upstreams=("", ""), **settings):
        proxy = ADMIN + (["limits: {" + ", ".join(limits) + "}"] if limits else [])
        house = make_house(vendor_url, proxy=proxy, **settings)
        configuration = house.folder / "tollbook.yaml"
        upstream, route = upstreams
        configuration.write_text(configuration.read_text().replace("models:\n", upstream + "models:\n" + route))
        return Ground(house)
    return make


def test_killed(ground):
    on = ground()

    async def kill(load):
        await load.answered(60)
        await on.hold(load)
        on.proxy.kill()
        await asyncio.sleep(0.2)
    load = on.run("killed", kill)
    assert any(one.began and not one.ended for one in load.seen), "it came in the middle of answers"
    on.start()
    before = memory(on.proxy)
    on.run("successor", lambda load: load.answered(60))
    assert memory(on.proxy) - before < GROWTH_MAX
    assert on.was_cut()
    log, _ = on.check()
    assert len(log.starts) > len(log.ends) - load.count(429)


@pytest.mark.parametrize("fsync", ["always", "1000ms"])
def test_stopped(ground, fsync):
    on = ground(fsync=fsync)

    async def stop(load):
        await load.answered(60)
        await on.hold(load)
        on.proxy.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
    load = on.run("stopped", stop)
    assert on.proxy.process.wait(programs.STOP_SECONDS_MAX) == 0, on.proxy.stderr
    assert all(one.ended for one in load.seen if one.began), "whoever had begun has all of it"
    assert any(not one.began for one in load.seen), "and who came later was not let in"
    log = check_log(on.house)
    assert not log.torn and all(file.name.endswith(".jsonl") for file in log.files)
    on.start()
    on.check()


@pytest.mark.parametrize("policy", ["refuse", "serve"])
def test_the_disk_is_full(ground, make_house, policy):
    house = make_house(proxy=ADMIN, when_log_fails=policy)
    with small_disk(house, kib=1024) as disk:
        house.start_proxy = lambda start=house.start_proxy, **options: start(**disk.options, **options)
        on = Ground(house)
        disk.proxy = on.proxy

        async def fill(load):
            await load.answered(60)
            await on.hold(load)
            disk.fill()
            if policy == "refuse":
                await load.until("refusals", lambda: load.count(503) > 30)
            else:
                await load.answered(60)
            disk.free()
            await load.answered(60)
        load = on.run("full", fill)
        if policy == "refuse":
            # Of an answer whose end could not be written the running proxy knows the cost, and its successor the bound.
            assert on.proxy.terminate() == 0, on.proxy.stderr
            on.start()
            on.check()
        else:
            assert {one.status for one in load.seen} == {200} and all(one.ended for one in load.seen)
            assert on.proxy.terminate() == 0
            # An end may have no start here: nothing is refused for a line that could not be written.
            log = Log(house.raw_logs)
            log.check_sequence()
            check_books(house, log)
            # Two lines of each request are in the log, or counted as missing.
            missing = 2 * (len(load.seen) + 1) - len(log.starts + log.ends)
            assert missing > 0 and str(missing) in on.proxy.stderr.split()


@stores.on_postgres
def test_the_database_is_gone_and_comes_back(store_kind, ground, postgres):
    on = ground()
    free = on.house.create_key("free")
    programs.wait_until("the key is known", 10, lambda: wire.exchange(
        on.proxy.port, PATHS["openai"], headers("openai", free["key"]), request("u", "openai", False)).status == 200)

    async def lose(load):
        await load.answered(60)
        await on.hold(load)
        await asyncio.to_thread(postgres.stop)
        others = Load("free", load.port, free["key"], clients=8)
        await others.run(lambda others: others.answered(30))
        assert {one.status for one in others.seen} == {200}, "the keys last read stay valid"
        on.seen += others.seen
        await asyncio.to_thread(postgres.start)
        await load.answered(60)
    load = on.run("lost", lose)
    assert {one.status for one in load.seen} <= {200, 503}
    assert all(one.error["code"] == "budget_unavailable" for one in load.seen if one.status == 503 and one.dialect == "openai")
    on.check()


def test_the_vendor_is_gone_and_comes_back(ground, make_vendor):
    vendor = make_vendor()
    on = ground(vendor.url)

    async def lose(load):
        await load.answered(60)
        await on.hold(load)
        vendor.kill()
        await load.until("refusals", lambda: load.count(502) > 30)
        await asyncio.to_thread(make_vendor, port=vendor.port)
        await load.answered(60)
    load = on.run("vendor", lose)
    assert any(one.began and not one.ended for one in load.seen), "answers were cut in the middle"
    assert {one.status for one in load.seen} <= {200, 502}
    _, ends = on.check()
    for one in load.seen:
        if one.status == 200 and not one.ended:
            assert ends[one.user]["outcome"] == "stream_broken"


def test_the_vendor_is_slow(ground):
    on = ground(limits=["head-ms: 700", "read-silence-ms: 700"])
    faults = ["hang=head", "hang=body; tokens=input:100,output:20", FAULT, FAULT]
    before = memory(on.proxy)
    load = on.run("slow", lambda load: load.until("time-outs", lambda: load.count(504) >= 30), lambda n: faults[n // 3 % 4])
    assert memory(on.proxy) - before < GROWTH_MAX
    _, ends = on.check()
    for one in load.seen:
        end = ends[one.user]
        if one.fault == "hang=head":
            assert (one.status, one.ended, end["outcome"]) == (504, True, "vendor_error")
        elif one.fault.startswith("hang=body"):
            assert not one.ended and end["outcome"] == "stream_broken" and end["error"]["type"] == "vendor_timeout"
        else:
            assert one.ended and one.status == 200


EVENT = b'data: {"id":"c","model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % (b"x" * 900)
LAST = (b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}}\n\n'
        b"data: [DONE]\n\n")
PIECES = 128


def stream_of_8_mib(_):
    yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    piece = EVENT * 65
    for _ in range(PIECES):
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"%x\r\n%s\r\n0\r\n\r\n" % (len(LAST), LAST)


def open_reader(on, key, user):
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    reader.settimeout(60)
    reader.connect(("127.0.0.1", on.proxy.port))
    reader.sendall(wire.request_bytes(
        PATHS["openai"], headers("openai", key), request(user, "openai", True, model="long-1")))
    return reader


def test_clients_read_nothing(ground):
    """Of 32 streams of 8 MiB each, 16 are read late and whole; the others never, and their connections are cut."""
    vendor = ByteVendor(stream_of_8_mib)
    on = ground(limits=["read-silence-ms: 6000", "drain-ms: 1000"], upstreams=(
        f"  - {{name: long-main, provider: openai, base-url: \"{vendor.url}\", key-env: OPENAI_API_KEY}}\n",
        '  - {match: "long-*", upstream: long-main}\n'))
    key = on.house.create_key("readers")["key"]
    programs.wait_until("the key is known", 10, lambda: wire.exchange(
        on.proxy.port, PATHS["openai"], headers("openai", key), request("u", "openai", False)).status == 200)
    before = memory(on.proxy)
    late, never = ([open_reader(on, key, f"{name}-{n}") for n in range(16)] for name in ("late", "never"))

    async def wait(load):
        await load.answered(60)
        await asyncio.sleep(0.5)
        grown = memory(on.proxy) - before
        assert grown < GROWTH_MAX, f"{grown / MIB:.0f} MiB more"
        with concurrent.futures.ThreadPoolExecutor(len(late)) as threads:
            await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(threads, read, reader) for reader in late))
    on.run("beside", wait)
    programs.wait_until("an end for each", 20, lambda: sum(
        end["user"].startswith("never-") for end in check_log(on.house).ends) == 16)
    for reader in late + never:
        reader.close()
    grown = memory(on.proxy, "VmHWM") - before
    assert grown < GROWTH_MAX, f"{grown / MIB:.0f} MiB more"
    log, ends = on.check()
    assert {ends[f"late-{n}"]["outcome"] for n in range(16)} == {"ok"}
    assert {ends[f"never-{n}"]["outcome"] for n in range(16)} == {"client_gone"}
    vendor.close()
    assert not vendor.faults


def read(reader):
    parser = wire.Parser("POST")
    while not parser.done:
        data = reader.recv(MIB)
        assert data, "cut"
        parser.feed(data)
    assert parser.answer().body == EVENT * 65 * PIECES + b"data: [DONE]\n\n"


@pytest.mark.parametrize("drain", [60_000, 200], ids=["drained", "cut"])
def test_clients_leave(ground, make_vendor, drain):
    """The vendor is read on for its usage, for so long and no longer; then its connection is closed, and the usage so far kept."""
    vendor = make_vendor()
    on = ground(vendor.url, limits=[f"drain-ms: {drain}"])

    async def leave(load):
        await load.answered(30)
        await asyncio.gather(*(asyncio.to_thread(ask_and_leave, on, f"left-{n}", n % 4 * 100) for n in range(32)))
        await load.answered(30)
    on.run("beside", leave)
    programs.wait_until("an end for each", 20, lambda: sum(
        end["user"].startswith("left-") for end in check_log(on.house).ends) == 32)
    _, ends = on.check()
    received = {json_user(line): vendor.outcomes[line["number"]] for line in vendor.requests}
    for n in range(32):
        end = ends[f"left-{n}"]
        assert end["outcome"] == "client_gone"
        if drain == 200:
            assert received[f"left-{n}"] == "peer_left" and end["usage_source"] == "estimated"
        else:
            assert received[f"left-{n}"] == "finished" and end["usage"]["completion_tokens"] == 20


def json_user(line):
    body = json.loads(line["body"])
    return body.get("user") or body["metadata"]["user_id"]


def ask_and_leave(on, user, after):
    fault = "events=60; event-ms=15; tokens=input:100,output:20"
    wire.exchange(on.proxy.port, PATHS["openai"], headers("openai", on.key["key"], fault), request(user, "openai", True),
                  stop_after=after)
