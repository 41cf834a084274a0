"""The workbook's tables beside the books themselves: shared costs and taxes, why it changed, plans. See company_tables."""
import collections
import csv
from dataclasses import dataclass
from fractions import Fraction

import company_review
from company_tables import Table, dollars_column, small
from oracle_print import FEMTO, column, half_even, money_digits

STEP_TITLES = {
    "volume": "Volume", "mix": "Model mix", "size": "Request size", "cache": "Cache hits", "price": "Unit price",
    "unpriced": "Had no price", "late": "Came after the close", "adjustments": "Adjustments", "fixed": "Fixed costs",
    "credits": "Credits", "allocation": "Allocation"}
KINDS = {"fixed": "fixed cost", "credit": "credit", "allocation": "spread"}
METHODS = {"product": "one product", "seats": "seats", "evenly": "equal parts", "weights": "fixed weights", "keep": "kept at the centre"}


@dataclass
class Near:
    """A figure that stands in a table whose rows and columns both add up: at most so far from the exact one."""

    value: Fraction
    within: Fraction


# --- Shared costs ---


def cost_tables(books):
    """The tables of the sheet in their order; each list of costs is followed by its parts."""
    found = []
    for lines in ([line for line in books.books.lines if line.entry != "allocation"],
                  [line for line in books.books.lines if line.entry == "allocation"]):
        if lines:
            found += [pools(books, lines), parts(books, lines)]
    return [*found, commitments(books), taxes(books)]


def yen(books, amounts):
    rate = books.company.rates.rate(books.month, books.company.currency)
    return column([Fraction(amount, FEMTO) * rate for amount in amounts], 0)


def name(line):
    return "Unattributed cost" if line.entry == "allocation" else line.name


def pools(books, lines):
    amounts = [line.amount for line in lines]
    printed, other = dollars_column(amounts, books.digits), yen(books, amounts)
    rows = [[name(line), line.vendor or None, "unused commitment" if line.committed is not None else KINDS[line.entry], books.month,
             given(books, line), method(line), small(printed[n], line.amount, books.digits), other[n]]
            for n, line in enumerate(lines)]
    return Table(["Cost", "Vendor", "Kind", "Month", "As given", "Put on products by", "Amount (USD)", "Amount (JPY)"], rows,
                 ["Total", *[None] * 5, sum(printed), sum(other)])


def given(books, line):
    if line.unit == "%":
        return f"{line.given}% of usage"
    if not line.unit:
        return None
    whole, _, rest = line.given.partition(".")
    text = f"{int(whole):,}{'.' + rest if rest else ''} {line.unit} {'once' if line.once else 'a month'}"
    if line.unit == "USD":
        return text
    rate = books.company.rates.rows[books.month, line.unit]["rate"]
    return f"{text} at {rate.rstrip('0').rstrip('.') if '.' in rate else rate}"


def method(line):
    words = METHODS.get(line.method) or "metered cost" + (f" of {', '.join(line.providers)}" if line.providers else "")
    return f"{words}: there was none, so on nobody" if line.no_basis else words


def parts(books, lines):
    amounts = dollars_column([line.amount for line in lines], books.digits)
    exact = [(line, product, cost) for line in lines for product, cost in line.parts.items() if not gives(line, product)]
    other = iter(yen(books, [cost for _, _, cost in exact]))
    rows = []
    for line, amount in zip(lines, amounts):
        own = [(product, cost) for one, product, cost in exact if one is line]
        for (product, cost), printed in zip(own, dollars_column([cost for _, cost in own], books.digits, amount)):
            rows.append([name(line), books.month, books.names[product], basis(line, product), small(printed, cost, books.digits), next(other)])
    return Table(["Cost", "Month", "Product", "Basis", "Part (USD)", "Amount (JPY)"], rows, ["Total", None, None, None, sum(amounts),
                 sum(row[5] for row in rows)])


def gives(line, product):
    """What is spread is taken from `unattributed`; the table shows where it went."""
    return line.entry == "allocation" and product == "unattributed"


def basis(line, product):
    if line.no_basis:
        return "nothing to go by"
    own, whole = line.weights[product], sum(line.weights.values())
    if line.method in ("product", "keep"):
        return "all of it"
    if line.method == "usage":
        return f"{money_text(own)} of {money_text(whole)}"
    return f"{own} of {whole}" + (" seats" if line.method == "seats" else "")


def money_text(amount):
    digits = money_digits([amount])
    return f"${half_even(Fraction(amount, FEMTO) * 10**digits) / 10**digits:,.{digits}f}"


def commitments(books):
    lines = [line for line in books.books.lines if line.committed is not None]
    whole, drawn = (dollars_column([getattr(line, side) for line in lines], books.digits) for side in ("committed", "drawn"))
    return Table(["Commitment", "Vendor", "Month", "Committed (USD)", "Drawn by usage (USD)", "Unused (USD)"],
                 [[line.name, line.vendor, books.month, w, d, w - d] for line, w, d in zip(lines, whole, drawn)])


def taxes(books):
    found = books.books.taxes
    bases, amounts = (dollars_column([getattr(tax, side) for tax in found], books.digits) for side in ("base", "tax"))
    other = yen(books, [tax.tax for tax in found])
    rows = [[tax.name, tax.vendor, books.month, tax.rate + "%",
             "reverse charge: declared by the buyer, not billed" if tax.reverse else "billed by the vendor",
             small(b, tax.base, books.digits), small(a, tax.tax, books.digits), y]
            for tax, b, a, y in zip(found, bases, amounts, other)]
    return Table(["Tax", "Vendor", "Month", "Rate", "Who pays it", "Taxed amount (USD)", "Tax (USD)", "Tax (JPY)"], rows,
                 # What vendors bill and what the buyer declares have no common total.
                 None if len({tax.reverse for tax in found}) > 1 else ["Total", *[None] * 4, sum(bases), sum(amounts), sum(other)])


# --- Why it changed ---


def bridge_table(books, was, steps):
    """`was`: product → femtodollars of the earlier month; `steps`: product → step → femtodollars."""
    now = dict(zip(books.products, books.costs))
    products = [p for p in books.products if was.get(p) or now[p] or any(steps.get(p, {}).values())]
    sums = collections.Counter()
    for product in products:
        sums.update(steps.get(product, {}))
    shown = [s for s in STEP_TITLES if s in company_review.DRIVERS or any(steps.get(p, {}).get(s) for p in products)]
    digits = max(books.digits, money_digits([was.get(p, 0) for p in products] + [now[p] for p in products]))
    before, after = (dollars_column([side.get(p, 0) for p in products], digits) for side in (was, now))
    unit = Fraction(1, 10**digits)
    rows = []
    for n, product in enumerate(products):
        cells = [near(steps.get(product, {}).get(step, 0), unit) for step in shown]
        rows.append([books.names[product], small(before[n], was.get(product, 0), digits), *cells, small(after[n], now[product], digits),
                     small(after[n] - before[n], now[product] - was.get(product, 0), digits), change(now[product], was.get(product, 0))])
    total = ["Total", sum(before), *(near(sums[step], unit) for step in shown), sum(after), sum(after) - sum(before),
             change(sum(now.values()), sum(was.values()))]
    return Table(["Product", "Was", *(STEP_TITLES[s] for s in shown), "Is", "Difference", "Change"], rows, total)


def waterfall(titles, total, was, now):
    """The figures behind the chart: floating bars from one month's total to the other's, as the bridge's last row has them."""
    last, rows, level = titles.index("Is"), [], number(total[1])
    for title, step in zip(titles[2:last], map(number, total[2:last])):
        bar = (abs(step), None) if step > 0 else (None, abs(step))
        rows.append([title, min(level, level + step), None, *(bar if step else (None, None))])
        level += step
    return Table(["Step", "Below", "Total", "More", "Less"],
                 [[was, None, number(total[1]), None, None], *rows, [now, None, number(total[last]), None, None]])


def row_that_does_not_add_up(titles, values):
    """Printed, a row's steps are its difference, and what was and the difference are what is."""
    last = titles.index("Is")
    steps = sum(map(number, values[2:last]))
    difference = number(values[titles.index("Difference")])
    return steps != difference or number(values[1]) + difference != number(values[last])


def number(value):
    """A printed cell as a number; words such as `<$0.01` stand for next to nothing."""
    return Fraction(repr(value)) if isinstance(value, (int, float)) else Fraction(0)


def near(amount, unit):
    return Near(Fraction(amount, FEMTO), unit)


def change(now, was):
    return Fraction(half_even(Fraction((now - was) * 10_000, was)), 10_000) if was > 0 else None


def movers_table(books, found, title):
    """`found`: (name, was, is); a model's name is (product, model)."""
    digits = money_digits([was for _, was, _ in found] + [now for _, _, now in found])
    before, after = (dollars_column([one[side] for one in found], digits) for side in (1, 2))
    rows = []
    for n, (who, was, now) in enumerate(found):
        names = [books.names[who[0]], who[1]] if isinstance(who, tuple) else [who]
        rows.append([*names[:-1], names[-1] or "unknown", small(before[n], was, digits), small(after[n], now, digits),
                     small(after[n] - before[n], now - was, digits)])
    product = ["Product"] if title == "Model" else []
    return Table([*product, title, "Was", "Is", "Difference"], rows)


def caching_table(books, found):
    order = {product: n for n, product in enumerate(books.products)}
    places = sorted(found, key=lambda p: (-found[p].saved, order[p[0]], *p[1:]))
    lines = [found[place] for place in places]
    digits = money_digits([line.cost for line in lines] + [line.plain for line in lines])
    costs, plain = (dollars_column([getattr(line, side) for line in lines], digits) for side in ("cost", "plain"))
    more = dollars_column([half_even(line.best[2]) if line.best else 0 for line in lines], digits)
    rows = []
    for n, (place, line) in enumerate(zip(places, lines)):
        best = [line.best[0], percent(line.best[1]), more[n]] if line.best else [None, None, None]
        rows.append([books.names[place[0]], place[2], place[3], percent(line.hit), costs[n], plain[n], plain[n] - costs[n], *best])
    return Table(["Product", "Model", "Tier", "Read from a cache", "Reads and writes cost", "As plain input", "Saved", "Best day",
                  "Its rate", "More at its rate"], rows,
                 ["Total", None, None, None, sum(costs), sum(plain), sum(plain) - sum(costs), None, None, sum(more)])


def percent(ratio):
    return Fraction(half_even(ratio * 10_000), 10_000)


def lost_table(books, found):
    interrupted = {p: books.counted(lambda row: row.product == p)[2] for p in books.products}
    digits = money_digits([sum(one) for one in found.values()])
    columns = [dollars_column([found.get(p, [0, 0, 0])[n] for p in books.products], digits) for n in range(3)]
    rows = [[books.names[p], *(c[n] for c in columns), sum(c[n] for c in columns), interrupted[p]]
            for n, p in enumerate(books.products) if p in found or interrupted[p]]
    return Table(["Product", "Failed", "Repeated", "Client had left", "Together", "Interrupted requests"], rows,
                 ["Total", *(sum(c) for c in columns), sum(sum(c) for c in columns), sum(interrupted.values())])


def unusual_table(books, found):
    digits = money_digits([one.cost for one in found] + [one.usual.__floor__() for one in found])
    return Table(["Day", "Key", "Cost", "Usually"], [
        [one.day, one.key or "no key", dollars_column([one.cost], digits)[0], dollars_column([one.usual.__floor__()], digits)[0]]
        for one in found])


# --- Plans ---


def budget_table(books, found, entries):
    """`found`: company_plans.budget_lines."""
    def used(actual, budget):
        return Fraction(half_even(Fraction(actual * 10_000, budget)), 10_000) if budget else None

    rate = books.company.rates.rate(books.month, "JPY")
    given = {e["product"]: e["amount"] for e in entries if e["month"] == books.month and e["currency"] == "JPY"}
    yen_of = books.yen()[1]
    rows = []
    for product in [*books.products, "total"]:
        if product not in found:
            continue
        budget, actual, year_budget, year_actual = found[product]
        printed = sum(books.printed.values()) if product == "total" else books.printed[product]
        whole = dollars_column([budget], books.digits)[0] if budget is not None else None
        year = [dollars_column([n], books.digits)[0] for n in (year_budget, year_actual)]
        foreign = [None] * 3
        if product in given:
            foreign = [half_even(Fraction(given[product])), yen_of[product], half_even(Fraction(given[product])) - yen_of[product]]
        rows.append(["Total" if product == "total" else books.names[product], whole, printed, whole - printed if budget is not None else None,
                     used(actual, budget), *year, year[0] - year[1], used(year_actual, year_budget), *foreign])
    assert rate
    return Table(["Product", "Budget", "Actual", "Left", "Used", "FY2026 budget to date", "Actual to date", "Left", "Used",
                  "Budget (JPY)", "Actual (JPY)", "Left (JPY)"], rows)


def unit_table(books, found):
    months = sorted({month for _, _, month in found} | {books.month})
    rows = []
    for product in books.products:
        for unit in sorted({u for p, u, _ in found if p == product}):
            own = {month: found.get((product, unit, month)) for month in months}
            each = {m: Fraction(half_even(Fraction(one[1] * 10**6, one[0] * FEMTO)), 10**6) for m, one in own.items() if one and one[0]}
            digits = money_digits([int(value * FEMTO) for value in each.values()])
            cells = [Fraction(half_even(Fraction(own[m][1] * 10**digits, own[m][0] * FEMTO)), 10**digits) if m in each else None
                     for m in months]
            last = own[books.month]
            rows.append([books.names[product], unit, *cells, last[0] if last else None, books.printed[product] if last else None])
    return Table(["Product", "Unit", *months, f"Count, {books.month}", f"Cost, {books.month}"], rows)


def read_plan(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))
