"""The made-up company's books computed a second time: the story, the raw logs and the inputs in, expected figures out.

It shares nothing with the program. Lines are read by oracle_lines, rates by oracle_book, rules by oracle_money; here
the story is lived through: what was known when a month was closed, what came later, and what October therefore says.
Amounts are whole femtodollars, shares of a request are Fractions.
"""
import collections
import datetime
import pathlib
import zoneinfo
from dataclasses import dataclass
from fractions import Fraction

import yaml

from company_books import Adjustment, Month, Share, grouped
from company_bridge import before
from company_pools import Costs, Rates
from oracle_book import Book
from oracle_lines import read_raw_logs
from oracle_money import Rules, apportion, service_tier

LATE, PRICES = "late lines", "prices"
CACHED = ("cache_read", "cache_write_5m", "cache_write_1h")


@dataclass
class Closed:
    edition: str
    decided: str
    # What was booked of it, place by place and day by day: at the close and by adjustments that were closed since.
    booked: dict
    reason: str = ""


class Company:
    """Lives through the story; afterwards `months` holds each month as its last run made it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        settings = yaml.safe_load((self.folder / "tollbook.yaml").read_text())
        self.zone = zoneinfo.ZoneInfo(settings["timezone"])
        self.rules = Rules(yaml.safe_load((self.folder / "attribution.yaml").read_text()), settings["timezone"])
        self.currency = settings.get("currency", "USD")
        rates = self.folder / "fx.csv"
        self.rates = Rates(rates) if rates.exists() else None
        costs = self.folder / "costs.yaml"
        self.costs = Costs(costs, self.rates, self.rules.order) if costs.exists() else None
        self.editions = {p.stem: Book(p) for p in (self.folder / "editions").glob("*.csv")}
        self.usages, self.starts, self.ended, self.inputs = [], {}, set(), []
        self.edition = None
        # Each month as its last run made it, and the rows that were closed.
        self.months, self.closed, self.adjustments, self.at_close = {}, {}, {}, {}
        self.computed, self.edition_of, self.earlier = {}, {}, {}
        for step in yaml.safe_load((self.folder / "story.yaml").read_text()):
            [(verb, what)] = list(step.items())[:1]
            getattr(self, "do_" + verb)(what, step)

    # --- The steps ---

    def do_publish(self, name, _):
        self.edition = name

    def do_arrive(self, name, _):
        log = read_raw_logs(self.folder / "arrivals" / name)
        self.inputs += log.inputs
        self.usages += log.usages
        self.starts |= log.starts
        self.ended |= {(line["id"], line["attempt"]) for line in log.usages}
        for line in log.usages + list(log.starts.values()):
            when = datetime.datetime.fromtimestamp(line["time_us"] // 1_000_000, self.zone)
            line["_month"], line["_day"] = f"{when:%Y-%m}", f"{when:%Y-%m-%d}"

    def do_run(self, month, _):
        self.months[month], self.edition_of[month] = self.books(month, self.edition), self.edition
        self.adjustments[month] = [one for label in sorted(self.closed) for one in self.corrections(label)]
        # The months it is compared with, as they are known at this moment, by what they were closed with.
        self.earlier[month] = {
            label: self.books(label, self.edition_of[label]) for label in (before(month, 1), before(month, 12)) if label in self.closed}

    def do_close(self, month, _):
        for one in self.adjustments[month]:
            self.closed[one.for_period].booked[one.day, one.entry, one.place] = one.now
            self.closed[one.for_period].edition = self.closed[one.for_period].decided
        self.closed[month] = Closed(self.edition, self.edition, self.by_day(month, self.months[month]))
        self.at_close[month] = self.months[month].rows()

    def do_reprice(self, month, step):
        self.closed[month].decided, self.closed[month].reason = step["edition"], step["reason"]

    # --- What a month costs by what is known now ---

    def books(self, month, edition):
        shares = self.shares(month, edition)
        if not self.costs:
            return Month(shares, [], [])
        metered, unsure, billed = collections.Counter(), set(), collections.Counter()
        for share in shares:
            metered[share.product, share.provider] += share.cost
        for (_, (_, provider, *_)), one in Month(shares, [], []).rows().items():
            if one.state in ("unpriced", "partial"):
                unsure.add((provider, "partial"))
            elif one.state == "estimated":
                unsure.add((provider, "estimated"))
        lines = self.costs.lines(month, metered, unsure)
        for (entry, (_, vendor, *_)), one in Month(shares, lines, []).rows().items():
            if entry != "allocation":
                billed[vendor] += one.cost
        return Month(shares, lines, self.costs.taxes(billed))

    def shares(self, month, edition):
        ends = [line for line in self.usages if line["_month"] == month]
        begun = [line for key, line in self.starts.items() if line["_month"] == month and key not in self.ended]
        asked = month, edition, len(ends), len(begun)
        if asked not in self.computed:
            self.computed[asked] = found = []
            for line in ends:
                found += self.of_end(line, self.editions[edition])
            for line in begun:
                model = (line.get("model") or {}).get("requested")
                found += self.cut(line, model, "standard", None, {}, 0, [], interrupted=True)
        return self.computed[asked]

    def of_end(self, line, book):
        counts, names = line["counts"], line.get("model") or {}
        looked_for = [names.get("returned"), names.get("requested")]
        parts = [(looked_for[0] or looked_for[1], counts, looked_for)]
        parts += [(model, other, [model]) for model, other in (counts.others if counts else [])]
        charges = [book.charge(line, one, under) if one else None for _, one, under in parts]
        missing = [list(charge.missing) if charge else [] for charge in charges]
        if counts is None and line["outcome"] in ("ok", "client_gone"):
            missing[0].append("unknown")
        estimated = line.get("usage_source") == "estimated" or any(one and one.clamped for _, one, _ in parts)
        line["_unpriced"] = any(missing)
        for number, ((model, one, _), charge) in enumerate(zip(parts, charges)):
            money, listed = (charge.money, sum(charge.listed.values())) if charge else ({}, 0)
            shares = list(self.cut(line, model, service_tier(line), one, money, listed, missing[number],
                                   main=number == 0, estimated=estimated))
            for share, plain in zip(shares, self.plain(line, book, one, looked_for, charge)):
                share.plain = plain
            yield from shares

    def plain(self, line, book, counts, names, charge):
        cached = sum(getattr(counts, meter) for meter in CACHED) if counts and charge.money and not counts.free else 0
        rate = charge.rates.get("input") if cached else None
        if cached and not rate:
            entry = next(filter(None, (book.entry(line.get("provider"), n) for n in names if n)))
            rate = book.rate(entry, "input", service_tier(line), counts.total_input(), line["time_us"])
        return apportion(cached * rate[1] if cached else 0, list(self.rules.weights(line).values()))

    def cut(self, line, model, tier, counts, money, listed, missing, **more):
        weights = self.rules.weights(line)
        parts = list(weights.values())
        cuts = {meter: apportion(amount, parts) for meter, amount in money.items()}
        contracted = listed != sum(money.values())
        listed_cuts = apportion(listed, parts) if contracted else None
        for n, (product, weight) in enumerate(weights.items()):
            own = {meter: cut[n] for meter, cut in cuts.items()}
            yield Share(
                line, product, line.get("provider") or "", model or "", tier, line["_day"],
                Fraction(weight, sum(parts)), counts, own, listed_cuts[n] if contracted else sum(own.values()), missing, **more)

    # --- Corrections of closed months ---

    def by_day(self, month, books):
        """(day, entry, place) → amount; costs that no request made are booked on the month's first day."""
        usage = grouped(books.shares, lambda share: (share.day, "usage", share.place))
        return usage | {
            (f"{month}-01", entry, place): one for (entry, place), one in books.rows().items() if entry != "usage"}

    def corrections(self, month):
        """In the open month: afresh - closed - what was booked since, in steps, place by place."""
        closed, found = self.closed[month], []
        before = dict(closed.booked)
        for reason, edition in ((LATE, closed.edition), (PRICES, closed.decided)):
            after = self.by_day(month, self.books(month, edition))
            for key in sorted(before.keys() | after.keys()):
                one = Adjustment(month, *key, reason, before.get(key), after.get(key))
                if one.difference:
                    found.append(one)
            before = after
        return found
