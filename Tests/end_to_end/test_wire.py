"""With the proxy between them, client and vendor exchange the same bytes as without it."""
import json

import pytest

from asking import CANARY, ENDPOINTS, PATHS, TOOLS, encoded, headers, plain_text, question, usage_told
import wire

VENDOR_KEY = "sk-vendor-direct"
COUNTS = "tokens=input:1200,cache_read:1000,output:57,reasoning:12"
CLAUDE_COUNTS = ("tokens=input:12,cache_read:9000,cache_write_5m:200,cache_write_1h:500,output:210,"
                 "input_final:40,web_searches:2,reasoning:30; deltas=3")

BOTH = [  # dialect, stream: everything a vendor may do to a good answer
    "", "events=1", "gzip=1", "gzip=always", "chunk-bytes=1", "chunk-bytes=7; gzip=1", "chunk-bytes=997; events=60",
    "big-line-kib=1024", "big-line-kib=1024; chunk-bytes=8192; gzip=1", "no-usage=1", "tier=priority", "close=1",
    "delay-ms=150", "drip-bytes=64; drip-ms=1",
]
STREAMED = ["crlf=1", "comments=1", "crlf=1; comments=1; chunk-bytes=3", "event-ms=3", "drip-bytes=1; drip-ms=0",
            "events=400"]
ERRORS = ["status=400", "status=401", "status=402", "status=403", "status=404", "status=409", "status=413",
          "status=429; retry-after=3", "status=429", "status=500", "status=503; retry-after=1", "status=504",
          "status=529; delay-ms=50"]


def cases():
    for dialect in ("openai", "anthropic"):
        for stream in (False, True):
            faults = BOTH + (STREAMED if stream else []) + [COUNTS if dialect == "openai" else CLAUDE_COUNTS]
            for fault in faults:
                if fault == "gzip=always" and stream and dialect == "openai":
                    # The proxy asks for usage there, and for no compression, so that it can take the usage out
                    # again. From a vendor that compresses all the same, the bytes come as they are.
                    continue
                yield dialect, stream, fault, {}
            yield dialect, stream, "chunk-bytes=5", {"tools": TOOLS[dialect]}
    for stream_options in ({"include_usage": True}, {"include_usage": False}, {},
                           {"include_obfuscation": False}, {"include_usage": True, "include_obfuscation": False}):
        for fault in ("", "chunk-bytes=1; " + COUNTS):
            yield "openai", True, fault, {"stream_options": stream_options}
    yield "openai", True, "", {"n": 3}
    yield "openai", False, "", {"n": 3}
    yield "openai", True, "", {"stream_options": None}
    yield "anthropic", True, "", {"thinking": {"type": "adaptive"}}


def name(value):
    return json.dumps(value) if isinstance(value, dict) else str(value) or "-"


def both(shared, dialect, body, fault, path=None, **more):
    path = path or PATHS[dialect]
    direct = wire.exchange(shared.vendor.port, path, headers(dialect, VENDOR_KEY, fault, **more), body)
    through = wire.exchange(
        shared.proxy.port, path, headers(dialect, shared.key["key"], fault, **more), body)
    return direct, through


@pytest.mark.parametrize("dialect,stream,fault,more", list(cases()), ids=name)
def test_the_client_gets_the_vendors_bytes_and_the_log_gets_its_usage(shared, user, dialect, stream, fault, more):
    body = encoded(question(dialect, user, stream, **more))
    direct, through = both(shared, dialect, body, fault)
    assert through.status == 200 and direct.complete and through.complete
    if direct.header("content-encoding") is None:
        assert through.body == direct.body
    else:
        # A stream that the proxy must read for the client's sake comes uncompressed; otherwise the same bytes.
        assert plain_text(through) == plain_text(direct)
    ignored = {"content-encoding", "content-length"} if through.header("content-encoding") is None else set()
    assert ([header for header in through.vendor_headers if header[0] not in ignored]
            == [header for header in direct.vendor_headers if header[0] not in ignored])

    end = shared.log.end_of(user)
    asked = dict(question(dialect, user, stream, **more))
    if dialect == "openai" and stream:
        asked["stream_options"] = {"include_usage": True}
    told = wire.exchange(shared.vendor.port, PATHS[dialect],
                         headers(dialect, VENDOR_KEY, fault, accept_encoding="identity"), encoded(asked))
    expected = usage_told(dialect, plain_text(told), stream)
    if expected is None:
        assert end["usage_source"] != "vendor"
    else:
        assert end["usage"] == expected and end["usage_source"] == "vendor"
    assert (end["outcome"], end["status"], end["endpoint"]) == ("ok", 200, ENDPOINTS[dialect])
    assert end["stream"] is stream and end["final"] is True and end["error"] is None
    assert end["id"] == through.header("x-tollbook-request-id")


def test_facts_of_a_request_stand_in_its_line(shared, user):
    body = question("anthropic", user, True)
    sent = headers("anthropic", shared.key["key"], "tier=priority", x_claude_code_session_id="session-77",
                   x_tollbook_tags="env=prod, product=chrome-assistant")
    answer = wire.exchange(shared.proxy.port, "/v1/messages?beta=true", sent, encoded(body))
    assert answer.status == 200 and answer.complete
    end = shared.log.end_of(user)
    assert end["model"] == {"requested": "claude-sonnet-4-5", "routed": "claude-sonnet-4-5",
                            "returned": "claude-sonnet-4-5-20250929"}
    assert (end["provider"], end["upstream"]) == ("anthropic", "anthropic-main")
    assert end["key"] == {"id": shared.key["id"], "name": "ticket-generator-test"}
    assert (end["team"], end["user"], end["session"]) == ("user-review", user, "session-77")
    # The key's own tag stands against the request's.
    assert end["tags"] == {"product": "ticket-generator", "env": "prod"}
    assert end["vendor_request_id"] == answer.header("request-id")
    assert end["response_id"].startswith("msg_")
    assert end["billing"]["service_tier"] == "priority" and end["billing"]["stop_reason"] == "end_turn"
    assert end["client"] == {"ip": "127.0.0.1", "agent": "Anthropic/Python 1.17.0"}
    assert end["attempt"] == 1 and 0 <= end["first_byte_us"] <= end["duration_us"]


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", ERRORS)
def test_a_vendors_error_passes_unchanged_and_is_counted(shared, user, dialect, stream, fault):
    direct, through = both(shared, dialect, encoded(question(dialect, user, stream)), fault)
    assert (through.status, through.body) == (direct.status, direct.body)
    assert through.vendor_headers == direct.vendor_headers
    end = shared.log.end_of(user)
    assert end["status"] == through.status
    vendors_fault = through.status >= 500 or through.status in (401, 403, 429)
    assert end["outcome"] == ("vendor_error" if vendors_fault else "client_error")
    assert CANARY.split()[0] not in json.dumps(end), "the vendor's message quotes the prompt; the log must not"
    assert not end["usage"] and end["usage_source"] == "none"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("events", [1, 5])
def test_an_error_event_inside_a_stream_passes_unchanged_and_fails_the_request(shared, user, dialect, events):
    direct, through = both(
        shared, dialect, encoded(question(dialect, user, True)), f"error-event-after={events}; chunk-bytes=11")
    assert (through.status, through.body) == (200, direct.body)
    assert shared.log.end_of(user)["outcome"] == "vendor_error"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_vendor_gets_the_clients_bytes(shared, user, dialect, stream):
    """Spaces, key order, escapes and numbers beyond 2^53 stay as the client wrote them."""
    more = ', "stream": true, "stream_options": {"include_usage": true}' if dialect == "openai" else ', "stream":true'
    who = f'"user":"{user}"' if dialect == "openai" else f'"metadata":{{"user_id":"{user}"}}'
    model = "gpt-4o-mini" if dialect == "openai" else "claude-sonnet-4-5"
    body = (f'{{ "max_tokens" : 64,\n\t{who}, "model":"{model}" , "seed": 9007199254740993123, "x": 1.0e-0,'
            f' "messages": [{{"content":"\\u8acb\\u6c42 \\/ {user}","role":"user"}}]{more if stream else ""} }}').encode()
    sent = headers(dialect, shared.key["key"], "events=1", cookie="session=1", x_custom="kept", connection="x-hop",
                   x_hop="dropped", x_forwarded_for="10.9.9.9", x_tollbook_tags="env=test")
    assert wire.exchange(shared.proxy.port, PATHS[dialect], sent, body).status == 200
    request = next(r for r in shared.vendor.requests if user.encode() in r["body"])
    assert request["body"] == body
    got = {}
    for header, value in request["headers"]:
        got.setdefault(header.lower(), []).append(value)
    assert got["x-custom"] == ["kept"] and got["content-length"] == [str(len(body))]
    for dropped in ("cookie", "x-hop", "x-forwarded-for", "x-tollbook-tags", "expect"):
        assert dropped not in got
    secret = "sk-vendor-CANARYSECRET-openai" if dialect == "openai" else "sk-ant-vendor-CANARYSECRET-anthropic"
    if dialect == "openai":
        assert got["authorization"] == [f"Bearer {secret}"] and "x-api-key" not in got
    else:
        assert got["x-api-key"] == [secret] and "authorization" not in got
        assert got["anthropic-version"] == ["2023-06-01"] and got["anthropic-beta"] == ["a-2026-01-01,b"]
    assert got["host"] == [f"127.0.0.1:{shared.vendor.port}"]


@pytest.mark.parametrize("options,inside", [
    ("", b'"stream_options":{"include_usage":true}'),
    (', "stream_options": {}', b'"include_usage":true'),
    (', "stream_options": {"include_obfuscation":false}', b'"include_obfuscation":false'),
    (', "stream_options": {"include_usage": false}', b'"include_usage"'),
    (', "stream_options": null', b'"include_usage"'),
])
def test_usage_is_asked_for_by_adding_to_the_clients_bytes_only(shared, user, options, inside):
    body = f'{{"model":"gpt-4o-mini", "stream" : true{options}, "user":"{user}","messages":[]}}'.encode()
    sent = headers("openai", shared.key["key"], "events=1")
    assert wire.exchange(shared.proxy.port, "/v1/chat/completions", sent, body).status == 200
    got = next(r for r in shared.vendor.requests if user.encode() in r["body"])["body"]
    assert json.loads(got)["stream_options"]["include_usage"] is True
    assert inside in got
    want = json.loads(body)
    asked = {**(want.get("stream_options") or {}), "include_usage": True}
    assert json.loads(got) == {**want, "stream_options": asked}
    # Everything else is the client's text: what was sent before the spliced place is a prefix.
    place = body.find(b'"stream_options"')
    assert got.startswith(body[:place if place > 0 else 0])


def test_a_renamed_model_changes_its_bytes_alone(shared, user):
    body = f'{{"messages":[], "model" : "gpt-alias" ,"user":"{user}","note":"gpt-alias"}}'.encode()
    sent = headers("openai", shared.key["key"])
    assert wire.exchange(shared.proxy.port, "/v1/chat/completions", sent, body).status == 200
    request = next(r for r in shared.vendor.requests if user.encode() in r["body"])
    assert request["body"] == body.replace(b'"model" : "gpt-alias"', b'"model" : "gpt-4o-mini"')
    assert shared.log.end_of(user)["model"] == {
        "requested": "gpt-alias", "routed": "gpt-4o-mini", "returned": "gpt-4o-mini-2024-07-18"}


@pytest.mark.parametrize("dialect,path", [("openai", "/chat/completions"), ("anthropic", "/messages")])
def test_a_base_url_without_v1_works_too(shared, user, dialect, path):
    answer = wire.exchange(
        shared.proxy.port, path, headers(dialect, shared.key["key"]), encoded(question(dialect, user)))
    assert answer.status == 200
    assert shared.vendor.requests[-1]["target"] == PATHS[dialect]


def test_probes_and_unknown_places(shared):
    key = shared.key["key"]
    assert wire.exchange(shared.proxy.port, "/", [], b"", method="HEAD").status == 200
    assert wire.exchange(shared.proxy.port, "/health/live", [], b"", method="GET").status == 200
    assert wire.exchange(shared.proxy.port, "/health/ready", [], b"", method="GET").status == 200
    elsewhere = wire.exchange(shared.proxy.port, "/v1/nothing", headers("openai", key), b"{}")
    assert elsewhere.status == 404 and "error" in json.loads(elsewhere.body)
    wrong = wire.exchange(shared.proxy.port, "/v1/messages", headers("anthropic", key), b"", method="GET")
    assert wrong.status == 405 and json.loads(wrong.body)["type"] == "error"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_bad_requests_are_told_so_in_the_callers_dialect(shared, dialect):
    key = shared.key["key"]
    before = shared.vendor.requests
    torn = wire.exchange(shared.proxy.port, PATHS[dialect], headers(dialect, key), b'{"model": "gpt-4o')
    packed = wire.exchange(
        shared.proxy.port, PATHS[dialect], headers(dialect, key, content_encoding="gzip"), b"\x1f\x8b")
    assert (torn.status, packed.status) == (400, 415)
    for answer in (torn, packed):
        error = json.loads(answer.body)
        assert error["error"]["type"] and error["error"]["message"]
        assert (error.get("type") == "error") == (dialect == "anthropic")
    assert len(shared.vendor.requests) == len(before), "the vendor saw none of it"


def test_no_prompt_answer_or_secret_is_written_anywhere(shared, user):
    """Runs behind the tests above, over all they left; one request of its own makes sure there is something."""
    for dialect in ("openai", "anthropic"):
        wire.exchange(shared.proxy.port, PATHS[dialect], headers(dialect, shared.key["key"], "status=400"),
                      encoded(question(dialect, user)))
    canaries = [b"CANARYPROMPT", "請求書".encode(), b"u8acb", b"CANARYSECRET", b"You said:", b"get_weather",
                shared.key["key"].encode(), shared.key["key"][6:].encode()]
    written = shared.house.everything_written()
    assert any(name.startswith("raw-logs/") and data for name, data in written.items())
    for name, data in written.items():
        for canary in canaries:
            assert canary not in data, f"{canary!r} stands in {name}"


def test_the_shared_log_is_whole(shared):
    log = shared.log
    log.check_sequence()
    log.check_pairs()
    assert log.ends and not log.torn
