"""Programs pinned to a CPU each: the proxy under test alone on CPU 0, the load and the vendor on CPU 1.

A program that is not measured is stopped (SIGSTOP), so that nothing of it runs beside the one that is."""
import os
import pathlib
import signal
import subprocess
import time

import measure

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = measure.SCRATCH / "proxy"
PROXY_CPU, LOAD_CPU = "0", "1"
VENDOR_PORT = 18701
STOP_SECONDS_MAX = 35
"""The proxy's own grace is 30 seconds."""


class Running:
    """A started program and its children."""

    def __init__(self, name, command, cpu, variables=None):
        self.folder = FOLDER / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.output = self.folder / "output.txt"
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                ["taskset", "-c", cpu, *map(str, command)], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env=os.environ | {"OPENAI_API_KEY": "sk-vendor"} | (variables or {}))
        self.pid = self.process.pid

    def send(self, number):
        for pid in measure.tree(self.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def pause(self):
        self.send(signal.SIGSTOP)

    def resume(self):
        self.send(signal.SIGCONT)

    def cpu_seconds(self):
        return measure.tree_seconds(self.pid)

    def rss_mib(self):
        return sum(map(measure.rss_kib, measure.tree(self.pid))) / 1024

    def stop(self):
        """The exit code, after SIGTERM; those that do not listen are killed."""
        children = measure.tree(self.pid)
        self.resume()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            for pid in children:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return self.process.wait()

    def tail(self):
        return self.output.read_text(errors="replace").strip()[-600:]


def compile_tools():
    for name in ("vendor", "load"):
        subprocess.run(["cc", "-O2", "-Wall", "-o", FOLDER / name, HERE / f"{name}.c"], check=True)


def start_vendor():
    return Running("vendor-run", [FOLDER / "vendor", VENDOR_PORT], LOAD_CPU)


def wait_until(seconds, condition):
    """What `condition` gives once it gives something, or None."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    return None
