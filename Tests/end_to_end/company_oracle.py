"""The made-up company's books computed a second time: the story, the raw logs and the inputs in, expected figures out.

It shares nothing with the program. Lines are read by oracle_lines, rates by oracle_book, rules by oracle_money; here
the story is lived through: what was known when a month was closed, what came later, and what October therefore says.
Amounts are whole femtodollars, shares of a request are Fractions.
"""
import collections
import datetime
import pathlib
import zoneinfo
from dataclasses import dataclass, field
from fractions import Fraction

import yaml

import company_review
from oracle import FAILED
from oracle_book import Book
from company_pools import Costs, Rates
from oracle_lines import Counts, read_raw_logs
from oracle_money import Rules, apportion, service_tier

LATE, PRICES = "late lines", "prices"
CACHED = ("cache_read", "cache_write_5m", "cache_write_1h")


@dataclass
class Share:
    """One product's part of what one model did for one request."""

    line: dict
    product: str
    provider: str
    model: str
    tier: str
    day: str
    weight: Fraction
    counts: Counts
    money: dict
    listed: int
    missing: list = field(default_factory=list)
    # What its tokens read from and written to a cache would have cost as plain input.
    plain: int = 0
    main: bool = True
    estimated: bool = False
    interrupted: bool = False

    @property
    def cost(self):
        return sum(self.money.values())

    @property
    def place(self):
        return self.product, self.provider, self.model, self.tier

    @property
    def key(self):
        key = self.line.get("key") or {}
        return key.get("name") or key.get("id") or ""

    def counted(self):
        """What it adds to `requests`."""
        return self.weight if self.interrupted or (self.main and self.line.get("final", True)) else 0

    def failed(self):
        return self.counted() if not self.interrupted and self.line["outcome"] in FAILED else 0

    def unpriced(self):
        return self.counted() if not self.interrupted and self.line["_unpriced"] else 0


COLUMNS = ("requests", "failed_requests", "interrupted_requests", "unpriced_requests", "input_tokens",
           "cache_read_tokens", "cache_write_tokens", "output_tokens")


class Sum:
    """What shares say together: counts, cost, and how well the cost is known."""

    def __init__(self, shares=()):
        self.counts = dict.fromkeys(COLUMNS, Fraction(0))
        self.cost = self.listed = 0
        self.priced = self.missing = self.estimated = False
        for share in shares:
            self.add(share)

    def add(self, share):
        one = self.counts
        one["requests"] += share.counted()
        one["failed_requests"] += share.failed()
        one["interrupted_requests"] += share.counted() if share.interrupted else 0
        one["unpriced_requests"] += share.unpriced()
        if share.counts:
            one["input_tokens"] += share.weight * share.counts.input
            one["cache_read_tokens"] += share.weight * share.counts.cache_read
            one["cache_write_tokens"] += share.weight * (share.counts.cache_write_5m + share.counts.cache_write_1h)
            one["output_tokens"] += share.weight * share.counts.output
        self.cost += share.cost
        self.listed += share.listed
        self.priced |= bool(share.money)
        self.missing |= bool(share.missing)
        self.estimated |= share.estimated

    @property
    def state(self):
        unknown = self.missing or self.counts["interrupted_requests"] != 0
        if unknown and not self.priced:
            return "unpriced"
        return "partial" if unknown else "estimated" if self.estimated else "exact"


def grouped(shares, key):
    found = collections.defaultdict(Sum)
    for share in shares:
        found[key(share)].add(share)
    return dict(found)


@dataclass
class Amount:
    """A part of a cost that no request made."""

    cost: int
    state: str

    @property
    def listed(self):
        return self.cost


@dataclass
class Month:
    """A month's books: shares of requests, and the costs that no request made with their taxes."""

    shares: list
    lines: list
    taxes: list

    def rows(self):
        """(entry, place) → amount, of all but adjustments."""
        found = {("usage", place): one for place, one in grouped(self.shares, lambda share: share.place).items()}
        return found | {(line.entry, place): one for line in self.lines for place, one in moves(line)}


@dataclass
class Closed:
    edition: str
    decided: str
    # What was booked of it, place by place and day by day: at the close and by adjustments that were closed since.
    booked: dict
    reason: str = ""


def moves(line):
    """A cost's parts as rows: the vendor stands for the provider, the cost's name for the model, and there is no tier."""
    for product, cost in line.parts.items():
        if cost:
            yield (product, line.vendor, line.name, ""), Amount(cost, line.state)


@dataclass
class Adjustment:
    for_period: str
    day: str
    entry: str
    place: tuple
    reason: str
    was: Sum
    now: Sum

    @property
    def difference(self):
        return worth(self.now) - worth(self.was)


def worth(amount):
    return amount.cost if amount else 0


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


def before(month, count):
    """The month so many months earlier."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12}-{number % 12 + 1:02d}"


# --- Why a month cost more than another ---

OTHER_STEPS = {"fixed": "fixed", "credit": "credits", "allocation": "allocation"}


def bridge(company, month, earlier):
    """(product → step → femtodollars, product → what the earlier month was booked at)."""
    afresh = company.earlier[month][earlier]
    was, then = collections.Counter(), others(afresh, company.adjustments[earlier])
    # It counts as it was booked: what came after its close is a step of its own.
    for sign, rows in ((1, company.at_close[earlier]), (-1, afresh.rows())):
        for (_, place), one in rows.items():
            then[place[0]]["late"] += sign * one.cost
            was[place[0]] += one.cost if sign > 0 else 0
    for one in company.adjustments[earlier]:
        was[one.place[0]] += one.difference
    now = company.months[month]
    return company_review.bridge(afresh.shares, now.shares, then, others(now, company.adjustments[month])), was


def others(books, adjustments):
    """Product → step → femtodollars that no usage of the month made."""
    found = collections.defaultdict(collections.Counter)
    for (entry, place), one in books.rows().items():
        if entry != "usage":
            found[place[0]][OTHER_STEPS[entry]] += one.cost
    for one in adjustments:
        found[one.place[0]]["adjustments"] += one.difference
    return found
