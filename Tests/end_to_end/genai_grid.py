"""genai-prices' data as JSON, and a grid of usages of every model in it.

One cell is one model of one vendor, asked by one name, at one instant, under one condition, with one usage.
"""
import dataclasses
import datetime
import json
import re
from decimal import Decimal

from genai_prices.data import providers
from genai_prices.types import (
    ClauseAnd, ClauseOr, ModelPrice, StartDateConstraint, TieredPrices, TimeOfDateConstraint)

UTC = datetime.UTC
UNDATED = [datetime.datetime(2026, 1, 15, 12, tzinfo=UTC), datetime.datetime(2026, 7, 15, 20, 30, tzinfo=UTC),
           datetime.datetime(2026, 11, 23, 3, tzinfo=UTC)]
"""Where no date of the model's own says better."""
NAMES_AT = datetime.datetime(2026, 11, 23, 12, tzinfo=UTC)

COUNTS = {
    "input": 12_007, "cache_read": 30_011, "cache_write_5m": 4_001, "cache_write_1h": 2_003, "output": 1_009,
    "reasoning": 601, "input_audio": 503, "output_audio": 401, "input_image": 307, "output_image": 211,
    "input_video": 109, "cache_read_audio": 89, "cache_read_image": 83, "web_search": 7, "file_search": 5,
    "page": 11, "character": 5_003, "millisecond": 61_000, "output_millisecond": 47_000,
}
"""Primes, so that no price can be taken for another's."""

INPUT = ["input", "cache_read", "cache_write_5m", "cache_write_1h"]
NEEDS = {
    "input": ["input_mtok"], "cache_read": ["input_mtok", "cache_read_mtok"], "cache_write_5m": ["input_mtok"],
    "cache_write_1h": ["input_mtok"], "output": ["output_mtok"], "reasoning": ["output_mtok"],
    "input_audio": ["input_audio_mtok", "cache_audio_read_mtok"], "output_audio": ["output_audio_mtok"],
    "input_image": ["input_image_mtok", "cache_image_read_mtok"], "output_image": ["output_image_mtok"],
    "input_video": ["input_video_mtok"], "cache_read_audio": ["input_audio_mtok", "cache_audio_read_mtok"],
    "cache_read_image": ["input_image_mtok", "cache_image_read_mtok"], "web_search": ["web_searches_kcount"],
    "file_search": ["storage_searches_kcount"], "page": ["input_document_kpages"], "character": ["input_mchars"],
    "millisecond": ["audio_hours", "input_audio_hours"],
}
"""A class of usage is in a model's grid where any set of the model prices one of these units: text and cache
classes for every model of tokens, another medium where the vendor has a price of it."""


# The data as JSON.

def exported(value):
    """The package's objects in the shape of its own data.json."""
    if isinstance(value, ModelPrice):
        return {key: exported(price) for key, price in vars(value).items() if price is not None}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, ClauseOr | ClauseAnd):
        return {"or" if isinstance(value, ClauseOr) else "and": exported(next(iter(vars(value).values())))}
    if isinstance(value, list | tuple):
        return [exported(item) for item in value]
    if isinstance(value, dict):
        return {key: exported(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        return {field.name: exported(getattr(value, field.name)) for field in dataclasses.fields(value)
                if not field.name.startswith("_") and getattr(value, field.name) is not None}
    return value


def write_data(path):
    kept = [dataclasses.replace(provider, extractors=None) for provider in providers]
    path.write_text(json.dumps(exported(kept)))


# The grid.

@dataclasses.dataclass
class Cell:
    vendor: str
    """genai-prices' word."""
    provider: str
    """The raw log's word for the same vendor."""
    model: str
    name: str
    at: datetime.datetime
    context: dict
    counts: dict
    kind: str
    maker: str = ""
    """Of a resold model genai-prices' word for whose price it is."""

    def question(self):
        tier, facts = None, {}
        for key, value in self.context.items():
            if key in ("processing", "service_tier"):
                tier = value
            else:
                facts[key] = value
        return {"provider": self.provider, "model": self.name, "service_tier": tier, "facts": facts,
                "at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "counts": self.counts}


def words(vendor, model):
    if vendor == "aws":
        return ["bedrock"]
    if vendor == "google":
        return ["vertex"] if model.startswith("claude") else ["gemini", "vertex"]
    return [vendor]


def cells():
    for provider in providers:
        for model in provider.models:
            name = own_name(provider, model)
            for word in words(provider.id, model.id):
                def cell(at, context, counts, kind, name=name, model=model, word=word, provider=provider):
                    return Cell(provider.id, word, model.id, name, at, context, counts, kind)
                yield from model_cells(model, cell)
                for other in names(provider, model):
                    yield cell(NAMES_AT, {}, smallest(model), "name", name=other)
        yield from resold(provider)


def resold(provider):
    """Models of other vendors that this one sells at their prices, in batches too: they have no variants."""
    for other in (p for p in providers if p.id in (provider.fallback_model_providers or [])):
        for model in other.models:
            if provider.find_model(model.id, all_providers=providers) is not model:
                continue
            word = words(provider.id, "claude" if other.id == "anthropic" else model.id)[0]
            for at in instants(model):
                for context in [{}, {"processing": "batch"}]:
                    for counts, kind in usages(model):
                        if kind in ("text and caches", "threshold"):
                            yield Cell(provider.id, word, model.id, model.id, at, context, counts, "resold", other.id)
            for name in names(other, model):
                if provider.find_model(name, all_providers=providers) is model:
                    yield Cell(
                        provider.id, word, model.id, name, NAMES_AT, {}, smallest(model), "resold name", other.id)


def model_cells(model, cell):
    for at in instants(model):
        for context in [{}, *contexts(model)]:
            for counts, kind in usages(model):
                yield cell(at, context, counts, kind)


def sets(model):
    plain = [model.prices] if isinstance(model.prices, ModelPrice) else [s.prices for s in model.prices]
    return plain + [variant.prices for variant in model.price_variants or []]


def contexts(model):
    result = []
    for variant in model.price_variants or []:
        if variant.when not in result:
            result.append(variant.when)
    return result


def instants(model):
    """The three instants where nothing has a date; else each date's boundary second, the second before it and
    a day well on each side; and each window's ends and the seconds before them."""
    conditional = [] if isinstance(model.prices, ModelPrice) else model.prices
    constraints = [c.constraint for c in [*conditional, *(model.price_variants or [])]]
    result, days, times = set(UNDATED), set(), set()
    second = datetime.timedelta(seconds=1)
    for constraint in constraints:
        if isinstance(constraint, StartDateConstraint):
            days.add(datetime.datetime.combine(constraint.start_date, datetime.time(), UTC))
        elif isinstance(constraint, TimeOfDateConstraint):
            times |= {constraint.start_time, constraint.end_time}
    for day in days:
        result |= {day - second, day, day - datetime.timedelta(days=40), day + datetime.timedelta(days=3, hours=5)}
    for day in [moment.date() for moment in sorted(days or set(UNDATED))] + [NAMES_AT.date()] if times else []:
        for time in times:
            moment = datetime.datetime.combine(day, time).astimezone(UTC)
            result |= {moment - second, moment, moment + second}
    return sorted(result)


def units(model):
    return set().union(*(vars(s) for s in sets(model)))


def classes(model):
    priced = units(model)
    return [name for name in COUNTS if any(unit in priced for unit in NEEDS.get(name, []))]


def thresholds(model):
    return sorted({tier.start for s in sets(model) for price in vars(s).values()
                   if isinstance(price, TieredPrices) for tier in price.tiers})


def smallest(model):
    for name in ["input", "output", *COUNTS]:
        if name in classes(model):
            return {name: COUNTS[name]}
    return {"input": COUNTS["input"]}


def usages(model):
    known = classes(model)
    for name in known:
        counts = {name: COUNTS[name]}
        if name == "reasoning":
            counts["output"] = COUNTS["output"]
        yield counts, name
    if "millisecond" in known:
        yield {"millisecond": 5_000}, "under ten seconds"
    if known:
        yield {name: COUNTS[name] for name in known}, "all"
    if "input" in known and "output" in known:
        yield {"input": 3_000_017, "output": 250_007}, "large"
        yield {name: COUNTS[name] for name in [*INPUT, "output"] if name in known}, "text and caches"
    output = {"output": COUNTS["output"]} if "output" in known else {}
    for start in thresholds(model):
        for total in (start - 1, start, start + 1):
            yield {"input": total, **output}, "threshold"
            cached = total // 3
            yield {"input": total - 2 * cached, "cache_read": cached, "cache_write_5m": cached, **output}, "threshold"


def walk(clause):
    if isinstance(clause, ClauseOr | ClauseAnd):
        for inner in next(iter(vars(clause).values())):
            yield from walk(inner)
    else:
        yield next(iter(vars(clause).items()))


def owner(provider, name):
    return next((m for m in provider.models if m.is_match(name.lower())), None)


def own_name(provider, model):
    """A name by which genai-prices finds the model: its id where that is one."""
    return next(n for n in [model.id, *names(provider, model)] if owner(provider, n) is model)


def names(provider, model):
    """Every name the model's rules spell out, and one more of every pattern."""
    result = []
    for kind, text in walk(model.match):
        spelled = {"equals": [text], "starts_with": [text, text + "-zz"], "ends_with": [text, "zz-" + text],
                   "contains": [text, "zz-" + text + "-zz"], "regex": [sample(text)]}[kind]
        result += [n for n in spelled if n and owner(provider, n) is model and n not in result]
    return result


def sample(regex):
    """A name that a simple regular expression accepts."""
    text = regex.strip("^$").replace(r"\d{4}-\d{2}-\d{2}", "2026-10-01").replace(r"\d{8}", "20261001")
    text = re.sub(r"\\d$", "2-zz", text).replace("[-@]", "@")
    text = re.sub(r"\(([^()]*)\)\?", r"\1", text)
    text = re.sub(r"\\(.)", r"\1", text)
    return text if re.search(regex, text) else None
