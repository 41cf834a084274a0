"""Tollbook as a peer: a key with budgets and limits a minute, metering, and a durable log, which is checked."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.request

from peer import Peer, Unavailable
from raw_log import RawLog

LIMITS = ("--budget", "1000000/month", "--budget", "100000/day", "--requests-per-minute", "100000000",
          "--tokens-per-minute", "1000000000000", "--parallel-requests", "100000")
"""All of them are counted for each request; none is ever reached."""


class Tollbook(Peer):
    name, about = "tollbook", "keys, budgets, limits, metering, two log lines a request that the client waits for, fsync every second"
    port = 18714
    admin_port = 18764
    log = None

    @property
    def program(self):
        return pathlib.Path(os.environ["TOLLBOOK_BIN_DIR"]) / "tollbook"

    def command(self):
        for old in ("raw-logs", "tollbook.db", "tollbook.db-wal", "tollbook.db-shm"):
            path = self.folder / old
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self.configuration("tollbook.yaml", admin=self.admin_port)
        made = subprocess.run(
            [self.program, "keys", "create", "--name", "bench", "--tag", "product=bench", *LIMITS, "--json"],
            cwd=self.folder, capture_output=True, text=True)
        if made.returncode:
            raise Unavailable(f"tollbook keys create: {made.stderr.strip()}")
        self.key = json.loads(made.stdout)["key"]
        self.log = RawLog(self.folder / "raw-logs")
        return [self.program, "proxy", "--config", "tollbook.yaml"]

    def forget_log(self):
        self.log.count()

    def log_faults(self, requests):
        return self.log.faults(requests)

    def metric(self, name):
        """The sum of a metric's series on the admin listener."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))
