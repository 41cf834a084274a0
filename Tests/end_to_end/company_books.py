"""What the company's oracle keeps of a month: shares of requests, their sums, costs that no request made, corrections."""
import collections
from dataclasses import dataclass, field
from fractions import Fraction

from oracle import FAILED
from oracle_lines import Counts


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
