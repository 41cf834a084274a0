"""What must agree after any fault: what clients saw, the raw log, the books, and what budgets hold to be spent."""
import datetime
import decimal
import json
import re
import urllib.request

import programs
from rawlog import Log

PRICES = {"openai": ("0.15", "0.60"), "anthropic": ("3", "15")}
"""Dollars a million tokens in and out, as `programs.PRICE_MAP` has them."""
UNHEARD = {"vendor_closed", "vendor_timeout", "stopped"}
"""The vendor had the request, and no answer of it came here."""
MILLION = decimal.Decimal(1_000_000)


def cost(end):
    usage = end["usage"]
    if not usage:
        return decimal.Decimal(0)
    names = ("prompt_tokens", "completion_tokens") if end["provider"] == "openai" else ("input_tokens", "output_tokens")
    return sum(decimal.Decimal(price) * usage[name] for price, name in zip(PRICES[end["provider"]], names)) / MILLION


def check_log(house):
    log = Log(house.raw_logs)
    log.check_sequence()
    log.check_pairs()
    return log


def check_seen(log, seen):
    """Each answer that began has a start, or was refused; each whole one has an end that says the same."""
    started = {line["user"]: line for line in log.starts}
    ends = {}
    names = {one.user for one in seen}
    for end in log.ends:
        assert end["user"] not in ends or end["user"] not in names, f"two ends for {end['user']}"
        ends[end["user"]] = end
    for one in seen:
        start, end = started.get(one.user), ends.get(one.user)
        if one.ended and one.status == 503 and "log" in one.error["message"]:
            # What is refused because the log cannot be written is not in it, as a whole at least.
            continue
        assert not one.began or start or end, f"{one.user} began and nothing says so"
        if not one.ended:
            continue
        assert end, f"{one.user} ended with {one.status} and has no end"
        assert (end["status"], end["id"]) == (one.status, one.request_id), (one, end)
        if one.status == 200:
            assert end["outcome"] == "ok" and end["usage_source"] == "vendor", end
            told = one.usage
            assert told is None or {name: end["usage"][name] for name in told} == told
        else:
            assert end["outcome"] in ("refused", "vendor_error", "client_error"), end
    return ends


def check_books(house, log):
    """Every line is accounted for, and money is what the log's usage costs. Returns the run's totals."""
    month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
    house.command("run", "--period", month, "--json", codes=(0, 3))
    run = json.loads((house.folder / "reports" / month / "run.json").read_text())
    lines = run["ingest"]
    assert lines["lines"] == lines["usages"] + lines["duplicates"] + lines["rejected"] + lines["control"]
    assert lines["lines"] == len(log.lines) + len(log.torn)
    assert (lines["usages"], lines["rejected"], lines["duplicates"]) == (len(log.ends), len(log.torn), 0)
    ended = {(end["id"], end["attempt"]) for end in log.ends}
    interrupted = [start for start in log.starts if (start["id"], start["attempt"]) not in ended]
    assert run["totals"]["interrupted_requests"] == len(interrupted)
    assert decimal.Decimal(run["totals"]["cost_usd"]) == sum(map(cost, log.ends))
    doctor = json.loads(house.command("doctor", "--json", codes=(0, 3)).stdout)
    assert doctor["state"] in ("fine", "look"), doctor
    assert not [f for f in doctor["findings"] if f["subject"] == "log" and f["state"] != "fine"], doctor
    return run["totals"]


def counted(end, start):
    """What a budget holds to be spent of a request: its cost, or its bound where nobody heard all that the vendor may bill."""
    bound = decimal.Decimal(start["bound_usd"]) if start else decimal.Decimal(0)
    if end["usage"] and end["usage_source"] == "vendor":
        return cost(end)
    is_unheard = end["outcome"] in ("ok", "client_gone", "stream_broken") or (end["error"] or {}).get("type") in UNHEARD
    return max(bound, cost(end)) if is_unheard else cost(end)


def check_budgets(proxy, log, keys):
    """Of each key: nothing is reserved any more, and spent is what the log says."""
    starts = {(start["id"], start["attempt"]): start for start in log.starts}
    ends = {(end["id"], end["attempt"]): end for end in log.ends}
    for key in keys:
        mine = {line["id"] for line in log.starts + log.ends if line["key"] and line["key"]["id"] == key["id"]}
        expected = sum(counted(end, starts.get(attempt)) for attempt, end in ends.items() if attempt[0] in mine)
        expected += sum(decimal.Decimal(start["bound_usd"]) for attempt, start in starts.items()
                        if attempt[0] in mine and attempt not in ends)
        programs.wait_until(f"no reservation of {key['name']}", 10, lambda: budget(proxy, key, "reserved") == 0)
        assert budget(proxy, key, "spent") == expected, key["name"]


def budget(proxy, key, what):
    text = urllib.request.urlopen(proxy.admin_url + "/metrics", timeout=20).read().decode()
    [value] = re.findall(rf'^tollbook_budget_{what}_usd{{kind="key",id="{key["id"]}"[^}}]*}} (\S+)$', text, re.M)
    return decimal.Decimal(value)
