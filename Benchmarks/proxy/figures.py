"""The tests, and how one figure is taken: in a quiet moment, with the log checked where there is one."""
import dataclasses
import os
import time

import load
import measure

QUIET_SECONDS_MAX = 10
"""How long a measurement waits for the machine to be quiet before it is tried all the same."""
ATTEMPTS_MAX = 2
"""With more of the machine than `measure.FOREIGN_MAX` taken by others a measurement is repeated; the quietest counts."""
PATIENCE_SECONDS_MAX = 150
"""What all waits and repetitions of a run may take together; behind it, figures are taken as they come."""
SAMPLE_SECONDS = 0.2
OPEN_STREAMS = 1000


@dataclasses.dataclass(frozen=True)
class Test:
    name: str
    about: str
    question: load.Question
    clients: int
    chunks: int = 0
    """Of one stream."""
    seconds: float | None = None
    once: bool = False
    """In the last round alone, since it leaves memory behind, and not for slow peers."""
    only: str | None = None


TESTS = {test.name: test for test in (
    Test("plain-64", "JSON answers, 64 connections: the core is full", load.PLAIN, 64),
    Test("plain-1", "JSON answers, one connection", load.PLAIN, 1),
    Test("first-byte", "5 streams at a time, 10 chunks, one every 10 ms", load.SHORT, 5, 10),
    Test("chunks", "50 streams at a time, 60 chunks, one every 10 ms", load.PACED, 50, 60),
    Test("chunks-unasked", "the same, and the client does not ask for usage", load.PACED_UNASKED, 50, 60, only="tollbook"),
    Test("open-1000", "1,000 streams open together, each a chunk every 0.5 s", load.SLOW, OPEN_STREAMS, 20, seconds=0, once=True),
    Test("burst-64", "64 connections, streams of 60 events in one piece", load.BURST, 64, 60),
)}
DEFAULT = "plain-64,plain-1,first-byte,chunks,chunks-unasked,open-1000"


class Failed(Exception):
    pass


def is_for(test, peer, number, rounds):
    if test.only not in (None, peer.name):
        return False
    if test.once:
        return number == rounds - 1 and not peer.is_slow
    return number == 0 or not peer.is_slow


class Quiet:
    """Takes a figure in a quiet moment, as long as there is patience."""

    def __init__(self, vendor, seconds):
        self.vendor, self.seconds, self.patience = vendor, seconds, PATIENCE_SECONDS_MAX

    def figures(self, peer, test):
        best = self._once(peer, test)
        attempts = 1
        while best["foreign"] > measure.FOREIGN_MAX and attempts < ATTEMPTS_MAX and self.patience > 0 and not test.once:
            began = time.monotonic()
            best = min(best, self._once(peer, test), key=lambda one: one["foreign"])
            self.patience -= time.monotonic() - began
            attempts += 1
        return best

    def _once(self, peer, test):
        began = time.monotonic()
        measure.wait_for_quiet(min(QUIET_SECONDS_MAX, max(1, self.patience)))
        self.patience -= time.monotonic() - began - 1
        peer.resume()
        try:
            return figures(peer, test, self.seconds, self.vendor)
        finally:
            peer.pause()


def figures(peer, test, seconds, vendor):
    peer.forget_log()
    rss = peer.running.rss_mib() if peer.running else 0
    busy, own, proxy, other, began = measure.busy_seconds(), own_seconds(peer, vendor), cpu(peer), vendor.cpu_seconds(), time.monotonic()
    process = load.start(peer.port, peer.path, test.question, peer.key, test.clients,
                         seconds if test.seconds is None else test.seconds, peer.prefix)
    rss_max = rss
    while process.poll() is None:
        time.sleep(SAMPLE_SECONDS)
        rss_max = max(rss_max, peer.running.rss_mib() if peer.running else 0)
    result = load.finish(process)
    wall = time.monotonic() - began
    proxy, other = cpu(peer) - proxy, vendor.cpu_seconds() - other
    foreign = measure.busy_seconds() - busy - (own_seconds(peer, vendor) - own)
    problem = load.faults(result) or peer.log_faults(result["requests"])
    if problem:
        raise Failed(problem)
    requests = result["requests"]
    return {
        "requests": requests, "requests_per_s": round(requests / result["seconds"]),
        "cpu_us": round(proxy / requests * 1e6, 1),
        **({"cpu_us_per_chunk": round(proxy / requests / test.chunks * 1e6, 2)} if test.chunks else {}),
        **{name: result[name] for name in ("whole_p50_us", "whole_p99_us", "first_p50_us", "first_p99_us")},
        "rss_mib": round(rss_max, 1), "rss_before_mib": round(rss, 1), "rss_more_mib": round(rss_max - rss, 1),
        "proxy_share": round(proxy / result["seconds"], 2),
        "load_share": round((other + result["cpu_s"]) / result["seconds"], 2),
        "foreign": round(max(0, foreign) / wall / os.cpu_count(), 3)}


def cpu(peer):
    return peer.running.cpu_seconds() if peer.running else 0


def own_seconds(peer, vendor):
    """CPU seconds of this run: its own, the loads that ended, the vendor and the peer."""
    return sum(os.times()[:4]) + vendor.cpu_seconds() + cpu(peer)
