"""`usage.cost`: what a request cost, in OpenAI's usage object, where the key or the request asks for it.

Expected costs are by hand: gpt-4o-mini at $0.15, $0.075 (cached) and $0.60 a million tokens. 1,001 tokens in, 400 of them
cached, and 77 out are 601 × 0.15 + 400 × 0.075 + 77 × 0.60 = 90.15 + 30 + 46.2 = 166.35 millionths of a dollar.
"""
import decimal
import json

import openai
import pytest

from asking import PATHS, encoded, headers, plain_text, question
from rawlog import Log
import wire

TOKENS = "tokens=input:1001,cache_read:400,output:77"
COST = decimal.Decimal("0.00016635")
ASKS = {"x_tollbook_cost": "1"}


@pytest.fixture
def house(make_house):
    house = make_house()
    house.publish_prices()
    house.shows = house.create_key("shows", "--cost-in-usage")["key"]
    house.silent = house.create_key("silent")["key"]
    house.proxy = house.start_proxy()
    return house


def client(house, key):
    return openai.OpenAI(base_url=f"{house.proxy.url}/v1", api_key=key, max_retries=0)


def asked(house, key, stream=False, fault=TOKENS, more=None, path=PATHS["openai"], **body):
    sent = headers("openai", key, fault, **(more or {}))
    return wire.exchange(house.proxy.port, path, sent, encoded(question("openai", "u-1", stream, **body)))


def directly(vendor, stream=False, fault=TOKENS, **body):
    return wire.exchange(
        vendor.port, PATHS["openai"], headers("openai", "k", fault), encoded(question("openai", "u-1", stream, **body)))


def exact(text):
    return json.loads(text, parse_float=decimal.Decimal)


def test_the_sdk_reads_the_cost_where_the_key_asks_for_it(house):
    sdk = client(house, house.shows)
    said = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}],
            "extra_headers": {"x-stand-in": TOKENS}}
    plain = sdk.chat.completions.create(**said)
    assert plain.usage.prompt_tokens == 1001 and plain.usage.model_extra["cost"] == float(COST)
    chunks = list(sdk.chat.completions.create(**said, stream=True, stream_options={"include_usage": True}))
    assert [chunk.usage.model_extra["cost"] for chunk in chunks if chunk.usage] == [float(COST)]
    # A client that did not order usage gets none.
    assert all(chunk.usage is None for chunk in sdk.chat.completions.create(**said, stream=True))

    said = {"model": "gpt-4o-mini", "input": "hi", "extra_headers": {"x-stand-in": TOKENS}}
    assert sdk.responses.create(**said).usage.model_extra["cost"] == float(COST)
    last = list(sdk.responses.create(**said, stream=True))[-1]
    assert last.type == "response.completed" and last.response.usage.model_extra["cost"] == float(COST)

    silent = client(house, house.silent).responses.create(**said)
    assert "cost" not in silent.usage.model_extra
    ends = Log(house.raw_logs).ends
    assert len(ends) == 6 and all("cost" not in end["usage"] for end in ends), "the log has the vendor's own object"


def test_the_member_is_exact_and_every_other_byte_is_the_vendors(house, vendor):
    for stream in (False, True):
        more = {"stream_options": {"include_usage": True}} if stream else {}
        theirs = plain_text(directly(vendor, stream, **more))
        answer = asked(house, house.silent, stream, more=ASKS, **more)
        text = answer.body.decode()
        assert f',"cost":{COST}' in text
        assert text.replace(f',"cost":{COST}', "").encode() == theirs
        if not stream:
            assert answer.header("content-length") == str(len(answer.body)), "the length is the new one"
            assert exact(text)["usage"]["cost"] == COST
    # Without the header, and with another word in it, nothing changes.
    for more in ({}, {"x_tollbook_cost": "0"}):
        assert plain_text(asked(house, house.silent, more=more)) == plain_text(directly(vendor))


@pytest.mark.parametrize("fault", ["gzip=1", "drip-bytes=7", "close"])
@pytest.mark.parametrize("stream", [False, True])
def test_however_the_vendor_sends_it(house, fault, stream):
    more = {"stream_options": {"include_usage": True}} if stream else {}
    answer = asked(house, house.shows, stream, f"{TOKENS};{fault}", **more)
    assert answer.complete and f'"cost":{COST}}}'.encode() in plain_text(answer)


@pytest.mark.parametrize("case", ["no price", "no usage", "an error"])
def test_what_is_not_known_has_no_cost(house, case):
    more = {"model": "gpt-9-unheard-of"} if case == "no price" else {}
    fault = {"no usage": "no-usage", "an error": "status=400"}.get(case, TOKENS)
    answer = asked(house, house.shows, fault=fault, **more)
    assert answer.status == (400 if case == "an error" else 200)
    assert b'"cost"' not in plain_text(answer)


@pytest.mark.parametrize("fault", ["cut-at-byte=200", "hang=body"])
def test_an_answer_that_breaks_is_no_whole_one(make_house, fault):
    house = make_house(proxy=["limits: {read-silence-ms: 1500}"])
    house.publish_prices()
    house.shows = house.create_key("shows", "--cost-in-usage")["key"]
    house.proxy = house.start_proxy()
    try:
        answer = asked(house, house.shows, fault=f"{TOKENS};{fault}")
    except AssertionError as error:
        # The connection ended before anything of the held answer went out.
        assert "no answer came" in str(error)
        return
    assert not answer.complete and b'"cost"' not in answer.body


def test_the_setting_is_changed_like_any_other(house):
    house.command("keys", "update", "silent", "--cost-in-usage")
    shown = json.loads(house.command("keys", "show", "silent", "--json").stdout)
    assert shown["cost_in_usage"] is True
    house.command("keys", "update", "silent", "--no-cost-in-usage")
    assert json.loads(house.command("keys", "show", "silent", "--json").stdout)["cost_in_usage"] is False
