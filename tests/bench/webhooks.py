"""Receiving webhooks against the network that they come by, and against a server that looks at nothing."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import TYPE_CHECKING

import httpx

from smooch.webhooks import receive

from . import receivers
from .measure import Result, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONNECTIONS = 8
OK = b"HTTP/1.1 200"
HEADERS = {"content-type": "application/json", "x-api-key": receivers.SECRET}
_numbers = itertools.count()


def delivery() -> bytes:
    """One message of a user that was not delivered before."""
    message = {
        "_id": f"{next(_numbers):024x}",
        "type": "text",
        "text": "Is the shop open?",
        "role": "appUser",
        "authorId": "5a1b2c3d4e5f60718293a4b5",
        "name": "Ana",
        "received": 1512345678.125,
        "source": {"type": "web", "integrationId": "5a1b2c3d4e5f60718293a4bb"},
    }
    user = {"_id": "5a1b2c3d4e5f60718293a4b5", "userId": "b6518", "givenName": "Ana", "properties": {}}
    event = {
        "trigger": "message:appUser",
        "app": {"_id": "575040549a38df8fb4eb1e51"},
        "appUser": {**user, "conversationStarted": True, "signedUpAt": "2017-12-04T00:00:00.000Z", "clients": []},
        "conversation": {"_id": "5a1b2c3d4e5f60718293a4ba"},
        "messages": [message],
        "timestamp": 1512345678.5,
        "version": "v1",
    }
    return json.dumps(event, separators=(",", ":")).encode()


def request(body: bytes) -> bytes:
    headers = {"host": "bot.example", **HEADERS, "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


def receiving() -> Iterator[Result]:
    with receivers.running("asgi_app") as server, httpx.Client(headers=HEADERS) as sender:
        url = f"http://127.0.0.1:{server.port}/"
        yield compare(
            "the round trip of a delivery by httpx.Client.post to asgi_app / receive",
            deliveries(lambda body: receive(body, HEADERS, receivers.SECRET)),
            deliveries(lambda body: sender.post(url, content=body).raise_for_status()),
            goal=20,
            at_least=True,
        )


def deliveries(take: Callable[[bytes], object], count: int = 300) -> Callable[[], float]:
    """Seconds for so many deliveries, one after the other."""

    def cost() -> float:
        bodies = [delivery() for _ in range(count)]
        start = time.perf_counter()
        for body in bodies:
            take(body)
        return time.perf_counter() - start

    return cost


def serving() -> Iterator[Result]:
    with receivers.running("asgi_app") as ours, receivers.running("starlette") as bare:
        yield compare(
            "deliveries a CPU second to asgi_app / to a Starlette route that does the same by hand",
            flood(ours),
            flood(bare),
            goal=0.9,
            at_least=True,
        )


def flood(server: receivers.Server, count: int = 3000) -> Callable[[], float]:
    """CPU seconds of the server for so many deliveries over a few connections."""

    def cost() -> float:
        requests = [request(delivery()) for _ in range(count)]
        start = server.cpu_seconds()
        asyncio.run(post_all(server.port, requests))
        return server.cpu_seconds() - start

    return cost


async def post_all(port: int, requests: list[bytes]) -> None:
    left = iter(requests)
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for one in left:
            writer.write(one)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(OK)

    await asyncio.gather(*(work(*stream) for stream in streams))
    for _, writer in streams:
        writer.close()
        await writer.wait_closed()
