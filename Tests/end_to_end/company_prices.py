"""What the made-up company's vendors charge, and how their lists changed over its months.

Each edition is a whole price book in the format of docs/prices.md. The prices are made up, near the vendors' own.
"""

M = 1_000_000
HEADING = "basis,provider,model,region,service_tier,context_over,when,meter,usd,per,factor,effective_from"
METERS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")

# (provider, model, region, tier, context_over): USD a million tokens, in the order of METERS; None: no such price.
LIST = {
    ("anthropic", "claude-sonnet-4-5", "", "standard", 0): ("3", "0.3", "3.75", "6", "15"),
    ("anthropic", "claude-haiku-4-5", "", "standard", 0): ("1", "0.1", "1.25", "2", "5"),
    ("anthropic", "claude-haiku-4-5", "", "batch", 0): ("0.5", "0.05", "0.625", "1", "2.5"),
    ("anthropic", "claude-opus-4-6", "", "standard", 0): ("5", "0.5", "6.25", "10", "25"),
    ("openai", "gpt-4.1", "", "standard", 0): ("2", "0.5", None, None, "8"),
    ("openai", "gpt-4.1", "", "batch", 0): ("1", "0.25", None, None, "4"),
    ("openai", "gpt-5-mini", "", "standard", 0): ("0.25", "0.025", None, None, "2"),
    ("openai", "gpt-5.4", "", "standard", 0): ("2.5", "0.25", None, None, "15"),
    ("openai", "gpt-5.4", "", "standard", 272_000): ("5", "0.5", None, None, "22.5"),
    ("openai", "gpt-5.4", "", "flex", 0): ("1.25", "0.125", None, None, "7.5"),
    ("openai", "text-embedding-3-small", "", "standard", 0): ("0.02", None, None, None, None),
    ("gemini", "gemini-2.5-flash", "", "standard", 0): ("0.3", "0.03", None, None, "2.5"),
    ("gemini", "gemini-2.5-pro", "", "standard", 0): ("1.25", "0.125", None, None, "10"),
    ("gemini", "gemini-2.5-pro", "", "standard", 200_000): ("2.5", "0.25", None, None, "15"),
    ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "", "standard", 0): ("3", "0.3", "3.75", "6", "15"),
    ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "jp", "standard", 0): (
        "3.3", "0.33", "4.125", "6.6", "16.5"),
    ("bedrock", "amazon.nova-lite-v1:0", "apac", "standard", 0): ("0.063", None, None, None, "0.252"),
}
SEARCHES = {("anthropic", "claude-sonnet-4-5"): "0.01", ("openai", "gpt-5.4"): "0.01", ("gemini", "gemini-2.5-flash"): "0.035"}
"""USD a web search."""
FACTORS = [
    # Sonnet's batches have no prices of their own: half of everything.
    "list,anthropic,claude-sonnet-4-5,,batch,0,,tokens,,,0.5,",
    # A year's agreement with one vendor.
    "contracted,openai,gpt-*,,*,0,,all,,,0.96,2026-06-30T15:00:00Z",
]

FLASH_RISE = {("gemini", "gemini-2.5-flash", "", "standard", 0): (
    "2026-03-10T00:00:00Z", ("0.35", "0.035", None, None, "2.8"))}
HAIKU_CUT = {
    ("anthropic", "claude-haiku-4-5", "", "standard", 0): ("2026-06-01T00:00:00Z", ("0.8", "0.08", "1", "1.6", "4")),
    ("anthropic", "claude-haiku-4-5", "", "batch", 0): ("2026-06-01T00:00:00Z", ("0.4", "0.04", "0.5", "0.8", "2"))}
MINI_RISE = {("openai", "gpt-5-mini", "", "standard", 0): (
    "2026-09-15T00:00:00Z", ("0.3", "0.03", None, None, "2.5"))}
SONNET_RISE = {("anthropic", "claude-sonnet-4-5", "", "standard", 0): (
    "2026-10-10T15:00:00Z", ("3.3", "0.33", "4.125", "6.6", "16.5"))}

# The rise of gpt-5-mini was announced and taken back: the third edition comes a second time.
EDITIONS = {
    "first": [],
    "flash-rises": [FLASH_RISE],
    "haiku-falls": [FLASH_RISE, HAIKU_CUT],
    "mini-would-rise": [FLASH_RISE, HAIKU_CUT, MINI_RISE],
    "sonnet-rises": [FLASH_RISE, HAIKU_CUT, SONNET_RISE],
}


def edition(name):
    """The price book's text."""
    lines = []
    for key, prices in LIST.items():
        lines += rows(key, prices, "")
    for (provider, model), usd in SEARCHES.items():
        lines.append(f"list,{provider},{model},,standard,0,,web_search,{usd},1,,")
    for change in EDITIONS[name]:
        for key, (since, prices) in change.items():
            lines += rows(key, prices, since)
    return "\n".join([HEADING, *lines, *FACTORS]) + "\n"


def rows(key, prices, since):
    provider, model, region, tier, over = key
    return [
        f"list,{provider},{model},{region},{tier},{over},,{meter},{usd},{M},,{since}"
        for meter, usd in zip(METERS, prices) if usd is not None]
