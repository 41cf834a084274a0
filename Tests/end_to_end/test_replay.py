"""What was spent before is read back behind the proxy's work. A segment that opens late stands for months of them."""
import contextlib
import fcntl
import json
import os
import re
import signal
import threading
import time
import urllib.request

import programs
from spending import ask, body, bound, dollars, error
import wire

MOST = 20
REQUEST = body(MOST)
NEED = bound(REQUEST, MOST)
FAULT = f"tokens=input:{len(REQUEST)},output:{MOST}"


@contextlib.contextmanager
def slow_segment(house):
    """An empty one, and the kernel lets nobody open it until this is over."""
    folder = house.raw_logs / "2026/01/02"
    folder.mkdir(parents=True)
    # The kernel's word that somebody waits is no reason to end.
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    file = os.open(folder / "03-w-00000001-0001.jsonl", os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        yield
    finally:
        os.close(file)
        signal.signal(signal.SIGIO, before)


def test_a_start_is_alive_while_it_reads(make_house):
    house = make_house(proxy=["admin: 127.0.0.1:0"])
    house.publish_prices()
    key = house.create_key("early", "--budget", f"{dollars(NEED)}/total")["key"]

    def port():
        said = "".join(file.read_text() for file in house.folder.glob("tollbook.*.stderr"))
        return re.search(r"admin on http://127\.0\.0\.1:(\d+)", said)

    with slow_segment(house):
        starting = threading.Thread(target=house.start_proxy)
        starting.start()
        admin = int(programs.wait_until("the admin listener is open", 20, port)[1])
        assert wire.exchange(admin, "/health/live", [], b"", method="GET").status == 200
        assert wire.exchange(admin, "/health/ready", [], b"", method="GET").status == 503
        assert starting.is_alive()
    starting.join()
    proxy = house.proxies[0]
    assert wire.exchange(admin, "/health/ready", [], b"", method="GET").status == 200
    assert ask(proxy, key, REQUEST, FAULT).status == 200


def test_keys_are_followed_while_a_budgets_past_is_read(make_house):
    house = make_house()
    house.publish_prices()
    counted, shut = house.create_key("counted")["key"], house.create_key("shut")["key"]
    proxy = house.start_proxy()
    with slow_segment(house):
        house.command("keys", "update", "counted", "--budget", f"{dollars(NEED)}/total")
        refused = programs.wait_until("its past is being read", 20, lambda: [
            answer for answer in [ask(proxy, counted, REQUEST, "tokens=input:0,output:0")] if answer.status != 200])[0]
        assert (refused.status, error(refused)["code"]) == (503, "budget_unavailable")
        assert int(refused.header("retry-after")) > 0
        house.command("keys", "revoke", "shut")
        programs.wait_until("the other key is shut", 20, lambda: ask(proxy, shut, REQUEST, FAULT).status == 401)
        assert ask(proxy, counted, REQUEST, FAULT).status == 503, "it is still being read"
    programs.wait_until("its past is known", 20, lambda: ask(proxy, counted, REQUEST, FAULT).status == 200)
    assert ask(proxy, counted, REQUEST, FAULT).status == 429


def test_a_start_says_which_budgets_look_further_back_than_the_log(store_kind, make_house):
    """What was spent in another folder is known to a store that proxies share, and no matter of this one."""
    house = make_house()
    house.publish_prices()
    house.create_key("further", "--budget", "5/total")
    house.start_proxy().kill()
    later = time.time() + 86_400
    tomorrow = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(later))
    proxy = house.start_proxy(variables={"TOLLBOOK_TEST_TIME": tomorrow})
    assert 'key "further": $5/total' in proxy.stderr and "moved away" in proxy.stderr
    assert "moved away" not in house.proxies[0].stderr, "a key that is new has spent nothing"
    proxy.kill()
    number = house.folder / "elsewhere/proxy-id"
    number.parent.mkdir()
    number.write_text("0123456789abcdef\n")
    os.utime(number, (later, later))
    other = house.start_proxy(variables={"TOLLBOOK_TEST_TIME": tomorrow, "TOLLBOOK_RAW_LOGS": "elsewhere"})
    assert ("moved away" in other.stderr) == (store_kind == "sqlite")


def test_a_budget_that_is_made_later_counts_what_was_fetched_meanwhile_once(make_house):
    """A batch of yesterday whose results came today, to the process that the budget is made in."""
    house = make_house(proxy=["admin: 127.0.0.1:0"])
    house.publish_prices()
    key = house.create_key("batcher", "--budget", "9/day@UTC")["key"]

    def answer(proxy, method, path, body=b""):
        fields = [("x-api-key", key), ("anthropic-version", "2023-06-01"), ("content-type", "application/json")]
        return wire.exchange(proxy.port, path, fields, body, method=method)

    def monthly(proxy):
        with urllib.request.urlopen(proxy.admin_url + "/metrics", timeout=10) as page:
            found = re.search(r'tollbook_budget_spent_usd\{[^}]*budget="month[^}]*\} (\S+)', page.read().decode())
        return found and found[1]

    batch = json.dumps({"requests": [{"custom_id": f"item-{n}", "params": {
        "model": "claude-sonnet-4-5-20250929", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}}
        for n in range(2)]}).encode()
    before = house.start_proxy(variables={"TOLLBOOK_TEST_TIME": "2026-11-27T12:00:00Z"})
    assert answer(before, "POST", "/v1/messages/batches", batch).status == 200
    before.kill()
    today = {"TOLLBOOK_TEST_TIME": "2026-11-28T12:00:00Z"}
    proxy = house.start_proxy(variables=today)
    assert answer(proxy, "GET", "/v1/messages/batches/msgbatch_1/results").status == 200
    assert monthly(proxy) is None
    house.command("keys", "update", "batcher", "--budget", "9/month@UTC")
    known = programs.wait_until("the budget knows the past", 20, lambda: monthly(proxy))
    proxy.kill()
    assert known == monthly(house.start_proxy(variables=today)) and float(known) > 0
