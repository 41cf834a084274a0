"""Many clients at once, each telling how far its own request came."""
import asyncio
import dataclasses

from asking import PATHS, encoded, headers, question
import wire


@dataclasses.dataclass
class Client:
    user: str
    dialect: str
    stream: bool
    began: bool = False
    ended: bool = False
    status: int | None = None

    async def run(self, port, key, fault):
        body = encoded(question(self.dialect, self.user, self.stream))
        try:
            answer = await wire.exchange_async(
                port, PATHS[self.dialect], headers(self.dialect, key, fault), body, began=self._begin)
        except (ConnectionError, OSError):
            return
        if answer:
            self.status = answer.status
            self.ended = answer.complete

    def _begin(self, _):
        self.began = True


def crowd(name, count):
    return [Client(f"{name}-{n}", "openai" if n % 2 else "anthropic", n % 5 != 0) for n in range(count)]


async def run(clients, port, key, fault, during):
    """All at once; `during` is awaited beside them."""
    tasks = [asyncio.create_task(client.run(port, key, fault)) for client in clients]
    await during()
    await asyncio.gather(*tasks)
