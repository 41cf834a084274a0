"""Random usage objects of every vendor, whole and broken, held to the oracle. The seed is the test's name."""
import random

import pytest
import yaml

from desk import Desk, end_line

MODELS = {
    "openai": ["gpt-4o-mini-2024-07-18", "gpt-4.1-2025-04-14", "gpt-5.4-2026-03-05", "nobody"],
    "azure": ["gpt-4.1-mini-2025-04-14", "gpt-4.1"],
    "anthropic": ["claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-opus-4-6"],
    "bedrock": ["jp.anthropic.claude-sonnet-4-5-20250929-v1:0", "apac.amazon.nova-lite-v1:0"],
    "gemini": ["gemini-2.5-flash", "gemini-2.5-pro"],
}
ENDPOINTS = {
    "openai": ["openai.chat_completions", "openai.responses", "openai.embeddings"],
    "azure": ["openai.chat_completions", "openai.responses"],
    "anthropic": ["anthropic.messages"],
    "bedrock": ["bedrock.converse", "bedrock.converse_stream", "bedrock.invoke"],
    "gemini": ["gemini.generate_content", "openai.chat_completions"],
}
LINES = 300
IMPOSSIBLE = [-1, 1.5, True, "many", [1], {"n": 1}, 2**53 + 1, "-3"]


class Vendor:
    """Writes usage objects as vendors and the gateways between do: counts as numbers, as text, null, or absent."""

    def __init__(self, chance, broken):
        self.chance, self.broken = chance, broken

    def put(self, usage, name, value):
        luck = self.chance.random()
        if luck < 0.08:
            value = str(value)
        elif luck < 0.16:
            value = float(value)
        elif value == 0 and luck < 0.4:
            value = None
        elif value == 0 and luck < 0.6:
            return
        if self.broken and self.chance.random() < 0.02:
            value = self.chance.choice(IMPOSSIBLE)
        usage[name] = value

    def counts(self, **names):
        usage = {}
        for name, value in names.items():
            self.put(usage, name, value)
        if self.chance.random() < 0.1:
            usage["a_field_of_tomorrow"] = self.chance.choice([7, "x", None, {"deep": [1.5, -2]}])
        return usage

    def some(self, most=3000):
        return self.chance.choice([0, self.chance.randrange(1, most), self.chance.randrange(1, most)])

    def usage(self, endpoint):
        fresh, read, short, long, out = (self.some() for _ in range(5))
        if self.chance.random() < 0.05:
            fresh += self.chance.choice([200_000, 272_000, 400_000]) - read
        thinking = self.chance.randrange(out + 1)
        # Now and then a part is larger than its whole.
        too_much = self.chance.choice([0] * 15 + [5000])
        if endpoint == "openai.embeddings":
            return self.counts(prompt_tokens=fresh, total_tokens=fresh) if fresh else {"prompt_tokens": 1}
        if endpoint == "openai.responses":
            return self.counts(input_tokens=fresh + read, output_tokens=out) | {
                "input_tokens_details": self.counts(cached_tokens=read + too_much),
                "output_tokens_details": self.counts(reasoning_tokens=thinking)}
        if endpoint.startswith("openai."):
            audio = self.chance.choice([0, 0, 0, min(20, fresh)])
            usage = self.counts(prompt_tokens=fresh + read, completion_tokens=out)
            if self.chance.random() < 0.3:
                hidden = self.chance.choice([0, 0, 77])
                usage["total_tokens"] = fresh + read + out + hidden
                usage.setdefault("prompt_tokens", fresh + read)
            return usage | {
                "prompt_tokens_details": self.counts(cached_tokens=read + too_much, audio_tokens=audio),
                "completion_tokens_details": self.counts(reasoning_tokens=min(thinking + too_much, 10**6))}
        if endpoint.startswith("gemini."):
            return self.counts(
                promptTokenCount=fresh + read, cachedContentTokenCount=read + too_much,
                candidatesTokenCount=out, thoughtsTokenCount=thinking, toolUsePromptTokenCount=short)
        if endpoint.startswith("bedrock.converse"):
            details = [{"ttl": t, "inputTokens": n} for t, n in (("1h", long), ("5m", short)) if n]
            return self.counts(
                inputTokens=fresh, outputTokens=out, cacheReadInputTokens=read,
                cacheWriteInputTokens=long + short) | {"cacheDetails": details if long + short else None}
        return self.anthropic(fresh, read, short, long, out, thinking)

    def anthropic(self, fresh, read, short, long, out, thinking):
        usage = self.counts(
            input_tokens=fresh, cache_read_input_tokens=read, output_tokens=out,
            cache_creation_input_tokens=short + long + self.chance.choice([0, 0, 0, 33]))
        if not isinstance(usage.get("cache_creation_input_tokens"), int):
            usage["cache_creation_input_tokens"] = short + long
        usage["cache_creation"] = {
            "ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
        usage.setdefault("input_tokens", fresh)
        usage["output_tokens_details"] = {"thinking_tokens": thinking}
        if self.chance.random() < 0.2:
            usage["server_tool_use"] = self.counts(web_search_requests=self.chance.randrange(3))
        if self.chance.random() < 0.15:
            usage["iterations"] = [
                {"type": kind, "model": model, "input_tokens": self.some(), "output_tokens": self.some(),
                 "cache_read_input_tokens": self.some()}
                for kind, model in self.chance.choice([
                    [("message", None), ("advisor_message", "claude-opus-4-6")],
                    [("message", None), ("compaction", None)],
                    [("message", "claude-sonnet-4-5-20250929"), ("fallback_message", "claude-opus-4-6")]])]
        return usage

    def billing(self, endpoint):
        billing = {}
        if self.chance.random() < 0.4:
            billing["service_tier"] = self.chance.choice(
                [None, "default", "standard", "flex", "priority", "scale"])
        if self.chance.random() < 0.1:
            billing["batch"] = True
        if endpoint == "openai.responses" and self.chance.random() < 0.2:
            billing["tool_usage"] = {"web_search": self.counts(num_requests=2)}
        if endpoint.startswith("gemini.") and self.chance.random() < 0.2:
            billing["search_queries"] = 1
        if endpoint == "anthropic.messages" and self.chance.random() < 0.1:
            billing["stop_reason"] = "refusal"
        return self.chance.choice([billing, billing, billing or None])


def random_end(chance, seq, broken):
    provider = chance.choice(sorted(MODELS))
    endpoint, model = chance.choice(ENDPOINTS[provider]), chance.choice(MODELS[provider])
    vendor = Vendor(chance, broken)
    outcome = chance.choice(["ok"] * 8 + ["client_gone", "stream_broken", "vendor_error"])
    usage = vendor.usage(endpoint)
    if outcome == "vendor_error" and chance.random() < 0.7:
        usage = None
    return end_line(
        seq, endpoint=endpoint, provider=chance.choice([provider] * 30 + [None]),
        model={"requested": model, "returned": chance.choice([model, model, None])}, usage=usage,
        billing=vendor.billing(endpoint) if usage else None, outcome=outcome, final=chance.random() < 0.95,
        usage_source=chance.choice(["vendor"] * 6 + ["estimated"]) if usage else "none",
        key={"id": f"k_{seq}", "name": "each"})


@pytest.mark.usefixtures("store_kind")
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("broken", [False, True], ids=["whole", "broken"])
def test_random_usage_objects_are_counted_and_priced_as_the_oracle_does(tmp_path, seed, broken):
    chance = random.Random(seed)
    lines = [random_end(chance, seq, broken) for seq in range(1, LINES + 1)]
    # A product for each line, so that a difference names its line.
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({
        "products": [{"id": f"line-{n}", "name": f"Line {n}"} for n in range(1, LINES + 1)],
        "rules": [{"product": f"line-{n}", "when": {"key_id": f"k_{n}"}} for n in range(1, LINES + 1)]}))
    desk = Desk(tmp_path, attribution=tmp_path / "rules.yaml").import_prices()
    desk.write_lines("2026/10/05/03-w-hand-1.jsonl", *lines)
    run = desk.run(codes=(0, 3))
    assert (run["ingest"]["rejected"] > 0) == broken
    found = desk.differences_from_oracle(run)
    assert found == []
