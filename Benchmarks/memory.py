"""The peak memory of `tollbook ingest` and `tollbook rollup`: a month, ten times the month, the month compressed, and
segments made to hurt. What grows with the input is a queue without a bound; the table shows whether there is one.

Each input has a store of its own."""
import argparse
import gzip
import json
import shutil
import subprocess

import measure

MONTH = "2026-10"
LINE_BYTES_MAX = 1 << 20
"""The format's longest line; one of exactly this size must be taken."""
LONG_LINE_BYTES = 256 << 20
"""A line that nobody should hold in memory; in a .gz it is about 1 MiB of file."""


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("requests", nargs="?", type=int, default=200_000)
    options.add_argument("--commands", default="ingest,rollup")
    asked = options.parse_args()
    month, _ = measure.sample(asked.requests, crashes=3, resent=3)
    ten, _ = measure.sample(10 * asked.requests, crashes=3, resent=3)
    inputs = {
        f"{asked.requests:,} requests": month,
        f"{10 * asked.requests:,} requests": ten,
        f"{asked.requests:,} requests, .gz": compressed(month, "gz", ["gzip", "-1"]),
        f"{asked.requests:,} requests, .zst": compressed(month, "zst", ["zstd", "-q", "-3", "--rm"]),
        "one line of 1 MiB": one_line("line-1mib", LINE_BYTES_MAX),
        "one line of 256 MiB": one_line("line-256mib", LONG_LINE_BYTES),
        "one line of 256 MiB, .gz": one_line("line-256mib-gz", LONG_LINE_BYTES, gz=True),
    }
    results = []
    print("| command | input | peak RSS MiB | wall s |\n|---|---|---:|---:|")
    for command in asked.commands.split(","):
        for name, folder in inputs.items():
            run = measure.measure(commands()[command](folder), exits=(0, 3), before=remove_store)
            results.append({"command": command, "input": name, **run})
            print(f"| {command} | {name} | {run['rss_mib']:,.0f} | {run['wall_s']:.1f} |", flush=True)
    measure.save("memory", {"requests": asked.requests, "results": results})


def commands():
    rules = measure.ROOT / "Benchmarks/rollups/attribution.yaml"
    return {
        "ingest": lambda folder: [
            measure.tollbook(), "ingest", "--raw-logs", folder, "--store", f"sqlite:{measure.SCRATCH}/memory.db"],
        "rollup": lambda folder: [
            measure.tollbook(), "rollup", "--raw-logs", folder, "--period", MONTH, "--by", "day,product,model,user",
            "--prices", measure.ROOT / "prices", "--attribution", rules, "--timezone", "UTC"],
    }


def remove_store():
    for name in measure.SCRATCH.glob("memory.db*"):
        name.unlink()


def compressed(month, suffix, program):
    folder = measure.SCRATCH / f"{month.name}-{suffix}"
    if not folder.exists():
        making = folder.with_name(folder.name + ".making")
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(month, making)
        subprocess.run([*program, *measure.segments(making)], check=True)
        making.rename(folder)
    return folder


def one_line(name, size, gz=False):
    """A folder with one segment of one line, which would be a request if it were not padded to `size` bytes."""
    segment = measure.SCRATCH / name / "2026/10/05" / ("03-w-long-1.jsonl" + (".gz" if gz else ""))
    segment.parent.mkdir(parents=True, exist_ok=True)
    head, tail = json.dumps({
        "v": 1, "kind": "end", "writer": "w-long", "seq": 1, "time": "2026-10-05T03:00:00.000000Z",
        "id": "0199a1b2-0000-7000-8000-000000000001", "attempt": 1, "endpoint": "anthropic.messages", "stream": False,
        "provider": "anthropic", "final": True, "model": {"requested": "claude-haiku-4-5"}, "status": 200, "outcome": "ok",
        "usage": {"input_tokens": 5, "output_tokens": 7}, "usage_source": "vendor", "pad": "*",
    }).split("*")
    with (gzip.open(segment, "wb", compresslevel=1) if gz else open(segment, "wb")) as file:
        left = size - len(head) - len(tail)
        file.write(head.encode())
        while left:
            left -= file.write(b"x" * min(left, LINE_BYTES_MAX))
        file.write(tail.encode() + b"\n")
    return measure.SCRATCH / name


if __name__ == "__main__":
    main()
