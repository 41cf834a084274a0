"""The oracle's money: prices from LiteLLM's map, products from the attribution rules."""
import datetime
import functools
import ipaddress
import re
import zoneinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal

# A class without a price of its own that is otherwise priced as another.
OTHERWISE = {
    "input_audio": "input", "output_audio": "output", "cache_read": "input", "cache_write_5m": "input",
    "cache_write_1h": "input"}
CLASS_FIELDS = {
    "input_audio": ("input_cost_per_audio_token", ""),
    "output_audio": ("output_cost_per_audio_token", ""),
    "input": ("input_cost_per_token", ""),
    "cache_read": ("cache_read_input_token_cost", ""),
    "cache_write_5m": ("cache_creation_input_token_cost", ""),
    "cache_write_1h": ("cache_creation_input_token_cost", "_above_1hr"),
    "output": ("output_cost_per_token", ""),
    "reasoning": ("output_cost_per_reasoning_token", ""),
}
#: Vendors that document a batch as half of everything.
HALF_BATCHES = {"anthropic", "openai", "azure", "gemini", "vertex", "bedrock", "mistral", "groq"}
TIER_SUFFIXES = {"standard": "", "batch": "_batches"}


def entry_for(price_list, provider, model):
    """The entry of this provider's model; another provider's price for the same name is no price."""
    entry = price_list.get(f"{provider}/{model}" if provider in ("azure", "gemini") else model)
    listed = entry and entry.get("litellm_provider", provider)
    return entry if entry and listed.removesuffix("_converse") == provider else None


def service_tier(line):
    billing = line.get("billing") or {}
    if billing.get("batch") is True:
        return "batch"
    word = billing.get("service_tier") or (line.get("usage") or {}).get("service_tier")
    return "standard" if word in (None, "", "default") else word


def rate(entry, token_class, tier, total_input, provider):
    """Femtodollars a token, or None where the list has no price for the class.

    A tier's own price goes first. Flex and batch are one discount on all of a model's prices: above a threshold they
    rise as the standard price does, and a batch of a class without a batch price is half. OpenAI's and Azure's caches
    do not count in the batches of models without a batch price for them, Google's count in full.
    """
    base, lifetime = CLASS_FIELDS[token_class]
    standard, own = prices_of(base + lifetime, "", entry), own_prices(base + lifetime, tier, entry)
    if tier == "batch" and token_class.startswith("cache_"):
        batched = own_prices("input_cost_per_token", tier, entry)
        read = (prices_of("cache_read_input_token_cost", "", entry),
                own_prices("cache_read_input_token_cost", tier, entry))
        for n in (n for n in batched if n in standard and n not in own and n in read[0] and n not in read[1]):
            if provider in ("openai", "azure"):
                own[n] = batched[n]
            elif provider in ("gemini", "vertex") and token_class == "cache_read":
                own[n] = standard[n]
    for prices, share in ((own, 1), (standard, Decimal("0.5") if tier == "batch" and provider in HALF_BATCHES else 1)):
        crossed = [n for n in prices if total_input > n or n == 0]
        if crossed:
            return int((prices[max(crossed)] * share).to_integral_value(ROUND_HALF_EVEN) if share != 1
                       else prices[max(crossed)])
    return None


def own_prices(name, tier, entry):
    """A tier's own prices, and what follows for flex and batch above a threshold."""
    standard, own = prices_of(name, "", entry), prices_of(name, TIER_SUFFIXES.get(tier, "_" + tier), entry)
    if tier in ("flex", "batch") and 0 in own and standard.get(0):
        own |= {n: int((Decimal(own[0]) * high / standard[0]).to_integral_value(ROUND_HALF_EVEN))
                for n, high in standard.items() if n not in own}
    return own


def prices_of(name, suffix, entry):
    """Threshold in tokens → femtodollars; 0 is the plain price."""
    names = {0: name + suffix} | {n * 1000: f"{name}_above_{n}k_tokens{suffix}" for n in thresholds_of(name, tuple(entry))}
    return {n: femtodollars(entry[field]) for n, field in names.items() if entry.get(field) is not None}


@functools.cache
def thresholds_of(name, fields):
    """The context sizes in thousands that a price list's entry has for one base name, highest first."""
    pattern = re.compile(re.escape(name) + r"_above_(\d+)k_tokens")
    return sorted({int(m[1]) for f in fields if (m := pattern.match(f))}, reverse=True)


@functools.cache
def femtodollars(price):
    exact = Decimal(price).scaleb(15, Context(prec=60))
    return int(exact.to_integral_value(ROUND_HALF_EVEN, Context(prec=60)))


def price(line, price_list, counts, models):
    """Money by class, and the classes that have no rate; `models` are the names to look under, in order."""
    entry = next(filter(None, (entry_for(price_list, line.get("provider"), m) for m in models if m)), None)
    money, missing = {}, []
    for token_class, n in counts.used():
        if entry is None:
            missing.append(token_class)
        elif token_class == "web_search":
            each = (entry.get("search_context_cost_per_query") or {}).get("search_context_size_medium")
            if entry.get("supports_web_search") and "search_context_cost_per_query" not in entry:
                each = {"anthropic": "0.01", "xai": "0.005"}.get(line.get("provider"))
            money[token_class] = None if each is None else n * femtodollars(each)
        else:
            asked = (service_tier(line), counts.total_input(), line.get("provider"))
            each = rate(entry, token_class, *asked)
            # A 1-hour write is plain input only where the vendor takes nothing for writing.
            writes = rate(entry, "cache_write_5m", *asked)
            if each is None and token_class in OTHERWISE and (token_class != "cache_write_1h" or writes is None):
                each = rate(entry, OTHERWISE[token_class], *asked)
            money[token_class] = None if each is None else n * each
            # Reasoning at the output's own plain price is output at any tier and size.
            apart = entry.get("output_cost_per_reasoning_token") != entry.get("output_cost_per_token")
            if token_class == "output" and each is not None and apart:
                thought = rate(entry, "reasoning", *asked)
                money[token_class] += counts.reasoning * ((each if thought is None else thought) - each)
    missing += [c for c, m in money.items() if m is None]
    if counts.free:
        money = {c: m if m is None else 0 for c, m in money.items()}
    return {c: m for c, m in money.items() if m is not None}, missing


# --- Attribution ---


class Rules:
    def __init__(self, document, timezone):
        self.products = {p["id"]: p for p in document["products"]}
        self.order = [p["id"] for p in document["products"]]
        self.rules = document["rules"]
        self.zone = zoneinfo.ZoneInfo(timezone)

    def weights(self, line):
        """Product → weight, in the order of `products`."""
        for rule in self.rules:
            if self.dated(rule, line) and all(
                    holds(line, name, wanted) for name, wanted in conditions(rule["when"])):
                if "product" in rule:
                    return {rule["product"]: 1}
                return {p: rule["split"][p] for p in self.order if p in rule["split"]}
        return {"unattributed": 1}

    def dated(self, rule, line):
        day = datetime.datetime.fromtimestamp(line["time_us"] // 1_000_000, self.zone).date()
        return ("from" not in rule or as_date(rule["from"]) <= day) and (
            "until" not in rule or day < as_date(rule["until"]))

    def cost_center(self, product):
        return str(self.products.get(product, {}).get("cost_center", ""))


def as_date(value):
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)


def conditions(when):
    for name, wanted in when.items():
        if name == "tags":
            yield from (("tags", (tag, value)) for tag, value in wanted.items())
        else:
            yield name, wanted


def holds(line, name, wanted):
    client, key, model = (line.get(n) or {} for n in ("client", "key", "model"))
    if name == "tags":
        tag, wanted = wanted
        fact = (line.get("tags") or {}).get(tag)
    else:
        fact = {
            "key": key.get("name"), "key_id": key.get("id"), "agent": client.get("agent"),
            "ip": client.get("ip"), "model": model.get("returned") or model.get("requested"),
        }[name] if name in ("key", "key_id", "agent", "ip", "model") else line.get(name)
    if fact is None:
        return False
    choices = wanted if isinstance(wanted, list) else [wanted]
    if name == "ip":
        return any(ipaddress.ip_address(fact) in ipaddress.ip_network(c, strict=False) for c in choices)
    return any(matches(str(c), fact) for c in choices)


@functools.cache
def matches(pattern, text):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def apportion(total, weights):
    """Whole units by largest remainder, ties to the earlier."""
    whole = sum(weights)
    parts = [total * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
