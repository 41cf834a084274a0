"""Budgets hold: under a crowd, over a kill, and over several proxies that share one store."""
import asyncio
import contextlib
import signal
import socket
import time

import pytest

from asking import PATHS, headers
import programs
from rawlog import Log
from spending import DOLLAR, INPUT, OUTPUT, ask, body, bound, dollars, spent
import stores
import wire

CROWD = 1000
MOST = 20
REQUEST = body(MOST)
NEED = bound(REQUEST, MOST)
FAULT = f"tokens=input:{len(REQUEST)},output:{MOST}"
"""An answer that costs exactly what it may cost at most, so that an admission of one too many is seen in money."""


async def crowd(ports, key, count, fault):
    """The statuses of so many requests at once, spread over the proxies."""
    async def one(port):
        try:
            answer = await wire.exchange_async(port, PATHS["openai"], headers("openai", key, fault), REQUEST)
        except OSError:
            return None
        return answer.status if answer else None
    return await asyncio.gather(*(one(ports[n % len(ports)]) for n in range(count)))


def test_a_crowd_spends_what_one_could_have_spent_alone(make_house):
    house = make_house()
    house.publish_prices()
    key = house.create_key("crowd", "--budget", f"{dollars(10 * NEED)}/month")["key"]
    proxy = house.start_proxy()
    statuses = asyncio.run(crowd([proxy.port], key, CROWD, FAULT + ";delay-ms=300"))
    assert statuses.count(200) == 10 and statuses.count(429) == CROWD - 10
    assert spent(house.raw_logs) == (10 * NEED, 10)
    assert ask(proxy, key, REQUEST, FAULT).status == 429


@contextlib.contextmanager
def silent_listener():
    """The URL of a server whose kernel answers no more connections: who connects waits."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_what_no_vendor_got_counts_nothing(make_house):
    """Its client leaves while the vendor is being connected to."""
    with silent_listener() as url:
        house = make_house(url)
        house.publish_prices()
        key = house.create_key("early", "--budget", f"{dollars(NEED)}/month")["key"]
        proxy = house.start_proxy()
        for count in (1, 2):
            with socket.create_connection(("127.0.0.1", proxy.port)) as client:
                client.sendall(wire.request_bytes(PATHS["openai"], headers("openai", key), REQUEST, "POST"))
                programs.wait_until("it has begun", 10, lambda: len(Log(house.raw_logs).starts) == count)
            programs.wait_until("it has ended", 10, lambda: len(Log(house.raw_logs).ends) == count)
    assert [(end["outcome"], end["error"]["type"]) for end in Log(house.raw_logs).ends] == [
        ("client_error", "client_left")] * 2


def test_what_was_reserved_and_not_used_is_there_again(make_house):
    house = make_house()
    house.publish_prices()
    key = house.create_key("saver", "--budget", f"{dollars(NEED)}/month")["key"]
    proxy = house.start_proxy()
    assert ask(proxy, key, REQUEST, "status=500").status == 500
    assert ask(proxy, key, REQUEST, "tokens=input:0,output:0").status == 200
    assert ask(proxy, key, REQUEST, FAULT).status == 200
    assert ask(proxy, key, REQUEST, FAULT).status == 429
    assert spent(house.raw_logs) == (NEED, 2)


def test_kill_9_under_load_loses_no_spend(make_house):
    house = make_house()
    house.publish_prices()
    amount = 40 * NEED
    key = house.create_key("killed", "--budget", f"{dollars(amount)}/total")["key"]
    for turn in range(3):
        proxy = house.start_proxy()

        async def load():
            task = asyncio.create_task(crowd([proxy.port], key, 200, FAULT + ";delay-ms=200"))
            await asyncio.sleep(0.15 + 0.1 * turn)
            proxy.kill()
            return await task
        asyncio.run(load())
    proxy = house.start_proxy()
    asyncio.run(crowd([proxy.port], key, 200, FAULT))
    log = Log(house.raw_logs)
    ended = {(end["id"], end["attempt"]) for end in log.ends}
    cut = [start for start in log.starts if (start["id"], start["attempt"]) not in ended]
    total, answered = spent(house.raw_logs)
    # What was cut off counts the most it could cost, since its vendor may bill it.
    assert total + len(cut) * NEED <= amount
    assert answered + len(cut) == 40, "and what is left is really there to be spent"
    assert ask(proxy, key, REQUEST, FAULT).status == 429


def test_a_restart_counts_what_a_budget_made_meanwhile_must_know(make_house):
    house = make_house()
    house.publish_prices()
    key = house.create_key("later")["key"]
    proxy = house.start_proxy()
    assert [ask(proxy, key, REQUEST, FAULT).status for _ in range(3)] == [200] * 3
    proxy.terminate()
    proxy = house.start_proxy()
    # Nothing was known of the three while there was no budget: it is read when there is one.
    house.command("keys", "update", "later", "--budget", f"{dollars(4 * NEED)}/total")
    time.sleep(2.5)
    assert [ask(proxy, key, REQUEST, FAULT).status for _ in range(2)] == [200, 429]


def test_the_operator_is_warned_once_at_each_percentage(make_house):
    house = make_house(proxy=["warn-at: [50, 100]", "log-format: json"])
    house.publish_prices()
    key = house.create_key("warned", "--budget", f"{dollars(4 * NEED)}/month")["key"]
    proxy = house.start_proxy()
    for _ in range(5):
        ask(proxy, key, REQUEST, FAULT)
    said = [line for line in proxy.stderr.splitlines() if "of its budget" in line]
    assert len(said) == 2 and "50 %" in said[0] and "100 %" in said[1]
    assert said[0].startswith('{"time":') and '"level":"warning"' in said[0] and key not in proxy.stderr


@stores.on_postgres
def test_three_proxies_on_one_server_share_a_budget(store_kind, make_house):
    first = make_house()
    houses = [first] + [make_house(store=first.store) for _ in range(2)]
    for house in houses:
        house.publish_prices()
    amount = 100 * NEED
    key = first.create_key("shared", "--budget", f"{dollars(amount)}/month@Asia/Tokyo")["key"]
    proxies = [house.start_proxy() for house in houses]
    statuses = asyncio.run(crowd([proxy.port for proxy in proxies], key, CROWD, FAULT + ";delay-ms=200"))
    total, answered = spent(*(house.raw_logs for house in houses))
    assert answered == statuses.count(200) and total == answered * NEED
    assert total <= amount, "the written bound of overspending is nothing at all"
    # A share is a twentieth, so at most so much lies unspent with each of the other two when one is told that none is left.
    assert total >= amount - 3 * (amount // 20 + NEED)
    # One is killed: what it had and did not spend comes back when it begins anew, and the others give back what they
    # do not need.
    proxies[2].kill()
    proxies[2] = houses[2].start_proxy()

    def rest():
        for proxy in proxies:
            ask(proxy, key, REQUEST, FAULT)
        return spent(*(house.raw_logs for house in houses))[0] == amount
    programs.wait_until("all of it is spent", 30, rest)
    assert {ask(proxy, key, REQUEST, FAULT).status for proxy in proxies} == {429}
    assert spent(*(house.raw_logs for house in houses))[0] == amount


@stores.on_postgres
def test_without_the_server_a_proxy_spends_its_share_and_no_more(store_kind, make_house, postgres):
    house = make_house()
    house.publish_prices()
    key = house.create_key("cut-off", "--budget", f"{dollars(100 * NEED)}/month")["key"]
    proxy = house.start_proxy()
    assert ask(proxy, key, REQUEST, FAULT).status == 200
    postgres.stop()
    try:
        statuses = [ask(proxy, key, REQUEST, FAULT).status for _ in range(8)]
        assert set(statuses) <= {200, 503} and statuses[-1] == 503 and statuses.count(200) <= 5
    finally:
        postgres.start()
    programs.wait_until("it goes on", 20, lambda: ask(proxy, key, REQUEST, FAULT).status == 200)


@stores.on_postgres
def test_a_server_that_freezes_holds_no_client_for_long(store_kind, make_house, postgres):
    house = make_house(proxy=["limits: {budget-answer-ms: 700}"])
    house.publish_prices()
    key = house.create_key("frozen", "--budget", f"{dollars(100 * NEED)}/month")["key"]
    proxy = house.start_proxy()
    assert ask(proxy, key, REQUEST, FAULT).status == 200
    postgres.signal(signal.SIGSTOP)
    try:
        # What it has of the budget it spends; then it can ask nobody for more.
        statuses = [ask(proxy, key, REQUEST, FAULT).status for _ in range(8)]
        assert set(statuses) <= {200, 503} and statuses[-1] == 503 and statuses.count(200) <= 5
    finally:
        postgres.signal(signal.SIGCONT)
    programs.wait_until("it goes on", 20, lambda: ask(proxy, key, REQUEST, FAULT).status == 200)


def test_prices_are_read_again_while_the_proxy_runs(make_house):
    house = make_house()
    house.publish_prices()
    key = house.create_key("repriced", "--budget", f"{dollars(NEED)}/day")["key"]
    proxy = house.start_proxy()
    file = house.folder / "dearer.json"
    file.write_text(programs.PRICE_MAP.replace("6e-07", "6e-04"))
    house.command("prices", "import", "--litellm", str(file))
    programs.wait_until("the new prices are in use", 20, lambda: "prices are now" in proxy.stderr)
    assert ask(proxy, key, REQUEST, FAULT).status == 429


def test_the_numbers_of_this_file():
    """By hand: a request's bytes at 0.15 dollars a million, and its answer's twenty tokens at 0.60."""
    assert (INPUT * 1_000_000, OUTPUT * 1_000_000) == (DOLLAR * 15 // 100, DOLLAR * 6 // 10)
    assert NEED == len(REQUEST) * 150_000_000 + 20 * 600_000_000
