"""Requests in the vendors' dialects, their headers as the SDKs send them, and what the vendor's answer says was used."""
import gzip
import json
import zlib

CANARY = "CANARYPROMPT 請求書のレビュー"
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-sonnet-4-5"}
ENDPOINTS = {"openai": "openai.chat_completions", "anthropic": "anthropic.messages"}

TOOLS = {
    "openai": [{"type": "function", "function": {
        "name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}],
    "anthropic": [{"name": "get_weather",
                   "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
}


def question(dialect, user, stream=False, **more):
    body = {"model": MODELS[dialect], "messages": [{"role": "user", "content": f"{CANARY} {user}"}]}
    if dialect == "openai":
        body["user"] = user
    else:
        body["max_tokens"] = 256
        body["metadata"] = {"user_id": user}
    if stream:
        body["stream"] = True
    body.update(more)
    return body


def encoded(body):
    return json.dumps(body, ensure_ascii=False).encode()


def headers(dialect, key, fault="", **more):
    if dialect == "openai":
        found = [("authorization", f"Bearer {key}"), ("accept", "application/json"),
                 ("content-type", "application/json"), ("accept-encoding", "gzip, deflate"),
                 ("user-agent", "OpenAI/Python 3.54.0"), ("x-stainless-lang", "python")]
    else:
        found = [("x-api-key", key), ("anthropic-version", "2023-06-01"), ("anthropic-beta", "a-2026-01-01,b"),
                 ("content-type", "application/json"), ("accept-encoding", "gzip, deflate"),
                 ("user-agent", "Anthropic/Python 1.17.0")]
    if fault:
        found.append(("x-stand-in", fault))
    other = {name.replace("_", "-"): value for name, value in more.items()}
    return [header for header in found if header[0] not in other] + [
        (name, value) for name, value in other.items() if value is not None]


def plain_text(answer):
    """The body as the client's HTTP library would give it."""
    if answer.header("content-encoding") != "gzip":
        return answer.body
    if answer.complete:
        return gzip.decompress(answer.body)
    return zlib.decompressobj(31).decompress(answer.body)


def events(body):
    """(name, data) of each event, by the rules of server-sent events."""
    found = []
    for block in body.replace(b"\r\n", b"\n").split(b"\n\n"):
        name, data = None, []
        for line in block.split(b"\n"):
            if line.startswith(b"event:"):
                name = line[6:].strip().decode()
            elif line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
        if data:
            found.append((name, b"\n".join(data)))
    return found


def usage_told(dialect, body, stream):
    """The usage a client can read from the vendor's answer, merged by the vendor's own rule."""
    if not stream:
        return json.loads(body).get("usage")
    usage = None
    for _, data in events(body):
        if data == b"[DONE]":
            continue
        event = json.loads(data)
        if dialect == "openai":
            usage = event.get("usage") or usage
        elif event["type"] == "message_start":
            usage = dict(event["message"].get("usage") or {}) or None
        elif event["type"] == "message_delta" and event.get("usage"):
            # A delta's numbers stand for the whole message so far; what it does not name stays as it was.
            usage = {**(usage or {}), **{k: v for k, v in event["usage"].items() if v is not None}}
    return usage
