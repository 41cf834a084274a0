"""Measures proxies in front of one mock vendor, in turns, and prints medians (started by proxy.sh).

The proxy under test is alone on CPU 0; the load generator (wrk) and the mock vendor (nginx with fixed answers) share
CPU 1. Keys, metering and the durable log are on. CPU time comes from /proc, so it holds on a busy machine; requests a
second and latencies hold only where `foreign`, the CPU that other processes took meanwhile, is small.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
SCRATCH = HERE / "scratch" / "proxy"
RESULTS = HERE / "results" / "proxy.jsonl"
MOCK_PORT, STREAM_PORT, NGINX_PORT, TOLLBOOK_PORT = 18701, 18702, 18703, 18704
PROXY_CPU, LOAD_CPU = "0", "1"

FOREIGN_MAX = 0.08
"""More than that share of the machine taken by others, and a measurement is repeated …"""
ATTEMPTS_MAX = 3
"""… this many times at most; the quietest one counts, and is marked."""
QUIET_SECONDS_MAX = 30
"""How long a measurement waits for the machine to be quiet before it is tried all the same."""
START_SECONDS_MAX = 20

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
STREAM_EVENTS = 60

ANSWER = {
    "id": "chatcmpl-bench", "object": "chat.completion", "created": 1790000000, "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "The toll is paid. " * 10, "refusal": None},
                 "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 812, "completion_tokens": 57, "total_tokens": 869,
              "prompt_tokens_details": {"cached_tokens": 512, "audio_tokens": 0},
              "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
                                            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}},
    "service_tier": "default", "system_fingerprint": "fp_bench"}


def event(choices, usage=None):
    return "data: " + json.dumps({
        "id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1790000000,
        "model": "gpt-4o-mini-2024-07-18", "service_tier": "default", "system_fingerprint": "fp_bench",
        "choices": choices, "usage": usage}, separators=(",", ":")) + "\n\n"


def stream():
    pieces = [event([{"index": 0, "delta": {"content": f" piece {n}"}, "logprobs": None, "finish_reason": None}])
              for n in range(STREAM_EVENTS - 1)]
    return "".join(pieces) + event([], ANSWER["usage"]) + "data: [DONE]\n\n"


def question(is_stream):
    text = "Summarise the incident report in three bullet points. " * 8
    body = {"model": "gpt-stream" if is_stream else "gpt-4o-mini", "temperature": 0.2, "max_tokens": 256,
            "messages": [{"role": "system", "content": "You are a careful assistant."},
                         {"role": "user", "content": text}]}
    if is_stream:
        body["stream"] = True
    return json.dumps(body).encode()


NGINX = """
master_process off; daemon off; worker_processes 1;
pid {scratch}/{name}.pid; error_log {scratch}/{name}.err warn;
events {{ worker_connections 8192; }}
http {{
  {log}
  keepalive_requests 100000000; keepalive_timeout 300s; client_body_buffer_size 64k;
  client_body_temp_path {scratch}/{name}-body; proxy_temp_path {scratch}/{name}-proxy;
  fastcgi_temp_path {scratch}/{name}-f; uwsgi_temp_path {scratch}/{name}-u; scgi_temp_path {scratch}/{name}-s;
  {body}
}}
"""

LOG_LINE = ("""log_format line escape=json '{{"time":"$time_iso8601","id":"$request_id","uri":"$uri","status":$status,"""
            """"seconds":$request_time,"in":$request_length,"out":$body_bytes_sent,"ip":"$remote_addr"}}';
  access_log {scratch}/access.jsonl line buffer=64k flush=1s;""")

TOLLBOOK = """\
proxy:
  listen: 127.0.0.1:{port}
  fsync: 1000ms
  when-log-fails: refuse
  event-loops: 1
upstreams:
  - {{name: openai-main, provider: openai, base-url: "http://127.0.0.1:{mock}/v1", key-env: OPENAI_API_KEY}}
  - {{name: openai-stream, provider: openai, base-url: "http://127.0.0.1:{stream}/v1", key-env: OPENAI_API_KEY}}
models:
  - {{match: "gpt-stream", upstream: openai-stream}}
  - {{match: "*", upstream: openai-main}}
"""

WRK_SCRIPT = """
local file = assert(io.open(os.getenv("BENCH_BODY"), "rb"))
wrk.method, wrk.body = "POST", file:read("*a")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"failed":%d,"p50_us":%.0f,"p99_us":%.0f}\\n', summary.requests,
    summary.duration / 1e6, errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--peers", default="direct,nginx,tollbook")
    options = parser.parse_args()
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    bench = Bench(options)
    signal.signal(signal.SIGTERM, lambda *_: exit(1))
    try:
        bench.start()
        measured = bench.measure_all()
    finally:
        bench.stop()
    report(measured)


class Bench:
    def __init__(self, options):
        self.options = options
        self.started = []
        self.ports = {"direct": (MOCK_PORT, STREAM_PORT)}
        self.processes = {"direct": None}
        self.key = "none"

    def start(self):
        (SCRATCH / "wrk.lua").write_text(WRK_SCRIPT)
        for name, is_stream in (("plain", False), ("stream", True)):
            (SCRATCH / f"{name}.json").write_bytes(question(is_stream))
        self.start_mock()
        peers = self.options.peers.split(",")
        if "nginx" in peers:
            self.start_nginx()
        if "tollbook" in peers:
            self.start_tollbook()
        self.peers = [peer for peer in ("direct", "nginx", "tollbook") if peer in peers]

    def start_mock(self):
        """Two fixed answers, JSON and a stream in one piece."""
        (SCRATCH / "answers").mkdir()
        (SCRATCH / "answers" / "stream").write_text(stream())
        plain = json.dumps(ANSWER, separators=(",", ":"))
        # nginx answers no POST from a file; sent on inside as an error's page, the request becomes a GET.
        body = f"""
  server {{ listen 127.0.0.1:{MOCK_PORT} backlog=4096;
    location / {{ default_type application/json; add_header x-request-id req_bench; return 200 '{plain}'; }} }}
  server {{ listen 127.0.0.1:{STREAM_PORT} backlog=4096;
    location / {{ error_page 405 =200 /stream; return 405; }}
    location = /stream {{ internal; root {SCRATCH}/answers; default_type text/event-stream; }} }}"""
        self.spawn("mock", self.nginx("mock", "access_log off;", body), LOAD_CPU)

    def start_nginx(self):
        body = f"""
  upstream plain {{ server 127.0.0.1:{MOCK_PORT}; keepalive 256; keepalive_requests 100000000; }}
  upstream stream {{ server 127.0.0.1:{STREAM_PORT}; keepalive 256; keepalive_requests 100000000; }}
  proxy_http_version 1.1; proxy_set_header Connection "";
  server {{ listen 127.0.0.1:{NGINX_PORT} backlog=4096;
    location / {{ proxy_pass http://plain; }}
    location /stream/ {{ proxy_buffering off; proxy_pass http://stream/; }} }}"""
        log = LOG_LINE.format(scratch=SCRATCH)
        self.processes["nginx"] = self.spawn("nginx", self.nginx("nginx", log, body), PROXY_CPU)
        self.ports["nginx"] = (NGINX_PORT, NGINX_PORT)

    def nginx(self, name, log, body):
        file = SCRATCH / f"{name}.conf"
        file.write_text(NGINX.format(scratch=SCRATCH, name=name, log=log, body=body))
        return ["nginx", "-c", file, "-e", SCRATCH / f"{name}.err"]

    def start_tollbook(self):
        program = pathlib.Path(os.environ["TOLLBOOK_BIN_DIR"]) / "tollbook"
        (SCRATCH / "tollbook.yaml").write_text(
            TOLLBOOK.format(port=TOLLBOOK_PORT, mock=MOCK_PORT, stream=STREAM_PORT))
        made = subprocess.run(
            [program, "keys", "create", "--name", "bench", "--tag", "product=bench", "--json"], cwd=SCRATCH,
            check=True, capture_output=True)
        self.key = json.loads(made.stdout)["key"]
        command = [program, "proxy", "--config", "tollbook.yaml"]
        self.processes["tollbook"] = self.spawn("tollbook", command, PROXY_CPU)
        self.ports["tollbook"] = (TOLLBOOK_PORT, TOLLBOOK_PORT)

    def spawn(self, name, command, cpu):
        with open(SCRATCH / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                ["taskset", "-c", cpu, *command], cwd=SCRATCH, stdout=log, stderr=log,
                env={**os.environ, "OPENAI_API_KEY": "sk-bench"})
        self.started.append(process)
        return process

    def stop(self):
        for process in self.started:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.started:
            try:
                process.wait(35)
            except subprocess.TimeoutExpired:
                process.kill()

    def measure_all(self):
        for peer in self.peers:
            for kind in ("plain", "stream"):
                self.wait_for(peer, kind)
        measured = []
        for number in range(self.options.rounds):
            for test in ("plain-64", "plain-1", "stream-64"):
                for peer in self.peers:
                    result = {"round": number, "peer": peer, "test": test, **self.quietest(peer, test)}
                    measured.append(result)
                    print(" ".join(f"{name}={value}" for name, value in result.items()), flush=True)
        save(measured)
        return measured

    def url(self, peer, kind):
        port = self.ports[peer][kind == "stream"]
        path = "/stream/v1/chat/completions" if (peer, kind) == ("nginx", "stream") else "/v1/chat/completions"
        return f"http://127.0.0.1:{port}{path}"

    def wait_for(self, peer, kind):
        """One request, whose answer must be the vendor's."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                request = urllib.request.Request(
                    self.url(peer, kind), data=question(kind == "stream"),
                    headers={"authorization": f"Bearer {self.key}", "content-type": "application/json"})
                with urllib.request.urlopen(request, timeout=5) as answer:
                    body = answer.read()
                mark = b"[DONE]" if kind == "stream" else b"chatcmpl-bench"
                if mark in body:
                    return
                problem = body[:200]
            except OSError as error:
                problem = error
            if time.monotonic() > deadline:
                raise SystemExit(f"{peer} does not answer ({kind}): {problem}; see {SCRATCH}/{peer}.log")
            time.sleep(0.1)

    def quietest(self, peer, test):
        best = None
        for _ in range(ATTEMPTS_MAX):
            result = self.measure(peer, test)
            if best is None or result["foreign"] < best["foreign"]:
                best = result
            if best["foreign"] <= FOREIGN_MAX:
                break
        return best

    def wait_for_quiet(self):
        deadline = time.monotonic() + QUIET_SECONDS_MAX
        while time.monotonic() < deadline:
            before, own = busy_seconds(), self.own_seconds()
            time.sleep(0.5)
            if (busy_seconds() - before - (self.own_seconds() - own)) / 0.5 / os.cpu_count() <= FOREIGN_MAX:
                return

    def measure(self, peer, test):
        self.wait_for_quiet()
        kind, connections = test.split("-")
        process = self.processes[peer]
        command = ["taskset", "-c", LOAD_CPU, "wrk", "--threads", "1", "--connections", connections, "--duration",
                   f"{self.options.seconds}s", "--script", SCRATCH / "wrk.lua", self.url(peer, kind)]
        environment = {**os.environ, "BENCH_BODY": str(SCRATCH / f"{kind}.json"), "BENCH_KEY": self.key}
        before = cpu_seconds(process), busy_seconds(), self.own_seconds()
        began = time.monotonic()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        elapsed = time.monotonic() - began
        result = json.loads(re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)[1])
        if result["failed"]:
            raise SystemExit(f"{peer} {test}: {result['failed']} requests failed; no figure counts\n{done.stdout}")
        proxy = cpu_seconds(process) - before[0]
        foreign = (busy_seconds() - before[1]) - (self.own_seconds() - before[2])
        return {
            "requests_per_second": round(result["requests"] / result["seconds"]),
            "cpu_us_per_request": round(proxy / result["requests"] * 1e6, 1),
            "p50_us": result["p50_us"], "p99_us": result["p99_us"],
            "rss_mib": rss_mib(process), "foreign": round(max(0, foreign) / elapsed / os.cpu_count(), 3),
        }

    def own_seconds(self):
        times = os.times()
        own = times.user + times.system + times.children_user + times.children_system
        return own + sum(cpu_seconds(process) for process in self.started)


def cpu_seconds(process):
    if process is None:
        return 0.0
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def busy_seconds():
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _, _, interrupt, soft_interrupt = fields[:7]
    return (user + nice + system + interrupt + soft_interrupt) / TICKS_A_SECOND


def rss_mib(process):
    if process is None:
        return 0
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return round(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, 1)


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1])
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return {"cpu": model[1] if model else platform.machine(), "cpus": os.cpu_count(),
            "memory_gib": round(memory / 2**20), "kernel": platform.release(), "commit": commit.stdout.strip()}


def save(measured):
    RESULTS.parent.mkdir(exist_ok=True)
    when = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    facts = {"time": when, **machine()}
    with open(RESULTS, "a") as file:
        for result in measured:
            file.write(json.dumps({**facts, **result}) + "\n")


def report(measured):
    def median(peer, test, name):
        values = [r[name] for r in measured if r["peer"] == peer and r["test"] == test]
        return statistics.median(values) if values else None

    peers = list(dict.fromkeys(result["peer"] for result in measured))
    print("\n" + ", ".join(f"{name} {value}" for name, value in machine().items()))
    print("\n| test | peer | requests/s | CPU µs/request | p50 µs | p99 µs | added p50 | added p99 | RSS MiB | foreign |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for test in ("plain-64", "plain-1", "stream-64"):
        for peer in peers:
            added = [median(peer, test, name) - (median("direct", test, name) or 0) for name in ("p50_us", "p99_us")]
            cells = [median(peer, test, name) for name in (
                "requests_per_second", "cpu_us_per_request", "p50_us", "p99_us")] + added + [
                median(peer, test, name) for name in ("rss_mib", "foreign")]
            print(f"| {test} | {peer} | " + " | ".join(f"{cell:g}" for cell in cells) + " |")
    print("\nmedians; `plain` is a JSON answer, `stream` one of"
          f" {STREAM_EVENTS} events; the number is that of connections")


if __name__ == "__main__":
    main()
