"""A history as LiteLLM's table LiteLLM_SpendLogs exports it, from a seed, and what it must cost by hand arithmetic."""
import csv
import datetime
import hashlib
import io
import json
import random
from decimal import Decimal

COLUMNS = [
    "request_id", "call_type", "api_key", "spend", "total_tokens", "prompt_tokens", "completion_tokens",
    "startTime", "endTime", "completionStartTime", "model", "model_id", "model_group", "custom_llm_provider",
    "api_base", "user", "metadata", "cache_hit", "cache_key", "request_tags", "team_id", "end_user",
    "requester_ip_address", "messages", "response", "session_id", "status"]

# US dollars a token: input, cache read, cache write for 5 minutes, for an hour, output.
PRICES = {
    "gpt-4o-mini": ("openai", "0.00000015", "0.000000075", None, None, "0.0000006"),
    "claude-haiku-4-5-20251001": (
        "anthropic", "0.000001", "0.0000001", "0.00000125", "0.000002", "0.000005"),
    "gpt-4.1": ("openai", "0.000002", "0.0000005", None, None, "0.000008")}
KEYS = ["ticket-generator-prod", "shared-batch", "poc-unlabelled"]


def history(rows, seed=1, first="2026-09-01T00:00:00", days=29):
    """Rows as dictionaries; `cost` of each is the exact cost in dollars, which no export has."""
    dice = random.Random(seed)
    start = datetime.datetime.fromisoformat(first)
    result = []
    for number in range(rows):
        model = dice.choice(list(PRICES))
        provider, *prices = PRICES[model]
        prices = [Decimal(price or 0) for price in prices]
        read = dice.choice([0, 0, dice.randrange(20_000)])
        short, long = (dice.randrange(3000), dice.randrange(900)) if provider == "anthropic" else (0, 0)
        fresh, output = dice.randrange(1, 8000), dice.randrange(1, 2000)
        failed, cached = dice.random() < 0.02, dice.random() < 0.03
        counts = [0] * 5 if failed or cached else [fresh, read, short, long, output]
        cost = sum(price * count for price, count in zip(prices, counts))
        time = start + datetime.timedelta(microseconds=dice.randrange(days * 86_400_000_000) // 1000 * 1000)
        prompt = 0 if failed else fresh + read + short + long
        completion = 0 if failed else output
        usage = None if failed else {
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
            "prompt_tokens_details": {
                "cached_tokens": read, "text_tokens": None, "cache_creation_tokens": short + long,
                "cache_creation_token_details": {
                    "ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}}}
        key = dice.choice(KEYS)
        result.append({
            "cost": cost, "request_id": f"chatcmpl-{seed}-{number}", "call_type": "acompletion",
            "api_key": hashlib.sha256(key.encode()).hexdigest(),
            # LiteLLM adds doubles up; gpt-4.1 has an old price in its map.
            "spend": float(cost) * (2 if model == "gpt-4.1" else 1), "total_tokens": prompt + completion,
            "prompt_tokens": prompt, "completion_tokens": completion, "startTime": time,
            "endTime": time + datetime.timedelta(milliseconds=dice.randrange(200, 9000)),
            "completionStartTime": None, "model": model, "model_id": "d-1", "model_group": "public-" + model,
            "custom_llm_provider": provider, "api_base": "https://example.invalid", "user": "owner",
            "metadata": {
                "user_api_key_alias": key, "usage_object": usage, "status": "failure" if failed else "success",
                "additional_usage_values": {}, "spend_logs_metadata": None},
            "cache_hit": str(cached), "cache_key": "Cache OFF",
            "request_tags": ["env=prod", "User-Agent: openai"], "team_id": "t-1",
            "end_user": f"u-{dice.randrange(50)}", "requester_ip_address": "10.0.0.8",
            "messages": [{"role": "user", "content": "CANARYPROMPT, \"quoted\"\nin two lines"}],
            "response": {}, "session_id": f"s-{number}", "status": "failure" if failed else "success"})
    return result


def _plain(row, time):
    row = {name: row[name] for name in COLUMNS}
    for name in ("startTime", "endTime", "completionStartTime"):
        row[name] = time(row[name]) if row[name] else None
    return row


def as_json_lines(rows):
    return "".join(json.dumps(_plain(row, lambda t: t.isoformat() + "Z")) + "\n" for row in rows).encode()


def as_json_array(rows):
    return json.dumps([_plain(row, lambda t: t.isoformat() + "+00:00") for row in rows], indent=1).encode()


def as_csv(rows, zone=""):
    """As psql's \\copy writes it: times without a zone, nulls as nothing, LF."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        row = _plain(row, lambda t: t.isoformat(" ", "milliseconds") + zone)
        writer.writerow([json.dumps(v) if isinstance(v, (dict, list)) else v for v in row.values()])
    return text.getvalue().encode()
