"""Run uvicorn in a thread, without its delays at start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

    from starlette.types import ASGIApp, Scope

HOST = "127.0.0.1"
_BACKLOG = 2048

T = TypeVar("T")


def listen(port: int) -> socket.socket:
    """Return a listening socket; `port` 0 takes any free one. OSError if the port is taken."""
    # without the protocol asyncio leaves Nagle's algorithm on, which costs 40 ms a call
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class ServerThread(uvicorn.Server):
    """A server in a thread of its own. It stops at once, and can close single connections.

    `at_stop` runs after the port is closed.
    """

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        *,
        certfile: str | Path | None,
        keyfile: str | Path | None,
        at_stop: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                interface="asgi3",
                lifespan="off",
                ws="none",
                log_config=None,
                server_header=False,
                timeout_keep_alive=75,
                ssl_certfile=certfile,
                ssl_keyfile=keyfile,
            )
        )
        self._at_stop = at_stop
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self.run, args=([listener],), name="smooch-sandbox", daemon=True)

    def start(self) -> None:
        """Return when the server is ready. Raises the error of a bad certificate."""
        self.config.load()
        self._thread.start()
        self._is_ready.wait()

    def stop(self) -> None:
        """Return when the port is free and all connections are closed."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def call(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run `coroutine` on the server's loop and return its result. TimeoutError after `timeout` seconds."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout)
        finally:
            future.cancel()

    def close_connection(self, scope: Scope) -> None:
        """Close the connection of a request without sending anything more."""
        for connection in list(self.server_state.connections):
            if connection.transport.get_extra_info("peername") == scope["client"]:
                connection.transport.abort()

    # called by uvicorn

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        await super().startup(sockets)
        self._is_ready.set()

    async def main_loop(self) -> None:
        while not self._stopping.is_set():
            await self.on_tick(0)  # renews the Date header
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await self._at_stop()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
