"""Who may ask: keys, and the exceptions an application gets where it may not."""
import datetime
import json
import time

import anthropic
import openai
import pytest

from asking import PATHS, encoded, headers, question
import programs
from rawlog import Log
import wire

pytestmark = pytest.mark.usefixtures("store_kind")
RELOAD_SECONDS_MAX = 20


@pytest.fixture(scope="module")
def keyed(store_kind, tmp_path_factory, vendor):
    """A proxy with one key of each kind, made before it started."""
    house = programs.House(tmp_path_factory.mktemp("keys"), vendor.url)
    house.good = house.create_key("good")
    house.narrow = house.create_key("narrow", "--models", "gpt-4o-mini,claude-haiku-*")
    house.revoked = house.create_key("revoked")
    house.command("keys", "revoke", house.revoked["id"])
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    house.expired = house.create_key("expired", "--expires", soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    house.proxy = house.start_proxy()
    time.sleep(max(0, soon.timestamp() - time.time()))
    yield house
    house.close()


def test_a_created_key_shows_itself_once_and_is_kept_as_a_hash(keyed):
    assert set(keyed.good) >= {"id", "name", "key"} and keyed.good["id"].startswith("k_")
    listed = keyed.command("keys", "list", "--json").stdout
    assert "good" in listed and keyed.good["key"] not in listed
    for name, data in keyed.everything_written().items():
        assert keyed.good["key"].encode() not in data, f"the key stands in {name}"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("header", ["authorization", "x-api-key", "both"])
def test_either_header_carries_a_key(keyed, user, dialect, header):
    sent = [h for h in headers(dialect, keyed.good["key"]) if h[0] not in ("authorization", "x-api-key")]
    if header != "x-api-key":
        sent.append(("authorization", f"Bearer {keyed.good['key'] if header == 'authorization' else 'sk-other'}"))
    if header != "authorization":
        sent.append(("x-api-key", keyed.good["key"]))
    assert wire.exchange(keyed.proxy.port, PATHS[dialect], sent, encoded(question(dialect, user))).status == 200


CASES = [  # the key, its error in the log, the status, the SDKs' exception
    ("unknown", "invalid_key", 401, "AuthenticationError"),
    ("revoked", "invalid_key", 401, "AuthenticationError"),
    ("expired", "expired_key", 401, "AuthenticationError"),
    ("narrow", "model_not_allowed", 403, "PermissionDeniedError"),
]


def the_key(keyed, which):
    return "sk-tb-unknown-000000000000000000000000" if which == "unknown" else getattr(keyed, which)["key"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("which,reason,status,exception", CASES)
def test_openais_sdk_raises_its_own_exception(keyed, user, vendor, which, reason, status, exception, stream):
    before = len(vendor.requests)
    client = openai.OpenAI(api_key=the_key(keyed, which), base_url=keyed.proxy.url + "/v1", max_retries=2)
    with pytest.raises(getattr(openai, exception)) as caught:
        client.chat.completions.create(
            model="gpt-4o", user=user, stream=stream, messages=[{"role": "user", "content": "hi"}])
    assert caught.value.status_code == status and caught.value.body["message"]
    check_refused(keyed, vendor, before, user, which, reason, status)


@pytest.mark.parametrize("which,reason,status,exception", CASES)
def test_anthropics_sdk_raises_its_own_exception(keyed, user, vendor, which, reason, status, exception):
    before = len(vendor.requests)
    client = anthropic.Anthropic(api_key=the_key(keyed, which), base_url=keyed.proxy.url, max_retries=2)
    with pytest.raises(getattr(anthropic, exception)) as caught:
        client.messages.create(model="claude-opus-4-5", max_tokens=5, metadata={"user_id": user},
                               messages=[{"role": "user", "content": "hi"}])
    word = {401: "authentication_error", 403: "permission_error"}[status]
    assert caught.value.status_code == status and caught.value.body["error"]["type"] == word
    check_refused(keyed, vendor, before, user, which, reason, status)


def check_refused(keyed, vendor, vendor_requests_before, user, which, reason, status):
    assert len(vendor.requests) == vendor_requests_before, "the vendor was not asked"
    log = Log(keyed.raw_logs)
    refused = [end for end in log.ends if end["outcome"] == "refused" and end["user"] in (user, None)]
    end = refused[-1]
    assert (end["status"], end["error"]["type"]) == (status, reason)
    assert not end["usage"] and end["usage_source"] == "none" and end["final"] is True
    if which == "narrow":
        assert end["key"]["name"] == "narrow"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_request_without_a_key_is_refused(keyed, user, dialect):
    sent = [header for header in headers(dialect, "") if header[0] not in ("authorization", "x-api-key")]
    answer = wire.exchange(keyed.proxy.port, PATHS[dialect], sent, encoded(question(dialect, user)))
    assert answer.status == 401 and json.loads(answer.body)["error"]["message"]


def test_a_key_limited_to_models_may_use_them(keyed, user):
    for dialect, model in (("openai", "gpt-4o-mini"), ("anthropic", "claude-haiku-4-5")):
        sent = headers(dialect, keyed.narrow["key"])
        body = encoded(question(dialect, user + dialect, model=model))
        assert wire.exchange(keyed.proxy.port, PATHS[dialect], sent, body).status == 200


def test_keys_made_and_revoked_while_the_proxy_runs_take_effect(keyed, user):
    key = keyed.create_key("later")

    def status():
        body = encoded(question("openai", user))
        return wire.exchange(keyed.proxy.port, PATHS["openai"], headers("openai", key["key"]), body).status

    programs.wait_until("the new key is accepted", RELOAD_SECONDS_MAX, lambda: status() == 200)
    keyed.command("keys", "revoke", key["id"])
    programs.wait_until("the revoked key is refused", RELOAD_SECONDS_MAX, lambda: status() == 401)
