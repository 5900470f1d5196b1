"""A connection for tasks that leaves no socket behind.

httpcore forgets a socket whose task is cancelled amid the TLS handshake: it would stay open until the garbage collector
finds it, beside the one that replaces it. Deadlines need nothing here, since a task can be cancelled at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpcore
import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable


class AsyncConnection(httpx.AsyncHTTPTransport):
    """An httpx transport that closes its socket, whatever state that is in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._backend = _RememberingBackend(self._pool._network_backend)
        self._pool._network_backend = self._backend  # httpx has no public way to give a network backend

    async def aclose(self) -> None:
        """Close the socket, even after the end of its event loop."""
        stream = self._backend.stream
        if stream is not None:
            try:
                await stream.aclose()
            except RuntimeError:
                # asyncio's transports close by their loop; without it the socket would wait for the garbage collector.
                stream.get_extra_info("socket")._sock.close()
                return
        await super().aclose()


class _RememberingBackend(httpcore.AsyncNetworkBackend):
    stream: httpcore.AsyncNetworkStream | None = None

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the signature is httpcore's)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return self.stream

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
