"""The oracle's bridge, and what caching saved: why the cost changed from one period to another, from docs/review.md.

A `Use` is what calls of one model used of each meter and what that cost; Fractions and whole femtodollars.
"""
import collections
from dataclasses import dataclass, field
from fractions import Fraction

from oracle import FAILED
from oracle_print import half_even

DRIVERS = ("volume", "mix", "size", "cache", "price")
PROMPT = ("input", "cache_read", "cache_write_5m", "cache_write_1h")
CACHED = PROMPT[1:]


@dataclass
class Use:
    calls: Fraction = Fraction(0)
    counts: dict = field(default_factory=lambda: collections.defaultdict(Fraction))
    costs: dict = field(default_factory=lambda: collections.defaultdict(int))
    unpriced: dict = field(default_factory=lambda: collections.defaultdict(Fraction))

    def add(self, share):
        if share.counts is None or share.counts.free:
            return
        called = False
        for meter, count in share.counts.used():
            if meter in share.money:
                self.counts[meter] += share.weight * count
                self.costs[meter] += share.money[meter]
                called = True
            else:
                self.unpriced[meter] += share.weight * count
        if called:
            self.calls += share.weight

    @property
    def cost(self):
        return sum(self.costs.values())

    @property
    def prompt(self):
        return sum(self.counts[meter] for meter in PROMPT)


def uses(shares, key):
    found = collections.defaultdict(Use)
    for share in shares:
        found[key(share)].add(share)
    return found


def bridge(before, after, others_before=None, others_after=None):
    """Product → step → femtodollars, from the shares of two periods; `others`: product → step → what no usage made."""
    was, now = (uses(shares, lambda share: share.place) for shares in (before, after))
    steps = collections.defaultdict(lambda: collections.defaultdict(int))
    for product in sorted({place[0] for place in was.keys() | now.keys()}):
        places = sorted(place for place in was.keys() | now.keys() if place[0] == product)
        product_steps(steps[product], [(was.get(p, Use()), now.get(p, Use())) for p in places])
    for sign, others in ((-1, others_before or {}), (1, others_after or {})):
        for product, amounts in others.items():
            for step, amount in amounts.items():
                steps[product][step] += sign * amount
    return {product: dict(one) for product, one in steps.items()}


def product_steps(steps, pairs):
    for a, b in pairs:
        steps["unpriced"] += take_priced(b, a) - take_priced(a, b)
    calls_was, calls_now = (sum(pair[n].calls for pair in pairs) for n in (0, 1))
    for a, b in pairs:
        if not calls_was or not calls_now:
            steps["volume"] += b.cost - a.cost
            continue
        volume = half_even(a.cost * calls_now / calls_was)
        both = a.calls and b.calls
        mix = half_even(a.cost * b.calls / a.calls) if both else b.cost
        steps["volume"] += volume - a.cost
        steps["mix"] += mix - volume
        if not both:
            continue
        size, cache = at_new_size(a, b), at_new_counts(a, b)
        steps["size"] += size - mix
        steps["cache"] += cache - size
        steps["price"] += b.cost - cache


def at_new_size(a, b):
    """The new number of tokens, put into and read from a cache as before, at the old prices."""
    groups = [PROMPT] + [(m,) for m in sorted((a.costs.keys() | b.costs.keys()) - set(PROMPT))]
    cost = 0
    for group in groups:
        was, now = (sum(use.counts[m] for m in group) for use in (a, b))
        cost += half_even(sum(a.costs[m] for m in group) * now / was) if was else sum(b.costs[m] for m in group)
    return cost


def at_new_counts(a, b):
    cost = 0
    for meter in list(a.counts.keys() | b.counts.keys()):
        was = a.counts[meter]
        cost += half_even(a.costs[meter] * b.counts[meter] / was) if was else b.costs[meter]
    return cost


def take_priced(here, there):
    """Takes out what has a price here and had none there; gives its cost."""
    unknown = not there.calls and any(there.unpriced.values())
    taken, had = 0, bool(here.counts)
    for meter in list(here.counts):
        if unknown or (not there.counts.get(meter) and there.unpriced.get(meter)):
            taken += here.costs.pop(meter, 0)
            del here.counts[meter]
    if had and taken and not any(here.counts.values()):
        here.calls = Fraction(0)
    return taken


# --- Movers, lost answers, caching ---

LARGEST = 10


def movers(before, after, name):
    """The ten largest changes: (name, was, is)."""
    was, now = collections.Counter(), collections.Counter()
    for sums, shares in ((was, before), (now, after)):
        for share in shares:
            if name(share) is not None:
                sums[name(share)] += share.cost
    changed = [(one, was[one], now[one]) for one in was.keys() | now.keys() if was[one] != now[one]]
    return sorted(changed, key=lambda one: (-abs(one[2] - one[1]), one[0]))[:LARGEST]


def lost(shares):
    """Product → what failed, what was repeated, what nobody waited for."""
    found = collections.defaultdict(lambda: [0, 0, 0])
    for share in shares:
        if share.interrupted or not share.cost:
            continue
        if not share.line.get("final", True):
            found[share.product][1] += share.cost
        elif share.line["outcome"] in FAILED:
            found[share.product][0] += share.cost
        elif share.line["outcome"] == "client_gone":
            found[share.product][2] += share.cost
    return dict(found)


@dataclass
class Cached:
    hit: Fraction
    cost: int
    plain: int
    tokens: Fraction
    best: tuple = None

    @property
    def saved(self):
        return self.plain - self.cost


def caching(shares):
    """Place → what its cache did, the largest saving first."""
    found = {}
    for place, use in uses(shares, lambda share: share.place).items():
        if not any(use.counts[meter] for meter in CACHED):
            continue
        own = [share for share in shares if share.place == place]
        found[place] = Cached(use.counts["cache_read"] / use.prompt, sum(use.costs[m] for m in CACHED),
                              sum(share.plain for share in own), sum(use.counts[m] for m in CACHED), best_day(use, uses(own, lambda share: share.day)))
    return found


def best_day(whole, days):
    """(day, its rate, what the period would have cost less at it) among days with half a mean day's prompt tokens."""
    days = {day: use for day, use in days.items() if use.prompt}
    usual = {day: use for day, use in days.items() if use.prompt * 2 * len(days) >= whole.prompt}
    plain, read = whole.counts["input"], whole.counts["cache_read"]
    if not usual or not plain or not read:
        return None
    rates = {day: use.counts["cache_read"] / use.prompt for day, use in usual.items()}
    day = min(rates, key=lambda day: (-rates[day], day))
    more = min(rates[day] * whole.prompt - read, plain)
    saving = whole.costs["input"] * more / plain - whole.costs["cache_read"] * more / read
    return (day, rates[day], saving) if more > 0 and saving > 0 else None
