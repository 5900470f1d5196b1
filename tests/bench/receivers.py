"""Receivers of webhooks, served by uvicorn: `python -m tests.bench.receivers NAME` prints its port and answers."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from smooch.sandbox._server import listen
from smooch.webhooks import MemoryDeduplicator, WebhookEvent, asgi_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

SECRET = "8564b3e6a8b20a4bdb68b05ce9bc5936"


async def handle(event: WebhookEvent) -> None:
    """What a handler does is no part of the comparison."""


async def read(request: Request) -> Response:
    await request.body()
    return Response()


RECEIVERS = {
    "asgi_app": asgi_app(handle, secret=SECRET, deduplicator=MemoryDeduplicator()),
    "starlette": Starlette(routes=[Route("/", read, methods=["POST"])]),
}


@contextlib.contextmanager
def running(name: str) -> Iterator[int]:
    """A receiver in a process of its own; its port."""
    command = [sys.executable, "-m", "tests.bench.receivers", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.kill()


if __name__ == "__main__":
    with listen(0) as listener:
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(RECEIVERS[sys.argv[1]], log_level="warning", access_log=False)
        uvicorn.Server(config).run([listener])
