"""Tables of medians: aligned for a terminal, Markdown in a pipe. In brackets: how many times Envoy's of the same run."""
import statistics
import sys

import measure

ANCHOR = "envoy"

COLUMNS = {
    "plain-64": [("requests/s", "requests_per_s", 0), ("CPU µs/request", "cpu_us", 1), ("p50 µs", "whole_p50_us", 0),
                 ("p99 µs", "whole_p99_us", 0), ("RSS MiB", "rss_mib", 0)],
    "plain-1": [("added p50 µs", "+whole_p50_us", 0), ("added p99 µs", "+whole_p99_us", 0), ("CPU µs/request", "cpu_us", 1)],
    "first-byte": [("added p50 µs", "+first_p50_us", 0), ("added p99 µs", "+first_p99_us", 0)],
    "chunks": [("CPU µs/chunk", "cpu_us_per_chunk", 1), ("CPU µs/stream", "cpu_us", 0), ("RSS MiB", "rss_mib", 0)],
    "open-1000": [("RSS MiB before", "rss_before_mib", 0), ("with them", "rss_mib", 0), ("more", "rss_more_mib", 0)],
}
COLUMNS["burst-64"] = [("requests/s", "requests_per_s", 0), ("CPU µs/request", "cpu_us", 1), ("CPU µs/event", "cpu_us_per_chunk", 2)]
COLUMNS["chunks-unasked"] = COLUMNS["chunks"]

BARS = [
    ("plain-64", "requests_per_s", "requests/s on one core", ">", 17000, 0, "requests/s"),
    ("plain-64", "cpu_us", "CPU µs a request", "<", 58, 1, "CPU µs/request"),
    ("plain-1", "+whole_p50_us", "added p50 µs, one connection", "<", 270, 0, "added p50 µs"),
    ("first-byte", "+first_p50_us", "added first byte p50 µs", "<", 550, 0, "added first byte µs"),
    ("chunks", "cpu_us_per_chunk", "CPU µs a chunk", "<", 36, 1, "CPU µs/chunk"),
    ("plain-64", "rss_mib", "MiB after load", "<", 69, 0, "MiB after load"),
    ("open-1000", "rss_more_mib", "MiB more with 1,000 open streams", "<", 64, 0, "MiB more, 1,000 streams"),
]
"""What Tollbook is to reach: a little better than the best gateway on a quiet day of a machine like this one."""


class Medians:
    def __init__(self, measured):
        self.measured = measured

    def values(self, test, peer, field):
        return [one[field] for one in self.measured if (one["test"], one["peer"]) == (test, peer) and field in one]

    def of(self, test, peer, field):
        """A field's median; `+field` is what a proxy adds to no proxy."""
        values = self.values(test, peer, field.lstrip("+"))
        if not values:
            return None
        median = statistics.median(values)
        if not field.startswith("+"):
            return median
        direct = self.of(test, "direct", field[1:])
        return None if direct is None or peer == "direct" else median - direct

    def ratio(self, test, peer, field, anchor=ANCHOR):
        own, other = self.of(test, peer, field), self.of(test, anchor, field)
        return own / other if own is not None and other else None


def show(measured, peers, tests):
    medians = Medians(measured)
    facts = {**measure.machine(), "commit": measure.commit()}
    print("\n" + ", ".join(f"{name} {value}" for name, value in facts.items()))
    for test in tests:
        rows = [row(medians, test.name, peer.name) for peer in peers if medians.values(test.name, peer.name, "foreign")]
        if rows:
            titles = [title for title, _, _ in COLUMNS[test.name]]
            print(f"\n{test.name}: {test.about}\n")
            table([["peer", *titles, "range", "proxy's core", "load's core", "foreign"], *rows])
    print("\nin short:\n")
    shown = [bar for bar in BARS if any(medians.of(bar[0], peer.name, bar[1]) is not None for peer in peers)]
    table([["peer", *(title for *_, title in shown)], *([peer.name, *cells(medians, peer.name, [
        (test, field, digits) for test, field, _, _, _, digits, _ in shown])] for peer in peers)])
    bars(medians)
    foreign = statistics.median(one["foreign"] for one in measured) if measured else 0
    if foreign > measure.FOREIGN_MAX:
        print(f"NOT QUIET: others took {foreign:.0%} of the machine in the median; requests/s and latencies say little, and CPU time a"
              " third too much or more. Compare by ratio.\n")
    for peer in peers:
        print(f"{peer.name}{f' ({peer.version()})' if peer.version() else ''}: {peer.about}")


def row(medians, test, peer):
    _, field, digits = COLUMNS[test][0]
    first = medians.values(test, peer, field.lstrip("+"))
    shown = cells(medians, peer, [(test, field, digits) for _, field, digits in COLUMNS[test]])
    range_ = f"{min(first):,.{digits}f}–{max(first):,.{digits}f}" if len(first) > 1 and shown[0] != "–" else ""
    shares = [f"{medians.of(test, peer, field):.0%}" for field in ("proxy_share", "load_share", "foreign")]
    return [peer, *shown, range_, *shares]


def cells(medians, peer, figures):
    """Each figure with its ratio to the anchor's; a dash where there is none."""
    made = []
    for test, field, digits in figures:
        value, ratio = medians.of(test, peer, field), medians.ratio(test, peer, field)
        if value is None or (peer == "direct" and field.startswith(("cpu", "rss"))):
            made.append("–")
        else:
            made.append(f"{value:,.{digits}f}" + (f" ({ratio:.2f})" if ratio is not None and peer != "direct" else ""))
    return made


def table(rows):
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    is_terminal = sys.stdout.isatty()
    for number, cells in enumerate(rows):
        padded = [cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:]))]
        if is_terminal:
            line = "  ".join(padded)
            print(f"\033[1m{line}\033[0m" if number == 0 or cells[0] == "tollbook" else line)
            continue
        print("| " + " | ".join(padded) + " |")
        if number == 0:
            print("|" + "-" * (widths[0] + 2) + "|" + "|".join("-" * (width + 1) + ":" for width in widths[1:]) + "|")


def bars(medians):
    """For information: the machine may be a shared one, on which only ratios hold."""
    rows = [["tollbook", "measured", "wanted", "", "times envoy's", "times lua's"]]
    for test, field, words, sign, bar, digits, _ in BARS:
        value = medians.of(test, "tollbook", field)
        if value is None:
            continue
        met = "met" if (value > bar if sign == ">" else value < bar) else "not met"
        ratios = [medians.ratio(test, "tollbook", field, anchor) for anchor in (ANCHOR, "lua")]
        rows.append([words, f"{value:,.{digits}f}", f"{sign} {bar:,}", met,
                     *("–" if ratio is None else f"{ratio:.2f}" for ratio in ratios)])
    if len(rows) > 1:
        print()
        table(rows)
    print()


def progress(figure):
    hidden = {"round", "test", "peer"}
    facts = " ".join(f"{name}={value}" for name, value in figure.items() if name not in hidden)
    return f"{figure['round'] + 1} {figure['test']} {figure['peer']}: {facts}"
