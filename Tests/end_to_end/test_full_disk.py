"""A full disk: `refuse` answers nobody it could not account for, `serve` answers and says what it could not write.

The raw logs lie on a small file system of their own. Where none may be mounted, the kernel's limit of a file's size
takes its place: writing fails in the same way, with another error.
"""
import asyncio
import contextlib
import json
import os
import resource
import subprocess

import pytest

from asking import PATHS, encoded, headers, question
import crowds
import programs
from rawlog import BALLAST, Log
import wire

DISK_KIB = 256


@contextlib.contextmanager
def small_disk(house, kib=DISK_KIB):
    house.raw_logs.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", house.raw_logs]
    mounted = "TOLLBOOK_TEST_NO_MOUNT" not in os.environ and subprocess.run(mount).returncode == 0
    try:
        yield Disk(house) if mounted else FileSizeLimit(house)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", house.raw_logs], check=True)


class Disk:
    options = {}
    """What a proxy on it is started with."""

    def __init__(self, house):
        self.house = house
        self.ballast = house.raw_logs / BALLAST

    def start_proxy(self):
        self.proxy = self.house.start_proxy()
        return self.proxy

    def fill(self):
        """Takes all the space there is."""
        with open(self.ballast, "wb", buffering=0) as file:
            for size in (4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)

    def free(self):
        self.ballast.unlink()


class FileSizeLimit:
    """No file may grow beyond the largest there is."""

    # Python ignores the signal that comes with the error, and so does what it starts.
    options = {"restore_signals": False}

    def __init__(self, house):
        self.house = house

    def start_proxy(self):
        self.proxy = self.house.start_proxy(**self.options)
        return self.proxy

    def fill(self):
        largest = max((file.stat().st_size for file in self.house.raw_logs.rglob("*.open")), default=0)
        # Some lines still fit, as they do into the last page of a full disk.
        self._limit(largest and largest + 2048)

    def free(self):
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size):
        resource.prlimit(self.proxy.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def ask(proxy, key, user, dialect="openai", stream=False):
    return wire.exchange(
        proxy.port, PATHS[dialect], headers(dialect, key), encoded(question(dialect, user, stream)))


@pytest.mark.parametrize("fsync", ["1000ms", "always"])
def test_refuse_answers_503_in_the_dialect_and_recovers(make_house, user, fsync):
    house = make_house(fsync=fsync)
    key = house.create_key("full-disk")["key"]
    with small_disk(house) as disk:
        proxy = disk.start_proxy()
        assert ask(proxy, key, f"{user}-before").status == 200
        disk.fill()
        refused, served = 0, []
        for n in range(200):
            dialect = "anthropic" if n % 2 else "openai"
            answer = ask(proxy, key, f"{user}-{n}", dialect, stream=n % 3 == 0)
            # What is left of the last page may still take some lines.
            if answer.status == 200:
                served += [f"{user}-{n}"] if answer.complete else []
            else:
                assert answer.status == 503
                refused += 1
                told = json.loads(answer.body)
                assert told["error"]["message"] and (told.get("type") == "error") == (dialect == "anthropic")
        assert refused >= 150
        disk.free()
        programs.wait_until("the proxy serves again", 20, lambda: ask(proxy, key, f"{user}-later").status == 200)
        assert ask(proxy, key, f"{user}-after", stream=True).complete
        assert proxy.terminate() == 0
        log = Log(house.raw_logs)
        log.check_sequence()
        log.check_pairs()
        assert log.end_of(f"{user}-before")["outcome"] == log.end_of(f"{user}-after")["outcome"] == "ok"
        assert {line["user"] for line in log.ends} >= set(served), "a whole answer has no end"


def test_readiness_goes_with_the_disk_and_comes_back_without_a_request(make_house, user):
    """Who stands before the proxy sends nothing to one that is not ready, so nothing else may have to happen."""
    house = make_house()
    key = house.create_key("readiness")["key"]
    with small_disk(house) as disk:
        proxy = disk.start_proxy()

        def ready():
            return wire.exchange(proxy.port, "/health/ready", [], b"", method="GET").status

        assert (ask(proxy, key, user).status, ready()) == (200, 200)
        disk.fill()
        programs.wait_until("it refuses", 20, lambda: ask(proxy, key, user).status == 503)
        assert ready() == 503
        disk.free()
        programs.wait_until("it is ready again", 20, lambda: ready() == 200)
        assert ask(proxy, key, user).status == 200


@pytest.mark.parametrize("fsync", ["1000ms", "always"])
def test_refuse_gives_no_whole_answer_without_its_end(make_house, fsync):
    """The disk fills up between requests' starts and their ends: a client must not take its answer for complete."""
    house = make_house(fsync=fsync)
    key = house.create_key("full-disk")["key"]
    with small_disk(house) as disk:
        proxy = disk.start_proxy()
        clients = crowds.crowd("cut-short", 20)

        async def fill_behind_the_starts():
            while len(Log(house.raw_logs).starts) < len(clients):
                await asyncio.sleep(0.01)
            disk.fill()

        fault = "events=10; event-ms=100; delay-ms=1000"
        asyncio.run(crowds.run(clients, proxy.port, key, fault, fill_behind_the_starts))
        ended = {line["user"] for line in Log(house.raw_logs).ends}
        whole = {client.user for client in clients if client.ended and client.status == 200}
        # Some ends still fit into the last page.
        assert whole == ended and len(ended) < len(clients)
        disk.free()
        programs.wait_until("the proxy serves", 20, lambda: ask(proxy, key, "later").status == 200)
        assert proxy.terminate() == 0
        Log(house.raw_logs).check_sequence()


def test_serve_answers_and_says_what_it_could_not_write(make_house, user):
    house = make_house(when_log_fails="serve")
    key = house.create_key("full-disk")["key"]
    with small_disk(house) as disk:
        proxy = disk.start_proxy()
        assert ask(proxy, key, f"{user}-before").status == 200
        disk.fill()
        before = len(proxy.stderr)
        for n in range(60):
            answer = ask(proxy, key, f"{user}-{n}", "anthropic" if n % 2 else "openai", stream=n % 3 == 0)
            assert answer.status == 200 and answer.complete
        told = proxy.stderr[before:]
        assert told.strip(), "the operator is told"
        assert len(told.splitlines()) < 60, "and not once a line"
        disk.free()

        def written():
            ask(proxy, key, f"{user}-later")
            return any(end["user"] == f"{user}-later" for end in Log(house.raw_logs).ends)

        programs.wait_until("the proxy writes again", 20, written)
        assert proxy.terminate() == 0
        # The sum at the end counts what is missing.
        log = Log(house.raw_logs)
        log.check_sequence()
        missing = 60 * 2 - sum(line["user"] in {f"{user}-{n}" for n in range(60)} for line in log.starts + log.ends)
        assert missing > 0
        assert str(missing) in proxy.stderr[before:].split(), proxy.stderr


def test_a_disk_that_is_full_from_the_start(make_house, user):
    house = make_house()
    key = house.create_key("full-disk")["key"]
    with small_disk(house) as disk:
        proxy = disk.start_proxy()
        disk.fill()
        assert ask(proxy, key, user).status == 503
        disk.free()
        programs.wait_until("the proxy serves", 20, lambda: ask(proxy, key, user).status == 200)
