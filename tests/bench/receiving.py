"""Receiving webhooks: `asgi_app`, and a route that does the same by hand, both under uvicorn."""

from __future__ import annotations

import asyncio
import itertools
import json
import time

import attrs

from smooch.webhooks import receive

from . import receiver
from .measure import Findings, Goal, Plan, Samples

CONNECTIONS = 8
OK = b"HTTP/1.1 200"
HEADERS = {"content-type": "application/json", "x-api-key": receiver.SECRET}
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


@attrs.frozen
class Receiver:
    name: str


ASGI_APP = Receiver("smooch.webhooks.asgi_app")
BY_HAND = Receiver("a Starlette route that does the same by hand")
RECEIVE = Receiver("smooch.webhooks.receive, without a server")
RATE = "deliveries per CPU second"


def measure(plan: Plan) -> Findings:
    samples, count = Samples(), plan.many // 4
    with receiver.running("asgi_app") as ours, receiver.running("starlette") as by_hand:
        servers = {ASGI_APP: ours, BY_HAND: by_hand}
        samples.collect(servers, [RATE], plan.rounds, lambda row: [count / serve_deliveries(servers[row], count)])
    samples.collect([RECEIVE], [RATE], plan.rounds, lambda _: [count / receive_all(count)])
    return Findings(
        [samples.table("Receiving", [ASGI_APP, BY_HAND, RECEIVE], [RATE])],
        [
            Goal(
                "deliveries to asgi_app / a Starlette route by hand",
                samples.ratio(RATE, ASGI_APP, BY_HAND),
                minimum=0.9,
            )
        ],
    )


def serve_deliveries(server: receiver.Server, count: int) -> float:
    """CPU seconds of the server for this number of deliveries over a few connections."""
    requests = [request(delivery()) for _ in range(count)]
    start = server.cpu_seconds()
    asyncio.run(post_all(server.port, requests))
    return server.cpu_seconds() - start


def receive_all(count: int) -> float:
    """CPU seconds to verify and parse this number of deliveries."""
    bodies = [delivery() for _ in range(count)]
    start = time.process_time()
    for body in bodies:
        receive(body, HEADERS, receiver.SECRET)
    return time.process_time() - start


async def post_all(port: int, requests: list[bytes]) -> None:
    remaining = iter(requests)
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for content in remaining:
            writer.write(content)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(OK)

    await asyncio.gather(*(work(*stream) for stream in streams))
    for _, writer in streams:
        writer.close()
        await writer.wait_closed()
