"""A vendor that keeps every byte it gets, and reads requests more strictly than any server: whatever could be taken in two
ways is a fault. It shows what a hostile request made of its way through the proxy."""
import json
import re
import socket
import threading

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
ANSWER = {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-mini-2024-07-18", "usage": USAGE,
          "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}]}
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
TARGET = re.compile(rb"/[!-~]*")
VALUE = re.compile(rb"[\t -~\x80-\xff]*")


def http(body, *headers, status="200 OK", content_type="application/json"):
    head = [f"HTTP/1.1 {status}", f"content-type: {content_type}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def plain_answer(_request):
    return http(json.dumps(ANSWER).encode())


class Request:
    def __init__(self, head, body):
        self.head, self.body = head, body
        first, *lines = head.split(b"\r\n")
        self.method, self.target, version = first.split(b" ")
        assert version == b"HTTP/1.1" and TOKEN.fullmatch(self.method) and TARGET.fullmatch(self.target), first
        self.headers = []
        for line in lines:
            name, colon, value = line.partition(b":")
            assert colon and TOKEN.fullmatch(name) and VALUE.fullmatch(value), line
            self.headers.append((name.lower(), value.strip(b" \t")))
        assert len(self.all("host")) == 1, head
        assert not self.all("transfer-encoding"), head

    def all(self, name):
        return [value for known, value in self.headers if known == name.encode()]


def take_request(data):
    """The first request in the bytes and the bytes behind it; None while it is not whole."""
    head, mark, rest = bytes(data).partition(b"\r\n\r\n")
    if not mark:
        return None, data
    lengths = [line.partition(b":")[2].strip() for line in head.split(b"\r\n")
               if line.lower().startswith(b"content-length")]
    assert len(lengths) <= 1 and all(length.isdigit() for length in lengths), head
    length = int(lengths[0]) if lengths else 0
    if len(rest) < length:
        return None, data
    return Request(head, rest[:length]), bytearray(rest[length:])


class ByteVendor:
    def __init__(self, answer=plain_answer):
        """`answer` makes the bytes of an answer, or gives an iterator of pieces; after None the connection is closed."""
        self.answer = answer
        self.requests = []
        self.faults = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        data = bytearray()
        try:
            with connection:
                while more := connection.recv(65536):
                    data += more
                    while True:
                        request, data = take_request(data)
                        if request is None:
                            break
                        with self._lock:
                            self.requests.append(request)
                        if not self._send(connection, self.answer(request)):
                            return
        except OSError:
            pass  # the proxy left, as it may
        except Exception as error:
            self.faults.append(error)
        finally:
            if data:
                self.faults.append(AssertionError(f"bytes that are no whole request: {bytes(data[:200])!r}"))

    @staticmethod
    def _send(connection, pieces):
        for piece in [pieces] if isinstance(pieces, bytes) else pieces:
            if piece is None:
                return False
            connection.sendall(piece)
        return True

    def take_faults(self):
        """What was wrong since it was asked last."""
        with self._lock:
            faults, self.faults = self.faults, []
        return faults

    def close(self):
        self._listener.close()
