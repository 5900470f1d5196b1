"""Receivers of webhooks, served by uvicorn: `python -m tests.bench.receiver APP` prints its port and answers."""

from __future__ import annotations

import contextlib
import hmac
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from smooch.sandbox._server import listen
from smooch.webhooks import MemoryDeduplicator, asgi_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

SECRET = "8564b3e6a8b20a4bdb68b05ce9bc5936"


async def handle(event: object) -> None:
    """What a handler does is no part of the comparison."""


_seen: set[str] = set()


async def by_hand(request: Request) -> Response:
    """The least that a route of one's own must do: check the key, parse the body, filter duplicates."""
    if not hmac.compare_digest(request.headers.get("x-api-key", "").encode(), SECRET.encode()):
        return Response(status_code=401)
    event = json.loads(await request.body())
    event_ids = {message["_id"] for message in event["messages"]}
    if not event_ids <= _seen:
        _seen.update(event_ids)
        await handle(event)
    return Response()


APPS = {
    "asgi_app": asgi_app(handle, secret=SECRET, deduplicator=MemoryDeduplicator()),
    "starlette": Starlette(routes=[Route("/", by_hand, methods=["POST"])]),
}


@attrs.frozen
class Server:
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """CPU time of the thread that serves; unlike the clock it does not depend on other processes."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e9


@contextlib.contextmanager
def running(name: str) -> Iterator[Server]:
    """A receiver in its own process."""
    command = [sys.executable, "-m", "tests.bench.receiver", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield Server(int(server.stdout.readline()), server.pid)
        finally:
            server.kill()


if __name__ == "__main__":
    with listen(0) as listener:
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(APPS[sys.argv[1]], log_level="warning", access_log=False)
        uvicorn.Server(config).run([listener])
