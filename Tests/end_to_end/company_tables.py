"""What each sheet of the made-up company's workbook must show: tables of exact printed figures, from company_oracle.

A cell is a number (a Fraction, or a whole number), a text, None for an empty one, or ANY for what is not a figure.
"""
import collections
from dataclasses import dataclass, field
from fractions import Fraction

from company_books import COLUMNS, Sum
from oracle_print import FEMTO, column, half_even, money_digits

ANY = object()
COUNT_TITLES = ["Requests", "Failed", "Interrupted", "Unpriced", "Input tokens", "Cache read", "Cache write", "Output tokens"]
ENTRIES = ["usage", "adjustment", "fixed", "credit", "allocation"]
STATES = ["unpriced", "partial", "estimated", "exact"]


@dataclass
class Table:
    titles: list
    rows: list
    total: list = None


@dataclass
class Row:
    """One line of chargeback.csv."""

    entry: str
    for_period: str
    place: tuple
    cost: int
    state: str
    counts: dict = field(default_factory=lambda: dict.fromkeys(COLUMNS, Fraction(0)))

    @property
    def product(self):
        return self.place[0]


class Books:
    """One month as it is printed: rows in the order of chargeback.csv, products in the order of the rules."""

    def __init__(self, company, month):
        self.company, self.month = company, month
        self.books, self.adjustments = company.months[month], company.adjustments[month]
        centre = any("centre" in line.parts for line in self.books.lines)
        self.products = [*company.rules.order, *(["centre"] if centre else []), "unattributed"]
        self.names = {p["id"]: p.get("name", p["id"]) for p in company.rules.products.values()}
        self.names |= {"centre": "Centre", "unattributed": "Unattributed"}
        self.rows = sorted(self.all_rows(), key=self.rank)
        self.costs = [sum(row.cost for row in self.rows if row.product == p) for p in self.products]
        self.total = sum(self.costs)
        self.digits = money_digits(self.costs)
        self.printed = dict(zip(self.products, dollars_column(self.costs, self.digits)))
        self.counts = [self.people(name) for name in COLUMNS]

    def rank(self, row):
        return self.products.index(row.product), *row.place[1:], ENTRIES.index(row.entry), row.for_period

    def all_rows(self):
        for (entry, place), one in self.books.rows().items():
            yield Row(entry, self.month, place, one.cost, one.state, **({"counts": one.counts} if entry == "usage" else {}))
        booked = collections.defaultdict(list)
        for one in self.adjustments:
            booked[one.for_period, one.place].append(one)
        for (period, place), list_ in booked.items():
            cost = sum(one.difference for one in list_)
            state = worst(one.now.state if one.now else "exact" for one in list_)
            yield Row("adjustment", period, place, cost, "partial" if state == "unpriced" and cost else state)

    def people(self, name):
        """A column of counts as people see it: whole tokens, and hundredths of a request where they are few."""
        exact = [row.counts[name] for row in self.rows]
        return column(exact, 0 if name.endswith("_tokens") or sum(exact) >= 1000 else 2)

    def counted(self, holds):
        return [sum(n for n, row in zip(counts, self.rows) if holds(row)) for counts in self.counts]

    def state(self, holds=lambda row: True):
        states = [row.state for row in self.rows if holds(row)]
        if states and all(state == "unpriced" for state in states):
            return "unpriced"
        state = worst(states)
        return "partial" if state == "unpriced" else state

    def cell(self, printed, exact, digits=None):
        return small(printed, exact, self.digits if digits is None else digits)

    def yen(self):
        """Whole yen by row and by product: rounded once for the total, then handed down."""
        rate = self.company.rates.rate(self.month, self.company.currency)
        exact = [Fraction(row.cost, FEMTO) * rate for row in self.rows]
        products = dict(zip(self.products, column([
            sum(y for y, row in zip(exact, self.rows) if row.product == p) for p in self.products], 0)))
        rows = list(exact)
        for product, whole in products.items():
            own = [n for n, row in enumerate(self.rows) if row.product == product]
            for n, y in zip(own, column([exact[n] for n in own], 0, whole)):
                rows[n] = y
        return rows, products

    # --- The sheets ---

    def products_table(self):
        rows, yen = [], self.yen()[1]
        shares = column([Fraction(cost, self.total) for cost in self.costs], 4)
        for product, cost, share in zip(self.products, self.costs, shares):
            state = self.state(lambda row: row.product == product)
            known = self.company.rules.products.get(product, {})
            rows.append([self.names[product], product, known.get("cost_center"), known.get("owner"), state,
                         self.cell(self.printed[product], cost), yen[product], share,
                         *self.counted(lambda row: row.product == product)])
        total = ["Total", None, None, None, self.state(), sum(self.printed.values()), sum(yen.values()), sum(shares),
                 *self.counted(lambda row: True)]
        return Table(["Product", "ID", "Cost center", "Owner", "Cost is", "Cost (USD)", "Cost (JPY)", "Share", *COUNT_TITLES], rows, total)

    def summary_table(self):
        """The same in short, with what a thousand requests of a product's own usage cost."""
        yen, requests = self.yen()[1], self.counts[0]
        shares = column([Fraction(cost, self.total) for cost in self.costs], 4)
        digits = max(2, self.digits)
        rows = []
        for product, cost, share in zip(self.products, self.costs, shares):
            rows.append([self.names[product], self.cell(self.printed[product], cost), yen[product], share,
                         sum(n for n, row in zip(requests, self.rows) if row.product == product),
                         self.per_thousand(lambda row: row.product == product, digits),
                         self.state(lambda row: row.product == product)])
        total = ["Total", sum(self.printed.values()), sum(yen.values()), sum(shares), sum(requests),
                 self.per_thousand(lambda row: True, digits), self.state()]
        return Table(["Product", "Cost (USD)", "Cost (JPY)", "Share", "Requests", "Cost per 1,000 requests", "Cost is"], rows, total)

    def per_thousand(self, holds, digits):
        """Fixed costs belong to the requests, adjustments to those of other periods."""
        own = [row for row in self.rows if holds(row)]
        requests = sum(row.counts["requests"] for row in own)
        cost = sum(row.cost for row in own if row.entry == "usage")
        if not requests or self.state(holds) == "unpriced":
            return None
        return Fraction(half_even(half_even(cost * 1000 / requests) * Fraction(10**digits, FEMTO)), 10**digits)

    def lines_table(self):
        digits = max(6, money_digits([row.cost for row in self.rows]))
        costs, yen = dollars_column([row.cost for row in self.rows], digits), self.yen()[0]
        rows = []
        for n, row in enumerate(self.rows):
            _, provider, model, tier = row.place
            known = row.state != "unpriced"
            rows.append([self.names[row.product], provider or None, model or "unknown", tier or None, row.entry, row.for_period, row.state,
                         self.cell(costs[n], row.cost, digits) if known else None, yen[n] if known else None,
                         *(counts[n] for counts in self.counts)])
        total = ["Total", None, None, None, None, None, self.state(), sum(costs), sum(yen), *self.counted(lambda row: True)]
        return Table(["Product", "Provider", "Model", "Tier", "Entry", "For period", "Cost is", "Cost (USD)", "Cost (JPY)", *COUNT_TITLES],
                     rows, total)

    def pivot_table(self):
        used = [p for p in self.products if any(row.cost and row.product == p for row in self.rows)]
        sums = collections.defaultdict(lambda: collections.Counter())
        for row in self.rows:
            if row.cost:
                sums[row.place[2], row.place[1]][row.product] += row.cost
        models = sorted(sums, key=lambda one: (-sum(sums[one].values()), one))
        columns = [dollars_column([sums[m][p] for m in models], self.digits, self.printed[p]) for p in used]
        rows = []
        for n, (model, provider) in enumerate(models):
            cells = [None if not c[n] and not sums[model, provider][p] else self.cell(c[n], sums[model, provider][p])
                     for p, c in zip(used, columns)]
            rows.append([model or "unknown", provider or None, *cells, sum(c[n] for c in columns)])
        total = ["Total", None, *(sum(c) for c in columns), sum(sum(c) for c in columns)]
        return Table(["Model", "Provider", *(self.names[p] for p in used), "Total (USD)"], rows, total)

    def daily_table(self, days):
        used = [p for p in self.products if any(row.cost and row.product == p for row in self.rows)]
        shares = collections.defaultdict(lambda: collections.Counter())
        requests = collections.Counter()
        for share in self.books.shares:
            shares[share.day][share.product] += share.cost
            requests[share.day] += share.counted()
        exact = {p: [shares[day][p] for day in days] for p in used}
        columns = {}
        for p in used:
            rest = self.costs[self.products.index(p)] - sum(exact[p])
            exact[p].append(rest)
            columns[p] = dollars_column(exact[p], self.digits, self.printed[p])
        asked = [*column([requests[day] for day in days], 0), None]
        rows = []
        for n, day in enumerate([*days, "not of one day"]):
            cells = [self.cell(columns[p][n], exact[p][n]) for p in used]
            rows.append([day, asked[n], *cells, sum(columns[p][n] for p in used)])
        if not any(exact[p][-1] or columns[p][-1] for p in used):
            rows.pop()
        total = ["Total", sum(asked[:-1]), *(sum(columns[p]) for p in used), sum(self.printed[p] for p in used)]
        return Table(["Day", "Requests", *(self.names[p] for p in used), "Total (USD)"], rows, total)

    def callers_table(self, title, name, usage):
        """`usage`: the period's usage as it is printed."""
        groups = collections.defaultdict(list)
        for share in self.books.shares:
            groups[name(share)].append(share)
        sums = {n: Sum(shares) for n, shares in groups.items()}
        names = sorted(sums, key=lambda n: (-sums[n].cost, n))
        costs = dollars_column([sums[n].cost for n in names], self.digits, usage)
        all_costs = sum(one.cost for one in sums.values())
        shares = column([Fraction(sums[n].cost, all_costs) for n in names], 4)
        requests = [sums[n].counts["requests"] for n in names]
        requests = column(requests, 0 if sum(requests) >= 1000 else 2)
        tokens = column([sum(sums[n].counts[c] for c in COLUMNS if c.endswith("_tokens")) for n in names], 0)
        rows = []
        for n, one in enumerate(names):
            products = {share.product for share in groups[one]}
            product = self.names[products.pop()] if len(products) == 1 else f"{len(products)} products"
            rows.append([one or "(none named)", product, requests[n], tokens[n], self.cell(costs[n], sums[one].cost), shares[n]])
        return Table([title, "Product", "Requests", "Tokens", "Cost (USD)", "Share"], rows,
                     ["Total", None, sum(requests), sum(tokens), sum(costs), sum(shares)])

    def adjustments_table(self):
        groups = collections.defaultdict(list)
        for one in self.adjustments:
            groups[one.for_period, one.place, one.reason].append(one)
        reasons = ["late lines", "program", "prices", "rules", "costs"]
        keys = sorted(groups, key=lambda key: (
            key[0], self.products.index(key[1][0]), key[1][2], key[1][1], key[1][3], reasons.index(key[2])))
        exact = [sum(one.difference for one in groups[key]) for key in keys]
        digits = max(6, money_digits([one.difference for one in self.adjustments]))
        differences = dollars_column(exact, digits)
        rows = []
        for key, difference, whole in zip(keys, differences, exact):
            period, (product, provider, model, tier), reason = key
            was, now = (sum(getattr(one, side).cost if getattr(one, side) else 0 for one in groups[key]) for side in ("was", "now"))
            shown = dollars_column([was], digits)[0]
            shown = -difference if not now else shown
            shown = Fraction(0) if not was else shown
            rows.append([period, self.names[product], provider or None, model or "unknown", tier or None, reason,
                         small(shown, was, digits), small(shown + difference, now, digits), small(difference, whole, digits),
                         worst(one.now.state if one.now else "exact" for one in groups[key])])
        return Table(["Period", "Product", "Provider", "Model", "Tier", "Why", "Was (USD)", "Is (USD)", "Difference (USD)", "Cost is"], rows,
                     ["Total", *[None] * 7, sum(differences), None])

    def estimated(self):
        """Whole requests whose counts were estimated."""
        lines = {(s.line["id"], s.line["attempt"]): s for s in self.books.shares if not s.interrupted}
        return sum(1 for s in lines.values() if s.estimated and s.line.get("final", True))

    def coverage(self):
        """The parts of the requests that have an exact price, an estimated one, none, and never ended."""
        total = Sum(self.books.shares).counts
        unknown = total["unpriced_requests"], total["interrupted_requests"]
        known = total["requests"] - sum(unknown)
        return column([Fraction(n, total["requests"]) for n in (known - self.estimated(), self.estimated(), *unknown)], 4)

    def data_table(self):
        """Usage and costs to the day, corrections to the day they correct."""
        lines = []
        for (day, entry, place), one in self.company.by_day(self.month, self.books).items():
            lines.append((day if entry == "usage" else None, Row(entry, self.month, place, one.cost, one.state,
                          **({"counts": one.counts} if entry == "usage" else {}))))
        for one in self.adjustments:
            state = one.now.state if one.now else "exact"
            lines.append((one.day, Row("adjustment", one.for_period, one.place, one.difference,
                                       "partial" if state == "unpriced" else state)))
        return lines


def dollars_column(amounts, digits, total=None):
    return column([Fraction(amount, FEMTO) for amount in amounts], digits, total)


def small(printed, exact, digits):
    """What rounds to nothing and is not nothing says so."""
    if printed or not exact:
        return printed
    unit = f"${Fraction(1, 10**digits).__float__():.{digits}f}"
    return "<" + unit if exact > 0 else ">-" + unit


def worst(states):
    return min(states, key=STATES.index, default="exact")
