"""An HTTP/1.1 client that hides nothing: it sends given bytes and tells exactly what came back."""
import asyncio
import dataclasses
import socket

ANSWER_SECONDS_MAX = 60
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "date"}


@dataclasses.dataclass
class Answer:
    status: int
    headers: list  # (name, value) in lower case names, in the order received
    body: bytes
    complete: bool
    """False where the connection ended before the body did."""

    def header(self, name):
        return next((value for known, value in self.headers if known == name), None)

    @property
    def vendor_headers(self):
        return [header for header in self.headers
                if header[0] not in HOP_BY_HOP and not header[0].startswith("x-tollbook-")]


def request_bytes(path, headers, body, method="POST"):
    head = [f"{method} {path} HTTP/1.1", "host: vendor.test", f"content-length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def exchange(port, path, headers, body, method="POST", stop_after=None):
    """One request on one connection. With `stop_after` the client leaves when it has that many body bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX) as connection:
        connection.sendall(request_bytes(path, headers, body, method))
        parser = Parser(method)
        while not parser.done:
            try:
                data = connection.recv(65536)
            except ConnectionResetError:
                break
            if not data:
                break
            parser.feed(data)
            if stop_after is not None and len(parser.body) >= stop_after:
                break
        return parser.answer()


async def exchange_async(port, path, headers, body, began=None):
    """The same for many at once; `began` gets the parser when the answer's head is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    parser = Parser("POST")
    try:
        writer.write(request_bytes(path, headers, body))
        await writer.drain()
        while not parser.done:
            data = await reader.read(65536)
            if not data:
                break
            parser.feed(data)
            if parser.status and began:
                began(parser)
                began = None
    except ConnectionError:
        pass
    finally:
        writer.close()
    return parser.answer() if parser.status else None


class Parser:
    """Takes bytes as they come; `done` when a complete answer is there. Any deviation from HTTP/1.1 is an error."""

    def __init__(self, method):
        self.buffer = b""
        self.method = method
        self.status = None
        self.headers = []
        self.body = bytearray()
        self.done = False
        self.left = None  # bytes of the body or the chunk that are missing; None before they are known
        self.chunked = False
        self.trailer = False

    def feed(self, data):
        self.buffer += data
        while self._step():
            pass

    def _step(self):
        if self.done or not self.buffer:
            return False
        if self.status is None:
            return self._head()
        if not self.chunked:
            return self._take_plain()
        if self.left is None or self.left == 0:
            return self._chunk_line()
        return self._take_chunk()

    def _head(self):
        head, mark, rest = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return False
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = first.split(" ", 2)
        assert version == "HTTP/1.1", first
        if status == "100":
            self.buffer = rest
            return True
        self.status = int(status)
        for line in lines:
            name, colon, value = line.partition(":")
            assert colon and name == name.strip(), line
            self.headers.append((name.lower(), value.strip()))
        found = dict(self.headers)
        self.chunked = found.get("transfer-encoding") == "chunked"
        assert not (self.chunked and "content-length" in found), "two framings"
        if not self.chunked:
            self.left = int(found["content-length"]) if "content-length" in found else 1 << 60
            if self.method == "HEAD" or self.status == 204:
                self.left = 0
            self.done = self.left == 0
        self.buffer = rest
        return True

    def _take_plain(self):
        assert len(self.buffer) <= self.left, "bytes behind the answer"
        self.body += self.buffer
        self.left -= len(self.buffer)
        self.buffer = b""
        self.done = self.left == 0
        return False

    def _chunk_line(self):
        line, mark, rest = self.buffer.partition(b"\r\n")
        if not mark:
            return False
        self.buffer = rest
        if self.trailer:
            assert line == b"", f"a trailer: {line}"
            assert rest == b"", "bytes behind the answer"
            self.done = True
            return False
        size = int(line.split(b";")[0], 16)
        if size == 0:
            self.trailer = True
        else:
            self.left = size + 2
        return True

    def _take_chunk(self):
        if len(self.buffer) >= self.left:
            chunk, self.buffer = self.buffer[:self.left], self.buffer[self.left:]
            assert chunk.endswith(b"\r\n"), "a chunk without its line end"
            self.body += chunk[-self.left:-2] if self.left > 2 else b""
            self.left = 0
            return True
        # A part of a chunk counts as received, but never its line end.
        part = min(len(self.buffer), self.left - 2)
        if part <= 0:
            return False
        self.body += self.buffer[:part]
        self.buffer = self.buffer[part:]
        self.left -= part
        return False

    def answer(self):
        assert self.status, "no answer came"
        return Answer(self.status, self.headers, bytes(self.body), self.done)
