"""Kills `tollbook ingest` at random moments, in both stores, until it is done: the reports are those of an ingest that
nobody killed, byte for byte.

    kill_ingest.py [--kills 200] [--requests 3000] [--seed 1]
"""
import argparse
import pathlib
import random
import sys
import tempfile
import time

import desk
import postgres

KILLS_A_ROUND_MAX = 4
"""A round that was killed so often is let end: the next begins with an empty store again."""


class Fixture:
    """A month, and what an ingest without any trouble makes of it."""

    def __init__(self, folder, requests, seed):
        self.folder = pathlib.Path(folder)
        self.logs = self.folder / "raw-logs"
        desk.make_month(self.logs, requests, seed=seed, bad=12, resent=3, crashes=4)
        plain = desk.Desk(self.folder / "plain", self.logs).import_prices()
        begun = time.monotonic()
        plain.command("ingest", codes=(3,))
        self.ingest_seconds = time.monotonic() - begun
        plain.run()
        self.reports = plain.report_bytes()
        self.requests = plain.command("requests", "--period", desk.PERIOD, "--limit", "100000", "--json").out

    def round(self, name, location, chance, kills):
        """Up to `kills` kills over one store. Returns how many there were."""
        one = desk.Desk(self.folder / name, self.logs, store=location).import_prices()
        done = 0
        while done < min(kills, KILLS_A_ROUND_MAX):
            process = one.start("ingest")
            time.sleep(chance.uniform(0, self.ingest_seconds * 1.1))
            if process.poll() is not None:
                process.communicate()
                break
            process.kill()
            process.communicate()
            done += 1
        one.command("ingest", codes=(0, 3))
        one.run()
        assert one.report_bytes() == self.reports, f"{name}: the reports differ after {done} kills"
        found = one.command("requests", "--period", desk.PERIOD, "--limit", "100000", "--json").out
        assert found == self.requests, f"{name}: the requests differ after {done} kills"
        return done


def kill(folder, server, kills, requests, seed):
    """Returns the kills over SQLite and over PostgreSQL: about half each."""
    fixture = Fixture(folder, requests, seed)
    chance = random.Random(seed)
    counts = [0, 0]
    rounds = 0
    while sum(counts) < kills:
        assert rounds <= 3 * kills + 10, "nearly every ingest ends before it is killed: take more requests"
        # The store with fewer kills; its rounds may all end before they are killed.
        kind = 0 if counts[0] <= counts[1] else 1
        location = server.make_database() if kind else None
        wanted = min(kills - sum(counts), max(1, kills // 2 - counts[kind]))
        counts[kind] += fixture.round(f"round{rounds}", location, chance, wanted)
        rounds += 1
        print(f"round {rounds}: {counts[0]} kills over SQLite, {counts[1]} over PostgreSQL", file=sys.stderr, flush=True)
    return counts


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--requests", type=int, default=3000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    server = postgres.Server()
    try:
        with tempfile.TemporaryDirectory() as folder:
            sqlite, other = kill(folder, server, given.kills, given.requests, given.seed)
    finally:
        server.close()
    print(f"{sqlite} kills over SQLite, {other} over PostgreSQL: all reports byte for byte the same")


if __name__ == "__main__":
    main()
