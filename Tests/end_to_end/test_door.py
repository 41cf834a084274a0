"""Who may come in at all: networks, trusted hops, the origin header, sizes; and what passes on."""
import json

import pytest

from asking import PATHS, encoded, headers, question
import programs
from rawlog import Log
from spending import ask, body, error
import wire

OLD, NEW = "origin-secret-old-CANARY", "origin-secret-new-CANARY"
SECRETS = {"ORIGIN_SECRET": OLD, "ORIGIN_SECRET_NEXT": NEW}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, vendor):
    house = programs.House(tmp_path_factory.mktemp("door"), vendor.url, proxy=[
        "allow-networks: [10.0.0.0/8, 2001:db8::/32]", "trusted-hops: 1", "trusted-proxies: [127.0.0.0/8]",
        "origin-header: {name: X-Origin-Secret, secret-env: ORIGIN_SECRET, next-secret-env: ORIGIN_SECRET_NEXT}",
        "limits: {request-bytes: 4096, request-header-bytes: 8192, request-arrival-ms: 700, running-requests-per-loop: 2}",
        "event-loops: 1",
    ])
    house.key = house.create_key("good")["key"]
    house.proxy = house.start_proxy(variables=SECRETS)
    yield house
    house.close()


def asked(house, secret=OLD, forwarded="10.1.2.3", fault="", **more):
    return ask(house.proxy, house.key, body(1), fault, x_origin_secret=secret, x_forwarded_for=forwarded, **more)


@pytest.mark.parametrize("secret,status", [(OLD, 200), (NEW, 200), (OLD[:-1], 403), ("", 403), (None, 403)])
def test_either_origin_secret_opens_and_nothing_else(guarded, vendor, secret, status):
    answer = asked(guarded, secret)
    assert answer.status == status
    if status == 200:
        assert b"origin-secret" not in vendor.requests[-1]["raw"].lower(), "it is for the proxy alone"
    else:
        assert error(answer)["code"] == "origin_not_allowed"
        end = Log(guarded.raw_logs).ends[-1]
        assert (end["outcome"], end["error"]["type"]) == ("refused", "origin_not_allowed")


@pytest.mark.parametrize("forwarded,client", [
    ("10.1.2.3", "10.1.2.3"), ("203.0.113.9, 10.9.9.9", "10.9.9.9"), ("10.1.2.3, 203.0.113.9", None),
    ("2001:db8:1::5", "2001:db8:1::5"), ("[2001:db8:1::5]:443", "2001:db8:1::5"), ("10.1.2.3:5555", "10.1.2.3"),
    ("9.255.255.255", None), ("11.0.0.0", None), ("2001:db9::1", None), ("", None), ("nonsense", None), (None, None),
])
def test_the_client_is_the_one_before_the_trusted_hop(guarded, forwarded, client):
    answer = asked(guarded, forwarded=forwarded)
    assert answer.status == (200 if client else 403)
    end = Log(guarded.raw_logs).ends[-1]
    if client:
        assert end["client"]["ip"] == client
    else:
        assert (end["outcome"], end["error"]["type"]) == ("refused", "ip_not_allowed")


def test_hops_are_read_of_trusted_proxies_alone(make_house):
    house = make_house(proxy=["allow-networks: [10.0.0.0/8]", "trusted-hops: 1", "trusted-proxies: [192.0.2.0/24]"])
    key = house.create_key("good")["key"]
    proxy = house.start_proxy()
    assert ask(proxy, key, body(1), x_forwarded_for="10.0.0.1").status == 403


def test_pages_that_are_no_models_are_behind_the_door_too(guarded):
    for path in ("/v1/nothing", "/"):
        assert wire.exchange(guarded.proxy.port, path, [], b"", method="GET").status == 403
    assert wire.exchange(guarded.proxy.port, "/health/live", [], b"", method="GET").status == 200


def test_refusals_are_in_the_clients_dialect(guarded):
    sent = headers("anthropic", guarded.key)
    answer = wire.exchange(guarded.proxy.port, PATHS["anthropic"], sent, encoded(question("anthropic", "x")))
    assert answer.status == 403 and json.loads(answer.body)["error"]["type"] == "permission_error"


def test_no_secret_is_written_anywhere(guarded):
    asked(guarded, "wrong-secret-PRESENTED")
    for name, data in guarded.everything_written().items():
        assert b"CANARY" not in data.replace(b"CANARYPROMPT", b"") and b"PRESENTED" not in data, name


def test_sizes_and_slow_clients_are_bounded_by_the_settings(guarded):
    assert ask(guarded.proxy, guarded.key, body(1, pad=5000), x_origin_secret=OLD, x_forwarded_for="10.0.0.1").status == 413
    assert asked(guarded, x_long="x" * 9000).status in (400, 431, 0)
    import socket
    import time
    with socket.create_connection(("127.0.0.1", guarded.proxy.port), timeout=10) as slow:
        began = time.monotonic()
        slow.sendall(wire.request_bytes(PATHS["openai"], headers("openai", guarded.key), body(1))[:-5])
        assert slow.recv(1) == b"", "a request that does not arrive in time is cut off"
        assert time.monotonic() - began > 0.5


def test_more_running_requests_than_allowed_are_told_to_come_later(guarded):
    import concurrent.futures
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        held = [pool.submit(asked, guarded, fault="delay-ms=1500") for _ in range(2)]
        programs.wait_until("both run", 10, lambda: len(Log(guarded.raw_logs).starts) - len(
            [end for end in Log(guarded.raw_logs).ends if end["provider"]]) >= 2)
        refused = asked(guarded)
        assert refused.status == 503 and refused.header("retry-after") == "1"
        assert [one.result().status for one in held] == [200, 200]


def test_traceparent_is_passed_on(guarded, vendor):
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert asked(guarded, traceparent=trace).status == 200
    assert trace.encode() in vendor.requests[-1]["raw"]


def test_every_fault_of_the_configuration_is_named_at_the_start(make_house):
    house = make_house(proxy=["warn-at: [0]", "trusted-hops: many", "allow-networks: [10.0.0.0/33]", "nonsense: 1"])
    done = house.command("proxy", codes=(2,))
    for line, words in ((6, "a percentage"), (7, "trusted-hops"), (8, "10.0.0.0/33"), (9, "nonsense")):
        assert f"tollbook.yaml:{line}" in done.stderr and words in done.stderr, done.stderr
    other = make_house(proxy=["origin-header: {name: x-o, secret-env: NO_SUCH_ONE}"], fsync="sometimes")
    (other.folder / "tollbook.yaml").write_text(
        (other.folder / "tollbook.yaml").read_text().replace("key-env: OPENAI_API_KEY", "key-env: NOT_SET"))
    done = other.command("proxy", codes=(2,))
    assert all(word in done.stderr for word in ("NO_SUCH_ONE", "NOT_SET", "sometimes")), done.stderr
