"""A thousand requests at the same time on a key with a budget for ten, half of them streamed: over a kill in the middle, and
over three proxies of which one is killed. Never more than the budget is spent, and what is left of it can be spent."""
import asyncio

import pytest

from asking import PATHS, headers
import programs
from rawlog import Log
from spending import DOLLAR, ask, body, bound, dollars, spent
import stores
import wire

CROWD = 1000
MOST = 20
REQUESTS = [body(MOST), body(MOST, stream=True)]
NEED = max(bound(request, MOST) for request in REQUESTS)
FAULT = f"tokens=input:{len(REQUESTS[0])},output:{MOST}; events=6; event-ms=100; delay-ms=500"


async def crowd(ports, key, count=CROWD):
    """The statuses of whole answers; None for any other."""
    async def one(n):
        try:
            answer = await wire.exchange_async(
                ports[n % len(ports)], PATHS["openai"], headers("openai", key, FAULT), REQUESTS[n // 3 % 2])
        except OSError:
            return None
        return answer.status if answer and answer.complete else None
    return await asyncio.gather(*(one(n) for n in range(count)))


async def begun(houses, count):
    """Which of them is the first that let so many in."""
    for _ in range(500):
        for n, house in enumerate(houses):
            if len(Log(house.raw_logs).starts) >= count:
                return n
        await asyncio.sleep(0.02)
    raise AssertionError("no request began")


def accounted(*houses):
    """Femtodollars: what the log's answers cost, and the bounds of those that were cut off, since their vendor may bill them."""
    total, cut = spent(*(house.raw_logs for house in houses))[0], 0
    for house in houses:
        log = Log(house.raw_logs)
        log.check_sequence()
        log.check_pairs()
        ended = {(end["id"], end["attempt"]) for end in log.ends}
        for start in log.starts:
            if (start["id"], start["attempt"]) not in ended:
                dollar, _, part = start["bound_usd"].partition(".")
                cut += int(dollar) * DOLLAR + int(part.ljust(15, "0"))
    return total, cut


def spend_the_rest(proxies, key, amount, houses):
    def is_spent():
        for proxy in proxies:
            ask(proxy, key, REQUESTS[0], FAULT)
        return sum(accounted(*houses)) > amount - bound(REQUESTS[0], MOST)
    programs.wait_until("what is left is spent", 30, is_spent)
    assert sum(accounted(*houses)) <= amount
    assert {ask(proxy, key, REQUESTS[0], FAULT).status for proxy in proxies} == {429}


def test_a_thousand_at_once_over_a_kill(make_house):
    house = make_house()
    house.publish_prices()
    amount = 10 * NEED
    key = house.create_key("thousand", "--budget", f"{dollars(amount)}/total")["key"]
    proxy = house.start_proxy()

    async def kill_in_the_middle():
        running = asyncio.create_task(crowd([proxy.port], key))
        await begun([house], 10)
        await asyncio.sleep(0.1)
        proxy.kill()
        return await running
    before = asyncio.run(kill_in_the_middle()).count(200)
    total, cut = accounted(house)
    assert cut > 0, "it came in the middle"
    assert 9 * NEED < total + cut <= amount
    proxy = house.start_proxy()
    statuses = asyncio.run(crowd([proxy.port], key))
    # What was cut off counts, so nobody else is let in but perhaps the one that still fits.
    assert before + statuses.count(200) <= 10 and statuses.count(429) >= CROWD - 1
    spend_the_rest([proxy], key, amount, [house])


@stores.on_postgres
@pytest.mark.parametrize("requests", [10, 60])
def test_three_proxies_of_which_one_is_killed_in_the_middle(store_kind, make_house, requests):
    first = make_house()
    houses = [first] + [make_house(store=first.store) for _ in range(2)]
    for house in houses:
        house.publish_prices()
    amount = requests * NEED
    key = first.create_key("three", "--budget", f"{dollars(amount)}/total")["key"]
    proxies = [house.start_proxy() for house in houses]

    async def kill_one():
        running = asyncio.create_task(crowd([proxy.port for proxy in proxies], key))
        n = await begun(houses, 1)
        await asyncio.sleep(0.05)
        proxies[n].kill()
        # While the others go on it begins anew, and a second crowd comes.
        proxies[n] = await asyncio.to_thread(houses[n].start_proxy)
        statuses = await crowd([proxy.port for proxy in proxies], key, CROWD // 2)
        return statuses + await running
    statuses = asyncio.run(kill_one())
    total, cut = accounted(*houses)
    assert total + cut <= amount, "the written bound of overspending is nothing at all"
    assert statuses.count(200) <= requests and cut > 0
    spend_the_rest(proxies, key, amount, houses)
