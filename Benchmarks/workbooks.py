"""Rows a second into the data sheet of a workbook. tollbook's is the whole workbook: the same cells as the peers', an Excel table
over them, and nine more sheets that are computed from the same books."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys

import measure

HERE = pathlib.Path(__file__).resolve().parent / "workbooks"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("rows", nargs="?", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    program = measure.SCRATCH / "sheet"
    subprocess.run(["cc", "-O2", "-o", program, HERE / "sheet.c", "-lxlsxwriter"], check=True)
    file, rows = measure.SCRATCH / "sheet.xlsx", str(asked.rows)
    commands = {
        "C, libxlsxwriter": [program, file, rows],
        "C, libxlsxwriter, constant memory": [program, file, rows, "constant"],
        "tollbook": [pathlib.Path(os.environ["TOLLBOOK_BIN_DIR"]) / "workbook-benchmark", file, rows],
        "Python, XlsxWriter, constant memory": [sys.executable, HERE / "sheet.py", file, rows],
    }
    runs = {name: [] for name in commands}
    for _ in range(asked.rounds):
        for name, command in commands.items():
            run = measure.quietest(command)
            runs[name].append(run | {"rows_per_s": round(asked.rows / run["wall_s"]), "bytes": file.stat().st_size})
            print(f"{name}: {runs[name][-1]}", flush=True)
    results = {}
    print(f"\n| {asked.rows:,} rows | rows/s | seconds | peak MiB | file MiB |\n|---|---:|---:|---:|---:|")
    for name, list_ in runs.items():
        best = max(list_, key=lambda run: run["rows_per_s"])
        results[name] = {"rows_per_s": best["rows_per_s"], "rss_mib": best["rss_mib"], "bytes": best["bytes"],
                         "median_wall_s": statistics.median(run["wall_s"] for run in list_), "runs": list_}
        print(f"| {name} | {best['rows_per_s']:,} | {best['wall_s']:.2f} | {best['rss_mib']:.0f} | "
              f"{best['bytes'] / 2**20:.1f} |")
    measure.save("workbooks", {"rows": asked.rows, "results": results})


main()
