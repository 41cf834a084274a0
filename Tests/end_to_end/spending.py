"""Requests whose cost is known, and what the raw log says was spent: in whole femtodollars, computed here."""
import json

from asking import PATHS, encoded, headers
from rawlog import Log
import wire

MODEL = "gpt-4o-mini-2024-07-18"
INPUT, OUTPUT = 150_000_000, 600_000_000
"""Femtodollars a token: the model's prices in `programs.PRICE_MAP`."""
DOLLAR = 10 ** 15


def body(max_tokens, pad=0, **more):
    return encoded({"model": MODEL, "max_completion_tokens": max_tokens,
                    "messages": [{"role": "user", "content": "x" * pad}], **more})


def bound(request, max_tokens):
    """The most that a request can cost: a token a byte, and the longest answer."""
    return len(request) * INPUT + max_tokens * OUTPUT


def cost(tokens_in, tokens_out):
    return tokens_in * INPUT + tokens_out * OUTPUT


def dollars(femtodollars):
    return f"{femtodollars // DOLLAR}.{femtodollars % DOLLAR:015}"


def ask(proxy, key, request, fault="", path=PATHS["openai"], **more):
    return wire.exchange(proxy.port, path, headers("openai", key, fault, **more), request)


def error(answer):
    return json.loads(answer.body)["error"]


def spent(*raw_logs):
    """What all `end` lines cost, and how many requests a vendor answered."""
    total, answered = 0, 0
    for folder in raw_logs:
        for end in Log(folder).ends:
            if end["usage"]:
                answered += 1
                total += cost(end["usage"]["prompt_tokens"], end["usage"]["completion_tokens"])
    return total, answered
