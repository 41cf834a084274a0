r"""The books computed a second time: raw logs, a price list and attribution rules in, expected figures out.

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
import io
import json
import re
import sys
import zoneinfo
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import yaml

from oracle_lines import read_raw_logs
from oracle_money import Rules, apportion, price, service_tier

NUMBER = re.compile(r"\d+(\.\d{1,6})?")
FAILED = {"vendor_error", "client_error", "refused", "stream_broken"}
COLUMNS = (
    "period,product,cost_center,provider,model,service_tier,requests,failed_requests,interrupted_requests,"
    "unpriced_requests,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,cost_usd,cost_state,"
    "entry,for_period"
).split(",")


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


@dataclass
class Row:
    requests: Fraction = 0
    failed_requests: Fraction = 0
    interrupted_requests: Fraction = 0
    unpriced_requests: Fraction = 0
    input_tokens: Fraction = 0
    cache_read_tokens: Fraction = 0
    cache_write_tokens: Fraction = 0
    output_tokens: Fraction = 0
    cost: int = 0
    priced: bool = False
    missing: bool = False
    estimated: bool = False

    def add(self, counts, weight):
        if counts:
            self.input_tokens += weight * (counts.input + counts.input_audio)
            self.cache_read_tokens += weight * counts.cache_read
            self.cache_write_tokens += weight * (counts.cache_write_5m + counts.cache_write_1h)
            self.output_tokens += weight * (counts.output + counts.output_audio)

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
        names = line.get("model") or {}
        models = [names.get("returned"), names.get("requested")]
        parts = [(models[0] or models[1], counts, models)]
        parts += [(model, other, [model]) for model, other in (counts.others if counts else [])]
        priced = [price(line, price_list, c, look_under) if c else ({}, []) for _, c, look_under in parts]
        if counts is None and line["outcome"] in ("ok", "client_gone"):
            priced[0][1].append("unknown")
        estimated = line.get("usage_source") == "estimated" or any(c and c.clamped for _, c, _ in parts)
        unpriced = any(missing for _, missing in priced)
        for n, ((model, one, _), (money, missing)) in enumerate(zip(parts, priced)):
            for weight, cost, row in self.shared(line, rules, money, model, service_tier(line)):
                # The request itself belongs to the main model's row.
                counted = weight * final * (n == 0)
                row.requests += counted
                row.failed_requests += counted * (line["outcome"] in FAILED)
                row.unpriced_requests += counted * unpriced
                row.add(one, weight)
                row.cost += cost
                row.priced |= bool(money)
                row.missing |= bool(missing)
                row.estimated |= estimated

    def add_interrupted(self, line, rules):
        model = (line.get("model") or {}).get("requested")
        for weight, _, row in self.shared(line, rules, {}, model, "standard"):
            row.requests += weight
            row.interrupted_requests += weight

    def shared(self, line, rules, money, model, tier):
        """(weight, cost, row) for each product that bears the request."""
        weights = rules.weights(line)
        cuts = [apportion(m, list(weights.values())) for m in money.values()]
        for n, (product, weight) in enumerate(weights.items()):
            key = (product, line.get("provider") or "", model or "", tier)
            share = Fraction(weight, sum(weights.values())) if len(weights) > 1 else 1
            yield share, sum(cut[n] for cut in cuts), self.rows[key]

    def total(self, column, product=None):
        return sum(getattr(r, column) for k, r in self.rows.items() if product in (None, k[0]))

    def ingest(self):
        names = ("lines", "usages", "duplicates", "rejected", "control")
        return {n: sum(i.counts[n] for i in self.inputs) for n in names}


def month_bounds(period, timezone):
    year, month = map(int, period.split("-"))
    zone = zoneinfo.ZoneInfo(timezone)
    first = datetime(year, month, 1, tzinfo=zone)
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    return int(first.timestamp()) * 1_000_000, int(after.timestamp()) * 1_000_000


def dollars(femto):
    digits = str(abs(femto)).rjust(16, "0")
    text = f"{digits[:-15]}.{digits[-15:]}".rstrip("0").rstrip(".")
    return "-" + text if femto < 0 else text


# --- Comparing ---


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
    for column in COLUMNS[6:14]:
        printed = sum(Fraction(row[column]) for row in seen.values() if NUMBER.fullmatch(row[column]))
        if printed != expected.total(column):
            yield f"{column}: the printed rows add up to {printed}, not to {expected.total(column)}"


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
        if not NUMBER.fullmatch(row[column]) or abs(Fraction(row[column]) - wanted) > close:
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
    agreed = f"{len(expected.rows)} rows, {dollars(expected.total('cost'))} USD: no difference"
    print("\n".join(found) or agreed)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
