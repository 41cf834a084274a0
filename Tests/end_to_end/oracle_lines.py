"""The oracle's reader: raw log lines in, accepted `end`s with disjoint counts and open `start`s out."""
import datetime
import gzip
import hashlib
import json
import re
import subprocess
from dataclasses import dataclass, field
from decimal import Decimal

LINE_BYTES_MAX = 1 << 20
COUNT_MAX = 1 << 53
OUTCOMES = {"ok", "vendor_error", "client_error", "refused", "client_gone", "stream_broken"}
SUFFIXES = ("", ".open", ".gz", ".zst")


class Rejected(Exception):
    """A line no reader can take, and why."""


@dataclass
class Input:
    name: str
    sha256: str
    times: tuple = None
    counts: dict = field(default_factory=lambda: dict.fromkeys(
        ("lines", "usages", "duplicates", "rejected", "control"), 0))

    def belongs(self, begin, end):
        return self.times is not None and any(begin <= t < end for t in self.times)


@dataclass
class Log:
    inputs: list = field(default_factory=list)
    usages: list = field(default_factory=list)
    starts: dict = field(default_factory=dict)


def read_raw_logs(folder):
    log, taken, metered, ended = Log(), set(), set(), set()
    for path in segments(folder):
        data = plain_bytes(path)
        name = re.sub(r"\.(open|gz|zst)$", "", str(path.relative_to(folder)))
        one = Input(name, hashlib.sha256(data).hexdigest())
        times = set()
        lines = data.split(b"\n")
        torn = lines.pop()
        if torn and path.suffix != ".open":
            lines.append(torn)
        for raw in lines:
            one.counts["lines"] += 1
            try:
                line = parse(raw)
            except Rejected:
                one.counts["rejected"] += 1
                times |= readable_time(raw)
                continue
            times.add(line["time_us"])
            place = (line["writer"], line["seq"])
            item = line.get("metered_id") if line["kind"] == "end" else None
            if place in taken or item is not None and item in metered:
                one.counts["duplicates"] += 1
                taken.add(place)
                continue
            taken.add(place)
            if line["kind"] == "end":
                one.counts["usages"] += 1
                metered.add(item)
                ended.add((line["id"], line["attempt"]))
                log.usages.append(line)
            else:
                one.counts["control"] += 1
                if line["kind"] == "start":
                    log.starts[line["id"], line["attempt"]] = line
        one.times = tuple(times)
        log.inputs.append(one)
    for key in ended & log.starts.keys():
        del log.starts[key]
    return log


def segments(folder):
    return sorted(p for p in folder.rglob("*") if any(p.name.endswith(".jsonl" + s) for s in SUFFIXES))


def plain_bytes(path):
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout
    return path.read_bytes()


def parse(raw):
    """The line as a dict with `time_us`, or Rejected."""
    if len(raw) > LINE_BYTES_MAX:
        raise Rejected("over-long")
    try:
        line = json.loads(raw.decode("utf-8"), parse_float=Decimal, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Rejected("not JSON") from error
    need(isinstance(line, dict), "not an object")
    need(type(line.get("v")) is int and line["v"] == 1, "unknown v")
    need(line.get("kind") in ("open", "start", "end", "close"), "unknown kind")
    need(isinstance(line.get("writer"), str), "writer")
    need(type(line.get("seq")) is int and line["seq"] >= 1, "seq")
    line["time_us"] = microseconds(line.get("time"))
    if line["kind"] in ("start", "end"):
        need(isinstance(line.get("id"), str), "id")
        need(type(line.get("attempt")) is int, "attempt")
    if line["kind"] == "end":
        need(line.get("outcome") in OUTCOMES, "outcome")
        line["counts"] = normalize(line)
    return line


def readable_time(raw):
    """What a rejected line says of its own time: it places its file in a period all the same."""
    try:
        line = json.loads(raw.decode("utf-8")) if len(raw) <= LINE_BYTES_MAX else None
        return {microseconds(line["time"])} if isinstance(line, dict) and "time" in line else set()
    except (ValueError, RecursionError, Rejected):
        return set()


def no_constant(word):
    raise ValueError(word)


def need(holds, what):
    if not holds:
        raise Rejected(what)


def microseconds(text):
    match = isinstance(text, str) and re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", text)
    need(match, "time")
    day, clock, fraction, zone = match.groups()
    try:
        whole = datetime.datetime.fromisoformat(f"{day}T{clock}" + ("+00:00" if zone in "Zz" else zone))
    except ValueError as error:
        raise Rejected("time") from error
    return int(whole.timestamp()) * 1_000_000 + int(((fraction or "") + "000000")[:6])


# --- The vendors' usage objects ---


@dataclass
class Counts:
    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    web_search: int = 0
    input_audio: int = 0
    output_audio: int = 0
    reasoning: int = 0
    clamped: bool = False
    # Shown by the vendor, but not charged.
    free: bool = False
    # Tokens of other models inside the same answer: (model, Counts).
    others: list = field(default_factory=list)

    def total_input(self):
        return (
            self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h + self.input_audio)

    def used(self):
        classes = (
            "input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "web_search", "input_audio",
            "output_audio")
        return [(c, getattr(self, c)) for c in classes if getattr(self, c)]


def normalize(line):
    """The disjoint classes of one answer, or None where the vendor told nothing."""
    usage, billing = line.get("usage"), line.get("billing") or {}
    if usage is None:
        return None
    need(isinstance(usage, dict), "usage")
    endpoint = line.get("endpoint") or ""
    if endpoint.startswith("bedrock.converse"):
        counts = bedrock(usage)
    elif endpoint.startswith("gemini."):
        counts = gemini(usage)
    elif endpoint.startswith("openai."):
        counts = openai(usage)
    elif endpoint.startswith(("anthropic.", "bedrock.invoke")):
        model = line.get("model") or {}
        counts = anthropic_answer(usage, model.get("returned") or model.get("requested"))
        counts.free = (
            endpoint.startswith("anthropic.") and billing.get("stop_reason") == "refusal" and not counts.output
            and not counts.others)
    else:
        raise NotImplementedError(f"the oracle does not know the endpoint {endpoint}")
    counts.web_search += count(part(part(billing, "tool_usage"), "web_search"), "num_requests")
    counts.web_search += count(billing, "search_queries")
    return counts


def count(where, *names):
    """The first of the fields that stands there, as a whole number; an absent one is none."""
    for name in names:
        value = where.get(name)
        if value is None:
            continue
        if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
            value = Decimal(value)
        need(isinstance(value, (int, Decimal)) and not isinstance(value, bool), f"{name} is no number")
        need(value == int(value) and 0 <= value <= COUNT_MAX, f"{name} is no count")
        return int(value)
    return 0


def part(where, name):
    value = where.get(name)
    return value if isinstance(value, dict) else {}


def clamp(counts, whole, pieces):
    """Cuts each piece to what is left of the whole, and returns the rest."""
    kept = []
    for piece in pieces:
        kept.append(min(piece, whole))
        counts.clamped |= piece > whole
        whole -= kept[-1]
    return kept, whole


def openai(usage):
    """Inclusive: cached tokens are a part of the prompt, reasoning a part of the completion."""
    counts = Counts()
    prompt = count(usage, "prompt_tokens", "input_tokens")
    output = count(usage, "completion_tokens", "output_tokens")
    inner = part(usage, "prompt_tokens_details") or part(usage, "input_tokens_details")
    outer = part(usage, "completion_tokens_details") or part(usage, "output_tokens_details")
    # An answer whose total is more than its parts hides output (a gateway that leaves thinking out).
    counts.output = max(output, count(usage, "total_tokens") - prompt)
    pieces = [count(inner, n) for n in ("cached_tokens", "cache_write_tokens", "audio_tokens")]
    (counts.cache_read, counts.cache_write_5m, counts.input_audio), counts.input = clamp(
        counts, prompt, pieces)
    (counts.output_audio,), counts.output = clamp(counts, counts.output, [count(outer, "audio_tokens")])
    (counts.reasoning,), _ = clamp(counts, counts.output, [count(outer, "reasoning_tokens")])
    return counts


def anthropic_answer(usage, main_model):
    """The top level, or, where the answer lists its iterations, each of them under its own model."""
    iterations = usage.get("iterations") or []
    if not iterations:
        return anthropic(usage)
    anthropic(usage)  # its counts must be counts, though the iterations are what is billed
    counts = Counts()
    fell_back = any(i.get("type") == "fallback_message" for i in iterations)
    for iteration in iterations:
        one = anthropic(iteration)
        if fell_back and iteration.get("type") == "message" and not one.output:
            continue  # declined before any output: free
        if iteration.get("model") in (None, main_model):
            for name, n in one.used():
                setattr(counts, name, getattr(counts, name) + n)
        else:
            counts.others.append((iteration["model"], one))
    counts.web_search = count(part(usage, "server_tool_use"), "web_search_requests")
    # Thinking is a part of the answer's own output, which may stand under another model.
    (thinking,), _ = clamp(
        counts, count(usage, "output_tokens"), [count(part(usage, "output_tokens_details"), "thinking_tokens")])
    counts.reasoning = min(thinking, counts.output)
    return counts


def anthropic(usage):
    """Exclusive: input_tokens are those neither read from nor written to a cache."""
    counts = Counts(
        input=count(usage, "input_tokens"), cache_read=count(usage, "cache_read_input_tokens"),
        output=count(usage, "output_tokens"),
        web_search=count(part(usage, "server_tool_use"), "web_search_requests"))
    split = part(usage, "cache_creation")
    counts.cache_write_1h = count(split, "ephemeral_1h_input_tokens")
    short = count(split, "ephemeral_5m_input_tokens")
    # What the total has beyond the split was cached by a server tool, for five minutes.
    counts.cache_write_5m = max(short, count(usage, "cache_creation_input_tokens") - counts.cache_write_1h)
    (counts.reasoning,), _ = clamp(
        counts, counts.output, [count(part(usage, "output_tokens_details"), "thinking_tokens")])
    return counts


def bedrock(usage):
    """Exclusive, with lifetimes in a list."""
    counts = Counts(
        input=count(usage, "inputTokens"), cache_read=count(usage, "cacheReadInputTokens"),
        output=count(usage, "outputTokens"))
    for detail in usage.get("cacheDetails") or []:
        if detail.get("ttl") == "1h":
            counts.cache_write_1h += count(detail, "inputTokens")
        else:
            counts.cache_write_5m += count(detail, "inputTokens")
    counts.cache_write_5m = max(
        counts.cache_write_5m, count(usage, "cacheWriteInputTokens") - counts.cache_write_1h)
    return counts


def gemini(usage):
    """The cached part is inside the prompt; thoughts and tool-use prompts come on top."""
    counts = Counts()
    (counts.cache_read,), counts.input = clamp(
        counts, count(usage, "promptTokenCount"), [count(usage, "cachedContentTokenCount")])
    counts.input += count(usage, "toolUsePromptTokenCount")
    counts.reasoning = count(usage, "thoughtsTokenCount")
    counts.output = count(usage, "candidatesTokenCount") + counts.reasoning
    return counts
