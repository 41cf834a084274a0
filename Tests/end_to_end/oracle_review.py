r"""The review computed a second time: why a month cost more than another, what caching saved, what was lost.

Written from docs/review.md alone, with fractions for numbers. A `Use` is what the calls of one place used:
place = (product, provider, model, tier), class = a token class of the oracle.
"""
import dataclasses
import zoneinfo
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from oracle import FAILED, month_bounds
from oracle_money import apportion, price, service_tier

PROMPT = {"input", "cache_read", "cache_write_5m", "cache_write_1h"}
CACHED = PROMPT - {"input"}
DRIVERS = ("volume", "mix", "size", "cache", "price")


@dataclass
class Use:
    calls: Fraction = 0
    count: dict = field(default_factory=lambda: defaultdict(Fraction))
    cost: dict = field(default_factory=lambda: defaultdict(int))
    unpriced: set = field(default_factory=set)
    without_cache: int = 0

    def total(self):
        return sum(self.cost.values())

    def part(self, classes):
        return sum(self.count[c] for c in classes), sum(self.cost[c] for c in classes)


class Month:
    def __init__(self, log, price_list, rules, period, zone):
        self.uses, self.keys, self.users = defaultdict(Use), defaultdict(int), defaultdict(int)
        self.days = defaultdict(lambda: defaultdict(Use))
        self.lost = defaultdict(lambda: [0, 0, 0])
        self.zone = zoneinfo.ZoneInfo(zone)
        begin, end = month_bounds(period, zone)
        for line in log.usages:
            if begin <= line["time_us"] < end and line["counts"]:
                self.add(line, price_list, rules)

    def add(self, line, price_list, rules):
        names = line.get("model") or {}
        models = [names.get("returned"), names.get("requested")]
        parts = [(models[0] or models[1], line["counts"], models)]
        parts += [(model, counts, [model]) for model, counts in line["counts"].others]
        day = datetime.fromtimestamp(line["time_us"] // 1_000_000, self.zone).date().isoformat()
        weights = rules.weights(line)
        for model, counts, look_under in parts:
            money, missing = price(line, price_list, counts, look_under)
            plain, lacking = price(line, price_list, uncached(counts), look_under)
            difference = sum(plain.values()) - sum(money.values()) + sum(money.get(c, 0) for c in CACHED)
            assert set(lacking) <= set(missing) or not counts.used()
            saved = apportion(difference, list(weights.values()))
            for n, (product, weight) in enumerate(weights.items()):
                place = (product, line.get("provider") or "", model or "", service_tier(line))
                share = Fraction(weight, sum(weights.values()))
                cost = {c: apportion(m, list(weights.values()))[n] for c, m in money.items()}
                for use in (self.uses[place], self.days[place][day]):
                    use.calls += share * (bool(money) and not counts.free)
                    use.without_cache += saved[n]
                    for c, count in counts.used():
                        if c in money:
                            use.count[c] += share * count * (not counts.free)
                            use.cost[c] += cost[c]
                        else:
                            use.unpriced.add(c)
                total = sum(cost.values())
                self.keys[(line.get("key") or {}).get("name") or ""] += total
                if line.get("user"):
                    self.users[line["user"]] += total
                if not line.get("final", True):
                    self.lost[product][1] += total
                elif line["outcome"] in FAILED:
                    self.lost[product][0] += total
                elif line["outcome"] == "client_gone":
                    self.lost[product][2] += total

    def total(self):
        return sum(use.total() for use in self.uses.values())

    def product(self, product):
        return sum(use.total() for place, use in self.uses.items() if place[0] == product)


def uncached(counts):
    moved = sum(getattr(counts, c) for c in CACHED)
    return dataclasses.replace(
        counts, input=counts.input + moved, cache_read=0, cache_write_5m=0, cache_write_1h=0)


def bridge(was, now):
    """Product → step → femtodollars."""
    result = defaultdict(lambda: defaultdict(int))
    for product in {place[0] for place in [*was.uses, *now.uses]}:
        places = {place for place in [*was.uses, *now.uses] if place[0] == product}
        pairs = []
        for place in sorted(places):
            a, b = copy(was.uses.get(place, Use())), copy(now.uses.get(place, Use()))
            result[product]["unpriced"] += without_price(b, a) - without_price(a, b)
            pairs.append((a, b))
        old, new = (sum(pair[i].calls for pair in pairs) for i in (0, 1))
        for a, b in pairs:
            for step, amount in place_steps(a, b, old, new).items():
                result[product][step] += amount
    return result


def copy(use):
    return Use(use.calls, defaultdict(Fraction, use.count), defaultdict(int, use.cost), set(use.unpriced))


def without_price(use, other):
    """Takes out of `use` what had no price in `other`; gives its cost."""
    nothing_known = not other.calls and other.unpriced
    taken = 0
    for c in list(use.count):
        if nothing_known or (c in other.unpriced and not other.count[c]):
            taken += use.cost.pop(c, 0)
            del use.count[c]
            if not any(use.count.values()):
                use.calls = 0
    return taken


def place_steps(a, b, old, new):
    if not old or not new:
        return {"volume": b.total() - a.total()}
    levels = [a.total(), round(Fraction(new, 1) / old * a.total())]
    if a.calls and b.calls:
        levels.append(round(b.calls / a.calls * a.total()))
        classes = sorted({c for use in (a, b) for c, n in use.count.items() if n})
        groups = [PROMPT] * any(c in PROMPT for c in classes) + [{c} for c in classes if c not in PROMPT]
        levels.append(sum(moved(a, b, group) for group in groups))
        levels.append(sum(moved(a, b, {c}) for c in classes))
        levels.append(b.total())
    else:
        levels += [b.total()] * 4
    return {step: levels[n + 1] - levels[n] for n, step in enumerate(DRIVERS)}


def moved(a, b, classes):
    """What the new counts of these classes cost at the old mean price; at their own where there is none."""
    (old, cost), (new, own) = a.part(classes), b.part(classes)
    return round(Fraction(new) / old * cost) if old else own


def best_day(use, days):
    """(day, rate, saving) of the day with the largest part read from a cache, or None."""
    prompt, read, plain = use.part(PROMPT)[0], use.count["cache_read"], use.count["input"]
    tokens = {day: n for day, one in days.items() if (n := one.part(PROMPT)[0])}
    rates = {
        day: Fraction(days[day].count["cache_read"]) / n
        for day, n in tokens.items() if 2 * n * len(tokens) >= prompt}
    if not plain or not read or not rates:
        return None
    day = max(sorted(rates), key=lambda d: rates[d])
    return day, rates[day]
