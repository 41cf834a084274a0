"""The same sheet as sheet.c by Python's XlsxWriter, in its constant memory.   sheet.py FILE.xlsx ROWS"""
import sys

import xlsxwriter

DAYS, PRODUCTS, MODELS = 31, 50, 43
TITLES = (
    "Day", "Product", "Product ID", "Cost center", "Provider", "Model", "Tier", "Entry", "For period", "Cost is",
    "Cost (USD)", "Requests", "Failed", "Interrupted", "Unpriced", "Input tokens", "Cache read", "Cache write",
    "Output tokens")

path, rows = sys.argv[1], int(sys.argv[2])
places = -(-rows // DAYS)
book = xlsxwriter.Workbook(path, {"constant_memory": True})
sheet = book.add_worksheet("Data")
day = book.add_format({"num_format": "ddd yyyy-mm-dd"})
money = book.add_format({"num_format": "$#,##0.000000###;[Red]-$#,##0.000000###"})
count = book.add_format({"num_format": "#,##0;[Red]-#,##0"})
for column, title in enumerate(TITLES):
    sheet.write_string(0, column, title)
row = 1
for n in range(DAYS):
    for place in range(places):
        i = n * places + place
        number, string = sheet.write_number, sheet.write_string
        number(row, 0, 46296 + n, day)
        for column, text in enumerate((
                f"Product number {place % PRODUCTS}", f"product-{place % PRODUCTS}", str(4100 + place % PRODUCTS),
                "anthropic", f"model-{place // PRODUCTS % MODELS}-2026-10-01", f"tier-{place // PRODUCTS // MODELS}",
                "usage", "2026-10", "exact"), 1):
            string(row, column, text)
        number(row, 10, (i * 7919 % 1000003 * 1000 + 123) / 1e9, money)
        for column, figure in enumerate((
                i % 97 + 1, 0, 0, 0, i % 50021 * 13, i % 40009 * 31, i % 1009, i % 3001), 11):
            number(row, column, figure, count)
        row += 1
sheet.autofilter(0, 0, row - 1, 18)
sheet.freeze_panes(1, 0)
book.close()
