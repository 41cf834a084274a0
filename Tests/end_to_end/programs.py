"""Starts and stops the programs under test, each in a folder of its own, and fails where one is missing."""
import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import stores

READY_SECONDS_MAX = 20
"""A program that is not listening by then has failed; on a loaded machine the start takes some seconds."""
STOP_SECONDS_MAX = 40
"""The proxy's own grace is 30 seconds."""
COMMAND_SECONDS_MAX = 120

VENDOR_SECRETS = {
    "OPENAI_API_KEY": "sk-vendor-CANARYSECRET-openai",
    "ANTHROPIC_API_KEY": "sk-ant-vendor-CANARYSECRET-anthropic",
}


def program(name):
    folder = os.environ.get("TOLLBOOK_BIN_DIR")
    if not folder:
        raise RuntimeError("TOLLBOOK_BIN_DIR must name the folder of the built programs")
    path = pathlib.Path(folder) / name
    if not path.exists():
        raise RuntimeError(f"{path} is missing: build it (swift build -c release --product {name})")
    return str(path)


def environment():
    """Nothing of the caller's settings reaches the programs, only what they need to start."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", **VENDOR_SECRETS}


def wait_until(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)


class Program:
    """One running program whose standard error is kept in a file."""

    def __init__(self, folder, name, arguments, variables=None, **options):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stderr_file = self.folder / f"{name}.{time.monotonic_ns()}.stderr"
        with open(self.stderr_file, "wb") as stderr:
            self.process = subprocess.Popen(
                [program(name), *arguments], cwd=self.folder, env=environment() | (variables or {}),
                stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, **options)
        self.name = name
        self.port = self._wait_for_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def _wait_for_port(self):
        def announced():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.stderr}")
            return re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.stderr)
        return int(wait_until(f"{self.name} is listening", READY_SECONDS_MAX, announced)[1])

    @property
    def stderr(self):
        return self.stderr_file.read_text(errors="replace")

    @property
    def admin_url(self):
        return re.search(r"admin on (http://127\.0\.0\.1:\d+)", self.stderr)[1]

    def terminate(self):
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS_MAX)

    def kill(self):
        self.process.kill()
        self.process.wait(STOP_SECONDS_MAX)

    def close(self):
        if self.process.poll() is None:
            self.kill()


class StandIn(Program):
    """The vendor. What it received and how its answers ended is read from its record."""

    def __init__(self, folder, default_fault="", port=0):
        self.record = pathlib.Path(folder) / "stand-in.jsonl"
        super().__init__(
            folder, "vendor-stand-in",
            ["--port", str(port), "--record", str(self.record), "--default-fault", default_fault])

    def _lines(self, kind):
        if not self.record.exists():
            return []
        lines = self.record.read_bytes().split(b"\n")
        return [line for line in map(json.loads, filter(None, lines[:-1])) if line["kind"] == kind]

    @property
    def requests(self):
        requests = self._lines("request")
        for request in requests:
            request["body"] = base64.b64decode(request["body"])
            request["raw"] = base64.b64decode(request["raw"])
        return requests

    @property
    def outcomes(self):
        return {line["number"]: line["outcome"] for line in self._lines("ended")}


CONFIGURATION = """\
store: "{store}"
proxy:
  listen: 127.0.0.1:{port}
  fsync: {fsync}
  when-log-fails: {when_log_fails}
{proxy}upstreams:
  - {{name: openai-main, provider: openai, base-url: "{vendor}/v1", key-env: OPENAI_API_KEY}}
  - {{name: anthropic-main, provider: anthropic, base-url: "{vendor}", key-env: ANTHROPIC_API_KEY}}
models:
  - {{match: "claude-*", upstream: anthropic-main}}
  - {{match: "gpt-alias", upstream: openai-main, model: gpt-4o-mini}}
"""


PRICE_MAP = """{
  "gpt-4o-mini-2024-07-18": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.5e-07,
    "output_cost_per_token": 6e-07, "cache_read_input_token_cost": 7.5e-08},
  "claude-sonnet-4-5-20250929": {"litellm_provider": "anthropic", "mode": "chat", "input_cost_per_token": 3e-06,
    "output_cost_per_token": 1.5e-05, "cache_read_input_token_cost": 3e-07,
    "cache_creation_input_token_cost": 3.75e-06}
}
"""


class House:
    """One folder with a configuration, keys, raw logs, and the proxies that were run in it."""

    def __init__(self, folder, vendor_url, fsync="1000ms", when_log_fails="refuse", proxy=(), store=None):
        """`proxy` are more lines of the proxy's settings."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.raw_logs = self.folder / "raw-logs"
        self.store = store or stores.location(self.folder)
        self.proxies = []
        self.keys = []
        (self.folder / "tollbook.yaml").write_text(CONFIGURATION.format(
            port=0, fsync=fsync, when_log_fails=when_log_fails, vendor=vendor_url, store=self.store,
            proxy="".join(f"  {line}\n" for line in proxy)))

    def command(self, *arguments, codes=(0,)):
        """Runs `tollbook` and gives what it printed."""
        done = subprocess.run(
            [program("tollbook"), *arguments], cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
        assert done.returncode in codes, (
            f"tollbook {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def create_key(self, name, *arguments):
        done = self.command("keys", "create", "--name", name, *arguments, "--json")
        key = json.loads(done.stdout)
        assert key["key"].startswith("sk-tb-"), "a client key is known by its prefix"
        self.keys.append(key["key"])
        return key

    def publish_prices(self):
        """Two models at the vendors' list prices of 2026, as LiteLLM's map writes them."""
        file = self.folder / "price-map.json"
        file.write_text(PRICE_MAP)
        self.command("prices", "import", "--litellm", str(file))

    def start_proxy(self, **options):
        proxy = Program(self.folder, "tollbook", ["proxy", "--config", "tollbook.yaml"], **options)
        self.proxies.append(proxy)
        return proxy

    def close(self):
        for proxy in self.proxies:
            proxy.close()

    def everything_written(self):
        """The bytes of the raw logs, the proxies' standard error, whatever else lies in the folder, and of the store."""
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        written = {str(file.relative_to(self.folder)): file.read_bytes() for file in files}
        return written | {"the store": stores.dump(self.store).encode()}
