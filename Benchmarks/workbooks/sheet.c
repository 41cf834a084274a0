/* The data sheet of N rows by bare libxlsxwriter: the same cells that WorkbookBenchmark.swift's books have, in a loop.
 *
 *     sheet FILE.xlsx ROWS [constant]
 *
 * With `constant` in the library's constant memory, which allows no table; without it all rows stand in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

enum { DAYS = 31, PRODUCTS = 50, MODELS = 43, COUNTS = 8 };

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long rows = atol(argv[2]), places = (rows + DAYS - 1) / DAYS;
  lxw_workbook_options options = {.constant_memory = argc > 3 && !strcmp(argv[3], "constant")};
  lxw_workbook *book = workbook_new_opt(argv[1], &options);
  lxw_worksheet *sheet = workbook_add_worksheet(book, "Data");
  lxw_format *day = workbook_add_format(book), *money = workbook_add_format(book), *count = workbook_add_format(book);
  format_set_num_format(day, "ddd yyyy-mm-dd");
  format_set_num_format(money, "$#,##0.000000###;[Red]-$#,##0.000000###");
  format_set_num_format(count, "#,##0;[Red]-#,##0");
  const char *titles[] = {"Day",  "Product",    "Product ID", "Cost center", "Provider", "Model",       "Tier",
                          "Entry", "For period", "Cost is",   "Cost (USD)",  "Requests", "Failed",      "Interrupted",
                          "Unpriced", "Input tokens", "Cache read", "Cache write", "Output tokens"};
  for (int column = 0; column < 19; column++) worksheet_write_string(sheet, 0, column, titles[column], NULL);
  lxw_row_t row = 1;
  for (long n = 0; n < DAYS; n++)
    for (long place = 0; place < places; place++, row++) {
      long long i = n * places + place;
      char product[32], id[32], center[16], model[32], tier[16];
      sprintf(product, "Product number %ld", place % PRODUCTS);
      sprintf(id, "product-%ld", place % PRODUCTS);
      sprintf(center, "%ld", 4100 + place % PRODUCTS);
      sprintf(model, "model-%ld-2026-10-01", place / PRODUCTS % MODELS);
      sprintf(tier, "tier-%ld", place / PRODUCTS / MODELS);
      worksheet_write_number(sheet, row, 0, 46296 + n, day);
      worksheet_write_string(sheet, row, 1, product, NULL);
      worksheet_write_string(sheet, row, 2, id, NULL);
      worksheet_write_string(sheet, row, 3, center, NULL);
      worksheet_write_string(sheet, row, 4, "anthropic", NULL);
      worksheet_write_string(sheet, row, 5, model, NULL);
      worksheet_write_string(sheet, row, 6, tier, NULL);
      worksheet_write_string(sheet, row, 7, "usage", NULL);
      worksheet_write_string(sheet, row, 8, "2026-10", NULL);
      worksheet_write_string(sheet, row, 9, "exact", NULL);
      worksheet_write_number(sheet, row, 10, (double)(i * 7919 % 1000003 * 1000 + 123) / 1e9, money);
      double counts[COUNTS] = {i % 97 + 1, 0, 0, 0, i % 50021 * 13, i % 40009 * 31, i % 1009, i % 3001};
      for (int column = 0; column < COUNTS; column++)
        worksheet_write_number(sheet, row, 11 + column, counts[column], count);
    }
  worksheet_autofilter(sheet, 0, 0, row - 1, 18);
  worksheet_freeze_panes(sheet, 1, 0);
  return workbook_close(book);
}
