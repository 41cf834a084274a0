"""Why a month of the company's cost more than an earlier one: docs/review.md with closed months, corrections and costs."""
import collections

import company_review


def before(month, count):
    """The month so many months earlier."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12}-{number % 12 + 1:02d}"


OTHER_STEPS = {"fixed": "fixed", "credit": "credits", "allocation": "allocation"}


def bridge(company, month, earlier):
    """(product → step → femtodollars, product → what the earlier month was booked at)."""
    afresh = company.earlier[month][earlier]
    was, then = collections.Counter(), others(afresh, company.adjustments[earlier])
    # It counts as it was booked: what came after its close is a step of its own.
    for sign, rows in ((1, company.at_close[earlier]), (-1, afresh.rows())):
        for (_, place), one in rows.items():
            then[place[0]]["late"] += sign * one.cost
            was[place[0]] += one.cost if sign > 0 else 0
    for one in company.adjustments[earlier]:
        was[one.place[0]] += one.difference
    now = company.months[month]
    return company_review.bridge(afresh.shares, now.shares, then, others(now, company.adjustments[month])), was


def others(books, adjustments):
    """Product → step → femtodollars that no usage of the month made."""
    found = collections.defaultdict(collections.Counter)
    for (entry, place), one in books.rows().items():
        if entry != "usage":
            found[place[0]][OTHER_STEPS[entry]] += one.cost
    for one in adjustments:
        found[one.place[0]]["adjustments"] += one.difference
    return found
