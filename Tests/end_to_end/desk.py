"""A bookkeeper's desk for tests: one folder with raw logs, prices, rules, a store and reports."""
import gzip
import json
import os
import pathlib
import subprocess

import yaml

import oracle
import programs
import stores

FIXTURES = pathlib.Path(__file__).parent.parent / "Fixtures"
PRICE_LIST = FIXTURES / "prices" / "litellm_sample.json"
ATTRIBUTION = pathlib.Path(__file__).resolve().parents[2] / "examples" / "attribution.yaml"
ZONE = "Asia/Tokyo"
PERIOD = "2026-10"
RUN_SECONDS_MAX = 900
"""The largest month of these tests takes seconds; a loaded machine with one core gets minutes."""


class Desk:
    def __init__(self, folder, raw_logs=None, attribution=ATTRIBUTION, posts_url=None, zone=ZONE, store=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.store = store or stores.location(self.folder)
        self.store_kind = None if store else stores.kind()
        self.raw_logs = pathlib.Path(raw_logs or self.folder / "raw-logs")
        self.attribution = attribution
        self.zone = zone
        self.reports = self.folder / "reports"
        self.environment = programs.environment()
        configuration = {}
        if posts_url:
            self.environment["SLACK_WEBHOOK_URL"] = posts_url
            configuration["posts"] = [
                {"name": "review-channel", "type": "slack", "url-env": "SLACK_WEBHOOK_URL"}]
        (self.folder / "tollbook.yaml").write_text(yaml.safe_dump(configuration) if configuration else "{}\n")

    def flags(self):
        return [
            "--config", str(self.folder / "tollbook.yaml"), "--raw-logs", str(self.raw_logs),
            "--store", self.store, "--prices", str(self.folder / "prices"),
            "--attribution", str(self.attribution), "--reports", str(self.reports), "--timezone", self.zone]

    def start(self, *arguments):
        assert self.store_kind in (None, stores.kind()), "a fixture that makes a desk must ask for store_kind"
        return subprocess.Popen(
            [programs.program("tollbook"), *arguments, *self.flags()], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def command(self, *arguments, codes=(0,)):
        process = self.start(*arguments)
        out, err = (text.decode() for text in process.communicate(timeout=RUN_SECONDS_MAX))
        assert process.returncode in codes, (
            f"tollbook {' '.join(arguments)} ended with {process.returncode}, not {codes}\n{out}\n{err}")
        return Done(process.returncode, out, err)

    def import_prices(self, price_list=PRICE_LIST):
        self.command("prices", "import", "--litellm", str(price_list))
        return self

    def run(self, period=PERIOD, codes=(3,)):
        """run.json's content, as printed."""
        return json.loads(self.command("run", "--period", period, "--json", codes=codes).out)

    def report(self, name, period=PERIOD):
        return (self.reports / period / name).read_bytes()

    def report_bytes(self):
        """All reports: path → bytes."""
        return {
            str(p.relative_to(self.reports)): p.read_bytes() for p in sorted(self.reports.rglob("*"))
            if p.is_file()}

    def differences_from_oracle(self, run, period=PERIOD, price_list=PRICE_LIST):
        expected = oracle.books(self.raw_logs, price_list, self.attribution, period, self.zone)
        return self.differences_from(expected, run, period)

    def differences_from(self, expected, run, period=PERIOD):
        rules = oracle.Rules(yaml.safe_load(pathlib.Path(self.attribution).read_text()), self.zone)
        csv_path = self.reports / period / "chargeback.csv"
        return list(oracle.differences(expected, csv_path, run, rules, period))

    def write_lines(self, name, *lines):
        path = self.raw_logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


def make_month(
        folder, requests, seed=1, bad=0, resent=0, crashes=2, utc_offset=9, writers=2, month=PERIOD):
    """Writes a sample month with the program and returns what it says it wrote."""
    arguments = {
        "out": folder, "month": month, "requests": requests, "seed": seed, "utc-offset": utc_offset,
        "writers": writers, "crashes": crashes, "bad": bad, "resent": resent}
    words = [word for name, value in arguments.items() for word in ("--" + name, str(value))]
    done = subprocess.run(
        [programs.program("tollbook"), "sample", *words], capture_output=True, env=programs.environment(),
        stdin=subprocess.DEVNULL, timeout=RUN_SECONDS_MAX)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def compress(path, suffix):
    """Puts a compressed file in the place of a sealed segment, as an operator's job does."""
    if suffix == ".gz":
        path.with_name(path.name + suffix).write_bytes(gzip.compress(path.read_bytes()))
        os.unlink(path)
    else:
        subprocess.run(["zstd", "-q", "--rm", "-3", str(path)], check=True)


def end_line(seq, **changes):
    """A good `end` line of one priced request, with what a test wants changed."""
    line = {
        "v": 1, "kind": "end", "writer": "w-hand", "seq": seq, "time": "2026-10-05T03:00:00.000000Z",
        "id": f"0199a1b2-0000-7000-8000-{seq:012d}", "attempt": 1, "endpoint": "anthropic.messages",
        "stream": False, "provider": "anthropic", "final": True,
        "model": {"requested": "claude-haiku-4-5", "returned": "claude-haiku-4-5-20251001"},
        "key": {"id": "k_1", "name": "ticket-generator-prod"}, "status": 200, "outcome": "ok", "error": None,
        "usage": {"input_tokens": 1000, "output_tokens": 500}, "billing": {"service_tier": "standard"},
        "usage_source": "vendor"}
    return line | changes
