"""What costs a server time, memory or descriptors: half-open requests, idle crowds, floods, and vendors' answers that swell.

Each stays within the named limits, and others are served meanwhile.
"""
import contextlib
import json
import pathlib
import resource
import time
import zlib

import pytest

from byte_vendor import http, plain_answer
from hostile import BODY, FIELDS, LENGTH, LINE, REQUEST, Hostile
import programs
from raw_client import answered, connect, hear
from rawlog import Log

MIB = 1 << 20
IDLE_MS, ARRIVAL_MS = 1500, 1000
LIMITS = [f"idle-client-ms: {IDLE_MS}", f"request-arrival-ms: {ARRIVAL_MS}", "linger-ms: 1000",
          "answer-copy-bytes: 4194304", "event-line-bytes: 2097152"]
CLOSED_SECONDS_MAX = 10


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    one = Hostile(tmp_path_factory.mktemp("hostile"), LIMITS)
    yield one
    one.close()


@pytest.fixture(autouse=True)
def plain_vendor(request):
    yield
    if "hostile" in request.fixturenames:
        request.getfixturevalue("hostile").vendor.answer = plain_answer


# Requests that never end


HALF_OPEN = [
    (b"", b""), (LINE, b""), (LINE + FIELDS + LENGTH, b""), (LINE + FIELDS + LENGTH + b"\r\n", b""),
    (LINE + FIELDS + LENGTH + b"\r\n" + BODY[:-1], b""), (b"P", b"O"), (LINE, b"x"), (LINE + FIELDS, b"x: y\r\n"),
    (LINE + FIELDS + b"Content-Length: 999\r\n\r\n", b" "),
    (LINE + FIELDS + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    (LINE + FIELDS + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n")]
"""What is sent at once, and what comes of it now and then, as from slow clients that want to hold all connections."""


def test_requests_that_never_end_are_cut_off(hostile):
    before = len(hostile.vendor.requests)
    open_ones = {}
    begin = time.monotonic()
    for begun, drip in HALF_OPEN:
        connection = connect(hostile.proxy.port)
        connection.sendall(hostile.keyed(begun))
        open_ones[connection] = (drip, b"")
    while open_ones and time.monotonic() - begin < CLOSED_SECONDS_MAX:
        for connection, (drip, said) in list(open_ones.items()):
            with contextlib.suppress(ConnectionError):
                connection.sendall(drip)
            heard = hear(connection, seconds=0.02)
            said += heard.data
            open_ones[connection] = (drip, said)
            if heard.is_closed:
                assert time.monotonic() - begin > min(IDLE_MS, ARRIVAL_MS) / 1000 - 0.3 or said
                assert not said or said.startswith((b"HTTP/1.1 400", b"HTTP/1.1 408"))
                connection.close()
                del open_ones[connection]
    assert not open_ones, "still open"
    assert len(hostile.vendor.requests) == before
    assert hostile.is_served()
    Log(hostile.house.raw_logs).check_sequence()


def test_an_answered_client_that_says_no_more_is_let_go(hostile):
    with connect(hostile.proxy.port) as connection:
        connection.sendall(hostile.keyed(REQUEST))
        assert hear(connection, enough=answered(1)).statuses == [200]
        begin = time.monotonic()
        assert hear(connection, seconds=CLOSED_SECONDS_MAX).is_closed
        assert time.monotonic() - begin > IDLE_MS / 1000 - 0.3


def test_who_sends_on_without_reading_is_held_back(hostile):
    """While the first request is answered slowly, the others wait in the kernel and at the client, not here."""
    def slow(request):
        time.sleep(1.5)
        return plain_answer(request)
    hostile.vendor.answer = slow
    flood = LINE + FIELDS + b"Content-Length: 1000000\r\n\r\n" + b" " * 1_000_000
    before, sent = hostile.memory(), 0
    with connect(hostile.proxy.port) as connection:
        connection.sendall(hostile.keyed(REQUEST))
        connection.settimeout(0.5)
        with contextlib.suppress(OSError):
            for _ in range(400):
                connection.sendall(hostile.keyed(flood))
                sent += len(flood)
        grown = hostile.memory() - before
    assert sent < 100 * MIB and grown < 32 * MIB, f"{sent / MIB:.0f} MiB taken, {grown / MIB:.0f} MiB more"
    hostile.vendor.answer = plain_answer
    assert hostile.is_served()


# Crowds of connections


def open_many(port, count):
    connections = []
    with contextlib.suppress(OSError):
        for _ in range(count):
            connections.append(connect(port))
    return connections


def close_all(connections):
    for connection in connections:
        connection.close()


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_ten_thousand_idle_connections(tmp_path, many_descriptors):
    count = 10_000
    if many_descriptors < count + 100:
        pytest.fail(f"this test needs {count} descriptors: ulimit -Hn is {many_descriptors}")
    one = Hostile(tmp_path, ["idle-client-ms: 12000"])
    try:
        assert one.is_served()
        before = one.memory()
        connections = open_many(one.proxy.port, count)
        assert len(connections) == count
        assert all(one.is_served() for _ in range(10))
        grown = one.memory() - before
        # A few may have made room for others, where there are not more descriptors.
        assert len(list(pathlib.Path(f"/proc/{one.proxy.process.pid}/fd").iterdir())) > count * 95 // 100
        busy = one.processor_seconds()
        time.sleep(1)
        assert one.processor_seconds() - busy < 0.5, "idle connections cost nothing"
        assert grown < 160 * MIB, f"{grown / MIB:.0f} MiB for {count} connections"
        assert all(hear(connection, seconds=30).is_closed for connection in connections)
        assert one.is_served()
        close_all(connections)
    finally:
        one.close()


def test_a_full_house_lets_the_longest_idle_go(tmp_path):
    """Who sits there without a request keeps nobody out who has one."""
    one = Hostile(tmp_path, ["client-connections-per-loop: 40", "idle-client-ms: 60000"], proxy=["event-loops: 1"])
    try:
        connections = open_many(one.proxy.port, 200)
        assert len(connections) == 200
        assert all(one.is_served() for _ in range(20))
        closed = sum(hear(connection, seconds=0.05, enough=len).is_closed for connection in connections[:150])
        assert closed >= 140
        close_all(connections)
    finally:
        one.close()


def test_out_of_descriptors(tmp_path):
    """Nothing spins and nothing dies, running requests go on, and there is room again when others leave."""
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    one = Hostile(tmp_path, ["idle-client-ms: 60000"], preexec_fn=few)
    try:
        assert one.is_served()
        connections = open_many(one.proxy.port, 400)
        time.sleep(1)
        busy = one.processor_seconds()
        time.sleep(2)
        assert one.processor_seconds() - busy < 1, "it spins"
        assert all(one.is_served() for _ in range(3)), "idle crowds keep nobody out"
        close_all(connections)
        programs.wait_until("it serves", 20, one.is_served)
        assert one.proxy.process.poll() is None
        Log(one.house.raw_logs).check_sequence()
    finally:
        one.close()


# Vendors' answers


def bomb(head, block, times, wbits=31):
    """Compressed bytes that swell to `times` the block's; one block is compressed once and stands there so often."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + piece * times


ZEROS = bomb(b'{"usage":{"prompt_tokens":1},"x":"', b"0" * (16 * MIB), 256)
BOMBS = {
    "plain": (ZEROS, "gzip", "application/json", "200 OK"),
    "plain, deflate": (bomb(b"[", b"[" * (16 * MIB), 256, 15), "deflate", "application/json", "200 OK"),
    "an error": (ZEROS, "gzip", "application/json", "500 No"),
    "a stream of one line": (bomb(b"data: ", b"0" * (16 * MIB), 256), "gzip", "text/event-stream", "200 OK"),
    "a stream of lines": (bomb(b"", b": 0\n" * (4 * MIB), 64), "gzip", "text/event-stream", "200 OK"),
    "a stream of events": (bomb(b"", b"data: {}\n\n" * MIB, 64), "gzip", "text/event-stream", "200 OK"),
    "Bedrock's frames": (bomb(b"", b"\x00" * (16 * MIB), 256), "gzip", "application/vnd.amazon.eventstream", "200 OK"),
    "no gzip at all": (b"\x1f\x8b\x08" + b"\xff" * 100_000, "gzip", "application/json", "200 OK"),
    "an unknown coding": (b"\x42" * 100_000, "br", "application/json", "200 OK"),
    "codings upon each other": (zlib.compress(ZEROS), "gzip, deflate", "application/json", "200 OK"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_an_answer_that_swells_is_passed_on_as_it_is(hostile, user, name):
    packed, coding, kind, status = BOMBS[name]
    hostile.vendor.answer = lambda _: http(packed, f"content-encoding: {coding}", content_type=kind, status=status)
    body = json.dumps({"model": "gpt-4o-mini", "messages": [], "user": user}).encode()
    request = LINE + FIELDS + b"Accept-Encoding: gzip, deflate\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    hostile.forget_peak()
    before = hostile.memory()
    heard, requests = hostile.talk(request, enough=answered(1), seconds=60)
    grown = hostile.memory("VmHWM") - before
    assert len(requests) == 1 and heard.statuses == [int(status[:3])]
    if kind != "application/json":
        # A stream that does not say that it is complete is not passed off as complete.
        assert packed.startswith(heard.data.partition(b"\r\n\r\n")[2])
    else:
        assert heard.data.partition(b"\r\n\r\n")[2] == packed
    assert grown < 128 * MIB, f"{grown / MIB:.0f} MiB more"
    programs.wait_until("its end", 20, lambda: [e for e in Log(hostile.house.raw_logs).ends if e["user"] == user])
    end = Log(hostile.house.raw_logs).end_of(user)
    assert not end["usage"] or end["usage_source"] == "estimated"
    hostile.vendor.answer = plain_answer
    assert hostile.is_served()


OK = plain_answer(None)
STRAY = http(b'{"stolen":"of another"}')
VENDOR_ANSWERS = {
    "two framings": OK.replace(b"\r\n", b"\r\ntransfer-encoding: chunked\r\n", 1),
    "two lengths": OK.replace(b"\r\n", b"\r\ncontent-length: 3\r\n", 1),
    "a length with plus": OK.replace(b"content-length: ", b"content-length: +"),
    "a negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n" * 1000,
    "a status of no meaning": OK.replace(b"200", b"099", 1),
    "a head without end": b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * (4 * MIB),
    "heads without end": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 400_000,
    "a value with a NUL": OK.replace(b"\r\n", b"\r\nx: a\x00b\r\n", 1),
    "a value with a CR": OK.replace(b"\r\n", b"\r\nx: a\rset-cookie: b\r\n", 1),
    "a chunk size beyond all": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
    "a chunk that is none": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n" + b"x" * 1000,
}


@pytest.mark.parametrize("name", VENDOR_ANSWERS)
def test_an_answer_that_is_none_is_an_error_and_reaches_nobody_else(hostile, name):
    hostile.vendor.answer = lambda _: iter([VENDOR_ANSWERS[name], None])
    with connect(hostile.proxy.port) as connection:
        connection.sendall(hostile.keyed(REQUEST))
        heard = hear(connection, enough=answered(1), seconds=CLOSED_SECONDS_MAX)
    assert heard.is_closed or heard.statuses in ([500], [502]), heard.data[:300]
    assert b"\r\nset-cookie" not in heard.data
    hostile.vendor.answer = plain_answer
    assert all(hostile.is_served() for _ in range(3))
    Log(hostile.house.raw_logs).check_pairs()


@pytest.mark.parametrize("extra", [STRAY, STRAY[:30], b"x", b"\r\n" + STRAY], ids=["an answer", "a head", "a byte", "a line"])
@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
def test_what_a_vendor_says_unasked_is_no_answer_to_the_next(hostile, extra, later):
    def answer(_):
        if not later:
            return OK + extra
        def pieces():
            yield OK
            time.sleep(0.15)
            with contextlib.suppress(OSError):
                yield extra
        return pieces()
    hostile.vendor.answer = answer
    for _ in range(5):
        heard, _ = hostile.talk(REQUEST, enough=answered(1))
        assert heard.statuses == [200] and heard.data.endswith(OK.partition(b"\r\n\r\n")[2]), heard.data
        time.sleep(0.25 if later else 0.02)


def test_answers_before_the_answer_have_an_end(hostile):
    """A vendor that says 100 or 103 again and again is passed over, and bounded in time as any that is silent."""
    hostile.vendor.answer = lambda _: b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 1000 + OK
    with connect(hostile.proxy.port) as connection:
        connection.sendall(hostile.keyed(REQUEST))
        heard = hear(connection, enough=answered(1), seconds=CLOSED_SECONDS_MAX)
    assert heard.statuses in ([200], [502])
    assert b"link" not in heard.data
