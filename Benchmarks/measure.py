"""A command in, what it cost out: wall and CPU seconds, the peak of its processes' memory, and what others took meanwhile.

Used by rollups.py, rows.py, memory.py and the proxy's benchmarks. The machine may be shared, so that a measurement waits for
quiet, warms the files it will read (cold files measure the disk), and says how much CPU was not its own."""
import json
import os
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRATCH = pathlib.Path(os.environ.get("TOLLBOOK_BENCH_SCRATCH", ROOT / "Benchmarks/scratch"))
FOREIGN_MAX = 0.08
"""More of the machine than this taken by others, and a measurement is repeated …"""
ATTEMPTS_MAX = int(os.environ.get("TOLLBOOK_BENCH_ATTEMPTS", "3"))
"""… this many times at most; the quietest one counts."""
QUIET_SECONDS_MAX = float(os.environ.get("TOLLBOOK_BENCH_QUIET", "120"))
"""How long a measurement waits for the machine to be quiet before it is tried all the same."""
SAMPLE_SECONDS = 0.05
"""How often the memory of a command's processes is added up; of one process the kernel keeps the peak."""
WARM_BYTES = 1 << 22


def quietest(command, files=(), **how):
    best = None
    for _ in range(ATTEMPTS_MAX):
        one = measure(command, files, **how)
        if best is None or one["foreign"] < best["foreign"]:
            best = one
        if best["foreign"] <= FOREIGN_MAX:
            break
    return best


def measure(command, files=(), exits=(0,), before=None, server=None):
    """`server` is the process whose children work for the command: its CPU time is told apart, and is nobody else's."""
    if before:
        before()
    wait_for_quiet()
    warm(files)
    busy, served, began = busy_seconds(), tree_seconds(server), time.monotonic()
    log = SCRATCH / "last.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
        peak, usage = watch(process)
    wall = time.monotonic() - began
    if process.returncode not in exits:
        tail = log.read_text(errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{tail}")
    cpu = usage.ru_utime + usage.ru_stime
    served = tree_seconds(server) - served
    foreign = max(0, busy_seconds() - busy - cpu - served) / wall / os.cpu_count()
    return {
        "wall_s": round(wall, 3), "cpu_s": round(cpu, 2), **({"server_cpu_s": round(served, 2)} if server else {}),
        "rss_mib": round(peak / 1024, 1), "foreign": round(foreign, 3),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def watch(process):
    """The largest sum of the processes' memory in KiB that was seen, and the resources of the tree when it ended."""
    peak = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return peak, usage
        processes = tree(process.pid)
        peak = max(peak, sum(map(rss_kib, processes)), *map(peak_kib, processes))
        time.sleep(SAMPLE_SECONDS)


def tree(pid):
    found = [pid]
    for one in found:
        try:
            found += map(int, pathlib.Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except OSError:
            pass
    return found


def tree_seconds(pid):
    """CPU seconds of a process, its children, and those that have ended."""
    ticks = 0
    for one in tree(pid) if pid else ():
        try:
            stat = pathlib.Path(f"/proc/{one}/stat").read_text()
        except OSError:
            continue
        ticks += sum(map(int, stat[stat.rindex(")") + 2:].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_kib(pid):
    """The kernel's own peak; wait4's is no use here, since a child's begins with what its parent had."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def rss_kib(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    except OSError:
        return 0


def warm(files):
    for name in files:
        with open(name, "rb", buffering=0) as file:
            while file.read(WARM_BYTES):
                pass


def wait_for_quiet(seconds_max=QUIET_SECONDS_MAX):
    deadline = time.monotonic() + seconds_max
    while time.monotonic() < deadline:
        before = busy_seconds()
        time.sleep(1)
        if (busy_seconds() - before) / os.cpu_count() <= FOREIGN_MAX:
            return


def busy_seconds():
    """CPU seconds that the machine has been busy since it was started."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, interrupts, soft, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + interrupts + soft + steal) / os.sysconf("SC_CLK_TCK")


def median(runs, name):
    values = sorted(run[name] for run in runs)
    return values[len(values) // 2]


def machine():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": names[0] if names else "", "cpus": os.cpu_count(), "memory_gib": round(memory),
        "kernel": os.uname().release}


def tollbook():
    return str(pathlib.Path(os.environ["TOLLBOOK_BIN_DIR"]) / "tollbook")


def sample(requests, name=None, **options):
    """A sample month's folder and its summary, made once and kept in the scratch folder."""
    folder = SCRATCH / (name or f"raw-logs-{requests}")
    summary = folder.with_suffix(".json")
    if not summary.exists():
        command = [tollbook(), "sample", "--out", folder, "--requests", str(requests)]
        for option, value in options.items():
            command += [f"--{option}", str(value)]
        folder.parent.mkdir(parents=True, exist_ok=True)
        print(f"making {requests:,} requests in {folder}", flush=True)
        made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        summary.write_text(made)
    return folder, json.loads(summary.read_text())


def segments(folder):
    return sorted(str(path) for path in pathlib.Path(folder).rglob("*.jsonl*"))


def save(name, record):
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    record = {"date": date, "machine": machine(), "commit": commit(), **record}
    out = ROOT / "Benchmarks/results"
    out.mkdir(exist_ok=True)
    with open(out / f"{name}.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def commit():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip()
