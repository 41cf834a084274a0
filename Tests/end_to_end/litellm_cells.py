"""The usages to price: every model of LiteLLM's map × what its vendor can report.

The rule for which usages belong to a model is `classes` (tokens) and `unit_cells` (everything else). Text and its
caches are in every vendor's usage object, so every model of text has them; for anything else the entry has a price
or says that the model does it. Which tiers: those the entry has a price at; `batch` also where the vendor
sells batches of every model. Which sizes: small ones, and each context threshold of the entry −1, ±0 and +1 tokens.
A request always has input, so every cell has.
"""

import re
from dataclasses import dataclass, field

#: The price that a token class has of its own, where it has one.
OWN_PRICES = {"input_audio": "input_cost_per_audio_token", "input_image": "input_cost_per_image_token",
              "input_video": "input_cost_per_video_token", "cache_read_audio": "cache_read_input_audio_token_cost",
              "output_audio": "output_cost_per_audio_token", "output_image": "output_cost_per_image_token"}
SKIPPED_KEYS = {"sample_spec", "fallback_generalizations"}
PROVIDERS = {
    "bedrock_converse": "bedrock", "text-completion-openai": "openai", "azure_text": "azure",
    "cohere_chat": "cohere", "fireworks_ai-embedding-models": "fireworks_ai",
}
BEDROCK_PREFIXES = ("global", "us", "eu", "apac", "jp", "au", "ca", "us-gov", "in", "sa", "me", "af")
REGION = re.compile(r"(eu|us|global|global-standard|apac|jp|au|ca|in)$|(us|eu|ap|ca|sa|me|af|il|mx)-")
THRESHOLD = re.compile(r"_above_(\d+)k_tokens")
TIER = re.compile(r"^(?:input|output)_cost_per_token(?:_above_\d+k_tokens)?_([a-z]+)$")
#: Vendors that sell batches of all their models; the others' price lists name the models, and so does the map.
BATCH_VENDORS = ("anthropic", "mistral", "groq")
#: In whose batches a cache is documented, besides where the map has a price for it.
CACHES_IN_BATCHES = ("anthropic", "openai", "azure", "gemini", "vertex", "mistral", "groq")
#: The words of `service_tier` that a client of OpenAI's interface may send to any model: without a price of its
#: own the tier costs what standard does.
EVERYBODYS_TIERS = {"flex", "priority"}
#: Not one of the map's tiers, though a field ends so.
NO_TIERS = {"hit", "batches"}

INPUTS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_12h", "input_audio", "input_image",
          "input_video", "cache_read_audio")
COUNTS = {"input": 1009, "cache_read": 2003, "cache_write_5m": 503, "cache_write_1h": 307, "cache_write_12h": 211,
          "input_audio": 127, "input_image": 131, "input_video": 137, "cache_read_audio": 53, "output": 701,
          "reasoning": 311, "output_audio": 83, "output_image": 89, "web_search": 1}


@dataclass
class Asked:
    """A model as a request names it."""
    key: str
    entry: dict
    provider: str
    model: str
    region: str | None
    facts: dict = field(default_factory=dict)


@dataclass
class Cell:
    asked: Asked
    counts: dict
    tier: str = "standard"
    call: str = "tokens"
    facts: dict = field(default_factory=dict)
    at: str | None = None
    region: str | None = None
    kind: str = ""

    def question(self):
        return {"provider": self.asked.provider, "model": self.asked.model,
                "region": self.region or self.asked.region,
                "service_tier": None if self.tier == "standard" else self.tier,
                "facts": self.asked.facts | self.facts, "at": self.at or "2026-11-25T02:00:00Z",
                "counts": self.counts}


def asked(key, entry):
    """How a request for this entry reaches the vendor; None for commitments by the hour and samplers' steps."""
    vendor = entry.get("litellm_provider")
    if vendor is None or "-commitment/" in key or "-steps/" in key:
        return None
    provider = PROVIDERS.get(vendor, "vertex" if vendor.startswith("vertex_ai") else vendor)
    parts, facts, region = key.split("/"), {}, None
    prefixes = {vendor, provider, "vertex_ai", "amazon-nova"}
    if len(parts) > 1 and parts[0] in prefixes:
        parts.pop(0)
    sized = next((i for i, part in enumerate(parts[:2]) if "-x-" in part), None)
    if sized is not None and len(parts) > sized + 1:
        facts["image_size"] = parts.pop(sized).replace("-x-", "x")
        if sized == 1 and (quality := parts.pop(0)) != "standard":
            facts["image_quality"] = quality
        if len(parts) > 1 and parts[0] in prefixes:
            parts.pop(0)
    if len(parts) > 1 and provider in ("bedrock", "bedrock_mantle", "azure") and REGION.match(parts[0]):
        region = parts.pop(0)
    if len(parts) > 1 and provider == "bedrock" and parts[0] in ("invoke", "converse"):
        parts.pop(0)
    return Asked(key, entry, provider, "/".join(parts), region, facts)


def is_token_priced(entry):
    return entry.get("input_cost_per_token") is not None or any(
        "input_cost_per_token" in tier for tier in entry.get("tiered_pricing") or [])


def classes(one):
    """The token classes that the vendor of this model can report."""
    entry, has = one.entry, lambda *names: any(
        name.startswith(prefix) and entry[name] is not None for name in one.entry for prefix in names)
    found = ["input"]
    writes_text = entry.get("mode") in ("chat", "completion", "responses")
    if writes_text or has("cache_read_input_token_cost", "input_cost_per_token_cache_hit"):
        found.append("cache_read")
    writes = has("cache_creation_input_token_cost")
    if writes_text or writes:
        found.append("cache_write_5m")
    # An hour's writes: Claude's, but not the older models' at Bedrock, which does not offer them there.
    if has("cache_creation_input_token_cost_above_1hr") or (
            writes and "claude" in one.key and one.provider != "bedrock"):
        found.append("cache_write_1h")
    if has("cache_creation_input_token_cost_above_12hr"):
        found.append("cache_write_12h")
    if entry.get("supports_audio_input") or has("input_cost_per_audio_token"):
        found.append("input_audio")
    if entry.get("supports_vision") or has("input_cost_per_image_token"):
        found.append("input_image")
    if entry.get("supports_video_input") or has("input_cost_per_video_token"):
        found.append("input_video")
    if has("cache_read_input_audio_token_cost"):
        found.append("cache_read_audio")
    # What a model that makes images puts out is image tokens, unless it has a price for text.
    if entry.get("mode") not in ("embedding", "rerank") and (
            "output_cost_per_token" in entry or not str(entry.get("mode")).startswith("image_")):
        found.append("output")
    if writes_text or has("output_cost_per_reasoning_token"):
        found.append("reasoning")
    if entry.get("supports_audio_output") or has("output_cost_per_audio_token"):
        found.append("output_audio")
    if has("output_cost_per_image_token"):
        found.append("output_image")
    if entry.get("search_context_cost_per_query") or entry.get("supports_web_search"):
        found.append("web_search")
    return found


def thresholds(entry):
    found = {int(number) * 1000 for name in entry for number in THRESHOLD.findall(name)}
    for tier in entry.get("tiered_pricing") or []:
        found |= {int(edge) for edge in tier.get("range", []) if 0 < edge < 1e9}
    return sorted(found)


def tiers(one):
    found = {match[1] for name, value in one.entry.items() if value is not None and (match := TIER.match(name))}
    batch = "input_cost_per_token_batches" in one.entry or one.provider in BATCH_VENDORS
    return ["standard", *sorted(found - NO_TIERS | EVERYBODYS_TIERS), *(["batch"] if batch else [])]


def in_tier(one, names, tier):
    """The classes that can be reported in a batch: a modality with a price of its own needs a batch price of its own."""
    if tier != "batch":
        return names
    entry, kept = one.entry, []
    for name in names:
        field = OWN_PRICES.get(name)
        if field and field in entry and f"{field}_batches" not in entry:
            continue
        documented = one.provider in CACHES_IN_BATCHES and (
            one.provider != "vertex" or one.model.startswith(("gemini", "claude")))
        if name.startswith("cache") and not documented and not any(
                field.startswith("cache_") and field.endswith("_batches") for field in entry):
            continue
        kept.append(name)
    return kept


def counted(names):
    """Every class at its own count; reasoning is inside output, and there is no answer without input."""
    counts = {"input": COUNTS["input"] if "input" in names else 17} | {name: COUNTS[name] for name in names}
    if "reasoning" in counts:
        counts["output"] = counts.get("output", 0) or COUNTS["output"]
    return counts


def token_cells(one):
    all_names = classes(one)
    for tier in tiers(one):
        names = in_tier(one, all_names, tier)
        tokens = [name for name in names if name != "web_search"]
        for name in names:
            yield Cell(one, counted([name]), tier, kind=name)
        text = [name for name in tokens if name in ("input", "output")]
        yield Cell(one, counted(text), tier, kind="text")
        yield Cell(one, counted([*text, *(name for name in tokens if name.startswith("cache_"))]), tier,
                   kind="text and caches")
        yield Cell(one, counted(tokens), tier, kind="all together")
        if reaches_long_context(one.entry, tier):
            yield Cell(one, {name: 97 * count for name, count in counted(tokens).items()}, tier, kind="large")
        for threshold in thresholds(one.entry) if reaches_long_context(one.entry, tier) else []:
            for total in (threshold - 1, threshold, threshold + 1):
                yield Cell(one, {"input": total} | ({"output": 701} if "output" in names else {}), tier,
                           kind="at a threshold")
                together = counted(tokens)
                together["input"] = total - sum(together.get(name, 0) for name in INPUTS if name != "input")
                if together["input"] > 0:
                    yield Cell(one, together, tier, kind="all together at a threshold")
    yield from fact_cells(one, [name for name in all_names if name != "web_search"])


def reaches_long_context(entry, tier):
    """Flex and batch are flat discounts; priority and its like serve long contexts where they have a price there."""
    return tier in ("standard", "flex", "batch") or any(
        THRESHOLD.search(name) and name.endswith(f"_{tier}") for name in entry)


def fact_cells(one, tokens):
    """The facts beside the tier that move a price."""
    entry = one.entry
    hints = entry.get("provider_specific_entry") or {}
    for name, fact in (("us", {"inference_geo": "us"}), ("fast", {"speed": "fast"})):
        if isinstance(hints.get(name), (int, float)):
            yield Cell(one, counted(tokens), facts=fact, kind=f"{name} multiplier")
    for region in ("eu", "us"):
        if f"regional_processing_uplift_multiplier_{region}" in entry:
            yield Cell(one, counted(tokens), region=region, kind="data residency")
    if "regional_endpoint_uplift_multiplier" in entry:
        for region in ("us-east5", "global"):
            yield Cell(one, counted(tokens), region=region, kind="regional endpoint")
    if "explicit_cache_read_input_token_cost" in entry:
        yield Cell(one, counted(tokens), facts={"cache_type": "ephemeral"}, kind="explicit cache")
    for at in ("2026-11-25T00:59:59Z", "2026-11-25T01:00:00Z", "2026-11-25T23:59:59Z", "2026-11-27T17:00:00Z",
               "2026-11-28T02:00:00Z", "2026-11-29T17:00:00Z", "2026-11-30T02:00:00Z"):
        if "off_peak_pricing" in entry:
            yield Cell(one, counted(tokens), at=at, kind="off peak")
    if one.provider == "bedrock" and one.region is None and one.model.split(".")[0] not in BEDROCK_PREFIXES:
        for region in ("us-east-1", "eu-central-1"):
            yield Cell(one, counted(tokens), region=region, kind="a region's own call")


def unit_cells(one):
    """Everything that is not counted in tokens."""
    entry, mode = one.entry, one.entry.get("mode")
    has = lambda name: entry.get(name) is not None
    # gpt-image reports tokens, and is billed by them.
    counts_images = "gpt-image" not in one.model or one.provider not in ("openai", "azure", "azure_ai")
    if str(mode).startswith("image_") and counts_images and (
            has("output_cost_per_image") or has("input_cost_per_image")):
        yield Cell(one, {"image": 3}, call="images", kind="images")
    if mode == "audio_transcription" and not is_token_priced(entry) and (
            has("input_cost_per_second") or has("output_cost_per_second")):
        yield Cell(one, {"millisecond": 61_500}, call="transcription", kind="seconds in")
    if mode == "video_generation" and (has("output_cost_per_second") or has("output_cost_per_video_per_second")):
        yield Cell(one, {"output_millisecond": 8000}, call="video", kind="seconds made")
        for name in entry:
            if match := re.match(r"output_cost_per_second_(\w+)$", name):
                yield Cell(one, {"output_millisecond": 8000}, call="video", facts={"resolution": match[1]},
                           kind="seconds made")
    if mode == "audio_speech" and has("input_cost_per_character"):
        yield Cell(one, {"character": 4321}, call="speech", kind="characters")
    if mode == "ocr" and has("ocr_cost_per_page"):
        yield Cell(one, {"page": 17}, call="ocr", kind="pages")
    if mode == "rerank" and has("input_cost_per_query"):
        yield Cell(one, {"query": 7}, call="rerank", kind="queries")
    if mode == "search" and has("input_cost_per_query"):
        yield Cell(one, {"query": 7}, call="search", kind="queries")
    if has("google_maps_grounding_cost_per_query") and is_token_priced(entry):
        yield Cell(one, {"input": 1009, "output": 701, "maps_search": 1}, kind="maps")


def cells(map):
    for key, entry in map.items():
        if key in SKIPPED_KEYS or not isinstance(entry, dict) or (one := asked(key, entry)) is None:
            continue
        if entry.get("mode") in ("chat", "completion", "responses") and not any(
                "cost" in name or "pricing" in name for name in entry):
            yield Cell(one, {"input": 1009, "output": 701}, kind="a model without a price")
        if is_token_priced(entry):
            yield from token_cells(one)
        yield from unit_cells(one)
