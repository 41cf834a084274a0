"""Full load for minutes; then the log must say what the clients saw, and the proxy must be as it was (started by soak.sh)."""
import argparse
import os
import pathlib
import shutil
import signal
import statistics
import sys
import time

import agreement
import load
import machine
import measure
from tollbook import Tollbook

LOADS = (
    ("plain", load.PLAIN, 48, 0),
    ("bursts", load.BURST_UNASKED, 8, 0),
    ("paced", load.PACED, 40, 0),
    ("paced, usage not asked for", load.PACED_UNASKED, 40, 0),
    ("paced, half of the clients leave", load.PACED, 16, 50),
    ("plain, some clients leave", load.PLAIN, 4, 10),
    ("vendor's errors", load.FAILING, 2, 0),
    ("vendor's broken streams", load.BREAKING, 4, 0),
)
"""What, how many clients, and per cent of the requests that are left. Together they fill the proxy's core."""
SAMPLE_SECONDS, SAY_SECONDS = 5, 30
WARM_SHARE = 0.2
"""The first part of the time, in which buffers and pools find their size."""
GROWTH_MAX_MIB = 8
"""How much higher the last quarter's median of resident memory may be than the first's, both after the warm part."""
SETTLE_SECONDS_MAX = 100
"""Answers whose client left are read to their end for a minute, idle vendor connections are kept for half of one."""
FILES_MORE_MAX = 8
"""Open files that may be left over when everybody is gone: a segment, a connection or two."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    shutil.rmtree(machine.FOLDER / "soak", ignore_errors=True)
    records = machine.FOLDER / "soak"
    records.mkdir(parents=True)
    machine.compile_tools()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    vendor, tollbook = machine.start_vendor(), Tollbook()
    try:
        tollbook.start()
        os.sched_setaffinity(0, {int(machine.LOAD_CPU)})
        files_before = open_files(tollbook)
        began = time.monotonic()
        loads = [(name, load.start(tollbook.port, tollbook.path, question, tollbook.key, clients, options.minutes * 60,
                                   abort=abort, record=records / f"{number}.txt"))
                 for number, (name, question, clients, abort) in enumerate(LOADS)]
        samples = watch(tollbook, loads, began)
        results = {name: load.finish(process) for name, process in loads}
        faults = settle(tollbook, files_before)
    finally:
        code = tollbook.running.stop() if tollbook.running else None
        vendor.stop()
    if code:
        faults.append(f"the proxy ended with {code}: {tollbook.running.tail()}")
    shape = memory(samples)
    if shape["growth_mib"] > GROWTH_MAX_MIB:
        faults.append(f"resident memory grew by {shape['growth_mib']} MiB behind the warm part")
    for name, result in results.items():
        print(f"{name}: {result['requests']:,} answered {result['statuses']}, {result['aborted']:,} left by the client, "
              f"{result['broken']:,} broken")
    print("comparing with the log", flush=True)
    os.sched_setaffinity(0, range(os.cpu_count()))
    counts, found = agreement.compare(
        sorted(records.glob("*.txt")), tollbook.folder / "raw-logs", asked_before=2,
        unseen_max=sum(result["aborted_unseen"] for result in results.values()))
    faults += found
    show(samples, shape, counts, faults)
    measure.save("soak", {"minutes": options.minutes, "memory": shape, "log": counts, "faults": faults, "clients": results,
                          "samples": samples[:: max(1, len(samples) // 60)]})
    if not faults:
        shutil.rmtree(records)
        shutil.rmtree(tollbook.folder / "raw-logs")
    sys.exit(1 if faults else 0)


def watch(tollbook, loads, began):
    samples, said = [], began
    while any(process.poll() is None for _, process in loads):
        time.sleep(SAMPLE_SECONDS)
        if tollbook.running.process.poll() is not None:
            raise SystemExit(f"the proxy ended: {tollbook.running.tail()}")
        now = time.monotonic()
        samples.append({
            "second": round(now - began), "rss_mib": round(tollbook.running.rss_mib(), 1), "files": open_files(tollbook),
            "log_lag_ms": round(tollbook.metric("tollbook_log_lag_seconds") * 1000, 1),
            "cpu_s": round(tollbook.running.cpu_seconds(), 1), "requests": round(tollbook.metric("tollbook_requests_total"))})
        if now - said >= SAY_SECONDS:
            said = now
            print(" ".join(f"{name}={value}" for name, value in samples[-1].items()), flush=True)
    return samples


def open_files(tollbook):
    return sum(1 for _ in pathlib.Path(f"/proc/{tollbook.running.pid}/fd").iterdir())


def settle(tollbook, files_before):
    """Nothing may be left over when all clients are gone."""
    def is_empty():
        return tollbook.metric("tollbook_running_requests") == 0 and open_files(tollbook) <= files_before + FILES_MORE_MAX
    machine.wait_until(SETTLE_SECONDS_MAX, is_empty)
    left = {"open files": open_files(tollbook) - files_before - FILES_MORE_MAX,
            "running requests": tollbook.metric("tollbook_running_requests"),
            "dollars reserved": tollbook.metric("tollbook_budget_reserved_usd"),
            "log lines not written": tollbook.metric("tollbook_log_lines_not_written_total")}
    return [f"left over: {name} {count}" for name, count in left.items() if count > 0]


def memory(samples):
    behind = samples[int(len(samples) * WARM_SHARE):] or samples
    rss = [sample["rss_mib"] for sample in behind]
    quarter = max(1, len(rss) // 4)
    growth = statistics.median(rss[-quarter:]) - statistics.median(rss[:quarter])
    slope = 0.0
    if len(set(sample["second"] for sample in behind)) > 1:
        slope = statistics.linear_regression([sample["second"] / 60 for sample in behind], rss).slope
    return {"growth_mib": round(growth, 1), "slope_mib_per_minute": round(slope, 3)}


def show(samples, shape, counts, faults):
    print()
    for name, title in (("rss_mib", "resident memory, MiB"), ("files", "open files"), ("log_lag_ms", "log's lag, ms")):
        values = [sample[name] for sample in samples]
        print(f"{title}: first {values[0]}, last {values[-1]}, most {max(values)}")
    print(f"memory behind the warm part: {shape['slope_mib_per_minute']:+} MiB a minute, last quarter over first {shape['growth_mib']:+} MiB")
    for name, count in sorted(counts.items()):
        print(f"{name}: {count:,}")
    print("\nthe log says what the clients saw" if not faults else "\n" + "\n".join(f"FAULT {fault}" for fault in faults))


if __name__ == "__main__":
    main()
