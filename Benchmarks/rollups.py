"""Times `tollbook rollup` and DuckDB on the same raw logs, in turns, and holds the two results to each other.

Both do the whole job: read and check the lines, take each once, count interrupted requests, normalize every vendor's
usage, price it, place it, add up by day, product, model and user, write the sorted CSV. A speed only counts where the
books agree."""
import argparse
import os
import pathlib
import subprocess
import sys

import measure

MONTH = "2026-10"
HERE = pathlib.Path(__file__).resolve().parent / "rollups"


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("requests", nargs="?", type=int, default=5_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--raw-logs", help="take these raw logs of October 2026 instead of a sample month's")
    options.add_argument("--only", help="measure this one alone, and compare nothing: tollbook, duckdb")
    asked = options.parse_args()
    folder = pathlib.Path(asked.raw_logs) if asked.raw_logs else measure.sample(asked.requests, crashes=3, resent=3)[0]
    files = measure.segments(folder)
    lines, size = sum(map(lines_of, files)), sum(map(os.path.getsize, files))
    print(f"{folder}: {lines:,} lines, {size / 1e6:,.0f} MB, {len(files):,} files", flush=True)

    results = {name: measure.SCRATCH / f"rollups-{name}.csv" for name in ("tollbook", "duckdb")}
    commands = {
        "tollbook": [
            "sh", "-c", 'exec "$@" > "$0"', results["tollbook"], measure.tollbook(), "rollup", "--raw-logs", folder,
            "--period", MONTH, "--by", "day,product,model,user", "--prices", measure.ROOT / "prices",
            "--attribution", HERE / "attribution.yaml", "--timezone", "UTC"],
        "duckdb": [sys.executable, HERE / "job.py", folder, MONTH, results["duckdb"]],
    }
    if asked.only:
        commands = {asked.only: commands[asked.only]}
    runs = {name: [] for name in commands}
    for number in range(asked.rounds):
        for name in list(commands)[:: -1 if number % 2 else 1]:
            run = measure.quietest(commands[name], files, exits=(0, 3))
            runs[name].append(run)
            print(f"round {number} {name:9}", " ".join(f"{key}={value}" for key, value in run.items()), flush=True)
    summary = show(runs, lines, size)
    if asked.only:
        return
    equal = compare(results)
    measure.save("rollups", {
        "requests": asked.requests, "lines": lines, "bytes": size, "files": len(files), "duckdb": duckdb_version(),
        "runs": runs, "summary": summary, "equal": equal})
    if not equal:
        raise SystemExit("the results are not equal: no speed counts")


def lines_of(path):
    """As a reader counts them: an unterminated last one too."""
    count, last = 0, b"\n"
    with open(path, "rb") as file:
        while block := file.read(measure.WARM_BYTES):
            count, last = count + block.count(b"\n"), block[-1:]
    return count + (last != b"\n")


def show(runs, lines, size):
    summary = {}
    print("\n| engine | wall s | CPU s | lines/s | MB/s | lines per CPU second | peak RSS MiB | foreign CPU | runs |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, measured in runs.items():
        wall, cpu, rss, foreign = (measure.median(measured, key) for key in ("wall_s", "cpu_s", "rss_mib", "foreign"))
        summary[name] = {
            "wall_s": wall, "cpu_s": cpu, "rss_mib": rss, "foreign": foreign, "lines_per_s": round(lines / wall),
            "lines_per_cpu_s": round(lines / cpu)}
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {lines / wall:,.0f} | {size / wall / 1e6:,.0f} | {lines / cpu:,.0f} | "
              f"{rss:,.0f} | {foreign:.1%} | {len(measured)} |")
    if len(summary) == 2:
        ours, theirs = summary["tollbook"], summary["duckdb"]
        summary["ratio"] = {
            "speed": round(theirs["wall_s"] / ours["wall_s"], 3), "cpu": round(theirs["cpu_s"] / ours["cpu_s"], 3),
            "memory": round(ours["rss_mib"] / theirs["rss_mib"], 4)}
        print("\ntollbook is {speed} times as fast as DuckDB by the clock, {cpu} times by CPU time, in {memory} of its "
              "memory; medians.".format(**summary["ratio"]))
    return summary


def compare(results):
    done = subprocess.run([sys.executable, HERE / "compare.py", results["tollbook"], results["duckdb"]])
    return done.returncode == 0


def duckdb_version():
    return subprocess.run([sys.executable, "-c", "import duckdb; print(duckdb.__version__)"], capture_output=True,
                          text=True).stdout.strip()


if __name__ == "__main__":
    main()
