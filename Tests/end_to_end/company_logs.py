"""The raw logs of the made-up company: who calls which model how, month by month, as the proxy would have written it.

Written by hand from the format's description: nothing of the program's code, nothing of the oracle's.
"""
import datetime
import json
import random

ZONE = datetime.timezone(datetime.timedelta(hours=9))
HOUR = 3_600_000_000
PROFILES = "arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile"
SONNET_AT_BEDROCK = "jp.anthropic.claude-sonnet-4-5-20250929-v1:0"

# name: provider, endpoint, requested, returned, shape, what it does beyond plain tokens
MODELS = {
    "sonnet": ("anthropic", "anthropic.messages", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "anthropic", "search"),
    "haiku": ("anthropic", "anthropic.messages", "claude-haiku-4-5", "claude-haiku-4-5-20251001", "anthropic", ""),
    "opus": ("anthropic", "anthropic.messages", "claude-opus-4-6", "claude-opus-4-6-20260205", "anthropic", ""),
    "gpt41": ("openai", "openai.chat_completions", "gpt-4.1", "gpt-4.1-2025-04-14", "chat", ""),
    "mini": ("openai", "openai.chat_completions", "gpt-5-mini", "gpt-5-mini-2025-08-07", "chat", "reasons"),
    "gpt54": ("openai", "openai.responses", "gpt-5.4", "gpt-5.4-2026-03-05", "responses", "reasons long flex search"),
    "embed": ("openai", "openai.embeddings", "text-embedding-3-small", "text-embedding-3-small", "embeddings", ""),
    "flash": ("gemini", "gemini.generate_content", "gemini-2.5-flash", "gemini-2.5-flash", "gemini", "reasons search"),
    "pro": ("gemini", "gemini.generate_content", "gemini-2.5-pro", "gemini-2.5-pro", "gemini", "reasons long"),
    "bedrock": ("bedrock", "bedrock.converse", SONNET_AT_BEDROCK, SONNET_AT_BEDROCK, "converse", ""),
    "nova": ("bedrock", "bedrock.converse_stream", "apac.amazon.nova-lite-v1:0", None, "converse", "uncached"),
    "acme": ("openai", "openai.chat_completions", "acme-internal-70b", "acme-internal-70b", "chat", "uncached"),
}
LONG = {"gpt54": 272_000, "pro": 200_000}
HOSTILE_USERS = [
    '=HYPERLINK("http://example.com/","click")', "@SUM(A1:A9)", "+1+1", "田中 太郎", "<!channel>", "a|b\\n",
    "<script>alert(1)</script>", "O'Brien, \"Pat\""]
AGENTS = ["anthropic-python/2.12.0", "openai-python/3.54.0"]


class Caller:
    """One key: how much of the company's traffic it makes in a month, and by which models."""

    def __init__(self, key, team, weight, models, agents=AGENTS, product=None, profile=False, habit="plain", cache=0.45,
                 size=1.0):
        self.key, self.team, self.weight, self.models, self.agents = key, team, weight, models, agents
        self.product, self.profile, self.habit, self.cache, self.size = product, profile, habit, cache, size


def callers(month):
    """What the company looks like in a month (`2026-02`): products begin, stop, move to other models, cache better."""
    late = month >= "2026-03"
    found = [
        Caller("auto-approval-prod", "user-review", 30, {"sonnet": 30, "haiku": 50, "embed": 12, "acme": 3}, product="auto-approval",
               size=1.25 if month >= "2026-08" else 1.0),
        Caller("ticket-generator-prod", "user-review", 22, {"gpt41": 20 if late else 60, "mini": 55 if late else 10,
               "gpt54": 8 if late else 0, "flash": 22, "embed": 6}),
        Caller("ticket-generator-stg", "user-review", 3, {"mini": 3, "flash": 1}),
        Caller("shared-batch", "platform", 10, {"haiku": 5, "sonnet": 2, "gpt41": 3}, habit="batch"),
        Caller("dev-cline", "devex", 8, {"sonnet": 6, "pro": 3}, agents=["Cline/4.2.0"], habit="agent", cache=0.9),
        Caller("dev-claude-code", "devex", 6, {"sonnet": 7, "haiku": 1} | ({"opus": 2} if month >= "2026-02" else {}),
               agents=["claude-cli/2.4.1 (external, cli)"], habit="agent", cache=0.9),
        Caller("poc-unlabelled", "research", 3, {"mini": 3, "flash": 3, "acme": 1}),
    ]
    if month >= "2026-02":
        found.append(Caller("chrome-assistant", "devex", {"2026-02": 4, "2026-03": 9}.get(month, 14), {"bedrock": 6, "nova": 4},
                            agents=["Boto3/1.43.11"], profile=True, cache=0.7 if month >= "2026-07" else 0.25))
    if month <= "2026-07":
        found.append(Caller("faq-search", "portal", 14, {"mini": 4, "embed": 6, "flash": 2}))
    if month >= "2026-05":
        found.append(Caller("lab-7", "research", 3, {"flash": 2, "haiku": 2}))
    return found


class Proxy:
    """Lines in, hourly segments of one writer out, with numbers without a hole."""

    def __init__(self, folder, writer, opened):
        self.folder, self.writer = folder, writer
        self.lines = [(opened, opened, "open", {"program": "tollbook/0.1", "host": "proxy-1"})]

    def add(self, written, time, kind, fields):
        self.lines.append((written, time, kind, fields))

    def write(self, ends_with_close=True):
        self.lines.sort(key=lambda line: line[0])
        if ends_with_close:
            last = self.lines[-1][0]
            self.lines.append((last, last, "close", {}))
        segments = {}
        for seq, (written, time, kind, fields) in enumerate(self.lines, 1):
            line = {"v": 1, "kind": kind, "writer": self.writer, "seq": seq, "time": stamp(time)} | fields
            segments.setdefault(written // HOUR, []).append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
        names = []
        for number, (hour, lines) in enumerate(sorted(segments.items()), 1):
            begin = datetime.datetime.fromtimestamp(hour * 3600, datetime.timezone.utc)
            path = self.folder / f"{begin:%Y/%m/%d/%H}-{self.writer}-{number}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n")
            names.append(str(path.relative_to(self.folder)))
        return names


def stamp(us):
    whole, rest = divmod(us, 1_000_000)
    return f"{datetime.datetime.fromtimestamp(whole, datetime.timezone.utc):%Y-%m-%dT%H:%M:%S}.{rest:06d}Z"


def bounds(month):
    year, number = map(int, month.split("-"))
    first = datetime.datetime(year, number, 1, tzinfo=ZONE)
    after = datetime.datetime(year + number // 12, number % 12 + 1, 1, tzinfo=ZONE)
    return int(first.timestamp()) * 1_000_000, int(after.timestamp()) * 1_000_000


def write_month(folder, month, requests, seed):
    """The segments of the month's ordinary proxies, by name."""
    return Month(folder, month, requests, seed).write()


class Month:
    def __init__(self, folder, month, requests, seed):
        self.folder, self.month, self.requests = folder, month, requests
        self.random = random.Random(f"{seed} {month}")
        self.begin, self.end = bounds(month)
        self.callers = callers(month)
        self.number = 0

    def write(self):
        middle = (self.begin + self.end) // 2
        first = Proxy(self.folder, f"w-{self.month}-a".replace("-", ""), self.begin)
        second = Proxy(self.folder, f"w-{self.month}-b".replace("-", ""), middle)
        for time in self.times():
            self.request(first if time < middle else second, time)
        # The month's last and first microseconds, where zones are mistaken for each other.
        self.request(first, self.begin)
        self.request(second, self.end - 1)
        if self.month == "2026-10":
            self.burst(second)
        names = self.crash(first, middle)
        return names + second.write()

    def crash(self, proxy, middle):
        """The first proxy is killed: requests have begun, and a line is torn."""
        for n in range(2):
            facts = self.facts(self.caller(), middle - HOUR + n * 90_000_000)
            proxy.add(middle - HOUR + n * 90_000_000, facts.pop("time"), "start", start_of(facts))
        names = proxy.write(ends_with_close=False)
        if self.month in ("2026-04", "2026-10"):
            with open(self.folder / names[-1], "a") as file:
                file.write('{"v":1,"kind":"end","writer":"' + proxy.writer + '","seq":')
        return names

    def burst(self, proxy):
        """One afternoon a staging key runs wild."""
        wild = next(c for c in self.callers if c.key == "ticket-generator-stg")
        begin = bounds_of_day("2026-10-21") + 14 * HOUR
        for n in range(max(40, self.requests // 15)):
            self.request(proxy, begin + n * 11_000_000, Caller(
                wild.key, wild.team, 0, {"gpt41": 1}, size=6.0, cache=0))

    def times(self):
        """Office hours, two or three of them a day, few on weekends."""
        days = (self.end - self.begin) // (24 * HOUR)
        hours = []
        for day in range(days):
            begin = self.begin + day * 24 * HOUR
            weekend = datetime.datetime.fromtimestamp(begin // 1_000_000, ZONE).weekday() >= 5
            for hour in self.random.sample(range(9, 21), 1 if weekend else 2):
                hours += [begin + hour * HOUR] * (1 if weekend else 8)
        return sorted(self.random.choice(hours) + self.random.randrange(HOUR) for _ in range(self.requests))

    def caller(self):
        return self.random.choices(self.callers, [c.weight for c in self.callers])[0]

    def request(self, proxy, time, caller=None):
        """A start and its end; now and then a refusal, a retry, a client that leaves."""
        draw, caller = self.random, caller or self.caller()
        facts = self.facts(caller, time)
        written, name, model = facts.pop("time"), facts.pop("_name"), facts["model"]
        fate = draw.random()
        lasts = draw.randrange(400_000, 9_000_000)
        if fate < 0.012:
            proxy.add(written, written, "end", facts | {
                "attempt": 1, "final": True, "status": 429, "outcome": "refused", "stream": False,
                "error": {"type": "budget_exceeded", "message": "refused by the proxy"}, "usage": None, "usage_source": "none"})
            return
        proxy.add(written, written, "start", start_of(facts))
        if fate < 0.022:
            return
        if fate < 0.05:
            last, broke = fate < 0.03, fate >= 0.04
            usage, billing = answer(name, caller, draw) if broke else (None, None)
            proxy.add(written + lasts // 8, written, "end", facts | {
                "final": last, "status": 200 if broke else 529, "outcome": "stream_broken" if broke else "vendor_error",
                "stream": broke, "usage": usage, "billing": billing, "usage_source": "estimated" if broke else "none",
                "error": {"type": "vendor_cut" if broke else "overloaded_error", "message": "the vendor failed"},
                "model": model | ({"returned": MODELS[name][3]} if broke else {})})
            if last:
                return
            proxy.add(written + lasts // 8, written, "start", start_of(facts) | {"attempt": 2})
            facts["attempt"] = 2
        usage, billing = answer(name, caller, draw)
        returned = MODELS[name][3]
        end = facts | {
            "final": True, "stream": draw.random() < 0.5, "duration_us": lasts, "first_byte_us": lasts // 4,
            "upstream": facts["provider"] + "-main", "status": 200, "outcome": "ok", "error": None, "usage": usage, "billing": billing,
            "usage_source": "vendor", "response_id": f"resp_{facts['id'][-12:]}",
            "model": model | {"routed": model["requested"], "returned": returned}}
        if 0.05 <= fate < 0.065:
            end |= {"outcome": "client_gone", "usage_source": "estimated" if fate < 0.06 else "vendor"}
        elif 0.065 <= fate < 0.075:
            end |= {"outcome": "stream_broken", "usage_source": "estimated", "error": {
                "type": "vendor_cut", "message": "the vendor closed the stream before its last event"}}
        if caller.habit == "batch":
            end["metered_id"] = f"{facts['provider']}/{facts['id']}"
        proxy.add(written + lasts, written, "end", end)

    def facts(self, caller, time):
        draw = self.random
        name = draw.choices(list(caller.models), list(caller.models.values()))[0]
        provider, endpoint, requested, *_ = MODELS[name]
        self.number += 1
        hostile = draw.random() < 0.02
        tags = {"env": "stg" if caller.key.endswith("-stg") else "prod"}
        if caller.product:
            tags["product"] = caller.product
        stem = f"{time // 1000:012x}"
        return {
            "time": time, "_name": name, "id": f"{stem[:8]}-{stem[8:]}-7{draw.randrange(1 << 12):03x}-8{draw.randrange(1 << 12):03x}-"
            f"{draw.randrange(1 << 48):012x}", "attempt": 1, "endpoint": endpoint, "provider": provider,
            "model": {"requested": requested}, "key": {"id": f"k_{caller.key}", "name": caller.key}, "team": caller.team,
            "user": draw.choice(HOSTILE_USERS) if hostile else f"u-{1000 + int(draw.paretovariate(1.1)) % 14}",
            "session": f"s-{draw.randrange(200)}", "tags": tags, "region": "ap-northeast-1" if provider == "bedrock" else None,
            "inference_profile": f"{PROFILES}/chrome{draw.randrange(3)}a7f" if caller.profile else None,
            "client": {"ip": f"10.0.{draw.randrange(4)}.{1 + draw.randrange(200)}", "agent": draw.choice(caller.agents)}}


def bounds_of_day(day):
    return int(datetime.datetime.fromisoformat(day).replace(tzinfo=ZONE).timestamp()) * 1_000_000


def start_of(facts):
    """What a `start` says of its request."""
    return {name: value for name, value in facts.items() if name not in ("_name", "region", "upstream")}


def answer(name, caller, draw):
    """The vendor's usage object and the billing facts beside it."""
    shape, does = MODELS[name][4:]
    agent = caller.habit == "agent"
    fresh = int(draw.lognormvariate(9.2 if agent else 8.4, 0.9) * caller.size) + 1
    output = int(draw.lognormvariate(8.0 if agent else 7.6, 0.8)) + 1
    read = write5 = write1h = 0
    if shape != "embeddings" and does != "uncached" and draw.random() < caller.cache:
        read = int(draw.lognormvariate(11.2 if agent else 9.6, 0.7))
        if shape in ("anthropic", "converse"):
            write5 = int(draw.lognormvariate(8.6, 0.6)) if draw.random() < 0.3 else 0
            write1h = int(draw.lognormvariate(8.9, 0.6)) if draw.random() < 0.08 else 0
    if name in LONG and draw.random() < 0.05:
        fresh = max(1, LONG[name] - read) + draw.choice([0, 1, 25_000, 90_000])
    thought = draw.randrange(output) if "reasons" in does else 0
    searches = draw.randrange(1, 4) if "search" in does and draw.random() < 0.03 else 0
    tier = "flex" if "flex" in does and draw.random() < 0.2 else None
    batch = caller.habit == "batch"
    billing = {"service_tier": "batch" if batch and shape == "anthropic" else tier or (
        "standard" if shape == "anthropic" else "default")} if shape in ("anthropic", "chat", "responses") else {}
    if batch:
        billing["batch"] = True
    if searches and shape == "responses":
        billing["tool_usage"] = {"web_search": {"num_requests": searches}}
    if searches and shape == "gemini":
        billing["search_queries"] = 1
    usage = {
        "anthropic": lambda: {
            "input_tokens": fresh, "cache_creation_input_tokens": write5 + write1h, "cache_read_input_tokens": read,
            "cache_creation": {"ephemeral_5m_input_tokens": write5, "ephemeral_1h_input_tokens": write1h},
            "output_tokens": output, "service_tier": billing.get("service_tier"),
            **({"server_tool_use": {"web_search_requests": searches, "web_fetch_requests": 0}} if searches else {})},
        "chat": lambda: {
            "prompt_tokens": fresh + read, "completion_tokens": output, "total_tokens": fresh + read + output,
            "prompt_tokens_details": {"cached_tokens": read, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": 0}},
        "responses": lambda: {
            "input_tokens": fresh + read, "input_tokens_details": {"cached_tokens": read}, "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": thought}, "total_tokens": fresh + read + output},
        "embeddings": lambda: {"prompt_tokens": fresh, "total_tokens": fresh},
        "gemini": lambda: {
            "promptTokenCount": fresh + read, "cachedContentTokenCount": read, "candidatesTokenCount": output - thought,
            "thoughtsTokenCount": thought, "totalTokenCount": fresh + read + output},
        "converse": lambda: {
            "inputTokens": fresh, "outputTokens": output, "totalTokens": fresh + read + write5 + write1h + output,
            "cacheReadInputTokens": read, "cacheWriteInputTokens": write5 + write1h,
            "cacheDetails": [{"ttl": ttl, "inputTokens": n} for ttl, n in (("1h", write1h), ("5m", write5)) if n]},
    }[shape]()
    return usage, billing
