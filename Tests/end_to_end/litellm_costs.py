"""LiteLLM's own answers, by the functions its proxy calls for such requests.

A program of its own, because litellm needs other versions of packages than the SDK tests have:

    python litellm_costs.py PART PARTS    every PARTS-th cell from PART on, a line each: [cost, shared cost]
    python litellm_costs.py custom        what a price of one's own makes of 100 fresh and 5,000 cached tokens
"""

import json
import os
import sys
from datetime import datetime
from pathlib import Path

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import litellm  # noqa: E402
from litellm import _internal_context  # noqa: E402
from litellm.cost_calculator import batch_cost_calculator, completion_cost, cost_per_token  # noqa: E402
from litellm.litellm_core_utils.llm_cost_calc.utils import generic_cost_per_token  # noqa: E402
from litellm.litellm_core_utils.llm_cost_calc.tool_call_cost_tracking import (  # noqa: E402
    StandardBuiltInToolCostTracking as Tools)
from litellm.llms.base_llm.ocr.transformation import OCRResponse  # noqa: E402
from litellm.types.utils import (  # noqa: E402
    CacheCreationTokenDetails, CompletionTokensDetailsWrapper, ImageObject, ImageResponse, PromptTokensDetailsWrapper,
    ServerToolUse, Usage)

from litellm_cells import INPUTS, cells  # noqa: E402

litellm.suppress_debug_info = True


def provider(cell):
    name = cell.asked.entry["litellm_provider"]
    if name.startswith("vertex_ai"):
        return "vertex_ai"
    return {"bedrock_converse": "bedrock"}.get(name, name)


def usage(cell):
    """A cell's disjoint counts as LiteLLM's usage, whose prompt holds everything that went in."""
    get = lambda name: cell.counts.get(name, 0)
    read, written = get("cache_read") + get("cache_read_audio"), sum(
        get(name) for name in ("cache_write_5m", "cache_write_1h", "cache_write_12h"))
    lives = CacheCreationTokenDetails(
        ephemeral_5m_input_tokens=get("cache_write_5m"), ephemeral_1h_input_tokens=get("cache_write_1h"),
        ephemeral_12h_input_tokens=get("cache_write_12h"))
    prompt = sum(get(name) for name in INPUTS)
    output = get("output") + get("output_audio") + get("output_image")
    details = dict(
        cached_tokens=read, cache_write_tokens=written, cache_creation_token_details=lives if written else None,
        audio_tokens=get("input_audio") + get("cache_read_audio"), image_tokens=get("input_image"),
        video_tokens=get("input_video"))
    if get("cache_read_audio"):
        details["cached_tokens_details"] = {"audio_tokens": get("cache_read_audio")}
    if "cache_type" in cell.facts:
        details["cache_type"] = cell.facts["cache_type"]
    if get("maps_search"):
        details["google_maps_grounding_requests"] = get("maps_search")
    result = Usage(
        prompt_tokens=prompt, completion_tokens=output, total_tokens=prompt + output,
        prompt_tokens_details=PromptTokensDetailsWrapper(**details),
        completion_tokens_details=CompletionTokensDetailsWrapper(
            reasoning_tokens=get("reasoning"), audio_tokens=get("output_audio"), image_tokens=get("output_image")),
        server_tool_use=ServerToolUse(web_search_requests=get("web_search")) if get("web_search") else None)
    if get("web_search"):
        result.prompt_tokens_details.web_search_requests = get("web_search")
        result.server_side_tool_usage_details = {"web_search_calls": get("web_search")}
    for name in ("inference_geo", "speed"):
        if name in cell.facts:
            setattr(result, name, cell.facts[name])
    return result


def tokens(cell):
    used = usage(cell)
    name, vendor = cell.asked.key, provider(cell)
    if cell.tier == "batch":
        cost = sum(batch_cost_calculator(used, name, vendor))
    else:
        cost = sum(cost_per_token(
            model=name, custom_llm_provider=vendor, usage_object=used,
            service_tier=None if cell.tier == "standard" else cell.tier,
            call_type="decisions" if cell.tier == "decisions" else "completion",
            data_residency=cell.region if cell.kind == "data residency" else None,
            vertex_location=cell.region if cell.kind == "regional endpoint" else None))
    if cell.counts.get("web_search") or cell.counts.get("maps_search"):
        cost += Tools.get_cost_for_built_in_tools(
            model=name, response_object=None, usage=used, custom_llm_provider=vendor)
    return cost


#: Vendors that LiteLLM has a calculator of its own for, which knows less than the shared one.
OWN_CALCULATORS = ("fireworks_ai", "perplexity")


def shared_cost(cell):
    """What LiteLLM's shared calculator says where the vendor has another; None elsewhere."""
    if cell.call != "tokens" or cell.tier == "batch" or provider(cell) not in OWN_CALCULATORS:
        return None
    used = usage(cell)
    try:
        return sum(generic_cost_per_token(
            model=cell.asked.key, usage=used, custom_llm_provider=provider(cell),
            service_tier=None if cell.tier == "standard" else cell.tier))
    except Exception:  # noqa: BLE001 - LiteLLM raises bare exceptions for what it cannot price
        return None


def cost(cell):
    """In USD; None where LiteLLM knows no cost."""
    name, vendor = cell.asked.key, provider(cell)
    at = datetime.fromisoformat((cell.at or "2026-11-25T02:00:00Z").replace("Z", "+00:00"))
    mark = _internal_context._billing_time.set(at)
    try:
        match cell.call:
            case "tokens": return tokens(cell)
            case "images":
                made = ImageResponse(data=[ImageObject(url="x")] * cell.counts["image"])
                size, quality = cell.asked.facts.get("image_size"), cell.asked.facts.get("image_quality")
                options = {}
                if size:
                    options = {"quality": quality, "image_size": dict(zip(("width", "height"), map(int, size.split("x"))))}
                return completion_cost(
                    completion_response=made, model=cell.asked.model if size else name, custom_llm_provider=vendor,
                    call_type="image_generation", size=size, n=cell.counts["image"],
                    quality=quality, optional_params=options)
            case "transcription":
                return sum(cost_per_token(
                    model=name, custom_llm_provider=vendor, call_type="transcription",
                    audio_transcription_file_duration=cell.counts["millisecond"] / 1000))
            case "video":
                from litellm.llms.openai.cost_calculation import video_generation_cost
                return video_generation_cost(
                    model=name, duration_seconds=cell.counts["output_millisecond"] / 1000, custom_llm_provider=vendor,
                    video_resolution=cell.facts.get("resolution"))
            case "speech":
                return sum(cost_per_token(
                    model=name, custom_llm_provider=vendor, call_type="speech",
                    prompt_characters=cell.counts["character"]))
            case "ocr":
                read = OCRResponse(pages=[], model=name, usage_info={"pages_processed": cell.counts["page"]})
                return sum(cost_per_token(model=name, custom_llm_provider=vendor, call_type="ocr", response=read))
            case "rerank":
                return sum(cost_per_token(
                    model=name, custom_llm_provider=vendor, call_type="rerank",
                    rerank_billed_units={"search_units": cell.counts["query"]}))
            case "search":
                return sum(cost_per_token(
                    model=name, custom_llm_provider=vendor, call_type="search",
                    number_of_queries=cell.counts["query"]))
    except Exception:  # noqa: BLE001 - LiteLLM raises bare exceptions for what it cannot price
        return None
    finally:
        _internal_context._billing_time.reset(mark)


def custom():
    """A price of one's own for Claude: 3 USD for a million fresh tokens, 0.30 for cached ones."""
    used = Usage(
        prompt_tokens=5100, completion_tokens=0, total_tokens=5100, cache_read_input_tokens=5000,
        cache_creation_input_tokens=0)
    return sum(cost_per_token(
        model="claude-sonnet-4-5", custom_llm_provider="anthropic", prompt_tokens=5100, usage_object=used,
        custom_cost_per_token={
            "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "cache_read_input_token_cost": 3e-07}))


if __name__ == "__main__":
    if sys.argv[1] == "custom":
        print(json.dumps(custom()))
    else:
        part, parts = int(sys.argv[1]), int(sys.argv[2])
        price_map = json.loads(
            Path(litellm.__file__).with_name("model_prices_and_context_window_backup.json").read_text())
        for cell in list(cells(price_map))[part::parts]:
            print(json.dumps([cost(cell), shared_cost(cell)]))
