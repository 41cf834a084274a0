"""Every limit of a key, a team and a user at its boundary, through the real program: the last allowed, the first refused."""
import datetime
import json
import time

import anthropic
import openai
import pytest

from asking import PATHS, encoded, headers, question
import programs
from rawlog import Log
from spending import ask, body, bound, cost, dollars, error
import wire

SMALL = body(1)
FAULT = "tokens=input:10,output:1"


@pytest.fixture(scope="module")
def limited(tmp_path_factory, vendor):
    house = programs.House(tmp_path_factory.mktemp("limits"), vendor.url)
    house.publish_prices()
    house.minute = house.create_key("minute", "--requests-per-minute", "3")
    house.tokens = house.create_key("tokens", "--tokens-per-minute", "1000")
    house.parallel = house.create_key("parallel", "--parallel-requests", "2")
    need = bound(SMALL, 1)
    # Two such requests fit beside what one of them really costs, and a third does not.
    amount = cost(10, 1) * 2 + need - 1
    house.spender = house.create_key("spender", "--budget", f"{dollars(amount)}/month@Asia/Tokyo", "--budget", "100/day")
    house.member = house.create_key("member", "--team", "small-team", "--user", "u-1", "--budget", "100/total")
    house.other = house.create_key("other-member", "--team", "small-team")
    house.command("keys", "policy", "--team", "small-team", "--budget", f"{dollars(amount)}/week")
    house.command("keys", "policy", "--user", "u-1", "--models", "gpt-*")
    house.unpriced = house.create_key("unpriced", "--budget", "100/day")
    house.free = house.create_key("free")
    house.proxy = house.start_proxy()
    yield house
    house.close()


def test_requests_a_minute(limited):
    key = limited.minute["key"]
    assert [ask(limited.proxy, key, SMALL, FAULT).status for _ in range(3)] == [200] * 3
    refused = ask(limited.proxy, key, SMALL, FAULT)
    assert refused.status == 429 and error(refused)["code"] == "rate_limit_exceeded"
    assert 1 <= int(refused.header("retry-after")) <= 60 and refused.header("x-should-retry") is None
    assert refused.header("x-ratelimit-limit-requests") == "3"
    assert 'key "minute"' in error(refused)["message"] and "3 requests a minute" in error(refused)["message"]


def test_tokens_a_minute(limited):
    key = limited.tokens["key"]
    assert ask(limited.proxy, key, SMALL, "tokens=input:500,output:200").status == 200
    assert ask(limited.proxy, key, SMALL, "tokens=input:200,output:50").status == 200
    # 950 are counted; the next one is likely to take a quarter of its bytes and its answer's token.
    large = body(1, pad=200)
    assert ask(limited.proxy, key, large).status == 429
    assert ask(limited.proxy, key, SMALL, "tokens=input:49,output:1").status == 200
    refused = ask(limited.proxy, key, SMALL)
    assert refused.status == 429 and "1000 tokens a minute" in error(refused)["message"]


def test_requests_at_the_same_time(limited):
    import concurrent.futures
    key = limited.parallel["key"]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        held = [pool.submit(ask, limited.proxy, key, SMALL, "delay-ms=1500") for _ in range(2)]
        programs.wait_until("both have begun", 10, lambda: sum(
            start["key"]["name"] == "parallel" for start in Log(limited.raw_logs).starts) == 2)
        refused = ask(limited.proxy, key, SMALL)
        assert refused.status == 429 and "2 requests at the same time" in error(refused)["message"]
        assert [one.result().status for one in held] == [200, 200]
    assert ask(limited.proxy, key, SMALL).status == 200


def test_a_budget_says_how_much_it_has_left_and_when_it_has_more(limited):
    key = limited.spender["key"]
    assert [ask(limited.proxy, key, SMALL, FAULT).status for _ in range(2)] == [200, 200]
    refused = ask(limited.proxy, key, SMALL, FAULT)
    assert refused.status == 429 and error(refused)["type"] == "insufficient_quota"
    assert refused.header("x-should-retry") == "false", "SDKs do not try again"
    assert "month@Asia/Tokyo" in error(refused)["message"]
    now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9)))
    first = (now.replace(day=1) + datetime.timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    utc = first.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert utc in error(refused)["message"]
    assert abs(int(refused.header("retry-after")) - (first - now).total_seconds()) < 60
    end = [end for end in Log(limited.raw_logs).ends if end["key"]["name"] == "spender"][-1]
    assert (end["outcome"], end["error"]["type"], end["status"]) == ("refused", "budget_exceeded", 429)


def test_the_start_line_says_what_may_be_spent_at_most(limited):
    start = [start for start in Log(limited.raw_logs).starts if start["key"]["name"] == "spender"][0]
    assert start["bound_usd"] == dollars(bound(SMALL, 1)).rstrip("0")


def test_sdks_raise_their_own_exception_in_one_attempt(limited, vendor):
    key = limited.spender["key"]
    before = len([end for end in Log(limited.raw_logs).ends if end["outcome"] == "refused"])
    client = openai.OpenAI(api_key=key, base_url=limited.proxy.url + "/v1", max_retries=2)
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(
            model="gpt-4o-mini-2024-07-18", max_completion_tokens=1000, messages=[{"role": "user", "content": "hi"}])
    assert caught.value.body["code"] == "insufficient_quota"
    claude = anthropic.Anthropic(api_key=key, base_url=limited.proxy.url, max_retries=2)
    with pytest.raises(anthropic.RateLimitError) as caught:
        claude.messages.create(
            model="claude-sonnet-4-5-20250929", max_tokens=100, messages=[{"role": "user", "content": "hi"}])
    assert caught.value.body["error"]["type"] == "billing_error"
    after = len([end for end in Log(limited.raw_logs).ends if end["outcome"] == "refused"])
    assert after - before == 2, "each SDK asked once"


def test_the_limits_of_team_and_user_hold_over_their_keys(limited):
    assert ask(limited.proxy, limited.member["key"], SMALL, FAULT).status == 200
    assert ask(limited.proxy, limited.other["key"], SMALL, FAULT).status == 200
    for key in (limited.member, limited.other):
        refused = ask(limited.proxy, key["key"], SMALL, FAULT)
        assert refused.status == 429 and 'team "small-team"' in error(refused)["message"]
    sent = headers("anthropic", limited.member["key"])
    answer = wire.exchange(limited.proxy.port, PATHS["anthropic"], sent, encoded(question("anthropic", "x")))
    assert answer.status == 403 and 'user "u-1"' in json.loads(answer.body)["error"]["message"]


def test_a_key_that_is_somebodys_says_so_in_the_log(limited):
    ask(limited.proxy, limited.member["key"], body(1, user="somebody else"))
    end = [end for end in Log(limited.raw_logs).ends if end["key"]["name"] == "member"][-1]
    assert end["user"] == "u-1" and end["team"] == "small-team"


def test_a_model_without_a_price_is_refused_where_a_budget_is_to_hold(limited):
    request = encoded({"model": "nobody-knows-1", "messages": []})
    refused = ask(limited.proxy, limited.unpriced["key"], request)
    assert refused.status == 403 and error(refused)["code"] == "model_not_priced"
    assert ask(limited.proxy, limited.free["key"], request).status == 200


def test_limits_are_changed_while_the_proxy_runs(limited):
    key = limited.create_key("changing", "--requests-per-minute", "0")

    def status():
        return ask(limited.proxy, key["key"], SMALL, FAULT).status

    programs.wait_until("the key is known", 20, lambda: status() == 429)
    limited.command("keys", "update", "changing", "--requests-per-minute", "none")
    programs.wait_until("the limit is gone", 20, lambda: status() == 200)
    limited.command("keys", "update", "changing", "--disable-use")
    programs.wait_until("the key is disabled", 20, lambda: status() == 403)
    limited.command("keys", "update", "changing", "--enable-use", "--networks", "10.0.0.0/8,2001:db8::/32")
    programs.wait_until("the network is another one", 20, lambda: "address" in ask(
        limited.proxy, key["key"], SMALL).body.decode())
    limited.command("keys", "update", "changing", "--networks", "10.0.0.0/8,127.0.0.0/8")
    programs.wait_until("this machine may", 20, lambda: status() == 200)


def test_a_rotated_key_opens_until_its_grace_is_over(limited):
    old = limited.create_key("rotating")["key"]
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
    done = limited.command(
        "keys", "rotate", "rotating", "--grace", until.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "--json")
    new = json.loads(done.stdout)["key"]
    assert new != old
    programs.wait_until("the new one opens", 20, lambda: ask(limited.proxy, new, SMALL, FAULT).status == 200)
    if datetime.datetime.now(datetime.timezone.utc) < until:
        assert ask(limited.proxy, old, SMALL, FAULT).status == 200
    time.sleep(max(0, until.timestamp() - time.time()) + 0.01)
    refused = ask(limited.proxy, old, SMALL, FAULT)
    assert refused.status == 401 and "expired" in error(refused)["message"]
    assert ask(limited.proxy, new, SMALL, FAULT).status == 200


def test_each_span_ends_at_its_zones_midnight(tmp_path, vendor):
    """2030-04-01 is a Monday and begins a fiscal quarter: in Tokyo a day, a week, a month and a quarter begin at once."""
    house = programs.House(tmp_path / "midnight", vendor.url)
    house.publish_prices()
    need = bound(SMALL, 1)
    spans = ["day", "week", "month", "quarter"]
    keys = {(span, zone): house.create_key(f"{span}-{zone}", "--budget", f"{dollars(need)}/{span}@{zone}")["key"]
            for span in spans for zone in ("Asia/Tokyo", "UTC")}
    proxy = house.start_proxy(variables={"TOLLBOOK_TEST_TIME": "2030-03-31T14:59:54Z"})
    began = time.monotonic()
    assert {ask(proxy, key, SMALL, FAULT).status for key in keys.values()} == {200}
    assert {ask(proxy, key, SMALL, FAULT).status for key in keys.values()} == {429}
    assert time.monotonic() - began < 5, "the machine is too slow for this test"
    time.sleep(7 - (time.monotonic() - began))
    for (span, zone), key in keys.items():
        assert ask(proxy, key, SMALL, FAULT).status == (200 if zone == "Asia/Tokyo" else 429), (span, zone)
    house.close()
