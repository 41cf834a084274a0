"""Reads Tollbook's raw log beside the running proxy, with nothing of the program's own code."""
import collections
import json
import re

import load

SEGMENT = re.compile(r"(?P<hour>\d\d)-(?P<writer>.+)-(?P<n>\d+)\.jsonl(\.open)?$")


class RawLog:
    """Gives each line once; its writer's numbers must go up by one."""

    def __init__(self, folder):
        self.folder = folder
        self.read_to = {}
        self.seq = {}

    def lines(self):
        """The lines that are whole and new since the last call."""
        for file in sorted(self.folder.rglob("*.jsonl*"), key=self._order):
            name = str(file).removesuffix(".open")
            with open(file, "rb") as opened:
                opened.seek(self.read_to.get(name, 0))
                for text in opened:
                    if not text.endswith(b"\n"):
                        break
                    self.read_to[name] = self.read_to.get(name, 0) + len(text)
                    line = json.loads(text)
                    expected = self.seq.get(line["writer"], 0) + 1
                    if line["seq"] != expected:
                        raise RuntimeError(f"{file.name}: seq {line['seq']} where {expected} must come")
                    self.seq[line["writer"]] = expected
                    yield line

    def _order(self, file):
        found = SEGMENT.match(file.name)
        return (str(file.parent), found["hour"], found["writer"], int(found["n"])) if found else (str(file.parent), "", "", 0)

    def count(self):
        """`start` and `end` lines since the last call, and the ends that are right: 200, ok, with the vendor's usage."""
        counts = collections.Counter()
        for line in self.lines():
            counts[line["kind"]] += 1
            if line["kind"] == "end":
                right = (line["status"], line["outcome"], line["usage"]) == (200, "ok", load.USAGE)
                counts["right"] += right
        return counts

    def faults(self, requests):
        """Why the log disagrees with a load that finished so many requests, all of them well; or None."""
        counts = self.count()
        found = {name: counts[name] for name in ("start", "end", "right")}
        return None if set(found.values()) == {requests} else f"clients finished {requests} requests, the log has {found}"
