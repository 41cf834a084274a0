"""October's workbook held to the oracle, sheet by sheet and cell by cell; sentences, one a cell that is wrong."""
import collections
import datetime
from fractions import Fraction

import company_more_tables as more
import company_plans
import company_review
from company_books import COLUMNS, Sum
from company_bridge import before, bridge
from company_tables import ANY, COUNT_TITLES, Books, Table
from oracle import month_bounds
from oracle_print import FEMTO, column
from sheets import Reader, same


class Workbook:
    def __init__(self, company, month, path):
        self.company, self.month, self.books = company, month, Books(company, month)
        self.previous, self.last_year = before(month, 1), before(month, 12)
        self.reader = Reader(path)

    def differences(self):
        books = self.books
        days = days_of(self.month)
        sheets = {
            "Summary": [books.summary_table()], "Products": [books.products_table()], "Product × model": [books.pivot_table()],
            "Lines": [books.lines_table()], "Daily": [books.daily_table(days)], "Users and keys": self.callers(),
            "Movers": self.movers(days), "Budget": [self.budget()], "Unit cost": [self.unit_cost()],
            "Fixed and shared costs": more.cost_tables(books), "Adjustments": [books.adjustments_table()]}
        for name, tables in sheets.items():
            for table in tables:
                yield from self.reader.differences(name, table() if callable(table) else table)
        yield from self.bridges_add_up()
        yield from self.data()
        yield from self.cover()
        yield from self.troubles()
        yield from self.reader.formulas_that_do_not_add_up()

    def cover(self):
        """The answer on one screen, and whether the sheets agree with it."""
        books, tile = self.books, self.reader.tile
        total = sum(books.printed.values())
        yield from tile("Summary", "Total cost", total)
        yield from tile("Summary", "Requests", sum(row.counts["requests"] for row in books.rows))
        yield from tile("Summary", "Exact price", books.coverage()[0])
        yield from tile("Summary", "Cost is", books.state())
        yield from tile("Summary", "Unattributed", books.cell(books.printed["unattributed"], books.costs[-1]))
        lines = books.lines_table().total[7]
        data = column([Fraction(books.total, FEMTO)], 9)[0]
        sums = {"Products": total, "Product × model": total, "Lines": lines, "Daily": total, "Data": data}
        yield from self.reader.differences("Summary", Table(
            ["Sheet", "Its details add up to", "Off the total by", "Verdict"],
            [[name, amount, amount - total, "agrees"] for name, amount in sums.items()]))
        yield from self.reader.nothing_left("Fixed and shared costs", "Costs less parts")
        adjusted = [sum(row.cost for row in books.rows if (row.entry == "adjustment") == is_one) for is_one in (False, True)]
        parts = column([Fraction(n, FEMTO) for n in adjusted], books.digits, total)
        for label, value in zip(("Usage and costs of the period", "Adjustments", "Together"), (*parts, total)):
            yield from tile("Adjustments", label, value)

    def troubles(self):
        """What is missing from the total, and every file that was read."""
        books, name = self.books, "Unpriced & rejected"
        begin, end = month_bounds(self.month, str(self.company.zone))
        inputs = sorted((i for i in self.company.inputs if i.belongs(begin, end)), key=lambda i: i.name)
        unpriced = collections.defaultdict(list)
        for share in books.books.shares:
            if share.missing:
                unpriced[share.model, share.provider, share.tier].append(share)
        rows = []
        for (model, provider, tier), shares in sorted(unpriced.items(), key=lambda one: (one[0][1], one[0][0], one[0][2])):
            used = collections.Counter()
            for share in shares:
                for meter, count in share.counts.used():
                    if meter in share.missing:
                        used[meter] += share.weight * count
            words = ", ".join(f"{meter} {int(count):,}" for meter, count in used.items())
            rows.append([model, provider, tier, sum(s.weight for s in shares), words, ANY])
        yield from self.reader.differences(name, Table(
            ["Model", "Provider", "Tier", "Requests", "Used without a price", "Why"], rows))
        torn = [(i.name, i.counts["lines"]) for i in inputs if i.counts["rejected"]]
        yield from self.reader.differences(name, Table(["File", "Line", "Why"], [[file, line, ANY] for file, line in torn]))
        counts = Sum(books.books.shares).counts
        yield from self.reader.differences(name, Table(["Kind", "Requests"], [
            ["Something used has no price", counts["unpriced_requests"]], ["Began and never ended", counts["interrupted_requests"]],
            ["Counts were estimated", books.estimated()]]))
        names = ("lines", "usages", "duplicates", "rejected", "control")
        yield from self.reader.differences("About", Table(
            ["File", "Lines", "Usages", "Duplicates", "Rejected", "Control", "SHA-256"],
            [[i.name, *(i.counts[n] for n in names), i.sha256] for i in inputs],
            ["Total", *(sum(i.counts[n] for i in inputs) for n in names), None]))

    def callers(self):
        """Usage as printed: what is left of the total when the adjustments are taken off."""
        books = self.books
        usage = self.printed_usage()
        return [books.callers_table("Key", lambda share: share.key, usage),
                books.callers_table("Team", lambda share: share.line.get("team") or "", usage),
                books.callers_table("User", lambda share: share.line.get("user") or "", usage)]

    def printed_usage(self):
        own = [sum(row.cost for row in self.books.rows if row.entry == entry) for entry in ("usage", "adjustment")]
        rest = self.books.total - sum(own)
        return column([Fraction(n, FEMTO) for n in (*own, rest)], self.books.digits, sum(self.books.printed.values()))[0]

    # --- Why it changed ---

    def movers(self, days):
        company, books = self.company, self.books
        now = company.months[self.month].shares
        found = []
        for earlier in (self.previous, self.last_year):
            if earlier in company.closed:
                steps, was = bridge(company, self.month, earlier)
                found.append(more.bridge_table(books, was, steps))
                if earlier == self.previous:
                    titles = found[-1].titles
                    found.append(lambda: more.waterfall(titles, self.reader.last_row, self.previous, self.month))
        was = company.earlier[self.month][self.previous].shares
        for title, name in (("Model", lambda s: (s.product, s.model)), ("Key", lambda s: s.key), ("User", lambda s: s.line.get("user"))):
            found.append(more.movers_table(books, company_review.movers(was, now, name), title))
        found += [more.caching_table(books, company_review.caching(now)), more.lost_table(books, company_review.lost(now)),
                  more.unusual_table(books, company_plans.unusual_days(was, now, days_of(self.previous), days))]
        return found

    def bridges_add_up(self):
        titles = None
        for row in self.reader.values["Movers"].iter_rows():
            values = [cell.value for cell in row]
            if "Volume" in values and "Is" in values:
                titles = [value for value in values if value is not None]
            elif titles and values[0] is None:
                titles = None
            elif titles and more.row_that_does_not_add_up(titles, values):
                yield f"Movers!A{row[0].row}: the steps of {values[0]} do not add up"

    # --- Plans ---

    def costs(self, month):
        """Product → what a month cost, adjustments too."""
        sums = collections.Counter()
        rows = self.company.months[month].rows() if month == self.month else self.company.at_close[month]
        for (_, place), one in rows.items():
            sums[place[0]] += one.cost
        for one in self.company.adjustments[month]:
            sums[one.place[0]] += one.difference
        return sums

    def budget(self):
        entries = more.read_plan(self.company.folder / "budgets.csv")
        months, _ = company_plans.fiscal_year(self.month)
        months = [month for month in months if month in self.company.months]
        found = company_plans.budget_lines(entries, {m: self.costs(m) for m in months}, months, self.company.rates)
        return more.budget_table(self.books, found, entries)

    def unit_cost(self):
        months = sorted(self.company.months)
        entries = more.read_plan(self.company.folder / "units.csv")
        return more.unit_table(self.books, company_plans.unit_costs(entries, {m: self.costs(m) for m in months}, months))

    # --- The data sheet ---

    def data(self):
        """A row for each day and place, in any order; rounded in the order in which they stand."""
        name, books = "Data", self.books
        if name not in self.reader.values.sheetnames:
            yield "there is no sheet 'Data'"
            return
        sheet = self.reader.values[name]
        titles = [cell.value for cell in sheet[1]]
        wanted = {
            (day, row.product, row.place[1], row.place[2], row.place[3], row.entry, row.for_period): row
            for day, row in books.data_table()}
        found = []
        for line in sheet.iter_rows(min_row=2):
            cells = dict(zip(titles, line))
            self.reader.seen |= {(name, cell.coordinate) for cell in line}
            day = cells["Day"].value
            key = (f"{day:%Y-%m-%d}" if isinstance(day, datetime.datetime) else None, *(
                cells[title].value or "" for title in ("Product ID", "Provider", "Model", "Tier", "Entry", "For period")))
            if key not in wanted:
                yield f"Data!A{line[0].row} is a row too many: {key}"
            else:
                found.append((key, cells, wanted.pop(key)))
        yield from (f"Data has no row {key}" for key in wanted)
        figures = {"Cost (USD)": column([Fraction(row.cost, FEMTO) for _, _, row in found], 9)}
        for title, each in zip(COUNT_TITLES, COLUMNS):
            exact = [row.counts[each] for _, _, row in found]
            total = sum(row.counts[each] for row in books.rows)
            figures[title] = column(exact, 0 if each.endswith("_tokens") or total >= 1000 else 2)
        for n, (key, cells, row) in enumerate(found):
            for title, values in figures.items():
                value = None if title == "Cost (USD)" and row.state == "unpriced" else values[n]
                if not same(cells[title].value, value):
                    yield f"Data!{cells[title].coordinate} ({title} of {key}) is {cells[title].value!r}, should be {value}"
            if cells["Cost is"].value != row.state:
                yield f"Data!{cells['Cost is'].coordinate} is {cells['Cost is'].value!r}, should be {row.state!r}"


def days_of(month):
    day, found = datetime.date(int(month[:4]), int(month[5:]), 1), []
    while f"{day:%Y-%m}" == month:
        found.append(f"{day:%Y-%m-%d}")
        day += datetime.timedelta(1)
    return found
