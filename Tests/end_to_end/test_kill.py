"""`kill -9` under load loses nothing: what a client saw begin is in the log, and the books account for it."""
import asyncio
import datetime
import decimal
import json
import random

import pytest

import crowds
import programs
from rawlog import Log
import stores

CLIENTS = 100
COUNTS = "tokens=input:1000,output:30"
FAULT = f"events=30; event-ms=10; {COUNTS}"
PRICES = {"openai": decimal.Decimal("0.000168"), "anthropic": decimal.Decimal("0.00345")}


@pytest.mark.usefixtures("store_kind")
@pytest.mark.parametrize("seed", range(10))
def test_a_killed_proxy_leaves_every_request_accounted_for(make_house, seed):
    house = make_house()
    key = house.create_key("ticket-generator-crowd")["key"]
    proxy = house.start_proxy()
    clients = crowds.crowd(f"killed-{seed}", CLIENTS)
    # From the first answer's beginning to when nearly all are through.
    wait_seconds = random.Random(seed).uniform(0, 0.6)

    async def kill():
        while not any(client.began for client in clients):
            await asyncio.sleep(0.001)
        await asyncio.sleep(wait_seconds)
        proxy.kill()

    asyncio.run(crowds.run(clients, proxy.port, key, FAULT, kill))

    log = Log(house.raw_logs)
    dead_writers = set(log.check_sequence())
    log.check_pairs()
    started = {line["user"] for line in log.starts}
    ended = {line["user"] for line in log.ends}
    for client in clients:
        assert not client.began or client.user in started, f"{client.user} began and has no start"
        assert not client.ended or client.user in ended, f"{client.user} ended and has no end"
    assert started, "the kill came before the first request: the test shows nothing"

    # The next proxy seals what the dead one left open, and numbers its own lines from 1.
    successor = house.start_proxy()
    answer = crowds.crowd(f"after-{seed}", 1)
    asyncio.run(crowds.run(answer, successor.port, key, COUNTS, lambda: asyncio.sleep(0)))
    assert answer[0].ended and answer[0].status == 200
    names = [file.name for file in Log(house.raw_logs).files]
    assert all(name.endswith(".jsonl") for name in names if any(writer in name for writer in dead_writers))
    assert successor.terminate() == 0
    log = Log(house.raw_logs)
    log.check_sequence()
    check_books(house, log)


def check_books(house, log):
    """Every start is a request in the books: with its usage, or as interrupted."""
    ended = {(line["id"], line["attempt"]) for line in log.ends}
    interrupted = [line for line in log.starts if (line["id"], line["attempt"]) not in ended]
    month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
    house.publish_prices()
    house.command("run", "--period", month, "--json", codes=(0, 3))
    run = json.loads((house.folder / "reports" / month / "run.json").read_text())
    assert run["totals"]["requests"] == len(log.starts)
    assert run["totals"]["interrupted_requests"] == len(interrupted)
    lines = run["ingest"]
    assert lines["lines"] == lines["usages"] + lines["duplicates"] + lines["rejected"] + lines["control"]
    assert lines["lines"] == len(log.lines) + len(log.torn)
    assert (lines["usages"], lines["rejected"]) == (len(log.ends), len(log.torn))
    # 1000 tokens in and 30 out: $0.000168 with gpt-4o-mini, $0.00345 with Claude Sonnet 4.5.
    cost = sum(PRICES[line["provider"]] for line in log.ends)
    assert decimal.Decimal(run["totals"]["cost_usd"]) == cost
    assert run["totals"]["unpriced_requests"] == 0
    # Once more changes nothing.
    house.command("run", "--period", month, "--json", codes=(0, 3))
    assert json.loads((house.folder / "reports" / month / "run.json").read_text())["totals"] == run["totals"]


def test_a_proxy_killed_again_and_again_in_one_folder(make_house):
    """Ten lives in one folder: the writers stay apart, and nothing is sealed twice or lost."""
    house = make_house(fsync="always")
    key = house.create_key("many-lives")["key"]
    clients = []
    for life in range(10):
        proxy = house.start_proxy()
        crowd = crowds.crowd(f"life-{life}", 20)

        async def kill():
            await asyncio.sleep(0.05 + life * 0.04)
            proxy.kill()

        asyncio.run(crowds.run(crowd, proxy.port, key, FAULT, kill))
        clients += crowd
    proxy = house.start_proxy()
    assert proxy.terminate() == 0
    log = Log(house.raw_logs)
    log.check_sequence()
    started, ended = {line["user"] for line in log.starts}, {line["user"] for line in log.ends}
    assert {client.user for client in clients if client.began} <= started
    assert {client.user for client in clients if client.ended} <= ended
    assert all(file.name.endswith(".jsonl") for file in log.files)
    check_books(house, log)


@stores.on_sqlite
def test_two_proxies_in_one_folder_do_not_touch_each_others_segments(store_kind, make_house):
    """On a server that they share the second one would not start."""
    house = make_house()
    key = house.create_key("two")["key"]
    first, second = house.start_proxy(), house.start_proxy()
    for proxy in (first, second, first):
        client = crowds.crowd(f"two-{id(proxy)}", 1)
        asyncio.run(crowds.run(client, proxy.port, key, "", lambda: asyncio.sleep(0)))
        assert client[0].status == 200
    assert len([f for f in Log(house.raw_logs).files if f.name.endswith(".open")]) == 2
    assert (first.terminate(), second.terminate()) == (0, 0)
    log = Log(house.raw_logs)
    assert len(log.check_sequence()) == 2 and len(log.of("close")) == 2
