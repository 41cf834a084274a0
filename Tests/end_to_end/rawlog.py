"""Reads raw logs as strictly as the format's description says, with nothing of the program's own code."""
import json
import re

ENVELOPE = {"v", "kind", "writer", "seq", "time"}
KINDS = {"open", "start", "end", "close"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SEGMENT = re.compile(r"\d{4}/\d\d/\d\d/\d\d-(?P<writer>[^-]+-[0-9a-f]+|[^-]+)-(?P<n>\d+)\.jsonl(\.open)?")
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
LINE_BYTES_MAX = 1024 * 1024
BALLAST = "ballast"
"""A file that a test puts into the folder to fill the disk; no part of the log."""
CREATED_WORK = "created-work-"
"""Who asked for batches and background answers; the proxy's own notes beside the log."""
PROXY_ID = "proxy-id"
"""Its number on a store that several share."""


class Log:
    """All lines of a folder, and the bytes behind the last line feed of each file."""

    def __init__(self, folder):
        self.lines = []
        self.torn = {}
        self.files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != BALLAST
                            and file.name != PROXY_ID and not file.name.startswith(CREATED_WORK))
        for file in self.files:
            name = str(file.relative_to(folder))
            match = SEGMENT.fullmatch(name)
            assert match, f"{name} is not a segment's name"
            *complete, rest = file.read_bytes().split(b"\n")
            if rest:
                self.torn[name] = rest
            for text in complete:
                assert len(text) < LINE_BYTES_MAX
                line = json.loads(text)
                assert ENVELOPE <= line.keys() and line["v"] == 1 and line["kind"] in KINDS, line
                assert TIME.fullmatch(line["time"]), line["time"]
                assert line["writer"] == match["writer"], f"a line of {line['writer']} in {name}"
                self.lines.append(line)

    def of(self, kind):
        return [line for line in self.lines if line["kind"] == kind]

    @property
    def starts(self):
        return self.of("start")

    @property
    def ends(self):
        return self.of("end")

    def check_sequence(self):
        """Every writer's lines are 1, 2, 3 … without a hole, begin with `open`, and end with `close` if it has one."""
        writers = {}
        for line in self.lines:
            writers.setdefault(line["writer"], []).append(line)
        for writer, lines in writers.items():
            lines.sort(key=lambda line: line["seq"])
            assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1)), f"a hole in {writer}"
            assert lines[0]["kind"] == "open"
            assert all(line["kind"] != "close" for line in lines[:-1])
        return writers

    def check_pairs(self):
        """An `end` belongs to one `start` with the same facts, and no attempt ends twice."""
        started = {(line["id"], line["attempt"]): line for line in self.starts}
        assert len(started) == len(self.starts), "an attempt started twice"
        ended = set()
        for end in self.ends:
            attempt = (end["id"], end["attempt"])
            assert attempt not in ended, f"{attempt} ended twice"
            ended.add(attempt)
            assert UUID7.fullmatch(end["id"]), end["id"]
            if end["outcome"] in ("refused", "client_error") and attempt not in started:
                continue
            start = started[attempt]
            for name in ("time", "endpoint", "provider", "key", "team", "user", "session", "tags", "client"):
                assert start[name] == end[name], f"{name} differs between start and end of {attempt}"
            assert start["model"]["requested"] == end["model"]["requested"]
            assert start["seq"] < end["seq"]

    def end_of(self, user):
        """The one `end` of the request that named this user."""
        found = [end for end in self.ends if end["user"] == user]
        assert len(found) == 1, f"{len(found)} ends for {user}"
        return found[0]
