"""Chargeback computed a second time: usage rows and a costs file in, every other row, every yen and every tax out.

It shares nothing with the program. The usage rows are the program's own `chargeback.csv`, which oracle.py has
recomputed from the raw logs; everything here follows from the documents alone (docs/costs.md), in fractions.
"""
import calendar
from collections import defaultdict
from fractions import Fraction

import yaml

FEMTO = 10 ** 15


def largest_remainder(total, weights):
    """Whole parts of a whole total in proportion to weights; ties to the earlier."""
    whole, sign = sum(weights), -1 if total < 0 else 1
    exact = [Fraction(abs(total) * w, whole) for w in weights]
    parts = [int(x) for x in exact]
    order = sorted(range(len(weights)), key=lambda n: (-(exact[n] - parts[n]), n))
    for n in order[: abs(total) - sum(parts)]:
        parts[n] += 1
    return [sign * p for p in parts]


def half_even(x):
    return round(Fraction(x))


def round_column(exact, total=None):
    """Fractions to whole numbers that add up to `total`, or to their rounded sum."""
    total = half_even(sum(exact)) if total is None else total
    parts = [x.__floor__() for x in exact]
    order = sorted(range(len(exact)), key=lambda n: (-(exact[n] - parts[n]), n))
    for n in order[: total - sum(parts)]:
        parts[n] += 1
    return parts


class Rates:
    def __init__(self, path):
        self.rates = {}
        for line in path.read_text().splitlines()[1:]:
            cells = line.split(",")
            self.rates[cells[1], cells[0]] = Fraction(cells[2])

    def __getitem__(self, key):
        return self.rates[key]


class Month:
    """One month, or the first and last of its days: what its costs put on products."""

    def __init__(self, costs, rules, rates, month, usage, days=None):
        """`usage`: {(product, provider): femtodollars} of the days."""
        self.costs, self.rates, self.month, self.usage = costs, rates, month, usage
        self.products = [p["id"] for p in rules["products"]] + ["unattributed"]
        self.length = calendar.monthrange(*map(int, month.split("-")))[1]
        self.days = days or (1, self.length)
        self.rows = defaultdict(int)
        self.amounts = {}

    def compute(self):
        for one in self.costs.get("fixed", []):
            if self.holds(one):
                self.put("fixed", one, self.amount(one), one)
        for one in self.costs.get("commitments", []):
            if self.holds(one):
                drawn = sum(c for (_, v), c in self.usage.items() if v == one["vendor"])
                self.put("fixed", one, max(0, self.amount(one) - drawn), one["unused"])
        for one in self.costs.get("credits", []):
            if self.holds(one):
                self.put("credit", one, -self.credit(one), one, default={"usage": "vendor"})
        self.spread(self.costs.get("unattributed", {"spread": "keep"}))
        return self

    def holds(self, one):
        if "month" in one:
            return str(one["month"]) == self.month
        return str(one.get("from", "0000-00")) <= self.month < str(one.get("until", "9999-99"))

    def amount(self, one):
        amount = Fraction(str(one["amount"])) * FEMTO
        if one.get("currency", "USD") != "USD":
            amount /= self.rates[one["currency"], self.month]
        by_day = largest_remainder(half_even(amount), [1] * self.length)
        return sum(by_day[self.days[0] - 1: self.days[1]])

    def credit(self, one):
        if "percent" not in one:
            return self.amount(one)
        used = sum(c for (_, v), c in self.usage.items() if v == one["vendor"])
        return half_even(Fraction(used) * Fraction(str(one["percent"]).rstrip("% ")) / 100)

    def put(self, entry, one, amount, bearer, default=None):
        weights = self.weights({**(default or {}), **bearer}, one)
        self.amounts[one["name"]] = amount
        for product, part in self.cut(amount, weights).items():
            self.rows[entry, product, one.get("vendor", ""), one["name"]] += part

    def cut(self, amount, weights):
        weights = {p: w for p, w in weights.items() if w} or {"unattributed": 1}
        return dict(zip(weights, largest_remainder(amount, list(weights.values()))))

    def ordered(self, weights):
        known = [p for p in self.products if p in weights]
        return {p: weights[p] for p in known + sorted(set(weights) - set(known))}

    def weights(self, bearer, one):
        if "product" in bearer:
            return {bearer["product"]: 1}
        if "keep" in bearer:
            return {"centre": 1}
        for word in ("seats", "weights"):
            if word in bearer:
                return self.ordered(bearer[word])
        if "evenly" in bearer:
            names = bearer["evenly"]
            if names == "all":
                used = {p for p, _ in self.usage}
                names = [p for p in self.products[:-1] if p in used]
            return self.ordered({p: 1 for p in names})
        names = bearer["usage"]
        vendors = None if names == "all" else [one["vendor"]] if names == "vendor" else [names] if isinstance(
            names, str) else names
        return {p: self.used(p, vendors) for p in self.products}

    def used(self, product, vendors=None):
        return sum(c for (p, v), c in self.usage.items() if p == product and (vendors is None or v in vendors))

    def spread(self, method):
        how = method["spread"]
        if how == "keep":
            return
        lying = self.used("unattributed") + sum(
            c for (_, product, _, _), c in self.rows.items() if product == "unattributed")
        products = self.products[:-1]
        if how == "usage":
            weights = {p: self.used(p) for p in products}
        elif how == "evenly":
            weights = {p: 1 for p in method.get("products", [p for p in products if self.used(p)])}
        else:
            weights = self.ordered(method["weights"])
        if not lying or not any(weights.values()):
            return
        name = "unattributed cost, spread"
        self.rows["allocation", "unattributed", "", name] -= lying
        for product, part in self.cut(lying, weights).items():
            self.rows["allocation", product, "", name] += part

    def taxes(self):
        """{(name, vendor): (base, tax)} in femtodollars."""
        bills = defaultdict(int)
        for (_, vendor), cost in self.usage.items():
            bills[vendor] += cost
        for (entry, _, vendor, _), cost in self.rows.items():
            if entry != "allocation":
                bills[vendor] += cost
        result = {}
        for tax in self.costs.get("tax", []):
            wanted = tax.get("vendors", "all")
            for vendor, base in bills.items():
                if vendor and (wanted in ("all", ["all"]) or vendor in wanted):
                    rate = Fraction(str(tax["rate"]).rstrip("% ")) / 100
                    result[tax["name"], vendor] = (base, half_even(base * rate))
        return result


def usage_of(rows):
    """The usage of chargeback.csv's rows: {(product, provider): femtodollars}."""
    result = defaultdict(int)
    for row in rows:
        if row["entry"] == "usage":
            result[row["product"], row["provider"]] += femto(row["cost_usd"])
    return dict(result)


def femto(text):
    return 0 if text == "" else int(Fraction(text) * FEMTO)


def load(path):
    # Months and amounts as they are written: YAML would make a date or a number of them.
    return yaml.load(path.read_text(), Loader=yaml.BaseLoader)


def numbers(costs):
    """Seats and weights are whole numbers."""
    def whole(value):
        if isinstance(value, dict):
            return {k: int(v) if k_is_count else whole(v) for k, v in value.items()
                    for k_is_count in [isinstance(v, str) and v.isdigit() and k not in ("amount", "percent", "rate")]}
        return [whole(v) for v in value] if isinstance(value, list) else value
    return whole(costs)
