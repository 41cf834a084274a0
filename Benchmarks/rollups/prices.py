"""A price book in, `prices.csv` out: for each model of the sample month, as the log names it, and for each service tier,
what one unit of each meter costs below and above the model's context threshold.

    python3 Benchmarks/rollups/prices.py prices/VERSION.csv > Benchmarks/rollups/prices.csv

Which line of the book holds for which name was looked up by hand in docs/prices.md and the book, and stands in MODELS;
the engine under test has no part in it. An empty cell is a meter without a price."""
import csv
import sys
from decimal import Decimal

# (provider, model) in the log: (model, region) in the book. A prefix is the region; a model of no price is left out.
MODELS = {
    ("anthropic", "claude-sonnet-4-5-20250929"): ("claude-sonnet-4-5-20250929", ""),
    ("anthropic", "claude-haiku-4-5-20251001"): ("claude-haiku-4-5-20251001", ""),
    ("anthropic", "claude-opus-4-6-20260205"): ("claude-opus-4-6-20260205", ""),
    ("openai", "gpt-4o-mini-2024-07-18"): ("gpt-4o-mini-2024-07-18", ""),
    ("openai", "gpt-4.1-2025-04-14"): ("gpt-4.1-2025-04-14", ""),
    ("openai", "gpt-5-mini-2025-08-07"): ("gpt-5-mini-2025-08-07", ""),
    ("openai", "gpt-5.4-2026-03-05"): ("gpt-5.4-2026-03-05", ""),
    ("openai", "gpt-5.2-2025-12-11"): ("gpt-5.2-2025-12-11", ""),
    ("openai", "text-embedding-3-small"): ("text-embedding-3-small", ""),
    ("azure", "gpt-4.1-mini-2025-04-14"): ("gpt-4.1-mini-2025-04-14", ""),
    ("bedrock", "jp.anthropic.claude-sonnet-4-5-20250929-v1:0"): ("anthropic.claude-sonnet-4-5-20250929-v1:0", "jp"),
    ("bedrock", "apac.amazon.nova-lite-v1:0"): ("amazon.nova-lite-v1:0", "apac"),
    ("gemini", "gemini-2.5-flash"): ("gemini-2.5-flash", ""),
    ("gemini", "gemini-2.5-pro"): ("gemini-2.5-pro", ""),
}
TIERS = ("standard", "batch", "flex", "priority")
TOKENS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
#: A token meter without a price of its own is plain input; a 1-hour write only where 5-minute writes have no price either.
AS_INPUT = ("cache_read", "cache_write_5m", "cache_write_1h")
BATCH_FACTOR = Decimal("0.5")


def main():
    lines = read_book(sys.argv[1])
    out = csv.writer(sys.stdout, lineterminator="\n")
    meters = [*TOKENS, "web_search"]
    out.writerow(["provider", "model", "service_tier", "context_over", *meters, *(f"long_{m}" for m in TOKENS)])
    for (provider, name), (model, region) in MODELS.items():
        book = {key[3:]: usd for key, usd in lines.items() if key[:3] == (provider, model, region)}
        assert book, f"the book has no {model} of {provider} in region {region!r}"
        over = max(size for _, size, _ in book)
        assert {size for _, size, _ in book} <= {0, over}, f"{model} has two thresholds: the table has columns for one"
        for tier in TIERS:
            below = [rate(book, tier, meter, 0) for meter in meters]
            above = [rate(book, tier, meter, over) for meter in TOKENS]
            out.writerow([provider, name, tier, over or "", *map(digits, below), *map(digits, above)])


def read_book(path):
    """(provider, model, region, tier, context_over, meter): dollars for one unit."""
    with open(path, encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        prices = {}
        for row in rows:
            # The sample month names no geography, speed or search size and has no contract; no price of its models is dated.
            if row["basis"] != "list" or row["when"] or not row["usd"]:
                continue
            assert not row["effective_from"], f"{row} is dated: the table has no dates"
            key = tuple(row[name] for name in ("provider", "model", "region", "service_tier"))
            prices[(*key, int(row["context_over"]), row["meter"])] = Decimal(row["usd"]) / Decimal(row["per"])
        return prices


def rate(book, tier, meter, over):
    """The tier's own price, of the highest threshold crossed, then the standard one, at half for tokens of a batch."""
    def own(of_tier):
        return next((book[of_tier, size, meter] for size in (over, 0) if (of_tier, size, meter) in book), None)

    found = own(tier)
    if found is None and (found := own("standard")) is not None and tier == "batch" and meter in TOKENS:
        found *= BATCH_FACTOR
    if found is None and meter in AS_INPUT:
        if meter == "cache_write_1h" and rate(book, tier, "cache_write_5m", over) != rate(book, tier, "input", over):
            return None
        return rate(book, tier, "input", over)
    return found


def digits(usd):
    return "" if usd is None else f"{usd.normalize():f}"


if __name__ == "__main__":
    main()
