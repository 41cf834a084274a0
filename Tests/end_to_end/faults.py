"""A proxy under the load of 64 clients, with one fault after another at random moments, for as long as is asked: after each, what
the clients saw is what the log says, and its memory is bounded; at the end the books and the budgets agree too.

    faults.py [--minutes 10] [--seed 1] [--clients 64]
"""
import argparse
import asyncio
import collections
import pathlib
import random
import signal
import tempfile
import time

import accounts
import loads
import postgres
import programs
import stores
from test_faults import ADMIN, Ground, ask_and_leave, memory
from test_full_disk import small_disk

MIB = 1 << 20
MEMORY_MAX = 160 * MIB
DISK_KIB = 256 << 10
LONG = "tokens=input:100,output:20; events=20; event-ms=20"


class Field:
    def __init__(self, folder, server, seed, clients):
        self.chance = random.Random(seed)
        self.clients = clients
        self.server = server
        self.vendor = programs.StandIn(folder / "vendor")
        self.house = programs.House(folder / "house", self.vendor.url, proxy=ADMIN)
        self.most = 0

    def enter(self, disk):
        start = self.house.start_proxy
        self.house.start_proxy = lambda **options: start(**disk.options, **options)
        self.disk = disk
        self.on = Ground(self.house)
        disk.proxy = self.on.proxy

    async def kill(self, load):
        self.on.proxy.kill()

    async def stop(self, load):
        self.on.proxy.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(self.on.proxy.process.wait, programs.STOP_SECONDS_MAX) == 0

    async def vendor_gone(self, load):
        self.vendor.kill()
        await load.until("refusals", lambda: load.count(502) > 20)
        self.vendor = await asyncio.to_thread(programs.StandIn, self.vendor.folder, "", self.vendor.port)
        await load.answered(40)

    async def database_gone(self, load):
        await asyncio.to_thread(self.server.stop)
        await asyncio.sleep(self.chance.uniform(0.2, 2))
        await asyncio.to_thread(self.server.start)
        await load.answered(40)

    async def disk_full(self, load):
        self.disk.fill()
        await load.until("refusals", lambda: load.count(503) > 20)
        self.disk.free()
        await load.answered(40)

    async def clients_leave(self, load):
        await asyncio.gather(*(asyncio.to_thread(
            ask_and_leave, self.on, f"{load.name}-left-{n}", self.chance.randrange(800)) for n in range(32)))

    def round(self, name):
        fault = self.chance.choice(
            [self.kill, self.stop, self.vendor_gone, self.database_gone, self.disk_full, self.clients_leave])

        async def during(load):
            await load.answered(self.chance.randrange(1, 200))
            await asyncio.sleep(self.chance.uniform(0, 0.4))
            await fault(load)
            if self.on.proxy.process.poll() is None:
                self.most = max(self.most, memory(self.on.proxy, "VmHWM"))
        load = self.on.run(name, during, LONG, self.clients)
        if self.on.proxy.process.poll() is not None:
            self.disk.proxy = self.on.start()
        accounts.check_seen(accounts.check_log(self.house), load.seen)
        assert self.most < MEMORY_MAX, f"{self.most / MIB:.0f} MiB"
        return fault.__name__, len(load.seen)

    def finish(self):
        """A restart first: of what could not be written a running proxy knows more than the log."""
        assert self.on.proxy.terminate() == 0
        self.on.start()
        accounts.check_budgets(self.on.proxy, accounts.check_log(self.house), [self.on.key])
        assert self.on.proxy.terminate() == 0
        totals = accounts.check_books(self.house, accounts.check_log(self.house))
        self.vendor.close()
        return totals


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=64)
    arguments = parser.parse_args()
    server = postgres.Server()
    done, requests = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder, stores.lie_in(server):
        field = Field(pathlib.Path(folder), server, arguments.seed, arguments.clients)
        with small_disk(field.house, DISK_KIB) as disk:
            field.enter(disk)
            try:
                deadline = time.monotonic() + arguments.minutes * 60
                while time.monotonic() < deadline:
                    name, count = field.round(f"round-{sum(done.values())}")
                    done[name] += 1
                    requests += count
                totals = field.finish()
            finally:
                field.house.close()
    server.close()
    print(f"{requests} requests, {totals['requests']} in the books, {totals['interrupted_requests']} cut off, "
          f"${totals['cost_usd']}, at most {field.most / MIB:.0f} MiB; " + ", ".join(f"{n} x {f}" for f, n in done.items()))


if __name__ == "__main__":
    main()
