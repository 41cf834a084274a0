"""Runs every scenario of one vendor's SDK against a base URL and prints what the application saw, as JSON.

    python sdk_scenarios.py openai|anthropic BASE_URL KEY LABEL

It is a program of its own, so that two versions of one SDK can be tried; LABEL tells the runs apart in the log.
"""
import asyncio
import json
import sys

TEXT = "CANARYPROMPT レビューしてください"


def scenarios(vendor):
    """name -> (call, fault, options)"""
    tools = __import__("asking").TOOLS[vendor]
    found = {
        "plain": ("create", "", {}),
        "plain tools": ("create", "", {"tools": tools}),
        "plain gzip": ("create", "gzip=1", {}),
        "plain counts": ("create", "tokens=input:1200,cache_read:1000,output:57,reasoning:12", {}),
        "plain 1 MiB": ("create", "big-line-kib=1024", {}),
        "stream": ("stream", "", {}),
        "stream tools": ("stream", "", {"tools": tools}),
        "stream gzip": ("stream", "gzip=1; events=30", {}),
        "stream in single bytes": ("stream", "chunk-bytes=1", {}),
        "stream 1 MiB line": ("stream", "big-line-kib=1024; chunk-bytes=997", {}),
        "stream with CR LF and comments": ("stream", "crlf=1; comments=1; chunk-bytes=3", {}),
        "stream error event": ("stream", "error-event-after=4", {}),
        "stream cut": ("stream", "cut-at-byte=900; events=20", {}),
        "stream without its end": ("stream", "no-terminal=1", {}),
        "async": ("async create", "", {}),
        "async stream": ("async stream", "event-ms=2", {}),
        "retry after one 429": ("create", "status=429; retry-after=1; until-retry=1", {}),
        "retry after two 529": ("create", "status=529; until-retry=2", {}),
        "stream retry after one 500": ("stream", "status=500; until-retry=1", {}),
        "429 for good": ("create", "status=429; retry-after=1", {"max_retries": 1}),
        "529 for good": ("create", "status=529", {"max_retries": 0}),
        "model unknown to the vendor": ("create", "", {"model": f"{'gpt' if vendor == 'openai' else 'claude'}-nonexistent"}),
    }
    for status in (400, 401, 402, 403, 404, 409, 413, 422, 500, 503):
        found[f"error {status}"] = ("create", f"status={status}", {"max_retries": 0})
        found[f"stream error {status}"] = ("stream", f"status={status}", {"max_retries": 0})
    if vendor == "openai":
        found["stream with usage"] = ("stream", "", {"stream_options": {"include_usage": True}})
        found["stream of three choices"] = ("stream", "", {"n": 3})
    else:
        found["stream counts"] = ("stream", "deltas=3; tokens=input:12,cache_write_5m:200,cache_write_1h:500,"
                                  "cache_read:9000,output:210,input_final:40,web_searches:2", {})
        found["message helper"] = ("helper", "", {})
    return found


class Caller:
    def __init__(self, vendor, base_url, key, label):
        self.vendor, self.label = vendor, label
        self.sdk = __import__(vendor)
        options = {"api_key": key, "base_url": base_url + ("/v1" if vendor == "openai" else ""), "timeout": 60}
        name = "OpenAI" if vendor == "openai" else "Anthropic"
        self.client = getattr(self.sdk, name)(**options)
        self.async_client = getattr(self.sdk, f"Async{name}")(**options)

    def run(self, name, call, fault, options):
        seen = []
        try:
            if call.startswith("async"):
                asyncio.run(self.call_async(name, call, fault, dict(options), seen))
            else:
                self.call(name, call, fault, dict(options), seen)
            return {"seen": seen}
        except Exception as error:  # whatever the SDK raises is the result
            return {"seen": seen, "error": self.told(error)}

    def call(self, name, call, fault, options, seen):
        client = self.client.with_options(max_retries=options.pop("max_retries", 2))
        resource = client.chat.completions if self.vendor == "openai" else client.messages
        arguments = self.arguments(name, fault, options)
        if call == "helper":
            with resource.stream(**arguments) as stream:
                seen.append(stream.get_final_message().model_dump(mode="json"))
        elif call == "create":
            raw = resource.with_raw_response.create(**arguments)
            seen.append(raw.parse().model_dump(mode="json"))
            seen.append({"request id": raw.headers.get("x-request-id") or raw.headers.get("request-id"),
                         "retries taken": raw.retries_taken})
        else:
            for event in resource.create(stream=True, **arguments):
                seen.append(event.model_dump(mode="json"))

    async def call_async(self, name, call, fault, options, seen):
        async with self.async_client as client:
            resource = client.chat.completions if self.vendor == "openai" else client.messages
            arguments = self.arguments(name, fault, options)
            if call == "async create":
                seen.append((await resource.create(**arguments)).model_dump(mode="json"))
            else:
                async for event in await resource.create(stream=True, **arguments):
                    seen.append(event.model_dump(mode="json"))

    def arguments(self, name, fault, options):
        user = f"{self.label} {name}"
        arguments = {
            "model": "gpt-4o-mini" if self.vendor == "openai" else "claude-sonnet-4-5",
            "messages": [{"role": "user", "content": f"{TEXT} ({name})"}],
            "extra_headers": {"x-stand-in": fault} if fault else {},
        }
        if self.vendor == "openai":
            arguments["user"] = user
        else:
            arguments |= {"max_tokens": 256, "metadata": {"user_id": user}}
        return arguments | options

    def told(self, error):
        facts = {"class": type(error).__name__, "text": str(error)}
        for name in ("status_code", "code", "type", "param", "body", "request_id"):
            if hasattr(error, name):
                facts[name] = getattr(error, name)
        response = getattr(error, "response", None)
        if response is not None:
            facts["retry-after"] = response.headers.get("retry-after")
        return facts


def main(vendor, base_url, key, label):
    caller = Caller(vendor, base_url, key, label)
    results = {"version": caller.sdk.__version__}
    for name, (call, fault, options) in scenarios(vendor).items():
        if call.startswith("async"):
            caller = Caller(vendor, base_url, key, label)
        results[name] = caller.run(name, call, fault, options)
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
