"""What genai-prices says of a cell, and where Tollbook says otherwise: every difference gets a class.

The section of docs/prices-compared.md about genai-prices is written here, from a run's own numbers.
"""
import re
from collections import Counter
from decimal import Decimal

from genai_prices import calc_price
from genai_prices.data import providers
from genai_prices.types import Usage

import genai_grid

BEGIN, END = "<!-- genai-prices: counted by the test -->", "<!-- genai-prices: end -->"

CLASSES = {
    "equal": "equal to the last digit",
    "rounded": "within the rounding of a price that the import lists: at most half of 1e-15 USD for each counted unit",
    "no price in the data": "the data has the model but no price: genai-prices says 0 USD, Tollbook says that there "
    "is no price. Tollbook: unknown is not free",
    "no price of that unit then": "the set of prices that holds at that instant has no price of the unit: "
    "genai-prices adds 0 USD for it, Tollbook adds nothing too and names the unit as unpriced. Tollbook",
    "a name that rows cannot say": "a name accepted by two conditions at once, one of them that it does not end in "
    "`-tts`: the import lists the condition, and the name has no price. genai-prices, but see below",
    "minimum of ten seconds": "Groq bills at least ten seconds of audio for a transcription; genai-prices' program "
    "knows that of two models, its data does not. genai-prices",
    "other": "anything else",
}
"""Of each class what differs, and who is right."""

RIGHT_PERCENT_MIN = Decimal("99.5")


def usage(counts):
    """The same usage in genai-prices' overlapping units: a wide unit holds what its narrow ones hold."""
    def total(*names):
        return sum(counts.get(name, 0) for name in names)
    values = {
        "input_tokens": total("input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "input_image",
                              "input_video", "cache_read_audio", "cache_read_image"),
        "cache_read_tokens": total("cache_read", "cache_read_audio", "cache_read_image"),
        "cache_write_tokens": total("cache_write_5m", "cache_write_1h"),
        "cache_write_5m_tokens": total("cache_write_5m"), "cache_write_1h_tokens": total("cache_write_1h"),
        "input_audio_tokens": total("input_audio", "cache_read_audio"),
        "cache_audio_read_tokens": total("cache_read_audio"),
        "input_image_tokens": total("input_image", "cache_read_image"),
        "cache_image_read_tokens": total("cache_read_image"), "input_video_tokens": total("input_video"),
        "output_tokens": total("output", "output_audio", "output_image"),
        "output_reasoning_tokens": total("reasoning"), "output_audio_tokens": total("output_audio"),
        "output_image_tokens": total("output_image"), "web_searches": total("web_search"),
        "storage_searches": total("file_search"), "input_document_pages": total("page"),
        "input_characters": total("character"),
        "audio_seconds": Decimal(total("millisecond", "output_millisecond")) / 1000,
        "input_audio_seconds": Decimal(total("millisecond")) / 1000,
        "output_audio_seconds": Decimal(total("output_millisecond")) / 1000,
    }
    return Usage(**{name: value for name, value in values.items() if value})


def their_cost(cell):
    return calc_price(
        usage(cell.counts), cell.name, provider_id=cell.vendor, genai_request_timestamp=cell.at,
        price_context=cell.context or None).total_price


# Where they differ.

def rounded_models(book_text):
    """The models with a price that the import rounded, from the comments of the book's file."""
    return set(re.findall(r"^# rounded to 1e-15 USD: (\S+) \S+ \S+ is", book_text, re.M))


def compare(cell, answer, theirs, rounded):
    """The class of a cell's difference; `equal` where there is none."""
    ours = Decimal(answer["usd"] or 0)
    if answer["unpriced"]:
        if theirs != ours:
            return "a name that rows cannot say" if cell.kind.endswith("name") and answer["match"] is None else "other"
        return "no price in the data" if answer["match"] is None else "no price of that unit then"
    if ours == theirs:
        return "equal"
    # Half a femtodollar for each counted unit.
    slack = sum(cell.counts.values()) * Decimal("5E-16")
    if f"{cell.maker or cell.vendor}/{cell.model}" in rounded and abs(ours - theirs) <= slack:
        return "rounded"
    short = 0 < cell.counts.get("millisecond", 0) < 10_000
    if short and cell.vendor == "groq" and cell.model in ("whisper-large-v3", "whisper-large-v3-turbo"):
        return "minimum of ten seconds"
    return "other"


def section(cells, classes, rounded_prices):
    """The counted part of the document's section."""
    total = sum(classes.values())
    same = classes["equal"] + classes["rounded"]
    kinds = Counter(cell.kind for cell in cells)
    lines = [
        BEGIN, "",
        f"{len(providers)} vendors, {sum(len(p.models) for p in providers):,} models, {total:,} cells: "
        f"{classes['equal']:,} ({percent(classes['equal'], total)}) equal to the last digit, "
        f"{same:,} ({percent(same, total)}) with the {rounded_prices} rounded prices that the import lists.", "",
        "| Cells | Class of difference, and who is right |", "|---:|---|",
        *(f"| {classes[name]:,} | {words} |" for name, words in CLASSES.items()), "",
        "| Cells | Usage |", "|---:|---|",
        *(f"| {count:,} | {kind} |" for kind, count in sorted(kinds.items(), key=lambda k: (-k[1], k[0]))), "",
        "Prices of units that have no meter, listed at the import: "
        + ", ".join(f"`{unit}` ({count})" for unit, count in not_taken()) + ".", "",
        END]
    return "\n".join(lines)


def percent(part, whole):
    return f"{Decimal(100 * part) / whole:.3f} %"


def not_taken():
    """Units that the grid has no class for: they have no meter."""
    known = {unit for needs in genai_grid.NEEDS.values() for unit in needs}
    known |= {"cache_write_mtok", "cache_write_1h_mtok", "output_reasoning_mtok", "requests_kcount"}
    found = Counter(
        unit for p in providers for m in p.models for s in genai_grid.sets(m) for unit in vars(s) if unit not in known)
    return found.most_common()
