"""Two rollups in CSV in, the differences out: every row, exact counts, exact money. Ends with 1 where there is any.

    compare.py OURS.csv THEIRS.csv

The texts must be the same, digit for digit. One thing may differ: a cell that a spreadsheet would run may stand behind an
apostrophe."""
import csv
import re
import sys
from decimal import Decimal

GROUPS = ("day", "product", "model", "user")
SHOWN_MAX = 20


def main():
    header, ours = read(sys.argv[1])
    other, theirs = read(sys.argv[2])
    found = [] if header == other else [f"columns: {header} and {other}"]
    found += differences(ours, theirs) if not found else []
    for text in found[:SHOWN_MAX]:
        print(text)
    if len(found) > SHOWN_MAX:
        print(f"… and {len(found) - SHOWN_MAX:,} more differences")
    if not found:
        requests, cost = (total(ours, header, column) for column in ("requests", "cost_usd"))
        print(f"equal: {len(ours):,} rows, {requests:,} requests, {cost:f} USD")
    sys.exit(bool(found))


def read(path):
    """The heading, and each row's cells by its groups."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        if tuple(header[:4]) != GROUPS:
            raise SystemExit(f"{path}: the columns are {header}")
        cells, last, unsorted = {}, None, 0
        for row in rows:
            key = tuple(sys.intern(cell) for cell in row[:4])
            unsorted += last is not None and key < last
            last = key
            plain = tuple(re.sub(r"^'(?=[=+\-@\t\r])", "", cell) if cell[:1] == "'" else cell for cell in key)
            if plain in cells:
                raise SystemExit(f"{path}: {plain} stands there twice")
            cells[plain] = "\x1f".join(row[4:])
    if unsorted:
        print(f"{path}: {unsorted} rows are not in the order of {GROUPS}")
    return header, cells


def differences(ours, theirs):
    found = []
    for key, cells in ours.items():
        if theirs.get(key) != cells:
            found.append(f"{key}: {show(cells)} and {show(theirs.get(key))}")
    return found + [f"{key}: nothing and {show(cells)}" for key, cells in theirs.items() if key not in ours]


def show(cells):
    return "nothing" if cells is None else cells.replace("\x1f", ",")


def total(rows, header, column):
    place = header.index(column) - len(GROUPS)
    return sum((Decimal(cells.split("\x1f")[place] or 0) for cells in rows.values()), Decimal(0))


if __name__ == "__main__":
    main()
