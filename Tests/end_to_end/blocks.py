"""Blocks of request rows, unpacked by a second hand: written from the words of `Store/RequestBlock.swift`."""
import struct
import uuid

MASK = (1 << 64) - 1
FACTOR = 0x9E3779B97F4A7C15
COLUMNS = (
    "time segment line id attempt final facet user_number session ip response_id vendor_request_id metered_id stream status "
    "duration_us first_byte_us outcome error_type flags input cache_read cache_write_5m cache_write_1h cache_write_12h output "
    "reasoning other_meters other_models unknown_fields stated").split()
FINAL, STREAM_KNOWN, STREAM, USER, ERROR_TYPE, STATUS, ATTEMPT, UUID = (1 << bit for bit in range(8))
TEXTS = {8: "session", 9: "ip", 10: "response_id", 11: "vendor_request_id", 12: "metered_id"}
DURATION, FIRST_BYTE, FLAGS = (1 << bit for bit in range(13, 16))
COUNTS = {16: "cache_read", 17: "cache_write_5m", 18: "cache_write_1h", 19: "cache_write_12h", 20: "reasoning"}
RARE = {21: "other_meters", 22: "other_models", 23: "unknown_fields", 24: "stated"}


def rows(block):
    """The rows of a block, each a dictionary with `COLUMNS`."""
    assert block[0] == 1 and block[1:4] == bytes(3), "a version that this does not know"
    assert struct.unpack("<Q", block[-8:])[0] == check(block[:-8]), "damaged"
    count, = struct.unpack_from("<I", block, 4)
    at, place, found = 8, [0, 0, 0], []
    for _ in range(count):
        length, = struct.unpack_from("<I", block, at)
        row = Row(block, at + 4)
        found.append(row.read(place))
        at += 4 + length
        assert row.at == at, "a row has another length than it says"
    assert at == len(block) - 8
    return found


class Row:
    def __init__(self, block, at):
        self.block, self.at = block, at

    def read(self, place):
        parts, = struct.unpack_from("<I", self.block, self.at)
        self.at += 4
        place[0] += self.number()
        place[1] += self.signed()
        place[2] += self.signed()
        row = dict.fromkeys(COLUMNS) | dict(zip(("time", "segment", "line"), place))
        row |= {"facet": self.number(), "outcome": self.block[self.at], "final": int(bool(parts & FINAL)), "attempt": 1, "flags": 0}
        self.at += 1
        row["stream"] = int(bool(parts & STREAM)) if parts & STREAM_KNOWN else None
        for part, name in ((USER, "user_number"), (ERROR_TYPE, "error_type"), (STATUS, "status"), (ATTEMPT, "attempt"),
                           (DURATION, "duration_us"), (FIRST_BYTE, "first_byte_us"), (FLAGS, "flags")):
            if parts & part:
                row[name] = self.number()
        row["input"], row["output"] = self.number(), self.number()
        row |= {name: self.number() if parts & 1 << bit else 0 for bit, name in COUNTS.items()}
        if parts & UUID:
            row["id"] = str(uuid.UUID(bytes=self.bytes(16)))
        else:
            row["id"] = self.bytes(self.number()).rstrip(b"\xff").decode()
        for bit, name in (TEXTS | RARE).items():
            if parts & 1 << bit:
                row[name] = self.bytes(self.number()).decode()
        return row

    def number(self):
        value = shift = 0
        while True:
            byte = self.block[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - (1 << 64) if value >> 63 else value

    def signed(self):
        value = self.number() & MASK
        return value >> 1 ^ -(value & 1)

    def bytes(self, count):
        self.at += count
        return self.block[self.at - count:self.at]


def check(body):
    lanes = [len(body) * FACTOR & MASK, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93]
    whole = len(body) // 32 * 32
    for words in struct.iter_unpack("<4Q", body[:whole]):
        lanes = [mixed(lane ^ word) for lane, word in zip(lanes, words)]
    first = lanes[0]
    for word in [*body[whole:], *lanes[1:]]:
        first = mixed(first ^ word)
    return first


def mixed(value):
    value = value * FACTOR & MASK
    return value ^ value >> 29
