"""The oracle's costs that no request made, from costs.yaml and fx.csv: whole femtodollars, month by month.

Written from docs/costs.md: who bears a cost by which method, what a commitment was not used for, credits, and last the
spreading of what lies on `unattributed` by then. Whole months only.
"""
import csv
import re
from dataclasses import dataclass, field
from fractions import Fraction

import yaml

from oracle_money import apportion
from oracle_print import half_even

FEMTO = 10**15
UNATTRIBUTED, CENTRE = "unattributed", "centre"
SPREAD = "unattributed cost, spread"
METHODS = ("product", "seats", "evenly", "weights", "usage", "keep")


@dataclass
class Line:
    entry: str
    name: str
    vendor: str
    amount: int
    method: str
    parts: dict
    given: str = ""
    unit: str = ""
    once: bool = False
    # Whose metered cost it goes by; empty for everybody's.
    providers: list = field(default_factory=list)
    committed: int = None
    drawn: int = None
    no_basis: bool = False
    state: str = "exact"
    weights: dict = field(default_factory=dict)


@dataclass
class Tax:
    name: str
    vendor: str
    rate: str
    reverse: bool
    base: int
    tax: int


class Rates:
    """Units of a currency for one dollar, by month."""

    def __init__(self, path):
        with open(path, newline="") as file:
            self.rows = {(r["month"], r["currency"]): r for r in csv.DictReader(file)}

    def rate(self, month, currency):
        return Fraction(1) if currency == "USD" else Fraction(self.rows[month, currency]["rate"])


class Costs:
    def __init__(self, path, rates, products):
        self.file = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
        self.rates, self.products = rates, [*products, UNATTRIBUTED]

    def lines(self, month, metered, unsure=()):
        """`metered`: (product, provider) → femtodollars, of everything that was used, priced or not.

        `unsure`: (provider, `estimated` or `partial`) where a provider's metered cost is that.
        """
        found = []
        for one in self.holding("fixed", month):
            found.append(self.line("fixed", one, one, self.amount(one, month), metered))
        for one in self.holding("commitments", month):
            committed = self.amount(one, month)
            used = sum(cost for (_, provider), cost in metered.items() if provider == one["vendor"])
            line = self.line("fixed", one, one["unused"], max(0, committed - used), metered)
            line.committed, line.drawn = committed, min(committed, used)
            line.state = self.state(one["vendor"], unsure) if line.amount else "exact"
            found.append(line)
        for one in self.holding("credits", month):
            found.append(self.line("credit", one, one, -self.credit(one, month, metered), metered, default=["vendor"]))
            found[-1].state = self.state(one["vendor"], unsure) if "percent" in one else "exact"
        spread = self.spread(found, metered)
        return found + ([spread] if spread else [])

    def state(self, vendor, unsure):
        return next((state for state in ("partial", "estimated") if (vendor, state) in unsure), "exact")

    def holding(self, kind, month):
        for one in self.file.get(kind, []):
            if one["month"] == month if "month" in one else one.get("from", "") <= month < one.get("until", "9999"):
                yield one

    def amount(self, one, month):
        return half_even(Fraction(one["amount"]) * FEMTO / self.rates.rate(month, one.get("currency", "USD")))

    def credit(self, one, month, metered):
        if "percent" not in one:
            return self.amount(one, month)
        used = sum(cost for (_, provider), cost in metered.items() if provider == one["vendor"])
        return half_even(used * Fraction(re.sub("[% ]", "", one["percent"])) / 100)

    def line(self, entry, one, bears, amount, metered, default=None):
        method = next((m for m in METHODS if m in bears), None)
        said = bears[method] if method else default
        weights = self.weights(method or "usage", said, one.get("vendor"), metered)
        given = (one["percent"].rstrip("% "), "%") if "percent" in one else (one["amount"], one.get("currency", "USD"))
        line = Line(entry, one["name"], one.get("vendor", ""), amount, method or "usage", {}, *given, "month" in one)
        if line.method == "usage" and said not in ("all", ["all"]):
            line.providers = [one["vendor"]] if said in ("vendor", ["vendor"]) else sorted(said)
        return self.put(line, weights)

    def put(self, line, weights):
        weights = {product: weight for product, weight in weights.items() if weight > 0}
        line.no_basis = not weights
        weights = weights or {UNATTRIBUTED: 1}
        sign = -1 if line.amount < 0 else 1
        cuts = apportion(abs(line.amount), list(weights.values()))
        line.weights, line.parts = weights, {product: sign * cut for product, cut in zip(weights, cuts)}
        return line

    def weights(self, method, said, vendor, metered):
        if method == "product":
            return {said: 1}
        if method == "keep":
            return {CENTRE: 1}
        if method in ("seats", "weights"):
            return self.ordered({product: int(weight) for product, weight in said.items()})
        words = [said] if isinstance(said, str) else said
        if method == "evenly":
            used = {product for product, _ in metered if product != UNATTRIBUTED}
            return self.ordered(dict.fromkeys(used if words == ["all"] else words, 1))
        wanted = None if words == ["all"] else [vendor] if words == ["vendor"] else words
        weights = dict.fromkeys(self.products, 0)
        for (product, provider), cost in metered.items():
            if wanted is None or provider in wanted:
                weights[product] += cost
        return weights

    def ordered(self, weights):
        place = {product: n for n, product in enumerate(self.products)}
        return dict(sorted(weights.items(), key=lambda one: place.get(one[0], len(place))))

    def spread(self, others, metered):
        said = self.file.get("unattributed")
        if not said or said["spread"] == "keep":
            return None
        lies = sum(cost for (product, _), cost in metered.items() if product == UNATTRIBUTED)
        lies += sum(line.parts.get(UNATTRIBUTED, 0) for line in others)
        method = said["spread"]
        words = said.get("weights") if method == "weights" else said.get("products", "all")
        weights = self.weights(method, words, None, metered)
        weights.pop(UNATTRIBUTED, None)
        if not lies or not any(weights.values()):
            return None
        line = self.put(Line("allocation", SPREAD, "", lies, method, {}), weights)
        line.parts[UNATTRIBUTED] = -lies
        return line

    def taxes(self, billed):
        """`billed`: vendor → femtodollars of the month."""
        found = []
        for tax in self.file.get("tax", []):
            for vendor in sorted(v for v in billed if v):
                if tax.get("vendors", "all") == "all" or vendor in tax["vendors"]:
                    rate = re.sub("[% ]", "", tax["rate"])
                    found.append(Tax(tax["name"], vendor, rate, tax.get("reverse-charge") == "true", billed[vendor],
                                     half_even(billed[vendor] * Fraction(rate) / 100)))
        return found
