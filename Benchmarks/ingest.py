"""Times `tollbook ingest` and `tollbook report` over a sample month, and two yardsticks over the same files:
hashing them (each byte is read once and digested, which ingest must do too), and Python's json.loads of each line."""
import datetime
import glob
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROUNDS = 3


def timed(run):
    """Wall seconds, CPU seconds of children, for one call."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    run()
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


def main():
    tollbook, requests = sys.argv[1], int(sys.argv[2])
    root = pathlib.Path(__file__).resolve().parent.parent
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="tollbook-bench-"))
    try:
        made = json.loads(subprocess.run(
            [tollbook, "sample", "--out", str(scratch / "raw-logs"), "--requests", str(requests), "--utc-offset", "9"],
            check=True, capture_output=True, text=True).stdout)
        files = sorted(glob.glob(str(scratch / "raw-logs/**/*.jsonl"), recursive=True))
        lines = made["lines"]
        size = sum(os.path.getsize(name) for name in files)
        print(f"{lines:,} lines, {size / 1e6:,.0f} MB, {len(files)} files; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")

        def ingest():
            for name in glob.glob(str(scratch / "tollbook.db*")):
                os.remove(name)
            subprocess.run([tollbook, "ingest", "--raw-logs", str(scratch / "raw-logs"), "--store",
                            f"sqlite:{scratch}/tollbook.db"], check=True, capture_output=True)

        def report():
            done = subprocess.run(
                [tollbook, "report", "--store", f"sqlite:{scratch}/tollbook.db", "--prices", str(root / "prices"),
                 "--attribution", str(root / "examples/attribution.yaml"), "--reports", str(scratch / "reports"),
                 "--period", "2026-10", "--timezone", "Asia/Tokyo"], capture_output=True)
            assert done.returncode in (0, 3), done.stderr

        def digest():
            subprocess.run(["sha256sum", *files], check=True, capture_output=True)

        parse_program = (
            "import json,sys\nfor name in sys.stdin.read().split('\\n'):\n"
            "    for line in open(name, 'rb'):\n        json.loads(line)\n")

        def parse():
            subprocess.run([sys.executable, "-c", parse_program], input="\n".join(files), text=True, check=True)

        results = {}
        for name, run in (("sha256sum of the files", digest), ("Python json.loads of each line", parse),
                          ("tollbook ingest", ingest), ("tollbook report", report)):
            rounds = [timed(run) for _ in range(ROUNDS)]
            wall, cpu = sorted(rounds)[ROUNDS // 2]
            results[name] = {"wall_s": wall, "cpu_s": cpu, "lines_per_s": lines / wall}
            print(f"{name:32} {wall:7.2f} s wall {cpu:7.2f} s CPU {lines / wall:12,.0f} lines/s")
        ratio = results["tollbook ingest"]["lines_per_s"] / results["Python json.loads of each line"]["lines_per_s"]
        print(f"ingest is {ratio:.2f} times the rate of Python's json.loads alone")
        out = root / "Benchmarks/results"
        out.mkdir(exist_ok=True)
        with open(out / "ingest.jsonl", "a") as file:
            stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            file.write(json.dumps({"time": stamp, "requests": requests, "lines": lines, "results": results}) + "\n")
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
