"""What tests of the workbooks share: books to look at, and LibreOffice."""
import csv
import json
import pathlib
import re
import subprocess
import zipfile
from decimal import ROUND_HALF_EVEN, Decimal

import openpyxl
from openpyxl.utils import range_boundaries

GOLDEN = pathlib.Path(__file__).parent.parent / "Fixtures" / "golden" / "report"
OFFICE_SECONDS_MAX = 180
"""LibreOffice starts in seconds; a loaded machine gets minutes."""

RANGE = r"\$?[A-Z]+\$?\d+:\$?[A-Z]+\$?\d+"
ELSEWHERE = r"'(?:[^']|'')+'!"
SUM = re.compile(rf"=ROUND\((?:SUBTOTAL\(109,|SUM\()({ELSEWHERE})?({RANGE})\),(\d)\)")
OWN_FORMULA = re.compile("|".join([
    SUM.pattern, r"=ROUND\([A-Z]+\d+-[A-Z]+\d+,6\)", rf"={ELSEWHERE}\$[A-Z]+\$\d+", rf"=ROUND\([A-Z]+\d+-{ELSEWHERE}\$[A-Z]+\$\d+,9\)",
    r'=IF\(ABS\([A-Z]+\d+\)<=0\.\d+,"[^"]+","[^"]+"\)']))

WORDS = {
    "en": {
        "Summary": "Summary", "Products": "Products", "Pivot": "Product × model", "Lines": "Lines", "Daily": "Daily",
        "Callers": "Users and keys", "Movers": "Movers",
        "Budget": "Budget", "Unit cost": "Unit cost", "Costs": "Fixed and shared costs", "Adjustments": "Adjustments", "Trouble": "Unpriced & rejected", "Data": "Data",
        "About": "About", "Total": "Total", "Product": "Product", "Model": "Model", "Day": "Day", "Period": "Period",
        "Cost": "Cost (USD)", "Share": "Share", "Cost is": "Cost is", "Total column": "Total (USD)", "Was": "Was (USD)",
        "Is": "Is (USD)", "Difference": "Difference (USD)", "Usage": "Usage of the period", "agrees": "agrees",
        "unknown": "unknown",
        "counts": ["Requests", "Failed", "Interrupted", "Unpriced", "Input tokens", "Cache read", "Cache write",
                   "Output tokens"],
        "states": {"exact": "exact", "estimated": "estimated", "partial": "partial", "unpriced": "unpriced"},
        "usage": "usage", "Product ID": "Product ID", "Provider": "Provider", "Tier": "Tier", "Entry": "Entry"},
    "ja": {
        "Summary": "サマリー", "Products": "プロダクト別", "Pivot": "プロダクト×モデル", "Lines": "明細", "Daily": "日別",
        "Callers": "ユーザー・キー", "Movers": "増減", "Budget": "予算", "Unit cost": "単位費用",
        "Costs": "固定費・共通費", "Adjustments": "調整", "Trouble": "単価なし・読み取り不可", "Data": "データ",
        "About": "この資料について", "Total": "合計", "Product": "プロダクト", "Model": "モデル", "Day": "日付",
        "Period": "対象期間", "Cost": "費用（USD）", "Share": "構成比", "Cost is": "費用の状態",
        "Total column": "合計（USD）", "Was": "修正前（USD）", "Is": "修正後（USD）", "Difference": "差額（USD）",
        "Usage": "当期の利用", "agrees": "一致", "unknown": "不明",
        "counts": ["リクエスト数", "失敗", "中断", "単価なし", "入力トークン", "キャッシュ読込", "キャッシュ書込", "出力トークン"],
        "states": {"exact": "確定", "estimated": "推定", "partial": "一部不明", "unpriced": "単価不明"},
        "usage": "利用", "Product ID": "プロダクトID", "Provider": "ベンダー", "Tier": "ティア", "Entry": "区分"},
}
COUNT_COLUMNS = ["requests", "failed_requests", "interrupted_requests", "unpriced_requests", "input_tokens",
                 "cache_read_tokens", "cache_write_tokens", "output_tokens"]


class Book:
    """One workbook, read twice: as formulas and as the values beside them."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.values = openpyxl.load_workbook(path, data_only=True)
        self.formulas = openpyxl.load_workbook(path)

    def formula_cells(self):
        for sheet in self.formulas:
            for line in sheet.iter_rows():
                for cell in line:
                    if cell.data_type == "f":
                        yield sheet, cell, self.values[sheet.title][cell.coordinate].value

    def parts(self):
        """Everything in the file, unpacked."""
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}

    def check_formulas(self):
        """Each formula is the program's own; each sum is that of the printed cells. Returns how many there are."""
        count = 0
        for sheet, cell, value in self.formula_cells():
            assert OWN_FORMULA.fullmatch(cell.value), (sheet.title, cell.coordinate, cell.value)
            count += 1
            found = SUM.fullmatch(cell.value)
            if found:
                source = self.values[found[1][1:-2].replace("''", "'")] if found[1] else self.values[sheet.title]
                left, top, right, bottom = range_boundaries(found[2].replace("$", ""))
                printed = sum(
                    money(one) for line in source.iter_rows(top, bottom, left, right, values_only=True) for one in line)
                assert money(value) == rounded(printed, int(found[3])), (sheet.title, cell.coordinate, cell.value)
        for sheet in self.formulas:
            for line in sheet.iter_rows():
                assert all(cell.hyperlink is None for cell in line)
        return count


class Month(Book):
    def __init__(self, path, folder, language):
        super().__init__(path)
        self.words = WORDS[language]
        self.run = json.loads((folder / "run.json").read_text())
        with open(folder / "chargeback.csv", encoding="utf-8-sig", newline="") as file:
            self.rows = list(csv.DictReader(file))

    def sheet(self, name):
        return self.values[self.words[name]]

    def table(self, sheet, head):
        """Rows under the row that begins with `head`, as dictionaries, and the total row."""
        lines = [list(line) for line in self.sheet(sheet).iter_rows(values_only=True)]
        start = next(i for i, line in enumerate(lines) if line[0] == self.words[head])
        titles = [title for title in lines[start] if title is not None]
        rows = []
        for line in lines[start + 1:]:
            row = dict(zip(titles, line))
            if line[0] == self.words["Total"]:
                return rows, row
            rows.append(row)
        raise AssertionError(f"{sheet} has no total row")


def money(value):
    """A cell's number. Words such as `<$0.01` stand for an amount that is too small to print."""
    return Decimal(0) if value is None or isinstance(value, str) else Decimal(repr(value))


def rounded(text, digits):
    return Decimal(text).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def digits_of(total):
    """How many digits people are shown: cents from ten dollars on."""
    return 2 if abs(Decimal(total)) >= 10 else 4 if abs(Decimal(total)) >= Decimal("0.1") else 6


def office(folder, *arguments):
    """Runs LibreOffice with a profile of its own, beside any other; it fails where it does."""
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", *map(str, arguments)], check=True,
        cwd=folder, timeout=OFFICE_SECONDS_MAX, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def without_cached_values(source, target):
    """The same workbook with formulas alone, so that whoever opens it has to calculate. Returns how many."""
    stripped = 0
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                content, count = re.subn(rb"(</f>)<v>[^<]*</v>", rb"\1", content)
                stripped += count
            new.writestr(name, content)
    return stripped


def recalculated(books, folder):
    """What LibreOffice makes of the workbooks when it has to calculate every formula, in the books' order."""
    (folder / "bare").mkdir()
    (folder / "calculated").mkdir()
    bare = [folder / "bare" / f"{n}.xlsx" for n in range(len(books))]
    for book, target in zip(books, bare):
        assert without_cached_values(book.path, target) > 0
    office(folder, "--convert-to", "xlsx", "--outdir", folder / "calculated", *bare)
    return [openpyxl.load_workbook(folder / "calculated" / file.name, data_only=True) for file in bare]
