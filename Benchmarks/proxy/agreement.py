"""Puts what clients saw beside what the log says, request by request, in the memory of one line of each.

Clients' records (load.c) and the log become lines that begin with the request's id; `sort` brings them together."""
import collections
import itertools
import os
import subprocess

import load
from raw_log import RawLog

OUTCOMES = {("complete", "200"): {"ok"}, ("complete", "500"): {"vendor_error"}, ("broken", "200"): {"stream_broken"},
            ("aborted", "200"): {"client_gone", "ok"}}
"""What the log may say of what a client saw. Whoever leaves may do so behind the last byte."""
UNSEEN = {"client_gone", "ok"}
"""Of a request whose client left before it had the answer's head, and so never knew the id."""
NOT_SENT = ("client_error", "499")
"""The client left before a vendor was sent anything."""
EXAMPLES_MAX = 5


def compare(records, raw_logs, asked_before, unseen_max):
    """Counts by what was seen and said, and what is wrong. `asked_before` requests are in the log alone."""
    together = records[0].parent / "together.tsv"
    with open(together, "w", encoding="ascii") as out:
        for record in records:
            for line in open(record, encoding="ascii"):
                request, status, how = line.split()
                if request != "-":
                    out.write(f"{request}\tclient\t{how}\t{status}\n")
        for line in RawLog(raw_logs).lines():
            if line["kind"] == "start":
                out.write(f"{line['id']}\tstart\t{line['attempt']}\n")
            elif line["kind"] == "end":
                usage = line["usage_source"]
                if usage == "vendor":
                    usage = "right" if line["usage"] == load.USAGE else "wrong"
                out.write(f"{line['id']}\tend\t{line['attempt']}\t{line['outcome']}\t{line['status']}\t{usage}\t{line['final']}\n")
    sort = subprocess.Popen(["sort", together], stdout=subprocess.PIPE, text=True, env=os.environ | {"LC_ALL": "C"})
    counts, faults = collections.Counter(), Faults()
    rows = (line.rstrip("\n").split("\t") for line in sort.stdout)
    for request, group in itertools.groupby(rows, key=lambda row: row[0]):
        judge(request, list(group), counts, faults)
    if sort.wait():
        raise RuntimeError("sort failed")
    unseen = counts["seen by no client"] - asked_before
    if unseen > unseen_max:
        faults.add("log", f"{unseen} requests of the log were seen by no client, but only {unseen_max} were left that early")
    return dict(counts), faults.texts()


def judge(request, rows, counts, faults):
    clients = [row for row in rows if row[1] == "client"]
    starts = sorted(row[2] for row in rows if row[1] == "start")
    ends = sorted(row for row in rows if row[1] == "end")
    if starts != [end[2] for end in ends] or len(set(starts)) != len(starts):
        faults.add("starts and ends", f"{request}: attempts {starts} started, {[end[2] for end in ends]} ended")
        return
    final = [end for end in ends if end[6] == "True"]
    if len(final) != 1 or len(clients) > 1:
        faults.add("once", f"{request}: {len(final)} last ends, {len(clients)} clients")
        return
    _, _, _, outcome, status, usage, _ = final[0]
    if not clients:
        counts["seen by no client"] += 1
        if outcome not in UNSEEN and (outcome, status) != NOT_SENT:
            faults.add("unseen", f"{request}: seen by no client, and the log says {outcome} {status}")
        return
    _, _, how, seen = clients[0]
    counts[f"client: {how} {seen}, log: {outcome}, usage {usage}"] += 1
    if outcome not in OUTCOMES.get((how, seen), ()) or status != seen:
        faults.add("outcome", f"{request}: the client saw {how} {seen}, the log says {outcome} {status}")
    if outcome == "ok" and usage != "right":
        faults.add("usage", f"{request}: {usage} usage of a whole answer")


class Faults:
    """The first of each kind, and how many there are."""

    def __init__(self):
        self.found = collections.defaultdict(list)

    def add(self, kind, text):
        self.found[kind].append(text if len(self.found[kind]) < EXAMPLES_MAX else None)

    def texts(self):
        return [text if number + 1 < EXAMPLES_MAX or len(texts) <= EXAMPLES_MAX else f"{text} … {len(texts)} in all"
                for texts in self.found.values() for number, text in enumerate(texts[:EXAMPLES_MAX])]
