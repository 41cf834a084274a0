"""A workbook read by openpyxl, table by table: found by the titles of their columns, compared cell by cell."""
import datetime
import re
import warnings
from decimal import Decimal
from fractions import Fraction

import openpyxl

from company_more_tables import Near
from company_tables import ANY


class Reader:
    """`seen` collects the cells that were compared, so that a figure nobody looked at is found."""

    def __init__(self, path):
        with warnings.catch_warnings():
            # It says that it will not keep data bars and the like; nothing is written here.
            warnings.simplefilter("ignore")
            self.values = openpyxl.load_workbook(path, data_only=True)
            self.formulas = openpyxl.load_workbook(path)
        self.seen = set()
        self.after = {}

    def differences(self, name, table):
        """Sentences, one a cell that is not what it should be."""
        if name not in self.values.sheetnames:
            yield f"there is no sheet {name!r}, only {self.values.sheetnames}"
            return
        sheet = self.values[name]
        head = self.find(sheet, name, table)
        if head is None:
            yield f"{name}: no table with the columns {table.titles}"
            return
        row, columns = head
        wanted = table.rows + ([table.total] if table.total else [])
        for offset, cells in enumerate(wanted, 1):
            for n, (title, value) in enumerate(zip(table.titles, cells)):
                # A title that stands twice means its own column each time.
                places = columns.get(title, [])
                times = table.titles[:n].count(title)
                if times >= len(places):
                    yield f"{name}: the table at row {row} has no column {title!r}"
                    return
                cell = sheet.cell(row + offset, places[times])
                self.seen.add((name, cell.coordinate))
                if value is not ANY and not same(cell.value, value):
                    yield f"{name}!{cell.coordinate} ({title} of {cells[0]}) is {cell.value!r}, should be {shown(value)}"
        last = sheet.cell(row + len(wanted) + 1, columns[table.titles[0]][0])
        if last.value is not None and sheet.cell(last.row, last.column + 1).value is not None:
            yield f"{name}!{last.coordinate} is a row too many: {last.value!r}"
        self.after[name] = row + len(wanted)
        self.last_row = [sheet.cell(row + len(wanted), columns[title][0]).value for title in dict.fromkeys(table.titles)]

    def tile(self, name, label, value):
        """The figure that stands under its label."""
        sheet = self.values[name]
        cell = next((cell for row in sheet.iter_rows() for cell in row if cell.value == label), None)
        if cell is None:
            yield f"{name}: nothing is called {label!r}"
            return
        below = sheet.cell(cell.row + 1, cell.column)
        self.seen.add((name, below.coordinate))
        if not same(below.value, value):
            yield f"{name}!{below.coordinate} ({label}) is {below.value!r}, should be {shown(value)}"

    def nothing_left(self, name, label):
        """Rows of this label whose figures must all be nothing."""
        for row in self.values[name].iter_rows():
            for cell in row[1:] if row[0].value == label else ():
                if cell.value is not None:
                    self.seen.add((name, cell.coordinate))
                    if exact(cell.value) != 0:
                        yield f"{name}!{cell.coordinate} ({label}) is {cell.value}, should be 0"

    def find(self, sheet, name, table):
        """The row that has the titles, below what was compared before: (row, title → column)."""
        for row in sheet.iter_rows(min_row=self.after.get(name, 0) + 1):
            columns = {}
            for cell in row:
                if isinstance(cell.value, str):
                    columns.setdefault(cell.value, []).append(cell.column)
            if row[0].value == table.titles[0] and len(columns.keys() & set(table.titles)) * 2 > len(table.titles):
                return row[0].row, columns
        return None

    def figures_not_seen(self):
        for sheet in self.values:
            for row in sheet.iter_rows():
                for cell in row:
                    is_figure = isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool)
                    if is_figure and (sheet.title, cell.coordinate) not in self.seen:
                        yield f"{sheet.title}!{cell.coordinate} is {cell.value}, and nothing said what it should be"

    def formulas_that_do_not_add_up(self):
        """Each formula over the cells as they are written beside it."""
        for sheet in self.formulas:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type != "f":
                        continue
                    written = self.values[sheet.title][cell.coordinate].value
                    found = Calculator(self.values, sheet.title).value(cell.value[1:])
                    if isinstance(found, str) or cell.value.startswith("=IF("):
                        fits = found == written
                    else:
                        fits = found == (0 if isinstance(written, str) else exact(written))
                    if not fits:
                        yield f"{sheet.title}!{cell.coordinate} {cell.value} gives {found if isinstance(found, str) else float(found)}, and {written!r} is written there"


class Calculator:
    """The few functions that the program's formulas have."""

    TOKEN = re.compile(
        r"""\s*(?:('(?:[^']|'')+'!|[A-Za-z_]+!|)(\$?[A-Z]{1,3}\$?\d+)(?::(\$?[A-Z]{1,3}\$?\d+))?|([A-Z]+)\(|(\d+(?:\.\d+)?)|("[^"]*"|<=|\S))""")

    def __init__(self, book, sheet):
        self.book, self.sheet = book, sheet

    def value(self, text):
        self.tokens = [m for m in self.TOKEN.finditer(text)]
        self.at = 0
        result = self.sum()
        assert self.at == len(self.tokens), f"not understood: {text}"
        return result

    def sum(self):
        """Terms added up, or two of them compared."""
        total = self.term()
        if self.at < len(self.tokens) and self.tokens[self.at][6] == "<=":
            self.at += 1
            return total <= self.term()
        while self.at < len(self.tokens) and self.tokens[self.at][6] in ("+", "-"):
            sign = self.tokens[self.at][6]
            self.at += 1
            total = total + self.term() if sign == "+" else total - self.term()
        return total

    def term(self):
        token = self.tokens[self.at]
        self.at += 1
        if token[2]:
            return self.cells(token)
        if token[4]:
            arguments = []
            while self.tokens[self.at][6] != ")":
                if self.tokens[self.at][6] == ",":
                    self.at += 1
                arguments.append(self.sum())
            self.at += 1
            return self.call(token[4], arguments)
        if token[5]:
            return Fraction(token[5])
        if token[6].startswith('"'):
            return token[6].strip('"')
        assert token[6] == "-", token[0]
        return -self.term()

    def call(self, name, arguments):
        if name == "ROUND":
            scale = 10**int(arguments[1])
            scaled = abs(arguments[0]) * scale
            whole = (scaled + Fraction(1, 2)).__floor__()
            return Fraction(whole if arguments[0] >= 0 else -whole, scale)
        assert name in ("SUM", "SUBTOTAL", "ABS", "IF"), name
        if name == "IF":
            return arguments[1] if arguments[0] else arguments[2]
        if name == "ABS":
            return abs(arguments[0])
        return sum(arguments[1:] if name == "SUBTOTAL" else arguments)

    def cells(self, token):
        name = token[1].rstrip("!").strip("'").replace("''", "'") or self.sheet
        area = self.book[name][token[2].replace("$", "") + (":" + token[3].replace("$", "") if token[3] else "")]
        if not isinstance(area, tuple):
            return exact(area.value)
        return sum(exact(cell.value) for line in area for cell in (line if isinstance(line, tuple) else (line,)))


def figures(sheet):
    """Place → number, of every cell that is one."""
    return {cell.coordinate: exact(cell.value) for row in sheet.iter_rows() for cell in row
            if isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool)}


def exact(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return Fraction(Decimal(repr(value))) if is_number else Fraction(0)


def same(found, wanted):
    if isinstance(found, datetime.datetime):
        found = f"{found:%Y-%m-%d}"
    if isinstance(wanted, Near):
        # Too little to print is said in words.
        figure = exact(found)
        return found is not None and abs(figure - wanted.value) <= wanted.within
    if wanted is None or isinstance(wanted, str):
        return (found or None) == (wanted or None)
    return isinstance(found, (int, float)) and exact(found) == wanted


def shown(value):
    if isinstance(value, Near):
        return f"within {float(value.within)} of {float(value.value)}"
    return f"{value.numerator / value.denominator:.12g}" if isinstance(value, (int, Fraction)) and not isinstance(value, bool) else repr(value)
