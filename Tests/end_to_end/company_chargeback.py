"""chargeback.csv of one of the company's months, row by row, and what differs from it."""
import collections
from fractions import Fraction

import oracle_print
from company_books import COLUMNS
from oracle import dollars

ENTRIES = ["usage", "adjustment", "fixed", "credit", "allocation"]


def place(row):
    return row["product"], row["provider"], row["model"].removeprefix("'"), row["service_tier"]


def chargeback_rows(wanted, month):
    """(entry, for_period, place) → amount, in the order of the file."""
    expected = {(entry, month, place): one for (entry, place), one in wanted.months[month].rows().items()}
    booked = collections.defaultdict(list)
    for one in wanted.adjustments[month]:
        booked["adjustment", one.for_period, one.place].append(one)
    expected |= booked
    order = {product: n for n, product in enumerate([*wanted.rules.order, "centre", "unattributed"])}

    def rank(key):
        entry, period, (product, *rest) = key
        return order[product], *rest, ENTRIES.index(entry), period

    return {key: expected[key] for key in sorted(expected, key=rank)}


def chargeback_differences(wanted, month, found):
    """What differs between a file's rows and what they should be, one sentence a cell."""
    expected = chargeback_rows(wanted, month)
    keys = [(row["entry"], row["for_period"], place(row)) for row in found]
    if keys != list(expected):
        yield f"rows are {keys}, expected {list(expected)}"
        return
    counts = {
        name: oracle_print.column([one.counts[name] if key[0] == "usage" else 0 for key, one in expected.items()], 6)
        for name in COLUMNS}
    yen = converted(wanted, month, expected)
    for n, ((key, one), row) in enumerate(zip(expected.items(), found)):
        texts = {name: oracle_print.plain(counts[name][n]) for name in counts}
        texts |= {"cost_usd": dollars(cost_of(one)), "fx_rate": rate(wanted, month), "cost_jpy": str(yen[n])}
        if key[0] != "adjustment":
            texts["cost_state"] = one.state
            if one.state == "unpriced":
                texts |= dict.fromkeys(("cost_usd", "fx_rate", "cost_jpy"), "")
        for name, text in texts.items():
            if row[name] != text:
                yield f"{key} {name} is {row[name]!r}, should be {text!r}"


def cost_of(one):
    return sum(each.difference for each in one) if isinstance(one, list) else one.cost


def rate(wanted, month):
    return oracle_print.plain(wanted.rates.rate(month, wanted.currency))


def converted(wanted, month, expected):
    """Whole yen of each row: rounded once for the total, then handed down to products and their rows."""
    yen = [Fraction(cost_of(one), 10**15) * wanted.rates.rate(month, wanted.currency) for one in expected.values()]
    products = [place[0] for _, _, place in expected]
    named = list(dict.fromkeys(products))
    sums = oracle_print.column([sum(y for y, p in zip(yen, products) if p == name) for name in named], 0)
    for name, total in zip(named, sums):
        own = [n for n, product in enumerate(products) if product == name]
        for n, whole in zip(own, oracle_print.column([yen[n] for n in own], 0, total)):
            yen[n] = whole
    return yen
