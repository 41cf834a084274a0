"""Bytes over a socket, and what came back: for requests that no HTTP library would send."""
import contextlib
import dataclasses
import re
import socket
import time

STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
SECONDS_MAX = 20


@dataclasses.dataclass
class Heard:
    data: bytes
    is_closed: bool
    """The server closed the connection; False where it was still open when the time was over."""

    @property
    def statuses(self):
        """Of all answers. The proxy's own bodies hold nothing that looks like a status line."""
        return [int(status) for status in STATUS.findall(self.data)]


def connect(port, receive_bytes=None):
    connection = socket.socket()
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.settimeout(SECONDS_MAX)
    connection.connect(("127.0.0.1", port))
    return connection


def hear(connection, seconds=SECONDS_MAX, enough=None):
    """Reads until the server closes, `enough` says so of the bytes, or the time is over."""
    data = bytearray()
    deadline = time.monotonic() + seconds
    while not (enough and enough(data)):
        left = deadline - time.monotonic()
        if left <= 0:
            return Heard(bytes(data), False)
        connection.settimeout(left)
        try:
            more = connection.recv(65536)
        except TimeoutError:
            return Heard(bytes(data), False)
        except ConnectionError:
            return Heard(bytes(data), True)
        if not more:
            return Heard(bytes(data), True)
        data += more
    return Heard(bytes(data), False)


def talk(port, *pieces, seconds=SECONDS_MAX, enough=None, pause=0):
    """Sends the pieces on one connection and hears what comes."""
    with connect(port) as connection:
        with contextlib.suppress(ConnectionError):
            for number, piece in enumerate(pieces):
                if number and pause:
                    time.sleep(pause)
                connection.sendall(piece)
        return hear(connection, seconds, enough)


def answered(count):
    """For `enough`: so many whole answers with a length are here."""
    def enough(data):
        rest, found = bytes(data), 0
        while True:
            head, mark, rest = rest.partition(b"\r\n\r\n")
            if not mark:
                return found >= count
            if head.startswith(b"HTTP/1.1 100"):
                continue
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            if not length or len(rest) < int(length[1]):
                return False
            rest = rest[int(length[1]):]
            found += 1
            if found >= count:
                return True
    return enough
