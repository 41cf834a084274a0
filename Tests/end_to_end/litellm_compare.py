"""Whether Tollbook's and LiteLLM's answers agree, and the name of the difference where they do not.

A difference is named by its cause, which is read from the cell and the map's entry, never from the amounts alone.
"""

from collections import Counter
from decimal import Decimal

from litellm_cells import INPUTS, THRESHOLD

#: Models priced only by what the grid has no call for: seconds of a chat, images that go in, and the like.
MODELS_NOT_ASKED_MAX = 75
#: Numbers of an entry that stands in the map twice, with other prices.
NUMBERS_ELSEWHERE_MAX = 3
RELATIVE_MAX = Decimal("1e-9")
#: Half of 1e-15 USD for each counted unit: what rounding a price to the book's unit can make.
ROUNDING_MAX = Decimal("5e-16")

CLASSES = {
    "batch, long cache writes":
        "a cache write of 1 or 12 hours in a batch: LiteLLM takes the batch price of the shortest lifetime. Tollbook "
        "takes half of the lifetime's own price: Anthropic, \"Prompt caching\" and \"Batch processing\" (the discounts "
        "are on top of each other)",
    "batch, long context":
        "a batch above a context threshold that the map has no batch price for: LiteLLM forgets the threshold. "
        "Tollbook lets the batch price rise as the standard one does: Anthropic and Google publish the batch as half "
        "of both prices",
    "batch, caches":
        "tokens read from or written to a cache in a batch that the map has no batch price for: LiteLLM takes plain "
        "input. Tollbook takes what the vendor says: Google, \"the discounts for cache and batch don't stack; the "
        "cache hit discount takes precedence\"; Anthropic, half of the cache's price",
    "flex, long context":
        "flex above a context threshold that the map has no flex price for: LiteLLM takes the standard price there, "
        "twice the right one. Tollbook: Google, \"Flex: 50 % discount\"",
    "Bedrock, a region's own call":
        "a call by the plain id in a region: LiteLLM takes the plain entry, at Claude's newer models the cheaper "
        "price of the global profile. Tollbook takes the geography's: AWS bills regional and geographic calls of "
        "Claude 4.5 and later 10 % above global ones",
    "Bedrock, no price in the region":
        "the same where the map has no price of the region's geography: LiteLLM takes the global one. Tollbook says "
        "that there is none",
    "Fireworks, tiers":
        "LiteLLM's calculator for Fireworks drops the tier; the map has the tier's price. Tollbook, and LiteLLM's "
        "shared calculator",
    "Perplexity, caches and context":
        "LiteLLM's calculator for Perplexity knows no caches and no context thresholds; the map has their prices. "
        "Tollbook, and LiteLLM's shared calculator",
    "Perplexity, the fee of a request":
        "the map's `input_cost_per_request` is never charged by LiteLLM. Tollbook charges it once for each answer",
    "no price":
        "the map has the model and no price: LiteLLM says 0 USD. Tollbook says that there is no price: unknown is not "
        "free",
    "no price, search":
        "the map says that the model searches and has no price for it: LiteLLM adds 0 USD, or for Google a price from "
        "its code. Tollbook names the searches as unpriced; Anthropic's and xAI's published price it knows",
    "no price, an hour's cache write":
        "Claude through a reseller without a price for the hour: LiteLLM takes the 5-minute price, 37.5 % less than "
        "Anthropic's for the hour. Tollbook names it as unpriced",
    "two entries of one model":
        "two keys of the map are the same model at the same vendor, and say different things: Tollbook has one price, "
        "the first, and the import lists them; LiteLLM's depends on how the model is spelled. Nobody",
    "a search's fee once":
        "LiteLLM charges one search however many were made. Tollbook charges each",
    "a doubled vendor's name":
        "`perplexity/perplexity/sonar` is Perplexity's model `perplexity/sonar`: LiteLLM takes the price of "
        "`perplexity/sonar`, another entry of the map. Tollbook",
    "Bedrock, edited images":
        "LiteLLM looks for the price under a size and a number of steps, and finds none; the map has one for each "
        "image. Tollbook",
    "the unit of money":
        "a price finer than 1e-15 USD, which the import rounds and lists. LiteLLM, by less than the money's unit for "
        "each counted unit",
}


def is_equal(a, b):
    return abs(a - b) <= RELATIVE_MAX * max(abs(a), abs(b))


class Causes:
    """What the whole map says: which keys are one model."""

    def __init__(self, cells):
        keys = {}
        for cell in cells:
            one = cell.asked
            region, model = one.region, one.model
            head, _, rest = model.partition(".")
            if one.provider == "bedrock" and head in ("us", "eu", "apac", "jp", "au", "global", "us-gov", "ca", "in"):
                region, model = head, rest
            keys.setdefault((one.provider, model, region or ""), set()).add(one.key)
        self.shared = {key for same in keys.values() if len(same) > 1 for key in same}

    def name(self, cell, answer, theirs, shared):
        """`equal`, the name of the difference, or `other`."""
        ours = None if answer["unpriced"] or answer["usd"] is None else Decimal(answer["usd"])
        if ours is not None and theirs is not None:
            their_cost = Decimal(theirs)
            if is_equal(ours, their_cost):
                return "equal"
            if abs(ours - their_cost) <= ROUNDING_MAX * sum(cell.counts.values()) + RELATIVE_MAX * abs(ours):
                return "the unit of money"
        name = next((name for name, holds in self.rules(cell, answer["unpriced"]) if holds), "other")
        if name.startswith(("Fireworks", "Perplexity")):
            # LiteLLM's shared calculator agrees with Tollbook, but for the fee, which it has not either.
            fee = Decimal(str(cell.asked.entry.get("input_cost_per_request", 0)))
            return name if shared is not None and is_equal(ours, Decimal(shared) + fee) else "other"
        return name

    def rules(self, cell, unpriced):
        entry, counts, tier = cell.asked.entry, cell.counts, cell.tier
        provider = cell.asked.provider
        missing = unpriced or ""
        total = sum(counts.get(name, 0) for name in INPUTS)
        crossed = [name for name in entry if name.startswith(("input_cost", "output_cost", "cache_"))
                   and (match := THRESHOLD.search(name)) and total > int(match[1]) * 1000]
        suffix = {"batch": "_batches"}.get(tier, f"_{tier}")
        long_missing = [name for name in crossed if name.endswith("k_tokens") and name + suffix not in entry]
        yield "no price", cell.kind == "a model without a price"
        yield "no price, search", "web_search" in counts and "search_context_cost_per_query" not in entry
        yield "no price, an hour's cache write", "cache_write_1h" in missing
        yield "Bedrock, a region's own call", cell.kind == "a region's own call" and not unpriced
        yield "Bedrock, no price in the region", cell.kind == "a region's own call" and "region" in missing
        yield "Fireworks, tiers", provider == "fireworks_ai" and tier != "standard"
        yield "Perplexity, the fee of a request", provider == "perplexity" and "input_cost_per_request" in entry
        yield "Perplexity, caches and context", provider == "perplexity" and (
            bool(crossed) or any(name.startswith("cache_") for name in counts))
        yield "batch, long cache writes", tier == "batch" and any(
            name in counts and f"cache_creation_input_token_cost_above_{hours}hr_batches" not in entry
            for name, hours in (("cache_write_1h", 1), ("cache_write_12h", 12)))
        yield "batch, long context", tier == "batch" and bool(long_missing)
        yield "batch, caches", tier == "batch" and any(
            name in counts and f"{field}_batches" not in entry
            for name, field in (("cache_read", "cache_read_input_token_cost"),
                                ("cache_write_5m", "cache_creation_input_token_cost"),
                                ("cache_read_audio", "cache_read_input_audio_token_cost")))
        yield "flex, long context", tier == "flex" and bool(long_missing)
        yield "Bedrock, edited images", provider == "bedrock" and entry.get("mode") == "image_edit"
        yield "a search's fee once", provider == "parallel_ai"
        yield "a doubled vendor's name", cell.asked.key.startswith(f"{provider}/{provider}/")
        yield "two entries of one model", cell.asked.key in self.shared


def table(heading, rows):
    return f"| Cells | {heading} |\n|---:|---|\n" + "".join(f"| {count:,} | {text} |\n" for text, count in rows)


def written(names, cells, inexact):
    """The counted part of the document."""
    equal, total = names["equal"], len(cells)
    models = len({cell.asked.key for cell in cells})
    vendors = len({cell.asked.provider for cell in cells})
    bypassed = sum(names[name] for name in CLASSES if name.startswith(("Fireworks", "Perplexity, caches")))
    unknown = sum(names[name] for name in CLASSES if name.startswith(("no price", "Bedrock, no price")))
    lines = [
        f"{vendors} vendors, {models:,} models, {total:,} cells: {equal:,} ({100 * equal / total:.2f} %) equal to a "
        f"billionth, {total - equal - names['other']:,} in the named classes below, {names['other']} other.\n",
        f"Of the named ones, LiteLLM's shared calculator agrees with Tollbook in {bypassed:,}, where its vendors' own "
        f"calculators do not use it; in {unknown:,} the map has no price, and Tollbook says so.\n",
        table("Class of difference, and who is right", [("equal", equal)] + [
            (f"**{name}**: {text}", names[name]) for name, text in sorted(
                CLASSES.items(), key=lambda item: -names[item[0]]) if names[name]] + [("anything else", names["other"])]),
        f"LiteLLM calculates in doubles: of the equal cells {inexact:,} are not the exact sum of prices times counts, "
        "by less than a billionth. Tollbook's are.\n",
        table("Usage", Counter(cell.kind for cell in cells).most_common()),
        table("Service tier", Counter(cell.tier for cell in cells).most_common()),
    ]
    return "\n".join(lines)


