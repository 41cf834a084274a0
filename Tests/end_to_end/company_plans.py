"""The oracle's budgets, forecast, unusual days and unit costs, from docs/review.md."""
import collections
import datetime
from dataclasses import dataclass
from fractions import Fraction

import company_review
from oracle_print import half_even

FEMTO = 10**15
WEEKDAYS_FORECAST, DAYS_MIN = 4, 14
WEEKDAYS_MAX, WEEKDAYS_MIN, SPREAD, FLOOR_PARTS = 8, 3, 6, 50


def fiscal_year(month):
    """The months of its fiscal year up to it, and the days behind it until the year ends in March."""
    year, number = map(int, month.split("-"))
    first = year if number >= 4 else year - 1
    months = [f"{first + (n - 1) // 12}-{(n - 1) % 12 + 1:02d}" for n in range(4, 16)]
    until = datetime.date(year + number // 12, number % 12 + 1, 1)
    return months[: months.index(month) + 1], (datetime.date(first + 1, 4, 1) - until).days


def budget_lines(entries, costs, months, rates):
    """Product → [budget, actual, the year's budget, the year's actual]; `costs`: month → product → femtodollars."""
    found = {}
    month = months[-1]
    for product in {entry["product"] for entry in entries if entry["month"] in months}:
        own = {e["month"]: half_even(Fraction(e["amount"]) * FEMTO / rates.rate(e["month"], e["currency"]))
               for e in entries if e["product"] == product and e["month"] in months}
        spent = {m: sum(costs[m].values()) if product == "total" else costs[m].get(product, 0) for m in months}
        found[product] = [own.get(month), spent[month], sum(own.values()), sum(spent[m] for m in own)]
    return found


def forecast(days, count):
    """(low, expected, high) of the next `count` days; `days`: date → femtodollars, all of those that are over."""
    known = sorted(days)
    if len(known) < DAYS_MIN:
        return None
    last = datetime.date.fromisoformat(known[-1])
    weekdays = collections.Counter((last + datetime.timedelta(n)).weekday() for n in range(1, count + 1))
    low = expected = high = 0
    for weekday, times in weekdays.items():
        like = [days[day] for day in known if datetime.date.fromisoformat(day).weekday() == weekday][-WEEKDAYS_FORECAST:]
        low, high = low + min(like) * times, high + max(like) * times
        expected += half_even(Fraction(sum(like) * times, len(like)))
    return low, expected, high


@dataclass
class Unusual:
    day: str
    key: str
    cost: int
    usual: Fraction
    days: int
    driver: str
    amount: Fraction


def unusual_days(before, after, days_before, days_after):
    """The largest first; `days_…`: all dates of the two periods, in order."""
    labels = [*days_before, *days_after]
    number = {day: n for n, day in enumerate(labels)}
    shares = collections.defaultdict(lambda: collections.defaultdict(list))
    for share in [*before, *after]:
        shares[share.key][number[share.day]].append(share)
    floor = max(Fraction(FEMTO), Fraction(sum(share.cost for share in after), len(days_after) * FLOOR_PARTS))
    found = []
    for key, days in shares.items():
        cost = {day: sum(share.cost for share in days[day]) if day in days else 0 for day in range(len(labels))}
        for day in range(len(days_before), len(labels)):
            like = [n for n in range(day - 7, min(days) - 1, -7)][:WEEKDAYS_MAX]
            if len(like) < WEEKDAYS_MIN:
                continue
            usual = median([cost[n] for n in like])
            distance = abs(cost[day] - usual)
            spread = median([abs(cost[n] - usual) for n in like])
            if distance > SPREAD * spread and distance >= usual / 2 and distance >= floor:
                found.append(named(key, labels[day], days.get(day, []), [days.get(n, []) for n in like], cost[day], usual))
    return sorted(found, key=lambda one: (-abs(one.cost - one.usual), one.day, one.key))[:10]


def named(key, label, shares, like, cost, usual):
    """The driver that did most: so many times the day against all the days like it together."""
    count = len(like)
    steps = collections.Counter()
    for one in company_review.bridge([share for day in like for share in day], shares * count).values():
        steps.update(one)
    sign = 1 if sum(steps.values()) >= 0 else -1
    driver = max(company_review.DRIVERS, key=lambda step: steps[step] * sign)
    return Unusual(label, key, cost, usual, count, driver, Fraction(steps[driver], count))


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return Fraction(values[middle]) if len(values) % 2 else Fraction(values[middle - 1] + values[middle], 2)


def unit_costs(entries, costs, months):
    """(product, unit, month) → (count, cost) of the last thirteen months that were counted, and this one."""
    found = {}
    for (product, unit, month), count in counted(entries).items():
        if month in months[-13:]:
            found[product, unit, month] = count, costs[month].get(product, 0)
    return found


def counted(entries):
    counts = collections.Counter()
    for entry in entries:
        counts[entry["product"], entry["unit"], entry["period"][:7]] += int(entry["count"])
    return counts
