"""Clients that ask one request after another until they are told to stop, and remember what each of them saw."""
import asyncio
import contextlib
import dataclasses
import json

from asking import PATHS, encoded, headers, question, usage_told
import wire

MODELS = {"openai": "gpt-4o-mini-2024-07-18", "anthropic": "claude-sonnet-4-5-20250929"}
FAULT = "tokens=input:100,output:20; events=10; event-ms=30"
MOST = 50
"""The longest answer that a request allows."""
PAUSE_SECONDS = 0.05
"""A client whose request was refused, or found nobody, asks again after this."""


@dataclasses.dataclass
class Seen:
    """One request, as its client saw it."""

    user: str
    dialect: str
    stream: bool
    fault: str
    status: int | None = None
    ended: bool = False
    body: bytes = b""
    request_id: str | None = None

    @property
    def began(self):
        return self.status is not None

    @property
    def usage(self):
        """What the answer told; OpenAI's streams tell it only to those who ask."""
        return usage_told(self.dialect, self.body, self.stream)

    @property
    def error(self):
        return json.loads(self.body)["error"]


def request(user, dialect, stream, **more):
    limit = "max_completion_tokens" if dialect == "openai" else "max_tokens"
    return encoded(question(dialect, user, stream, **{"model": MODELS[dialect], limit: MOST, **more}))


class Load:
    def __init__(self, name, port, key, clients=64, fault=FAULT):
        """`fault` is what the vendor is asked to do, or a function of the request's number that says so."""
        self.name, self.port, self.key, self.clients = name, port, key, clients
        self.fault = fault if callable(fault) else lambda _: fault
        self.seen = []
        self.is_over = False

    async def run(self, during):
        """`during` is awaited beside the clients; when it is over, they end their requests and stop."""
        clients = [asyncio.create_task(self._client()) for _ in range(self.clients)]
        try:
            await during(self)
        finally:
            self.is_over = True
            await asyncio.gather(*clients)

    async def until(self, what, condition, seconds=20):
        for _ in range(seconds * 200):
            if condition():
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"not within {seconds} s: {what}")

    async def answered(self, count):
        """Until so many more whole answers are there."""
        goal = self.count(200) + count
        await self.until(f"{count} more answers", lambda: self.count(200) >= goal)

    def count(self, status):
        return sum(one.status == status and one.ended for one in self.seen)

    async def _client(self):
        while not self.is_over:
            number = len(self.seen)
            one = Seen(f"{self.name}-{number}", "openai" if number % 2 else "anthropic", number % 3 != 0, self.fault(number))
            self.seen.append(one)
            await self.ask(one)
            if one.status != 200:
                await asyncio.sleep(PAUSE_SECONDS)

    async def ask(self, one):
        def began(parser):
            one.status = parser.status
            one.request_id = dict(parser.headers).get("x-tollbook-request-id")
        with contextlib.suppress(OSError):
            answer = await wire.exchange_async(
                self.port, PATHS[one.dialect], headers(one.dialect, self.key, one.fault, accept_encoding="identity"),
                request(one.user, one.dialect, one.stream), began=began)
            if answer:
                one.body, one.ended = answer.body, answer.complete
