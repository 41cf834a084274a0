"""Proxies that share budgets: who they are, what becomes of their shares, and a server that does not answer."""
import contextlib
import json
import signal
import threading
import time
import urllib.request

import pytest

import programs
from spending import INPUT, OUTPUT, ask, body, bound, dollars, error, spent
import stores

MOST = 20
REQUEST = body(MOST)
NEED = bound(REQUEST, MOST)
FAULT = f"tokens=input:{len(REQUEST)},output:{MOST}"
"""An answer that costs exactly what it may cost at most."""


def exhausted(proxy, key):
    """How many requests it lets in, one after the other, until it refuses one."""
    for count in range(1000):
        if ask(proxy, key, REQUEST, FAULT).status != 200:
            return count


def leases(house):
    return json.loads(house.command("keys", "leases", "--json").stdout)


def leased(house):
    """Whole nanodollars."""
    return sum(round(float(lease["granted_usd"]) * 10 ** 9) for lease in leases(house))


def refused_start(house, **options):
    """What a proxy says that does not start."""
    with pytest.raises(AssertionError) as caught:
        house.start_proxy(**options)
    return str(caught.value)


@contextlib.contextmanager
def frozen(postgres):
    """The server's processes stand still: it is there, and says nothing."""
    postgres.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        postgres.signal(signal.SIGCONT)


@stores.on_postgres
def test_a_name_in_another_folder_voids_nothing_of_what_was_taken_under_it(store_kind, make_house):
    first = make_house(proxy=["name: proxy-1"])
    second = make_house(store=first.store, proxy=["name: proxy-1"])
    for house in (first, second):
        house.publish_prices()
    key = first.create_key("twice", "--budget", f"{dollars(20 * NEED)}/month")["key"]
    proxy = first.start_proxy()
    assert exhausted(proxy, key) == 20
    assert (first.raw_logs / "proxy-id").stat().st_mode & 0o777 == 0o600
    assert exhausted(second.start_proxy(), key) == 0
    proxy.kill()
    # The disk of its raw logs is lost.
    for file in sorted(first.raw_logs.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    assert exhausted(first.start_proxy(), key) == 0


@stores.on_postgres
def test_two_proxies_of_one_name_and_folder_do_not_run_at_once(store_kind, make_house):
    house = make_house(proxy=["name: proxy-1"])
    proxy = house.start_proxy()
    said = refused_start(house)
    assert "holds the name of the proxy proxy-1/" in said and "raw-log folder of its own" in said
    proxy.kill()
    house.start_proxy()


def test_two_proxies_on_one_sqlite_store_share_no_budget(tmp_path, vendor):
    first = programs.House(tmp_path / "first", vendor.url, store=f"sqlite:{tmp_path}/one.db")
    second = programs.House(tmp_path / "second", vendor.url, store=first.store)
    for house in (first, second):
        house.publish_prices()
    try:
        free = first.create_key("free")["key"]
        proxy, other = first.start_proxy(), second.start_proxy()
        assert "another proxy uses this store" in other.stderr
        assert ask(other, free, REQUEST, FAULT).status == 200
        key = first.create_key("counted", "--budget", "1/month")["key"]
        programs.wait_until("the key is known", 20, lambda: ask(proxy, key, REQUEST, FAULT).status == 200)
        refused = programs.wait_until("here too", 20, lambda: [
            answer for answer in [ask(other, key, REQUEST, FAULT)] if answer.status != 401])[0]
        assert (refused.status, error(refused)["code"]) == (503, "budget_unavailable")
        other.kill()
        said = refused_start(second)
        assert "another proxy uses this store" in said and "PostgreSQL" in said
        proxy.kill()
        assert ask(second.start_proxy(), key, REQUEST, FAULT).status == 200
    finally:
        first.close()
        second.close()


@stores.on_postgres
def test_requests_that_ask_together_are_let_in_while_the_budget_has_room(store_kind, make_house):
    """What one of them leaves of a share, or the share that came for it, may go to another: it asks again."""
    house = make_house()
    house.publish_prices()
    budget = 40 * NEED
    key = house.create_key("together", "--budget", f"{dollars(budget)}/month", "--team", "crew")["key"]
    other = house.create_key("beside", "--team", "crew")["key"]
    house.command("keys", "policy", "--team", "crew", "--budget", f"{dollars(budget)}/month")
    proxy = house.start_proxy()
    large = body(9 * MOST, pad=8 * len(REQUEST))
    need = bound(large, 9 * MOST)
    assert 4 * need < budget < 5 * need
    for _ in range(3):
        # It leaves a part of its share, and the large ones find it there together.
        assert ask(proxy, other, REQUEST, "tokens=input:0,output:0").status == 200
        answers = []
        fault = "tokens=input:0,output:0;delay-ms=500"
        threads = [threading.Thread(target=lambda k=k: answers.append(ask(proxy, k, large, fault).status))
                   for k in (key, other, key, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [200] * 4


@stores.on_postgres
def test_a_stopped_proxy_gives_back_what_it_did_not_spend(store_kind, make_house):
    """Twenty-four rollouts, each in a new folder: a share of a twentieth that stayed would leave nothing."""
    house = make_house()
    key = house.create_key("rolling", "--budget", f"{dollars(1000 * NEED)}/month")["key"]
    variables = [{"TOLLBOOK_RAW_LOGS": f"raw-logs-{turn}"} for turn in range(24)]
    house.publish_prices()
    for chosen in variables:
        proxy = house.start_proxy(variables=chosen)
        assert ask(proxy, key, REQUEST, FAULT).status == 200
        assert proxy.terminate() == 0
    total, _ = spent(*(house.folder / chosen["TOLLBOOK_RAW_LOGS"] for chosen in variables))
    assert total == 24 * NEED
    assert total <= leased(house) * 10 ** 6 <= total + 24 * 10 ** 6


@stores.on_postgres
def test_shares_of_a_proxy_that_is_gone_are_listed_and_released(store_kind, make_house):
    house = make_house(proxy=["name: gone"])
    house.publish_prices()
    key = house.create_key("held", "--budget", f"{dollars(40 * NEED)}/month@Asia/Tokyo")
    proxy = house.start_proxy()
    assert ask(proxy, key["key"], REQUEST, FAULT).status == 200
    held = leases(house)
    assert [(one["holder"], one["budget"]) for one in held] == [(f"key:{key['id']}", "month@Asia/Tokyo")]
    owner = held[0]["proxy"]
    assert owner.startswith("gone/") and held[0]["from"].endswith("T15:00:00.000000Z")
    assert owner in house.command("keys", "leases").stdout
    running = house.command("keys", "leases", "--release", owner, codes=(1,))
    assert "is running" in running.stderr and leases(house) == held
    proxy.kill()
    programs.wait_until("the server knows", 20, lambda: house.command(
        "keys", "leases", "--release", owner, codes=(0, 1)).returncode == 0)
    assert leases(house) == []
    last = json.loads(house.command("keys", "audit", "--json").stdout)[-1]
    assert (last["action"], last["name"]) == ("release", owner)
    assert "no proxy called" in house.command("keys", "leases", "--release", owner, codes=(1,)).stderr


@stores.on_postgres
def test_what_a_killed_proxy_held_of_an_earlier_quarter_of_an_hour_is_free_again(store_kind, make_house):
    """One request cost much less than it might, the other one nothing: a share of that quarter of an hour stands for both."""
    house = make_house()
    house.publish_prices()
    keys = [house.create_key(name, "--budget", f"{dollars(8 * NEED)}/rolling-24h")["key"] for name in ("little", "nothing")]
    proxy = house.start_proxy(variables={"TOLLBOOK_TEST_TIME": "2026-11-28T12:05:00Z"})
    assert ask(proxy, keys[0], REQUEST, "tokens=input:1,output:1").status == 200
    assert ask(proxy, keys[1], REQUEST, "status=500").status == 500
    proxy.kill()
    house.start_proxy(variables={"TOLLBOOK_TEST_TIME": "2026-11-28T12:20:00Z"})
    programs.wait_until("only what was spent is taken", 20, lambda: leased(house) * 10 ** 6 == INPUT + OUTPUT)


@stores.on_postgres
def test_a_server_that_stands_still_holds_up_no_scrape_and_no_stop(store_kind, make_house, postgres):
    token = programs.VENDOR_SECRETS["OPENAI_API_KEY"]
    house = make_house(proxy=["admin: 127.0.0.1:0", "admins: [{name: ops, token-env: OPENAI_API_KEY}]"])
    house.publish_prices()
    key = house.create_key("frozen", "--budget", f"{dollars(100 * NEED)}/month")["key"]
    proxy = house.start_proxy()
    assert ask(proxy, key, REQUEST, FAULT).status == 200

    def get(path, seconds):
        request = urllib.request.Request(proxy.admin_url + path, headers={"authorization": "Bearer " + token})
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, answer.read().decode()

    def api():
        with contextlib.suppress(OSError):
            get("/v1/keys", 60)

    asking = threading.Thread(target=api)
    with frozen(postgres):
        asking.start()
        time.sleep(0.3)
        assert asking.is_alive()
        assert 'tollbook_budget' in get("/metrics", 10)[1]
        assert proxy.terminate() == 0
    asking.join()


@stores.on_postgres
def test_a_budget_that_is_taken_away_and_comes_again_is_not_lost(store_kind, make_house):
    house = make_house()
    house.publish_prices()
    amount = f"{dollars(40 * NEED)}/month"
    key = house.create_key("toggled", "--budget", amount)["key"]
    proxy = house.start_proxy()
    assert [ask(proxy, key, REQUEST, FAULT).status for _ in range(20)] == [200] * 20
    house.command("keys", "update", "toggled", "--budget", "none")
    programs.wait_until("the rest is given back", 20, lambda: leased(house) * 10 ** 6 < 20 * NEED + 10 ** 6)
    house.command("keys", "update", "toggled", "--budget", amount)
    time.sleep(2.5)
    assert exhausted(proxy, key) == 20
