"""Requests crafted to be taken in two ways, to write into the vendor's request, or to cost more than they may.

Each is sent as bytes. What the client gets is looked at, and what reached the vendor: nothing, or one request with one meaning.
"""
import json
import re

import pytest

from hostile import BODY, FIELDS, LENGTH, LINE, REQUEST, Hostile
import programs
from raw_client import answered, connect, hear, talk
from rawlog import Log

LIMITS = ["request-header-bytes: 16384", "request-headers: 64", "request-bytes: 1048576", "refused-request-bytes: 65536",
          "request-arrival-ms: 1000", "idle-client-ms: 1500", "linger-ms: 1000"]
CLOSED_SECONDS_MAX = 10
"""Well above these limits: some of what is no whole request is cut off by them alone."""
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


def framed(fields, body=b""):
    return LINE + FIELDS + fields + b"\r\n" + body


def lengths(*values):
    return framed(b"".join(b"Content-Length:%s\r\n" % value for value in values), BODY + REQUEST)


def coded(*values):
    """Read by its codings, by its length, or by neither: in each case something is left over."""
    return framed(b"".join(b"Transfer-Encoding:%s\r\n" % value for value in values), CHUNKS + REQUEST)


def chunks(body):
    return framed(CHUNKED, body + REQUEST)


N = b"%d" % len(BODY)
SIZE = b"%x" % len(BODY)
SMUGGLING = {
    "both framings": framed(LENGTH + CHUNKED, CHUNKS + REQUEST),
    "both framings, turned": framed(CHUNKED + LENGTH, CHUNKS + REQUEST),
    "both framings and no length": framed(b"Content-Length: 0\r\n" + CHUNKED, CHUNKS + REQUEST),
    "two lengths": lengths(b" " + N, b" 5"),
    "two lengths, turned": lengths(b" 5", b" " + N),
    "a list of lengths": lengths(b" " + N + b", 5"),
    "length with plus": lengths(b" +" + N),
    "length with minus": lengths(b" -" + N),
    "length with a space inside": lengths(b" 3 7"),
    "length in hex": lengths(b" 0x25"),
    "length with a point": lengths(b" " + N + b".0"),
    "length with an exponent": lengths(b" 37e0"),
    "length without digits": lengths(b" "),
    "length with a letter": lengths(b" " + N + b"a"),
    "length beyond 64 bits": lengths(b" 18446744073709551653"),
    "length beyond 63 bits": lengths(b" 9223372036854775808"),
    "length in wide digits": lengths(" ３７".encode()),
    "length behind a vertical tab": lengths(b"\x0b" + N),
    "length with underscores": lengths(b" 3_7"),
    "length, space before the colon": framed(b"Content-Length : " + N + b"\r\n", BODY + REQUEST),
    "length folded": lengths(b"\r\n " + N),
    "coding folded": coded(b"\r\n chunked"),
    "coding folded behind a word": coded(b" chunked\r\n , identity"),
    "coding identity": coded(b" identity"),
    "chunked is not last": coded(b" chunked, identity"),
    "chunked is not last, in two fields": coded(b" chunked", b" identity"),
    "chunked twice": coded(b" chunked, chunked"),
    "chunked twice, in two fields": coded(b" chunked", b" chunked"),
    "gzip before chunked": coded(b" gzip, chunked"),
    "coding unknown": coded(b" xchunked"),
    "coding with a suffix": coded(b" chunkedx"),
    "coding with a parameter": coded(b" chunked;q=1"),
    "coding in quotes": coded(b' "chunked"'),
    "coding behind a vertical tab": coded(b"\x0bchunked"),
    "coding with a form feed": coded(b" chunked\x0c"),
    "coding with a NUL": coded(b" chunked\x00"),
    "coding empty": coded(b""),
    "coding behind a comma": coded(b" ,chunked;"),
    "coding, space before the colon": framed(b"Transfer-Encoding : chunked\r\n", CHUNKS + REQUEST),
    "coding, tab before the colon": framed(b"Transfer-Encoding\t: chunked\r\n" + LENGTH, CHUNKS + REQUEST),
    "coding behind a bare CR": framed(b"X: y\rTransfer-Encoding: chunked\r\n" + LENGTH, CHUNKS + REQUEST),
    "coding behind a bare LF": framed(b"X: y\nTransfer-Encoding: chunked\r\n" + LENGTH, CHUNKS + REQUEST),
    "coding in HTTP/1.0": framed(CHUNKED, CHUNKS + REQUEST).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "chunk size negative": chunks(b"-25\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size with plus": chunks(b"+25\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size with 0x": chunks(b"0x25\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size beyond 64 bits": chunks(b"10000000000000025\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size of 64 bits": chunks(b"ffffffffffffffff\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size of 63 bits": chunks(b"8000000000000000\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size missing": chunks(b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size no hex": chunks(b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size behind a space": chunks(b" 25\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size with a space inside": chunks(b"2 5\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size with an underscore": chunks(b"2_5\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size ends in LF": chunks(SIZE + b"\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size ends in CR": chunks(SIZE + b"\r" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size ends in CR CR LF": chunks(SIZE + b"\r\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk longer than its size": chunks(b"5\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk shorter than its size": chunks(b"ff\r\n" + BODY + b"\r\n0\r\n\r\n" + b"x" * 500),
    "chunk without a line end": chunks(SIZE + b"\r\n" + BODY + b"0\r\n\r\n"),
    "chunk ends in LF": chunks(SIZE + b"\r\n" + BODY + b"\n0\r\n\r\n"),
    "chunk extension with an LF": chunks(SIZE + b";a\nb\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk extension with a CR": chunks(SIZE + b";a\rb\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk extension without end": chunks(SIZE + b";" + b"a" * 300_000),
    "trailers without end": chunks(SIZE + b"\r\n" + BODY + b"\r\n0\r\n" + b"x: y\r\n" * 50_000),
    "a trailer without a colon": chunks(SIZE + b"\r\n" + BODY + b"\r\n0\r\nPOST / HTTP/1.1\r\n\r\n"),
}
SYNTAX = {
    "lines end in LF": (LINE + FIELDS + LENGTH).replace(b"\r\n", b"\n") + b"\n" + BODY,
    "lines end in CR": (LINE + FIELDS + LENGTH).replace(b"\r\n", b"\r") + b"\r" + BODY,
    "the head ends in LF LF": LINE + FIELDS + LENGTH.replace(b"\r\n", b"\n") + b"\n" + BODY,
    "a field without a colon": framed(b"nothing\r\n" + LENGTH, BODY),
    "a field without a name": framed(b": value\r\n" + LENGTH, BODY),
    "a name with a space": framed(b"x y: value\r\n" + LENGTH, BODY),
    "a name with a NUL": framed(b"x\x00y: value\r\n" + LENGTH, BODY),
    "a name in UTF-8": framed("né: value\r\n".encode() + LENGTH, BODY),
    "a name with a parenthesis": framed(b"x(y): value\r\n" + LENGTH, BODY),
    "a value with a NUL": framed(b"x: a\x00b\r\n" + LENGTH, BODY),
    "a value with a CR": framed(b"x: a\rb\r\n" + LENGTH, BODY),
    "a value with an escape": framed(b"x: a\x1bb\r\n" + LENGTH, BODY),
    "a value with DEL": framed(b"x: a\x7fb\r\n" + LENGTH, BODY),
    "a value folded": framed(b"x: a\r\n b\r\n" + LENGTH, BODY),
    "the first field folded": LINE + b" x: y\r\n" + FIELDS + LENGTH + b"\r\n" + BODY,
    "no host": LINE + FIELDS.replace(b"Host: proxy\r\n", b"") + LENGTH + b"\r\n" + BODY,
    "two hosts": framed(b"Host: other\r\n" + LENGTH, BODY),
    "no version": REQUEST.replace(b" HTTP/1.1", b"", 1),
    "version 2": REQUEST.replace(b"HTTP/1.1", b"HTTP/2.0", 1),
    "version 1.2": REQUEST.replace(b"HTTP/1.1", b"HTTP/1.2", 1),
    "version 1.10": REQUEST.replace(b"HTTP/1.1", b"HTTP/1.10", 1),
    "version in small letters": REQUEST.replace(b"HTTP/1.1", b"http/1.1", 1),
    "another protocol": REQUEST.replace(b"HTTP/1.1", b"ICE/1.1", 1),
    "two spaces": REQUEST.replace(b"POST /", b"POST  /", 1),
    "a tab": REQUEST.replace(b"POST /", b"POST\t/", 1),
    "a space in the target": REQUEST.replace(b"completions ", b"completions x ", 1),
    "a NUL in the target": REQUEST.replace(b"completions ", b"completions\x00 ", 1),
    "a CR in the target": REQUEST.replace(b"completions ", b"completions\r ", 1),
    "a method in small letters": REQUEST.replace(b"POST", b"post", 1),
    "a method that is none": REQUEST.replace(b"POST", b"PO/ST", 1),
    "a method without end": b"A" * 100_000,
    "another server's answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0",
    "TLS": bytes.fromhex("1603010200010001fc0303") + b"\x42" * 508,
    "noise": bytes(range(256)) * 8,
}
PLACES = [
    b"//v1/chat/completions", b"/./v1/chat/completions", b"/v1/../v1/chat/completions", b"/v1/./chat/completions",
    b"/v1//chat/completions", b"/v1/chat/completions/", b"/v1/chat/completions/.", b"/v1/chat/completions/..",
    b"/%2e%2e/v1/chat/completions", b"/v1/%2e/chat/completions", b"/v1%2Fchat%2Fcompletions", b"/v1/chat%2Fcompletions",
    b"/v1/chat/completion%73", b"/V1/Chat/Completions", b"/v1/chat/completions;x=y", b"/v1/chat/completions%00",
    b"/v1/chat/completions%0d%0aX:%20y", b"/v1/chat/completions%20HTTP/1.1", b"/v1/chat\\completions",
    b"/v1/chat/completions#x", b"/v1/chat/\xe5\x85\xa5\xe9\x87\x91", b"/v1/chat/completions\xff", b"v1/chat/completions",
    b"*", b"proxy:80", b"ftp://proxy/v1/chat/completions", b"http://proxy", b"?x=y", b"/",
    b"/v1/files/..", b"/v1/files/../chat/completions", b"/v1/files/%2e%2e/admin", b"/v1/files/..%2fadmin", b"/v1/files/a%2fb",
    b"/v1/files/a%00b/content", b"/v1/batches/..;/files", b"/v1/messages/batches/%2e%2e/results",
    b"/model/../converse", b"/model/..%2f..%2fadmin/converse", b"/model/%2e%2e/converse", b"/model//converse",
    b"/model/a%0d%0aX-Evil:%20y/converse", b"/model/a%00/invoke", b"/model/a%252e%252e/converse", b"/model/a%5c..%5cb/converse",
    b"/v1beta/models/..%2fx:generateContent", b"/v1beta/models/a%0d%0ab:generateContent", b"/v1beta/models/%2e%2e:generateContent",
    b"/openai/deployments/../chat/completions", b"/openai/deployments/a%2f..%2fb/chat/completions",
    b"/openai/deployments/a%0d%0aX:y/chat/completions", b"/openai/deployments//chat/completions",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    one = Hostile(tmp_path_factory.mktemp("hostile"), LIMITS)
    assert one.is_served(), "the request that the hostile ones are made of"
    yield one
    assert one.is_served(), "and still, at the end"
    one.close()


@pytest.mark.parametrize("name", [*SMUGGLING, *SYNTAX])
def test_what_could_be_read_in_two_ways_is_refused(hostile, name):
    heard, requests = hostile.talk((SMUGGLING | SYNTAX)[name], seconds=CLOSED_SECONDS_MAX)
    assert not requests, "the vendor got something of it"
    assert heard.is_closed and len(heard.statuses) <= 1
    assert all(400 <= status <= 505 for status in heard.statuses), heard.data


@pytest.mark.parametrize("name, data", {
    "a coding in capitals": framed(b"TRANSFER-ENCODING: CHUNKED\r\n", CHUNKS),
    "chunks of one byte": framed(CHUNKED, b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"),
    "leading zeros and capitals": framed(CHUNKED, b"000" + SIZE.upper() + b"\r\n" + BODY + b"\r\n00\r\n\r\n"),
    "a chunk extension": framed(CHUNKED, SIZE + b";a=b\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "trailers": framed(CHUNKED, SIZE + b"\r\n" + BODY + b"\r\n0\r\nAuthorization: evil\r\nX-Evil: y\r\n\r\n"),
    "no space behind colons": LINE + FIELDS.replace(b": ", b":") + LENGTH + b"\r\n" + BODY,
    "spaces around values": framed(b"Content-Length:   " + N + b"  \r\n", BODY),
    "an upgrade": framed(LENGTH + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n", BODY),
    "a query": REQUEST.replace(b"completions ", b"completions?x=%0d%0aX-Evil:%20y ", 1),
    "bytes above 127 in a value": framed(b"x-evil: \xc4\x8d\xc4\x8a\xff\r\n" + LENGTH, BODY),
}.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_odd_and_allowed_is_one_request(hostile, name, data):
    heard, requests = hostile.talk(data, enough=answered(1))
    assert heard.statuses == [200]
    [request] = requests
    assert request.body == BODY and request.target.split(b"?")[0] == b"/v1/chat/completions"
    assert request.all("content-length") == [N]
    assert len(request.all("authorization")) == 1 and not request.all("evil"), "trailers are not passed on"
    for gone in ("upgrade", "http2-settings", "connection"):
        assert not request.all(gone)


@pytest.mark.parametrize("data", [
    b"\r\n" + REQUEST, lengths(b" " + N, b" " + N).removesuffix(REQUEST),
    framed(b"Content-Length:\t" + N + b"\t\r\n", BODY), REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    framed(CHUNKED, SIZE + b"\r\n" + BODY + b"\r\n0\r\nContent-Length: 5\r\nHost: evil\r\n\r\n"),
    REQUEST.replace(b"POST /", b"POST http://proxy/", 1), REQUEST.replace(b"Host: proxy", b"Host: a b"),
    REQUEST.replace(b"Host: proxy", b"Host: proxy/v1"), framed(LENGTH + b"Expect: 200-maybe\r\n", BODY)])
def test_what_a_server_may_refuse_is_one_request_or_none(hostile, data):
    heard, requests = hostile.talk(data, enough=answered(1))
    assert heard.statuses[0] == 200 or 400 <= heard.statuses[0] < 500
    assert [request.body for request in requests] == ([BODY] if heard.statuses == [200] else [])


@pytest.mark.parametrize("method", [b"POST", b"GET", b"DELETE"])
@pytest.mark.parametrize("place", PLACES, ids=repr)
def test_a_path_that_means_another_to_somebody_is_no_endpoint(hostile, place, method):
    if (method, place) == (b"GET", b"/"):
        return  # the proxy's own page
    data = REQUEST.replace(b"POST /v1/chat/completions", method + b" " + place, 1)
    heard, requests = hostile.talk(data, enough=answered(1))
    assert not requests
    assert len(heard.statuses) == 1 and heard.statuses[0] in (400, 404, 405), heard.data


@pytest.mark.parametrize("method", [b"CONNECT", b"OPTIONS", b"TRACE", b"PUT", b"PROPFIND"])
def test_other_methods_reach_nobody(hostile, method):
    data = REQUEST.replace(b"POST", method, 1)
    heard, requests = hostile.talk(data, enough=answered(1))
    assert not requests and heard.statuses[0] in (400, 404, 405, 501)
    heard, requests = hostile.talk(data.replace(b"/v1/chat/completions", b"vendor.test:443"), enough=answered(1))
    assert not requests and heard.statuses[0] in (400, 404, 405, 501)


EVIL = "x\r\nX-Evil: y\r\n\r\nPOST /evil HTTP/1.1\r\n"


def test_texts_of_a_request_write_no_header_and_no_path(hostile):
    """Line breaks in whatever is read from the body or a name: they stay in the body, and in the log as text."""
    body = json.dumps({"model": "gpt-4o-mini" + EVIL, "user": EVIL, "metadata": {"tags": [EVIL], EVIL: EVIL},
                       "messages": []}).encode()
    sent = [(b"/v1/chat/completions", body)]
    for model in ("a%E4%BD%8D%E5%98%8A", "%C4%8D%C4%8AX-Evil:%20y", "a%0ab", "a%09b", "%E5%98%8A%E5%98%8DX-Evil"):
        name = model.encode()
        sent += [(b"/model/%s/converse" % name, b'{"messages":[]}'), (b"/openai/deployments/%s/chat/completions" % name, BODY),
                 (b"/v1beta/models/%s:generateContent" % name, b'{"contents":[]}')]
    for target, payload in sent:
        data = (b"POST %s HTTP/1.1\r\n" % target + FIELDS + b"x-tollbook-tags: a=b%0d%0aX-Evil: y\r\nx-session-id: a%0d%0aX-Evil\r\n"
                + b"Content-Length: %d\r\n\r\n" % len(payload) + payload)
        heard, requests = hostile.talk(data, enough=answered(1))
        assert len(heard.statuses) == 1 and len(requests) == (heard.statuses[0] == 200)
        for request in requests:
            assert not request.all("x-evil") and b"/evil" not in request.target
            assert re.fullmatch(rb"[!-~]+", request.target)
    assert not re.search(rb"(?i)x-evil", heard.data), "nor into the answer"
    Log(hostile.house.raw_logs).check_sequence()


def test_a_client_names_no_header_of_the_vendors_to_be_dropped_or_doubled(hostile):
    """`Connection` may take away the client's own fields only; what the vendor is told of the framing is the proxy's."""
    fields = (b"Connection: close, content-length, host, authorization, x-mine\r\nX-Mine: 1\r\nX-Other: 2\r\n"
              b"Proxy-Authorization: Basic eA==\r\nCookie: a=b\r\nTE: trailers\r\nKeep-Alive: timeout=5\r\n"
              b"X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n")
    heard, requests = hostile.talk(framed(fields + LENGTH, BODY))
    assert heard.statuses == [200] and heard.is_closed
    [request] = requests
    assert request.all("content-length") == [N] and request.all("x-other") == [b"2"]
    assert request.all("authorization") == [b"Bearer " + programs.VENDOR_SECRETS["OPENAI_API_KEY"].encode()]
    for gone in ("x-mine", "proxy-authorization", "cookie", "te", "keep-alive", "x-forwarded-for", "forwarded", "connection"):
        assert not request.all(gone), gone


def test_requests_behind_each_other_are_cut_at_the_first_bad_one(hostile):
    other = REQUEST.replace(b"gpt-4o-mini", b"gpt-4o-othr")
    heard, requests = hostile.talk(REQUEST + other + lengths(b" +37") + REQUEST)
    assert [request.body for request in requests] == [BODY, BODY.replace(b"gpt-4o-mini", b"gpt-4o-othr")]
    assert heard.statuses[:2] == [200, 200] and heard.is_closed
    assert all(400 <= status < 500 for status in heard.statuses[2:])


@pytest.mark.parametrize("name, data", {
    "one long field": framed(b"x: " + b"a" * 200_000 + b"\r\n" + LENGTH, BODY),
    "many fields": framed(b"".join(b"x%d: y\r\n" % n for n in range(65)) + LENGTH, BODY),
    "a long name": framed(b"x" * 200_000 + b": y\r\n" + LENGTH, BODY),
    "a long target": REQUEST.replace(b"completions ", b"completions?" + b"a" * 200_000 + b" ", 1),
    "a long path": REQUEST.replace(b"completions ", b"completions/" + b"a" * 200_000 + b" ", 1),
    "a field without end": LINE + FIELDS + b"x: " + b"a" * 2_000_000,
    "fields without end": LINE + FIELDS + b"x: y\r\n" * 200_000,
    "empty lines without end": b"\r\n" * 500_000,
    "a long body": framed(b"Content-Length: 1048577\r\n", b" " * 1048577),
    "a long body in chunks": framed(CHUNKED, b"100000\r\n" + b" " * 1048576 + b"\r\n1\r\n \r\n0\r\n\r\n"),
    "a body in chunks without end": framed(CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n" + 600 * (b"1000\r\n" + b" " * 4096 + b"\r\n")),
    "a body longer than all memory": framed(b"Content-Length: 9223372036854775807\r\n", b"x"),
    "a long body without a key": framed(b"Content-Length: 65537\r\n", b" " * 65537).replace(b"KEY", b"sk-tb-nobody"),
    "a long body to nowhere": framed(b"Content-Length: 104857600\r\n", b"x").replace(b"/v1/chat", b"/v1/chatter"),
}.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_too_large_is_refused(hostile, name, data):
    with connect(hostile.proxy.port) as connection:
        connection.settimeout(5)
        try:
            connection.sendall(hostile.keyed(data))
        except OSError:
            pass  # refused while it was still being sent
        heard = hear(connection, enough=answered(1), seconds=CLOSED_SECONDS_MAX)
    assert heard.is_closed or heard.statuses
    assert len(heard.statuses) <= 1 and all(400 <= status < 500 for status in heard.statuses), heard.data
    assert hostile.is_served(), "the vendor got the last one alone"


def test_who_asks_before_sending_is_told(hostile):
    asks = LENGTH + b"Expect: 100-continue\r\n"
    with connect(hostile.proxy.port) as connection:
        connection.sendall(hostile.keyed(framed(asks)))
        told = hear(connection, enough=lambda data: data.endswith(b"\r\n\r\n"))
        assert told.statuses == [100]
        connection.sendall(BODY)
        assert hear(connection, enough=answered(1)).statuses == [200]
    heard, requests = hostile.talk(framed(asks).replace(b"KEY", b"sk-tb-nobody"))
    assert heard.statuses == [401] and heard.is_closed and not requests
    heard, requests = hostile.talk(framed(b"Content-Length: 9999999\r\nExpect: 100-continue\r\n"))
    assert heard.statuses == [413] and heard.is_closed and not requests
