"""Runs the scenarios of one unchanged client and prints what the application saw, as JSON.

    python door_scenarios.py CLIENT '[[BASE_URL, KEY, SECRET, ONLY], ...]'

for each of the places, one after the other; ONLY names the one scenario to run, or is empty. Each scenario is a plain use of
the SDK, as its documentation has it; only the address and the key are given from outside, and for boto3 nothing but the
environment.
"""
import asyncio
import io
import json
import os
import sys

TEXT = "CANARYPROMPT レビューしてください"
MESSAGES = [{"role": "user", "content": TEXT}]
CONVERSE = [{"role": "user", "content": [{"text": TEXT}]}]
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/chrome1"


def dumped(value):
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def openai(base_url, key, _):
    import openai as sdk
    client = sdk.OpenAI(api_key=key, base_url=base_url + "/v1", max_retries=2)
    azure = sdk.AzureOpenAI(api_key=key, azure_endpoint=base_url, api_version="2025-01-01", max_retries=2)
    model = "gpt-4o-mini"
    yield "responses", lambda: client.responses.create(model=model, input=TEXT, metadata={"feature": "search"})
    yield "responses stream", lambda: list(client.responses.create(model=model, input=TEXT, stream=True))
    yield "completions", lambda: client.completions.create(model=model, prompt=TEXT)
    yield "embeddings", lambda: client.embeddings.create(model="text-embedding-3-small", input=TEXT)
    yield "images", lambda: client.images.generate(model="gpt-image-1", prompt=TEXT, size="1024x1024")
    sound = ("a.mp3", io.BytesIO(b"\xff\xfbnot really music" * 20), "audio/mpeg")
    yield "transcription", lambda: client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound)
    yield "speech", lambda: client.audio.speech.create(model="tts-1", voice="alloy", input=TEXT).read().hex()
    yield "moderation", lambda: client.moderations.create(input=TEXT)
    yield "models", lambda: [dumped(one) for one in client.models.list()]
    yield "azure chat", lambda: azure.chat.completions.create(model=model, messages=MESSAGES)
    yield "azure stream", lambda: list(azure.chat.completions.create(model=model, messages=MESSAGES, stream=True))
    yield "azure embeddings", lambda: azure.embeddings.create(model="text-embedding-3-small", input=TEXT)
    yield "background", lambda: client.responses.create(model=model, input=TEXT, background=True)
    yield "background fetched", lambda: client.responses.retrieve("resp_of_the_background")
    yield "file", lambda: client.files.create(file=("b.jsonl", b"{}\n", "application/jsonl"), purpose="batch")
    yield "batch", lambda: client.batches.create(
        input_file_id="file-in-1", endpoint="/v1/chat/completions", completion_window="24h")
    yield "batch asked", lambda: client.batches.retrieve("batch_1")
    yield "batch results", lambda: client.files.content("file-out-1").text
    yield "unknown answer", lambda: client.responses.create(
        model=model, input=TEXT, extra_headers={"x-stand-in": "status=429; retry-after=1; until-retry=1"})


def anthropic(base_url, key, _):
    import anthropic as sdk
    client = sdk.Anthropic(api_key=key, base_url=base_url, max_retries=2)
    model = "claude-sonnet-4-5"
    yield "count", lambda: client.messages.count_tokens(model=model, messages=MESSAGES)
    yield "models", lambda: [dumped(one) for one in client.models.list()]
    request = {"custom_id": "item-1", "params": {"model": model, "max_tokens": 9, "messages": MESSAGES}}
    yield "batch", lambda: client.messages.batches.create(requests=[request]).model_dump(
        mode="json", exclude={"results_url"})
    # Where its results lie is the vendor's address without a proxy and the proxy's with it.
    yield "batch asked", lambda: client.messages.batches.retrieve("msgbatch_1").model_dump(
        mode="json", exclude={"results_url"})
    yield "batch results", lambda: [dumped(one) for one in client.messages.batches.results("msgbatch_1")]


def anthropic_bedrock(base_url, key, secret):
    import anthropic as sdk
    options = {"aws_region": "us-east-1", "base_url": base_url, "max_retries": 2}
    if secret:
        client = sdk.AnthropicBedrock(aws_access_key=key, aws_secret_key=secret, **options)
    else:
        client = sdk.AnthropicBedrock(api_key=key, **options)
    asked = {"model": CLAUDE, "max_tokens": 9, "messages": MESSAGES}
    yield "create", lambda: client.messages.create(**asked)
    yield "stream", lambda: [dumped(one) for one in client.messages.create(stream=True, **asked)]


def boto3(base_url, key, secret):
    import boto3 as sdk
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.pop(name, None)
    os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = base_url
    if secret:
        os.environ |= {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    else:
        os.environ["AWS_BEARER_TOKEN_BEDROCK"] = key
    # As `boto3.client`, but with what the environment says now.
    client = sdk.Session().client("bedrock-runtime")
    body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": MESSAGES})

    def answer(value):
        value.pop("ResponseMetadata", None)
        return {name: one.read().decode() if hasattr(one, "read") else one for name, one in value.items()}

    yield "converse", lambda: answer(client.converse(modelId=CLAUDE, messages=CONVERSE))
    yield "converse profile", lambda: answer(client.converse(
        modelId=PROFILE, messages=CONVERSE, requestMetadata={"feature": "review"}))
    yield "converse stream", lambda: list(client.converse_stream(modelId=CLAUDE, messages=CONVERSE)["stream"])
    yield "invoke", lambda: answer(client.invoke_model(modelId=CLAUDE, body=body))
    yield "invoke stream", lambda: [
        one["chunk"]["bytes"].decode()
        for one in client.invoke_model_with_response_stream(
            modelId=CLAUDE, body=body, accept="application/json", contentType="application/json")["body"]]
    yield "count", lambda: answer(client.count_tokens(
        modelId=CLAUDE, input={"converse": {"messages": CONVERSE}}))


def genai(base_url, key, _):
    from google import genai as sdk
    client = sdk.Client(api_key=key, http_options={"base_url": base_url})
    old = sdk.Client(api_key=key, http_options={"base_url": base_url, "api_version": "v1beta"})
    model = "gemini-2.5-flash"

    def plain(value):
        seen = dumped(value)
        seen.pop("sdk_http_response", None)
        return seen

    yield "generate", lambda: plain(client.models.generate_content(model=model, contents=TEXT))
    yield "generate v1beta", lambda: plain(old.models.generate_content(model=model, contents=TEXT))
    yield "stream", lambda: [plain(one) for one in client.models.generate_content_stream(model=model, contents=TEXT)]
    yield "count", lambda: plain(client.models.count_tokens(model=model, contents=TEXT))

    async def streamed():
        stream = await client.aio.models.generate_content_stream(model=model, contents=TEXT)
        return [plain(one) async for one in stream]

    yield "async stream", lambda: asyncio.run(streamed())
    yield "unknown model", lambda: plain(client.models.generate_content(model="gemini-nonexistent", contents=TEXT))


def litellm(base_url, key, _):
    import litellm as sdk
    sdk.suppress_debug_info = True
    asked = {"model": "openai/gpt-4o-mini", "messages": MESSAGES, "api_base": base_url + "/v1", "api_key": key}
    claude = {"model": "anthropic/claude-sonnet-4-5", "messages": MESSAGES, "api_base": base_url, "api_key": key}

    def plain(value):
        seen = dumped(value)
        # litellm makes these up itself.
        for name in ("created", "id"):
            seen.pop(name, None)
        return seen

    yield "completion", lambda: plain(sdk.completion(**asked))
    yield "stream", lambda: [plain(one) for one in sdk.completion(stream=True, **asked)]
    yield "claude", lambda: plain(sdk.completion(max_tokens=9, **claude))
    yield "embedding", lambda: plain(sdk.embedding(
        model="openai/text-embedding-3-small", input=[TEXT], api_base=base_url + "/v1", api_key=key))


CLIENTS = {one.__name__: one for one in (openai, anthropic, anthropic_bedrock, boto3, genai, litellm)}


def told(error):
    facts = {"class": type(error).__name__, "text": str(error)}
    for name in ("status_code", "code", "status"):
        value = getattr(error, name, None)
        if isinstance(value, (int, str)):
            facts[name] = value
    if hasattr(error, "response") and isinstance(error.response, dict):
        facts["code"] = error.response.get("Error", {}).get("Code")
        facts["retries"] = error.response["ResponseMetadata"]["RetryAttempts"]
    return facts


def run(client, base_url, key, secret, only):
    results = {}
    for name, call in CLIENTS[client](base_url, key, secret):
        if only and name != only:
            continue
        try:
            value = call()
            seen = [dumped(one) for one in value] if isinstance(value, list) else dumped(value)
            results[name] = {"seen": seen}
        except Exception as error:  # whatever the SDK raises is the result
            results[name] = {"error": told(error)}
    return results


def main(client, places):
    json.dump([run(client, *place) for place in json.loads(places)], sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
