"""The stand-in is what every other test trusts, so it is tested first: it answers as the vendors' documents say."""
import gzip
import json
import time

import pytest

from asking import PATHS, TOOLS, encoded, events, headers, plain_text, question, usage_told
import wire


def ask(vendor, dialect, fault="", stream=False, key="sk-vendor", **more):
    body = encoded(question(dialect, "u-1", stream, **more))
    return wire.exchange(vendor.port, PATHS[dialect], headers(dialect, key, fault), body)


def chunks(answer):
    return [json.loads(data) for _, data in events(answer.body) if data != b"[DONE]"]


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", ["", "gzip=1", "chunk-bytes=1", "status=529"])
def test_the_same_request_gets_the_same_bytes(vendor, dialect, stream, fault):
    one, other = ask(vendor, dialect, fault, stream), ask(vendor, dialect, fault, stream)
    assert one == other and one.complete


def test_openai_tells_usage_in_a_stream_only_when_asked(vendor):
    without = chunks(ask(vendor, "openai", stream=True))
    assert all("usage" not in chunk and chunk["choices"] for chunk in without)
    asked = chunks(ask(vendor, "openai", stream=True, stream_options={"include_usage": True}))
    *content, last = asked
    assert all(chunk["usage"] is None and chunk["choices"] for chunk in content)
    assert last["choices"] == [] and last["usage"]["total_tokens"] > 0
    assert [dict(chunk, usage=None) for chunk in without] == content, "nothing else differs"


def test_anthropic_counts_cumulatively_and_tells_the_lifetimes_once(vendor):
    fault = ("deltas=3; tokens=input:12,cache_read:9000,cache_write_5m:200,cache_write_1h:500,output:210,"
             "input_final:40,web_searches:2")
    answer = ask(vendor, "anthropic", fault, stream=True)
    found = chunks(answer)
    assert found[0]["type"] == "message_start" and found[-1]["type"] == "message_stop"
    start = found[0]["message"]["usage"]
    assert start["cache_creation"] == {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 500}
    deltas = [event["usage"] for event in found if event["type"] == "message_delta"]
    assert [delta["output_tokens"] for delta in deltas] == [70, 140, 210]
    assert all("cache_creation" not in delta and "service_tier" not in delta for delta in deltas)
    merged = usage_told("anthropic", answer.body, True)
    assert (merged["input_tokens"], merged["output_tokens"]) == (40, 210)
    assert merged["cache_creation"] == start["cache_creation"]
    assert all(name == event["type"] for (name, _), event in zip(events(answer.body), found))


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_faults_change_how_an_answer_travels_not_what_it_says(vendor, dialect):
    plain = ask(vendor, dialect, stream=True)
    for fault in ("chunk-bytes=1", "drip-bytes=50; drip-ms=1", "event-ms=1", "delay-ms=20", "close=1", "gzip=1"):
        answer = ask(vendor, dialect, fault, stream=True)
        assert answer.complete and plain_text(answer) == plain.body, fault
    cut = ask(vendor, dialect, "cut-at-byte=333", stream=True)
    assert not cut.complete and cut.body == plain.body[:333]
    crlf = ask(vendor, dialect, "crlf=1; comments=1", stream=True)
    assert b"\r\n\r\n" in crlf.body and events(crlf.body) == events(plain.body)
    lacking = ask(vendor, dialect, "no-terminal=1", stream=True)
    assert lacking.complete and events(lacking.body) == events(plain.body)[:-1]
    big = ask(vendor, dialect, "big-line-kib=1024", stream=True)
    assert max(len(line) for line in big.body.split(b"\n")) > 1024 * 1024


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_answers_compressed_only_for_those_who_accept_it(vendor, dialect):
    body = encoded(question(dialect, "u-1"))
    sent = headers(dialect, "k", "gzip=1", accept_encoding="identity")
    assert wire.exchange(vendor.port, PATHS[dialect], sent, body).header("content-encoding") is None
    packed = ask(vendor, dialect, "gzip=1")
    assert json.loads(gzip.decompress(packed.body)) and packed.header("content-encoding") == "gzip"


@pytest.mark.parametrize("status,openai_type,anthropic_type", [
    (400, "invalid_request_error", "invalid_request_error"), (401, "invalid_request_error", "authentication_error"),
    (404, "invalid_request_error", "not_found_error"), (429, "requests", "rate_limit_error"),
    (500, "server_error", "api_error"), (529, "server_error", "overloaded_error")])
def test_errors_have_the_vendors_shapes(vendor, status, openai_type, anthropic_type):
    answer = ask(vendor, "openai", f"status={status}; retry-after=2")
    assert answer.status == status and json.loads(answer.body)["error"]["type"] == openai_type
    assert answer.header("retry-after") == "2"
    told = json.loads(ask(vendor, "anthropic", f"status={status}").body)
    assert told["type"] == "error" and told["error"]["type"] == anthropic_type and told["request_id"]


def test_what_a_vendor_refuses_is_refused(vendor):
    assert ask(vendor, "openai", key="sk-tb-leaked").status == 401, "a proxy's key must never arrive"
    assert ask(vendor, "openai", stream_options={"include_usage": True}).status == 400
    assert ask(vendor, "anthropic", max_tokens=None).status == 400
    assert ask(vendor, "openai", model="gpt-nonexistent-1").status == 404
    assert ask(vendor, "openai", "no-such-part=1").status == 400
    assert wire.exchange(vendor.port, "/v1/nothing", headers("openai", "k"), b"{}").status == 404


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_question_with_tools_is_answered_with_a_call(vendor, dialect):
    plain = json.loads(ask(vendor, dialect, tools=TOOLS[dialect]).body)
    streamed = chunks(ask(vendor, dialect, stream=True, tools=TOOLS[dialect]))
    if dialect == "openai":
        call = plain["choices"][0]["message"]["tool_calls"][0]["function"]
        pieces = "".join(c["function"].get("arguments", "") for chunk in streamed for choice in chunk["choices"]
                         for c in choice["delta"].get("tool_calls", []))
        assert call["name"] == "get_weather" and json.loads(call["arguments"]) == json.loads(pieces)
    else:
        call = plain["content"][1]
        pieces = "".join(event["delta"].get("partial_json", "") for event in streamed
                         if event["type"] == "content_block_delta")
        assert call["name"] == "get_weather" and call["input"] == json.loads(pieces)


def test_a_client_that_leaves_is_noted(vendor):
    body = encoded(question("openai", "u-leaver", True))
    wire.exchange(vendor.port, PATHS["openai"], headers("openai", "k", "events=50; event-ms=20"), body, stop_after=1)
    number = vendor.requests[-1]["number"]
    deadline = time.monotonic() + 10
    while number not in vendor.outcomes and time.monotonic() < deadline:
        time.sleep(0.02)
    assert vendor.outcomes[number] == "peer_left"
