"""The oracle's rates out of a price book, as docs/prices.md says they are found; Fractions and whole femtodollars.

It knows what the made-up company's books have: regions by a name's prefix, tiers and their factors, context sizes,
dates, contracts as one factor. Anything else in a book is refused and not overlooked.
"""
import csv
import functools
import re
from fractions import Fraction

from oracle_lines import microseconds
from oracle_money import service_tier

FEMTO = 10**15
PREFIXES = {"jp", "apac", "us", "eu", "global"}
TOKENS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
OTHERWISE = {"cache_read": "input", "cache_write_5m": "input", "cache_write_1h": "input"}


class Charge:
    """Money by class in femtodollars, what it would be at list, and the classes without a rate."""

    def __init__(self):
        self.money, self.listed, self.missing, self.rates = {}, {}, [], {}


class Book:
    def __init__(self, path):
        with open(path, newline="") as file:
            self.rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
        self.factors = [row for row in self.rows if row["factor"]]
        self.prices = [row for row in self.rows if not row["factor"]]
        for row in self.rows:
            assert not row["when"] and (row["factor"] or row["usd"]), row
            assert row["basis"] == "list" or row["meter"] == "all", row
            row["since"] = microseconds(row["effective_from"]) if row["effective_from"] else 0
            row["over"] = int(row["context_over"])

    def charge(self, line, counts, names):
        """What one answer's counts cost; `names`: the models it may be listed under, in order."""
        result = Charge()
        entry = next(filter(None, (self.entry(line.get("provider"), n) for n in names if n)), None)
        for meter, count in counts.used():
            rate = entry and self.rate(entry, meter, service_tier(line), counts.total_input(), line["time_us"])
            if rate is None:
                result.missing.append(meter)
                continue
            listed, own = (0, 0) if counts.free else rate
            result.rates[meter] = rate
            result.money[meter], result.listed[meter] = count * own, count * listed
        return result

    @functools.cache
    def entry(self, provider, name):
        """The (provider, model, region) that the name is listed under."""
        for bare in (name, undated(name)):
            if self.has(provider, bare, ""):
                return provider, bare, ""
        prefix, _, bare = name.partition(".")
        if prefix in PREFIXES:
            return next(((provider, bare, region) for region in (prefix, "") if self.has(provider, bare, region)), None)
        return None

    def has(self, *entry):
        return any((row["provider"], row["model"], row["region"]) == entry for row in self.prices)

    def rate(self, entry, meter, tier, total_input, time):
        """(at list, as agreed) in femtodollars a unit, or None."""
        found = self.row(entry, meter, tier, total_input, time)
        if found is None:
            return self.rate(entry, OTHERWISE[meter], tier, total_input, time) if meter in OTHERWISE else None
        listed = Fraction(found["usd"]) / int(found["per"]) * FEMTO
        agreed = 1
        for row in self.factors:
            if row["since"] > time or not matches(row, entry):
                continue
            if row["basis"] == "contracted":
                agreed = Fraction(row["factor"])
            elif row["service_tier"] == tier != found["service_tier"] and meter in TOKENS:
                listed *= Fraction(row["factor"])
        assert (listed * agreed).denominator == listed.denominator == 1, "a rate that would have to be rounded"
        return int(listed), int(listed * agreed)

    @functools.cache
    def row(self, entry, meter, tier, total_input, time):
        """Of the tier that served, else of standard; then the highest size exceeded; then the latest date."""
        rows = [
            row for row in self.prices
            if (row["provider"], row["model"], row["region"], row["meter"]) == (*entry, meter) and row["since"] <= time
            and (total_input > row["over"] or row["over"] == 0)]
        for wanted in (tier, "standard"):
            own = [row for row in rows if row["service_tier"] == wanted]
            if own:
                return max(own, key=lambda row: (row["over"], row["since"]))
        return None


def matches(row, entry):
    pattern = ".*".join(map(re.escape, row["model"].split("*")))
    return row["provider"] == entry[0] and re.fullmatch(pattern, entry[1])


def undated(name):
    return re.sub(r"(-\d{4}-\d\d-\d\d|-\d{8}|@\d{8})$", "", name)
