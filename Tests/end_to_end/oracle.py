"""The books computed a second time: raw logs, a price list and attribution rules in, expected figures out.

This file shares nothing with the program: it was written from the contract alone (the raw log's format,
the vendors' usage formulas, the price list's field names, the rules' and the reports' definitions), in
another language, with other number types. Where both agree to the last digit on a month of hostile logs,
a mistake would have to have been made twice.

    python oracle.py --raw-logs D --prices litellm.json --attribution F --period 2026-10 \
        --timezone Asia/Tokyo --csv reports/2026-10/chargeback.csv --run-json reports/2026-10/run.json

prints the differences and exits 1 if there are any.

Choices where the contract leaves one (each is a test in test_oracle.py):
- A rate is looked for in this order: the tier's price above the highest crossed threshold, lower ones, the
  tier's price; then the same without the tier. So a tier that has a price for a class but none for long
  context keeps its own price, as the price list's own calculator does.
- A start and its end belong together by (id, attempt): a second attempt can be interrupted.
- A row in which nothing was priced and something was used or interrupted is `unpriced`; a row of nothing but
  failures without usage cost nothing, exactly.
"""
import argparse
import csv
import datetime
import gzip
import hashlib
import io
import ipaddress
import json
import re
import subprocess
import sys
import zoneinfo
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from pathlib import Path

import yaml

LINE_BYTES_MAX = 1 << 20
COUNT_MAX = 1 << 53
FEMTO = 10**15
FAILED = {"vendor_error", "client_error", "refused", "stream_broken"}
OUTCOMES = FAILED | {"ok", "client_gone"}
SUFFIXES = ("", ".open", ".gz", ".zst")
COLUMNS = (
    "period,product,cost_center,provider,model,service_tier,requests,failed_requests,interrupted_requests,"
    "unpriced_requests,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,cost_usd,cost_state,"
    "entry,for_period"
).split(",")


class Rejected(Exception):
    """A line no reader can take, and why."""


def books(raw_logs, prices, attribution, period, timezone):
    """Everything the reports of one month should say."""
    log = read_raw_logs(Path(raw_logs))
    price_list = json.loads(Path(prices).read_text(), parse_float=Decimal)
    rules = Rules(yaml.safe_load(Path(attribution).read_text()), timezone)
    begin, end = month_bounds(period, timezone)
    result = Books(inputs=[i for i in log.inputs if i.belongs(begin, end)])
    for line in log.usages:
        if begin <= line["time_us"] < end:
            result.add_end(line, price_list, rules)
    for line in log.starts.values():
        if begin <= line["time_us"] < end:
            result.add_interrupted(line, rules)
    return result


# --- Raw logs -------------------------------------------------------------------------------------------


@dataclass
class Input:
    name: str
    sha256: str
    times: tuple = None
    counts: dict = field(default_factory=lambda: dict.fromkeys(
        ("lines", "usages", "duplicates", "rejected", "control"), 0))

    def belongs(self, begin, end):
        return self.times is not None and any(begin <= t < end for t in self.times)


@dataclass
class Log:
    inputs: list = field(default_factory=list)
    usages: list = field(default_factory=list)
    starts: dict = field(default_factory=dict)


def read_raw_logs(folder):
    log, taken, metered, ended = Log(), set(), set(), set()
    for path in segments(folder):
        data = plain_bytes(path)
        name = re.sub(r"\.(open|gz|zst)$", "", str(path.relative_to(folder)))
        one = Input(name, hashlib.sha256(data).hexdigest())
        times = set()
        lines = data.split(b"\n")
        torn = lines.pop()
        if torn and path.suffix != ".open":
            lines.append(torn)
        for raw in lines:
            one.counts["lines"] += 1
            try:
                line = parse(raw)
            except Rejected:
                one.counts["rejected"] += 1
                continue
            times.add(line["time_us"])
            place = (line["writer"], line["seq"])
            item = line.get("metered_id") if line["kind"] == "end" else None
            if place in taken or item is not None and item in metered:
                one.counts["duplicates"] += 1
                taken.add(place)
                continue
            taken.add(place)
            if line["kind"] == "end":
                one.counts["usages"] += 1
                metered.add(item)
                ended.add((line["id"], line["attempt"]))
                log.usages.append(line)
            else:
                one.counts["control"] += 1
                if line["kind"] == "start":
                    log.starts[line["id"], line["attempt"]] = line
        one.times = tuple(times)
        log.inputs.append(one)
    for key in ended & log.starts.keys():
        del log.starts[key]
    return log


def segments(folder):
    return sorted(p for p in folder.rglob("*") if any(p.name.endswith(".jsonl" + s) for s in SUFFIXES))


def plain_bytes(path):
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout
    return path.read_bytes()


def parse(raw):
    """The line as a dict with `time_us`, or Rejected."""
    if len(raw) > LINE_BYTES_MAX:
        raise Rejected("over-long")
    try:
        line = json.loads(raw.decode("utf-8"), parse_float=Decimal, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Rejected("not JSON") from error
    need(isinstance(line, dict), "not an object")
    need(type(line.get("v")) is int and line["v"] == 1, "unknown v")
    need(line.get("kind") in ("open", "start", "end", "close"), "unknown kind")
    need(isinstance(line.get("writer"), str), "writer")
    need(type(line.get("seq")) is int and line["seq"] >= 1, "seq")
    line["time_us"] = microseconds(line.get("time"))
    if line["kind"] in ("start", "end"):
        need(isinstance(line.get("id"), str), "id")
        need(type(line.get("attempt")) is int, "attempt")
    if line["kind"] == "end":
        need(line.get("outcome") in OUTCOMES, "outcome")
        line["counts"] = normalize(line)
    return line


def no_constant(word):
    raise ValueError(word)


def need(holds, what):
    if not holds:
        raise Rejected(what)


def microseconds(text):
    match = isinstance(text, str) and re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", text)
    need(match, "time")
    day, clock, fraction, zone = match.groups()
    try:
        whole = datetime.datetime.fromisoformat(f"{day}T{clock}" + ("+00:00" if zone in "Zz" else zone))
    except ValueError as error:
        raise Rejected("time") from error
    return int(whole.timestamp()) * 1_000_000 + int(((fraction or "") + "000000")[:6])


# --- The vendors' usage objects -----------------------------------------------------------------------------


@dataclass
class Counts:
    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    web_search: int = 0
    reasoning: int = 0
    clamped: bool = False

    def total_input(self):
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h

    def used(self):
        classes = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "web_search")
        return [(c, getattr(self, c)) for c in classes if getattr(self, c)]


def normalize(line):
    """The disjoint classes of one answer, or None where the vendor told nothing."""
    usage, billing = line.get("usage"), line.get("billing") or {}
    if usage is None:
        return None
    need(isinstance(usage, dict), "usage")
    endpoint = line.get("endpoint") or ""
    if endpoint.startswith("bedrock.converse"):
        counts = bedrock(usage)
    elif endpoint.startswith("gemini."):
        counts = gemini(usage)
    elif endpoint.startswith("openai."):
        counts = openai(usage)
    elif endpoint.startswith(("anthropic.", "bedrock.invoke")):
        counts = anthropic(usage)
    else:
        raise NotImplementedError(f"the oracle does not know the endpoint {endpoint}")
    counts.web_search += count(part(part(billing, "tool_usage"), "web_search"), "num_requests")
    counts.web_search += count(billing, "search_queries")
    return counts


def count(where, *names):
    """The first of the fields that stands there, as a whole number; an absent one is none."""
    for name in names:
        value = where.get(name)
        if value is None:
            continue
        if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
            value = Decimal(value)
        need(isinstance(value, (int, Decimal)) and not isinstance(value, bool), f"{name} is no number")
        need(value == int(value) and 0 <= value <= COUNT_MAX, f"{name} is no count")
        return int(value)
    return 0


def part(where, name):
    value = where.get(name)
    return value if isinstance(value, dict) else {}


def clamp(counts, whole, pieces):
    """Cuts each piece to what is left of the whole, and returns the rest."""
    kept = []
    for piece in pieces:
        kept.append(min(piece, whole))
        counts.clamped |= piece > whole
        whole -= kept[-1]
    return kept, whole


def openai(usage):
    """Inclusive: cached tokens are a part of the prompt, reasoning a part of the completion."""
    counts = Counts()
    prompt = count(usage, "prompt_tokens", "input_tokens")
    output = count(usage, "completion_tokens", "output_tokens")
    inner = part(usage, "prompt_tokens_details") or part(usage, "input_tokens_details")
    outer = part(usage, "completion_tokens_details") or part(usage, "output_tokens_details")
    if count(inner, "audio_tokens") or count(outer, "audio_tokens"):
        raise NotImplementedError("the oracle has no audio")
    # An answer whose total is more than its parts hides output (a gateway that leaves thinking out).
    counts.output = max(output, count(usage, "total_tokens") - prompt)
    (counts.cache_read, counts.cache_write_5m), counts.input = clamp(
        counts, prompt, [count(inner, "cached_tokens"), count(inner, "cache_write_tokens")])
    (counts.reasoning,), _ = clamp(counts, counts.output, [count(outer, "reasoning_tokens")])
    return counts


def anthropic(usage):
    """Exclusive: input_tokens are those neither read from nor written to a cache."""
    if usage.get("iterations"):
        raise NotImplementedError("the oracle has no iterations")
    counts = Counts(
        input=count(usage, "input_tokens"), cache_read=count(usage, "cache_read_input_tokens"),
        output=count(usage, "output_tokens"),
        web_search=count(part(usage, "server_tool_use"), "web_search_requests"))
    split = part(usage, "cache_creation")
    counts.cache_write_1h = count(split, "ephemeral_1h_input_tokens")
    short = count(split, "ephemeral_5m_input_tokens")
    # What the total has beyond the split was cached by a server tool, for five minutes.
    counts.cache_write_5m = max(short, count(usage, "cache_creation_input_tokens") - counts.cache_write_1h)
    (counts.reasoning,), _ = clamp(
        counts, counts.output, [count(part(usage, "output_tokens_details"), "thinking_tokens")])
    return counts


def bedrock(usage):
    """Exclusive, with lifetimes in a list."""
    counts = Counts(
        input=count(usage, "inputTokens"), cache_read=count(usage, "cacheReadInputTokens"),
        output=count(usage, "outputTokens"))
    for detail in usage.get("cacheDetails") or []:
        if detail.get("ttl") == "1h":
            counts.cache_write_1h += count(detail, "inputTokens")
        else:
            counts.cache_write_5m += count(detail, "inputTokens")
    counts.cache_write_5m = max(
        counts.cache_write_5m, count(usage, "cacheWriteInputTokens") - counts.cache_write_1h)
    return counts


def gemini(usage):
    """The cached part is inside the prompt; thoughts and tool-use prompts come on top."""
    counts = Counts()
    (counts.cache_read,), counts.input = clamp(
        counts, count(usage, "promptTokenCount"), [count(usage, "cachedContentTokenCount")])
    counts.input += count(usage, "toolUsePromptTokenCount")
    counts.reasoning = count(usage, "thoughtsTokenCount")
    counts.output = count(usage, "candidatesTokenCount") + counts.reasoning
    return counts


# --- Prices ---------------------------------------------------------------------------------------------

CLASS_FIELDS = {
    "input": ("input_cost_per_token", ""),
    "cache_read": ("cache_read_input_token_cost", ""),
    "cache_write_5m": ("cache_creation_input_token_cost", ""),
    "cache_write_1h": ("cache_creation_input_token_cost", "_above_1hr"),
    "output": ("output_cost_per_token", ""),
    "reasoning": ("output_cost_per_reasoning_token", ""),
}
TIER_SUFFIXES = {"standard": "", "batch": "_batches"}


def entry_for(price_list, provider, model):
    names = [f"{provider}/{model}"] if provider in ("azure", "gemini") else [model]
    return next((price_list[n] for n in names if n in price_list), None)


def service_tier(line):
    billing = line.get("billing") or {}
    if billing.get("batch") is True:
        return "batch"
    word = billing.get("service_tier") or (line.get("usage") or {}).get("service_tier")
    return "standard" if word in (None, "", "default") else word


def rate(entry, token_class, tier, total_input):
    """Femtodollars a token, or None where the list has no price for the class."""
    base, lifetime = CLASS_FIELDS[token_class]
    pattern = re.compile(re.escape(base + lifetime) + r"_above_(\d+)k_tokens")
    thresholds = sorted({int(m[1]) for f in entry if (m := pattern.match(f))}, reverse=True)
    crossed = [f"_above_{n}k_tokens" for n in thresholds if total_input > n * 1000] + [""]
    tier_suffix = TIER_SUFFIXES.get(tier, "_" + tier)
    for suffix in dict.fromkeys((tier_suffix, "")):
        for context in crossed:
            price = entry.get(base + lifetime + context + suffix)
            if price is not None:
                return femtodollars(price)
    return None


def femtodollars(price):
    exact = Decimal(price).scaleb(15, Context(prec=60))
    return int(exact.to_integral_value(ROUND_HALF_EVEN, Context(prec=60)))


def price(line, price_list):
    """Money by class, and the classes that have no rate."""
    counts = line["counts"]
    models = [line["model"].get("returned"), line["model"].get("requested")]
    entry = next(filter(None, (entry_for(price_list, line.get("provider"), m) for m in models if m)), None)
    money, missing = {}, []
    for token_class, n in counts.used():
        if entry is None:
            missing.append(token_class)
        elif token_class == "web_search":
            each = (entry.get("search_context_cost_per_query") or {}).get("search_context_size_medium")
            money[token_class] = None if each is None else n * femtodollars(each)
        else:
            each = rate(entry, token_class, service_tier(line), counts.total_input())
            money[token_class] = None if each is None else n * each
            if token_class == "output" and each is not None:
                thought = rate(entry, "reasoning", service_tier(line), counts.total_input())
                money[token_class] += counts.reasoning * ((each if thought is None else thought) - each)
    missing += [c for c, m in money.items() if m is None]
    return {c: m for c, m in money.items() if m is not None}, missing


# --- Attribution ------------------------------------------------------------------------------------------


class Rules:
    def __init__(self, document, timezone):
        self.products = {p["id"]: p for p in document["products"]}
        self.order = [p["id"] for p in document["products"]]
        self.rules = document["rules"]
        self.zone = zoneinfo.ZoneInfo(timezone)

    def weights(self, line):
        """Product → weight, in the order of `products`."""
        for rule in self.rules:
            if self.dated(rule, line) and all(
                    holds(line, name, wanted) for name, wanted in conditions(rule["when"])):
                if "product" in rule:
                    return {rule["product"]: 1}
                return {p: rule["split"][p] for p in self.order if p in rule["split"]}
        return {"unattributed": 1}

    def dated(self, rule, line):
        day = datetime.datetime.fromtimestamp(line["time_us"] // 1_000_000, self.zone).date()
        return ("from" not in rule or as_date(rule["from"]) <= day) and (
            "until" not in rule or day < as_date(rule["until"]))

    def cost_center(self, product):
        return str(self.products.get(product, {}).get("cost_center", ""))


def as_date(value):
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)


def conditions(when):
    for name, wanted in when.items():
        if name == "tags":
            yield from (("tags", (tag, value)) for tag, value in wanted.items())
        else:
            yield name, wanted


def holds(line, name, wanted):
    client, key, model = (line.get(n) or {} for n in ("client", "key", "model"))
    if name == "tags":
        tag, wanted = wanted
        fact = (line.get("tags") or {}).get(tag)
    else:
        fact = {
            "key": key.get("name"), "key_id": key.get("id"), "agent": client.get("agent"),
            "ip": client.get("ip"), "model": model.get("returned") or model.get("requested"),
        }[name] if name in ("key", "key_id", "agent", "ip", "model") else line.get(name)
    if fact is None:
        return False
    choices = wanted if isinstance(wanted, list) else [wanted]
    if name == "ip":
        return any(ipaddress.ip_address(fact) in ipaddress.ip_network(c, strict=False) for c in choices)
    return any(matches(str(c), fact) for c in choices)


def matches(pattern, text):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def apportion(total, weights):
    """Whole units by largest remainder, ties to the earlier."""
    whole = sum(weights)
    parts = [total * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


# --- The books -----------------------------------------------------------------------------------------------


@dataclass
class Row:
    requests: Fraction = Fraction(0)
    failed_requests: Fraction = Fraction(0)
    interrupted_requests: Fraction = Fraction(0)
    unpriced_requests: Fraction = Fraction(0)
    input_tokens: Fraction = Fraction(0)
    cache_read_tokens: Fraction = Fraction(0)
    cache_write_tokens: Fraction = Fraction(0)
    output_tokens: Fraction = Fraction(0)
    cost: int = 0
    priced: bool = False
    missing: bool = False
    estimated: bool = False

    def state(self):
        unknown = self.missing or self.interrupted_requests
        if unknown and not self.priced:
            return "unpriced"
        return "partial" if unknown else "estimated" if self.estimated else "exact"

    def cost_text(self):
        return "" if self.state() == "unpriced" else dollars(self.cost)


@dataclass
class Books:
    inputs: list
    rows: dict = field(default_factory=lambda: defaultdict(Row))
    totals: Row = field(default_factory=Row)

    def add_end(self, line, price_list, rules):
        final, counts = line.get("final", True), line["counts"]
        money, missing = price(line, price_list) if counts else ({}, [])
        if counts is None and line["outcome"] in ("ok", "client_gone"):
            missing = ["unknown"]
        estimated = bool(counts) and (line.get("usage_source") == "estimated" or counts.clamped)
        for product, weight, shares, row in self.shared(line, rules, money, service_tier(line)):
            row.requests += weight * final
            row.failed_requests += weight * (final and line["outcome"] in FAILED)
            row.unpriced_requests += weight * (final and bool(missing))
            if counts:
                row.input_tokens += weight * counts.input
                row.cache_read_tokens += weight * counts.cache_read
                row.cache_write_tokens += weight * (counts.cache_write_5m + counts.cache_write_1h)
                row.output_tokens += weight * counts.output
            row.cost += sum(shares.values())
            row.priced |= bool(money)
            row.missing |= bool(missing)
            row.estimated |= estimated

    def add_interrupted(self, line, rules):
        for _, weight, _, row in self.shared(line, rules, {}, "standard"):
            row.requests += weight
            row.interrupted_requests += weight

    def shared(self, line, rules, money, tier):
        """(product, weight, its money by class, its row) for each product that bears the request."""
        weights = rules.weights(line)
        cuts = {c: apportion(m, list(weights.values())) for c, m in money.items()}
        model = line["model"].get("returned") or line["model"].get("requested")
        for n, (product, weight) in enumerate(weights.items()):
            key = (product, line.get("provider") or "", model, tier)
            share = Fraction(weight, sum(weights.values()))
            yield product, share, {c: cut[n] for c, cut in cuts.items()}, self.rows[key]

    def total(self, column, product=None):
        return sum(getattr(r, column) for k, r in self.rows.items() if product in (None, k[0]))

    def ingest(self):
        names = ("lines", "usages", "duplicates", "rejected", "control")
        return {n: sum(i.counts[n] for i in self.inputs) for n in names}


def month_bounds(period, timezone):
    year, month = map(int, period.split("-"))
    zone = zoneinfo.ZoneInfo(timezone)
    first = datetime.datetime(year, month, 1, tzinfo=zone)
    after = datetime.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    return int(first.timestamp()) * 1_000_000, int(after.timestamp()) * 1_000_000


def dollars(femto):
    digits = str(abs(femto)).rjust(16, "0")
    text = f"{digits[:-15]}.{digits[-15:]}".rstrip("0").rstrip(".")
    return "-" + text if femto < 0 else text


# --- Comparing ----------------------------------------------------------------------------------------------


def differences(expected, csv_path, run_json, rules, period):
    """Sentences, one a difference; none where the program's reports are right."""
    yield from csv_differences(expected, Path(csv_path).read_bytes(), rules, period)
    run = json.loads(Path(run_json).read_text()) if isinstance(run_json, (str, Path)) else run_json
    yield from run_differences(expected, run)


def csv_differences(expected, data, rules, period):
    if not data.startswith(b"\xef\xbb\xbf"):
        yield "chargeback.csv does not begin with a BOM"
    if data.replace(b"\r\n", b"").find(b"\r") >= 0 or not data.endswith(b"\r\n"):
        yield "chargeback.csv has lines that do not end with CRLF"
    table = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    if table[0][: len(COLUMNS)] != COLUMNS:
        yield f"columns are {table[0]}, expected {COLUMNS}"
        return
    seen = {}
    for cells in table[1:]:
        row = dict(zip(COLUMNS, cells))
        if row["entry"] != "usage":
            continue
        model = row["model"]
        # A text that a spreadsheet would run may stand behind an apostrophe.
        model = model[1:] if re.match(r"'[=+\-@\t\r]", model) else model
        key = (row["product"], row["provider"], model, row["service_tier"])
        if key in seen:
            yield f"{key} stands there twice"
        seen[key] = row
    for key in sorted(seen.keys() - expected.rows.keys()):
        yield f"{key} is in the CSV and should not be: {seen[key]}"
    for key, want in sorted(expected.rows.items()):
        if key not in seen:
            yield f"{key} is missing; expected {want}"
            continue
        yield from row_differences(key, want, seen[key], rules, period)


def row_differences(key, want, row, rules, period):
    texts = {
        "period": period, "cost_center": rules.cost_center(key[0]), "cost_usd": want.cost_text(),
        "cost_state": want.state()}
    for column, text in texts.items():
        if row[column] != text:
            yield f"{key} {column}: {row[column]!r}, expected {text!r}"
    if row["for_period"] not in ("", period):
        yield f"{key} for_period: {row['for_period']!r}"
    for column in COLUMNS[6:14]:
        wanted = getattr(want, column)
        close = Fraction(1, 10**6) if 10**6 % wanted.denominator else 0
        if not re.fullmatch(r"\d+(\.\d{1,6})?", row[column]) or abs(Fraction(row[column]) - wanted) > close:
            yield f"{key} {column}: {row[column]}, expected {wanted}"


def run_differences(expected, run):
    totals, cost = run["totals"], dollars(expected.total("cost"))
    wanted = {
        "requests": expected.total("requests"), "unpriced_requests": expected.total("unpriced_requests"),
        "interrupted_requests": expected.total("interrupted_requests"), "cost_usd": cost,
        "unattributed_cost_usd": dollars(expected.total("cost", "unattributed"))}
    for name, value in wanted.items():
        if totals.get(name) != value:
            yield f"run.json totals.{name}: {totals.get(name)!r}, expected {value!r}"
    if "usage" in totals.get("by_entry", {}):
        by_entry = totals["by_entry"]["usage"]
        if cost not in (by_entry, isinstance(by_entry, dict) and by_entry.get("cost_usd")):
            yield f"run.json totals.by_entry.usage: {by_entry!r}, expected {cost!r}"
    else:
        yield "run.json totals.by_entry has no usage"
    for name, value in expected.ingest().items():
        if run["ingest"].get(name) != value:
            yield f"run.json ingest.{name}: {run['ingest'].get(name)!r}, expected {value}"
    got = {i["name"]: i for i in run["inputs"]}
    want = {i.name: i for i in expected.inputs}
    for name in sorted(got.keys() ^ want.keys()):
        yield f"run.json inputs: {name} is {'extra' if name in got else 'missing'}"
    for name in sorted(got.keys() & want.keys()):
        if (got[name]["sha256"], got[name]["lines"]) != (want[name].sha256, want[name].counts["lines"]):
            yield f"run.json inputs {name}: {got[name]}, expected {want[name]}"


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("raw-logs", "prices", "attribution", "period", "timezone", "csv", "run-json"):
        options.add_argument("--" + name, required=True)
    a = options.parse_args()
    expected = books(a.raw_logs, a.prices, a.attribution, a.period, a.timezone)
    rules = Rules(yaml.safe_load(Path(a.attribution).read_text()), a.timezone)
    found = list(differences(expected, a.csv, a.run_json, rules, a.period))
    print("\n".join(found) or f"{len(expected.rows)} rows, {dollars(expected.total('cost'))} USD: no difference")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
