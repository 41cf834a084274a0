"""Every client through the proxy: the same objects as without it, the vendor's own counts in the log, the SDK's own
exceptions, and no try more than the SDK would make."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

import door_scenarios
import programs
import rawlog
import test_tls
import wire

RUN_SECONDS_MAX = 120
FAULT = "tokens=input:120,cache_read:100,output:57,reasoning:12"
MASTER = "0f" * 32
AWS_VENDOR = ("AKIAVENDOREXAMPLE000", "vendor/EXAMPLE+secret/of/the/real/account0")
WAYS = ["openai", "anthropic", "anthropic_bedrock", "anthropic_bedrock bearer", "boto3", "boto3 bearer", "genai", "litellm"]
# Whose key, which call; the exception's class and code.
REFUSALS = [
    (("openai", "nobody", "responses"), ("AuthenticationError", "invalid_api_key")),
    (("openai", "nobody", "azure chat"), ("AuthenticationError", "invalid_api_key")),
    (("openai", "limited", "responses"), ("PermissionDeniedError", "model_not_allowed")),
    (("openai", "spent", "responses"), ("RateLimitError", "insufficient_quota")),
    (("openai", "spent", "embeddings"), ("RateLimitError", "insufficient_quota")),
    (("openai", "spent", "azure chat"), ("RateLimitError", "insufficient_quota")),
    (("anthropic", "nobody", "count"), ("AuthenticationError", None)),
    (("anthropic", "spent", "batch"), ("RateLimitError", None)),
    (("anthropic_bedrock bearer", "spent", "stream"), ("BadRequestError", None)),
    (("anthropic_bedrock bearer", "nobody", "create"), ("PermissionDeniedError", None)),
    (("anthropic_bedrock bearer", "limited", "create"), ("PermissionDeniedError", None)),
    (("boto3", "nobody", "converse stream"), ("ClientError", "UnrecognizedClientException")),
    (("boto3", "spent", "converse"), ("ServiceQuotaExceededException", "ServiceQuotaExceededException")),
    (("boto3", "spent", "invoke stream"), ("ServiceQuotaExceededException", "ServiceQuotaExceededException")),
    (("boto3 bearer", "nobody", "converse"), ("ClientError", "UnrecognizedClientException")),
    (("boto3 bearer", "limited", "converse"), ("AccessDeniedException", "AccessDeniedException")),
    (("genai", "nobody", "generate"), ("ClientError", 401)),
    (("genai", "limited", "stream"), ("ClientError", 403)),
    (("genai", "spent", "generate"), ("ClientError", 429)),
    (("litellm", "nobody", "completion"), ("AuthenticationError", None)),
]
CONFIGURATION = """\
proxy: {{listen: "127.0.0.1:0"}}
upstreams:
  - {{name: openai-main, provider: openai, base-url: "{vendor}/v1", key-env: OPENAI_API_KEY}}
  - {{name: azure-main, provider: azure, base-url: "{vendor}", key-env: OPENAI_API_KEY}}
  - {{name: anthropic-main, provider: anthropic, base-url: "{vendor}", key-env: ANTHROPIC_API_KEY}}
  - {{name: bedrock-main, provider: bedrock, base-url: "{vendor}", region: us-east-1}}
  - {{name: gemini-main, provider: gemini, base-url: "{vendor}", key-env: OPENAI_API_KEY}}
"""
# `tollbook keys create --aws` and the proxy read these; the vendor's account is the stand-in's.
SECRETS = {
    "TOLLBOOK_AWS_KEY_SECRET": MASTER, "AWS_ACCESS_KEY_ID": AWS_VENDOR[0], "AWS_SECRET_ACCESS_KEY": AWS_VENDOR[1]}


class Doors:
    def __init__(self, folder):
        self.vendor = programs.StandIn(folder / "vendor", FAULT)
        self.house = programs.House(folder / "house", self.vendor.url)
        (self.house.folder / "tollbook.yaml").write_text(CONFIGURATION.format(vendor=self.vendor.url))
        self.key = self.house.create_key("doors")["key"]
        self.pair = self.make_pair("signer")
        self.limited = self.house.create_key("limited", "--models", "nothing-*")["key"]
        # Too little for any request, whatever is in it.
        self.spent = self.house.create_key("spent", "--budget", "0.000001/day")["key"]
        self.spent_pair = self.make_pair("spent signer", "--budget", "0.000001/day")
        self.proxy = self.house.start_proxy()
        # boto3 sends a bearer token over TLS alone, which something before the proxy ends.
        self.certificates = folder / "certificates"
        self.certificates.mkdir()
        test_tls.make_certificate(self.certificates, "localhost")
        self.tls = test_tls.TLSDoor(self.certificates, self.proxy.port)

    def make_pair(self, name, *limits):
        made = json.loads(self.house.command("keys", "create", "--name", name, "--aws", "--json", *limits).stdout)
        return made["access_key_id"], made["key"]

    def run(self, way):
        """What the application saw: without the proxy, with it, and at each refusal in turn."""
        client = way.split()[0]
        signs = way in ("boto3", "anthropic_bedrock")
        is_bedrock = client in ("boto3", "anthropic_bedrock")
        url = f"https://localhost:{self.tls.port}" if way == "boto3 bearer" else self.proxy.url
        places = [
            (self.vendor.url, *(AWS_VENDOR if is_bedrock else ("sk-vendor-direct", "")), ""),
            (url, *(self.pair if signs else (self.key, "")), "")]
        before = len(self.ends())
        keys = {"nobody": ("sk-tb-nobody", "wrong" if signs else ""), "limited": (self.limited, ""),
                "spent": self.spent_pair if signs else (self.spent, "")}
        for (one, key, only), _ in REFUSALS:
            if one == way:
                places.append((url, *keys[key], only))
        direct, through, *refused = self.seen(client, places)
        return direct, through, refused, self.ends()[before:]

    def seen(self, client, places):
        """What an application sees at each of the places."""
        here = str(pathlib.Path(__file__).parent)
        kept = {name: value for name, value in os.environ.items()
                if not name.endswith(("_API_KEY", "_BASE_URL")) and not name.startswith("AWS_")}
        environment = kept | {
            "PYTHONPATH": here, "AWS_CA_BUNDLE": str(self.certificates / "authority.pem"),
            "AWS_DEFAULT_REGION": "us-east-1", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        if client == "litellm":
            environment["PYTHONPATH"] = f"{os.environ['LITELLM_DIR']}:{here}"
        done = subprocess.run(
            [sys.executable, "door_scenarios.py", client, json.dumps(places)], cwd=here, env=environment,
            capture_output=True, text=True, timeout=RUN_SECONDS_MAX)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def ends(self):
        lines = rawlog.Log(self.house.raw_logs).ends
        return sorted(lines, key=lambda line: line["seq"])


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    kept = dict(programs.VENDOR_SECRETS)
    programs.VENDOR_SECRETS.update(SECRETS)
    doors = Doors(tmp_path_factory.mktemp("doors"))
    yield doors
    doors.house.close()
    doors.vendor.close()
    programs.VENDOR_SECRETS.clear()
    programs.VENDOR_SECRETS.update(kept)


@pytest.fixture(scope="module")
def runs(doors):
    """Each client's scenarios, run once in one process, and what the log has of them."""
    made = {}

    def of(way):
        if way not in made:
            made[way] = doors.run(way)
        return made[way]

    return of


@pytest.mark.parametrize("way", WAYS)
def test_the_application_sees_the_same(runs, way):
    direct, through, _, _ = runs(way)
    assert direct.keys() == through.keys() and len(direct) > 1
    for name, seen in direct.items():
        assert "seen" in seen or name.startswith("unknown"), f"{name}: {seen}"
        assert through[name] == seen, name


CHAT = {"prompt_tokens": 120, "completion_tokens": 57}
RESPONSES = {"input_tokens": 120, "output_tokens": 57}
CONVERSE = {"inputTokens": 120, "outputTokens": 57, "cacheReadInputTokens": 100}
CLAUDE = {"input_tokens": 120, "output_tokens": 57, "cache_read_input_tokens": 100}
GEMINI = {"promptTokenCount": 120, "candidatesTokenCount": 45, "thoughtsTokenCount": 12, "cachedContentTokenCount": 100}
BATCH = [("openai.chat_completions", {"prompt_tokens": 100 + n, "completion_tokens": n}) for n in range(1, 9)]
BOTO3 = [("bedrock.converse", CONVERSE), ("bedrock.converse", CONVERSE), ("bedrock.converse_stream", CONVERSE),
         ("bedrock.invoke", CLAUDE), ("bedrock.invoke_stream", CLAUDE)]
EXPECTED = {
    "openai": [
        ("openai.responses", RESPONSES), ("openai.responses", RESPONSES), ("openai.completions", CHAT),
        ("openai.embeddings", {"prompt_tokens": 120}),
        ("openai.images.generations", {"input_tokens": 120, "output_tokens": 57}),
        ("openai.audio.transcriptions", {"input_tokens": 120, "output_tokens": 57}),
        ("openai.audio.speech", None), ("openai.chat_completions", CHAT), ("openai.chat_completions", CHAT),
        ("openai.embeddings", {"prompt_tokens": 120}), ("openai.responses", RESPONSES), *BATCH,
        ("openai.responses", None), ("openai.responses", RESPONSES)],
    "anthropic": [("anthropic.messages.batches", {"input_tokens": 200 + n, "output_tokens": n}) for n in range(1, 9)],
    "anthropic_bedrock": [("bedrock.invoke", CLAUDE), ("bedrock.invoke_stream", CLAUDE)],
    "anthropic_bedrock bearer": [("bedrock.invoke", CLAUDE), ("bedrock.invoke_stream", CLAUDE)],
    "boto3": BOTO3, "boto3 bearer": BOTO3,
    "genai": [
        ("gemini.generate_content", GEMINI), ("gemini.generate_content", GEMINI),
        ("gemini.stream_generate_content", GEMINI), ("gemini.stream_generate_content", GEMINI),
        ("gemini.generate_content", None)],
    "litellm": [
        ("openai.chat_completions", CHAT), ("openai.chat_completions", CHAT), ("anthropic.messages", CLAUDE),
        ("openai.embeddings", {"prompt_tokens": 120})],
}


@pytest.mark.parametrize("way", WAYS)
def test_the_log_has_what_the_vendor_counted(runs, way):
    ends = [end for end in runs(way)[3] if end["outcome"] != "refused"]
    assert [end["endpoint"] for end in ends] == [endpoint for endpoint, _ in EXPECTED[way]]
    for end, (endpoint, usage) in zip(ends, EXPECTED[way]):
        if usage is None:
            assert end["usage"] is None
            continue
        assert end["usage_source"] == "vendor" and end["outcome"] == "ok"
        assert {name: end["usage"].get(name) for name in usage} == usage, endpoint
        assert end["key"]["name"] == ("signer" if way in ("boto3", "anthropic_bedrock") else "doors")


def test_an_application_inference_profile_and_its_metadata_are_in_the_log(runs):
    for way in ("boto3", "boto3 bearer"):
        end = runs(way)[3][1]
        assert end["inference_profile"] == end["model"]["requested"] == door_scenarios.PROFILE
        assert end["tags"] == {"feature": "review"}
    assert runs("openai")[3][0]["tags"] == {"feature": "search"}


def test_no_key_and_no_prompt_is_anywhere_it_should_not_be(runs, doors):
    for way in WAYS:
        runs(way)
    secrets = [doors.key, doors.pair[1], AWS_VENDOR[1], MASTER, "CANARYPROMPT"]
    for name, written in doors.house.everything_written().items():
        for secret in secrets:
            assert secret.encode() not in written, f"{secret} in {name}"
    proxys = [doors.key.encode(), doors.pair[0].encode()]
    for request in doors.vendor.requests:
        assert not any(secret in request["raw"] for secret in proxys)


@pytest.mark.parametrize("refusal,expected", REFUSALS)
def test_a_refusal_raises_the_sdks_own_exception_at_the_first_try(runs, refusal, expected):
    way, _, only = refusal
    of_way = [one for one, _ in REFUSALS if one[0] == way]
    _, _, refused, ends = runs(way)
    seen = refused[of_way.index(refusal)][only]["error"]
    error, code = expected
    assert seen["class"] == error, seen
    assert code is None or seen["code"] == code
    # What is free leaves no line; of anything else each try would be one.
    tries = sum(one[2] not in ("count", "batch") for one in of_way)
    assert [end["outcome"] for end in ends].count("refused") == tries


@pytest.mark.parametrize("client,signs", [("anthropic", False), ("boto3", True), ("genai", False)])
def test_no_budget_stops_what_is_free(doors, client, signs):
    place = (doors.proxy.url, *(doors.spent_pair if signs else (doors.spent, "")), "count")
    seen, = doors.seen(client, [place])
    assert "error" not in seen["count"], seen


def test_a_pair_is_shown_once_and_its_secret_is_nowhere(doors):
    shown = doors.house.command("keys", "create", "--name", "another signer", "--aws").stdout.split()
    access_key_id, secret = shown
    assert access_key_id.startswith("AKTB") and len(access_key_id) == 20 and len(secret) == 40
    written = doors.house.everything_written()
    assert not any(secret.encode() in one or access_key_id.encode() in one for one in written.values())
    listed = json.loads(doors.house.command("keys", "list", "--json").stdout)
    assert "another signer" in [key["name"] for key in listed]


@pytest.mark.parametrize("secret", ["", "short"])
def test_a_pair_needs_a_secret_that_it_is_derived_from(doors, monkeypatch, secret):
    monkeypatch.setitem(programs.VENDOR_SECRETS, "TOLLBOOK_AWS_KEY_SECRET", secret)
    done = doors.house.command("keys", "create", "--name", "no signer", "--aws", codes=(2,))
    assert "TOLLBOOK_AWS_KEY_SECRET" in done.stderr and not done.stdout


def test_requests_that_are_signed_are_refused_where_no_pairs_are_given_out(doors, monkeypatch):
    monkeypatch.setitem(programs.VENDOR_SECRETS, "TOLLBOOK_AWS_KEY_SECRET", "")
    # A proxy runs on the house's own store.
    proxy = doors.house.start_proxy(variables={"TOLLBOOK_RAW_LOGS": "pairless-logs", "TOLLBOOK_STORE": "sqlite:pairless.db"})
    answer = wire.exchange(
        proxy.port, "/model/m/converse", [
            ("authorization", "AWS4-HMAC-SHA256 Credential=AKTB/20261101/us-east-1/bedrock/aws4_request, "
             "SignedHeaders=host;x-amz-date, Signature=00"), ("x-amz-date", "20261101T000000Z")], b'{"messages":[]}')
    assert answer.status == 403 and ("x-amzn-errortype", "UnrecognizedClientException") in answer.headers


def test_a_pairs_key_is_shut_limited_and_rotated_like_any_other(doors):
    pair = doors.make_pair("turning")

    def told(pair):
        seen, = doors.seen("boto3", [(doors.proxy.url, *pair, "converse")])
        return seen["converse"].get("error", {}).get("code")

    programs.wait_until("the key is known", 20, lambda: told(pair) is None)
    for change, code in [
            (["--disable-use"], "AccessDeniedException"), (["--enable-use", "--networks", "10.0.0.0/8"], "AccessDeniedException"),
            (["--networks", "none", "--models", "nothing-*"], "AccessDeniedException"), (["--models", "none"], None)]:
        doors.house.command("keys", "update", "turning", *change)
        programs.wait_until(f"{change} is followed", 20, lambda code=code: told(pair) == code)
    made = json.loads(doors.house.command("keys", "rotate", "turning", "--aws", "--json").stdout)
    fresh = made["access_key_id"], made["key"]
    programs.wait_until("the new pair opens", 20, lambda: told(fresh) is None)
    assert told(pair) in ("ExpiredTokenException", "UnrecognizedClientException")


def batch(count, max_tokens=9):
    return json.dumps({"requests": [{"custom_id": f"item-{n}", "params": {
        "model": "claude-sonnet-4-5", "max_tokens": max_tokens, "messages": [{"role": "user", "content": "hi"}]}}
        for n in range(count)]}).encode()


def test_batches_are_refused_where_the_models_of_a_team_or_a_budget_do_not_allow_them(doors):
    doors.house.command("keys", "policy", "--team", "narrow", "--models", "nothing-*")
    member = doors.house.create_key("member", "--team", "narrow")["key"]
    before = len(doors.vendor.requests)

    def answer(key, path, body):
        return wire.exchange(doors.proxy.port, path, [("x-api-key", key), ("content-type", "application/json")], body)

    programs.wait_until("the key is known", 20, lambda: answer(member, "/v1/messages/batches", batch(1)).status != 401)
    refused = answer(member, "/v1/messages/batches", batch(1))
    assert refused.status == 403 and 'team "narrow"' in json.loads(refused.body)["error"]["message"]
    refused = answer(doors.spent, "/v1/messages/batches", batch(1))
    assert refused.status == 429 and json.loads(refused.body)["error"]["type"] == "billing_error"
    refused = answer(doors.spent, "/v1/batches", b'{"input_file_id":"file-1","endpoint":"/v1/responses"}')
    assert refused.status == 403 and "batch" in json.loads(refused.body)["error"]["message"]
    assert len(doors.vendor.requests) == before


def test_a_batch_holds_what_it_may_cost_until_its_results_are_fetched(doors):
    """Over a restart too. A token of the model's answer costs $15 a million, and the batch may give 2 x 10,000."""
    house = doors.house
    # A proxy runs on the house's own store.
    place = {"TOLLBOOK_RAW_LOGS": "batch-logs", "TOLLBOOK_STORE": "sqlite:batch.db"}
    made = house.command(
        "keys", "create", "--name", "batcher", "--budget", "0.5/day", "--budget", "9/total", "--json",
        "--store", place["TOLLBOOK_STORE"])
    key = json.loads(made.stdout)["key"]

    def ask(method, path, body=None):
        return wire.exchange(
            proxy.port, path, [("x-api-key", key), ("anthropic-version", "2023-06-01"), ("content-type", "application/json")],
            body or b"", method=method)

    proxy = house.start_proxy(variables=place)
    assert ask("POST", "/v1/messages/batches", batch(2, 10_000)).status == 200
    refused = ask("POST", "/v1/messages/batches", batch(2, 10_000))
    assert refused.status == 429 and "$0.1" in json.loads(refused.body)["error"]["message"]
    proxy.kill()
    proxy = house.start_proxy(variables=place)
    assert ask("POST", "/v1/messages/batches", batch(2, 10_000)).status == 429
    for _ in range(2):
        assert ask("GET", "/v1/messages/batches/msgbatch_1/results").status == 200
    ends = rawlog.Log(house.folder / "batch-logs").ends
    assert len(ends) == len({end["metered_id"] for end in ends}) > 0, "each item once"
    assert ask("POST", "/v1/messages/batches", batch(2, 10_000)).status == 200
