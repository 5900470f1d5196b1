"""A connection for threads that knows the deadline of the call it serves.

httpx has timeouts for each read and write, but none for the call: a server that sends a byte now and then holds a
thread for ever. A task can be cancelled; a thread cannot, so here every wait on the socket is clipped instead.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable


class Connection(httpx.HTTPTransport):
    """An httpx transport whose every read and write ends at the deadline of its call."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._backend = _DeadlineBackend(self._pool._network_backend)
        self._pool._network_backend = self._backend  # httpx has no public way to give a network backend

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the deadline is a `time.monotonic()` in its extensions."""
        self._backend.deadline = float(request.extensions.get("deadline", "inf"))
        return super().handle_request(request)


class _DeadlineBackend(httpcore.NetworkBackend):
    deadline = float("inf")

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def left(self, timeout: float | None) -> float | None:
        """The timeout, or what is left until the deadline if that is less."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline of the call has passed")
        return timeout if timeout is not None and timeout < left else left if left != float("inf") else None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(host, port, self.left(timeout), local_address, socket_options)
        return _DeadlineStream(stream, self)

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, backend: _DeadlineBackend) -> None:
        self._stream = stream
        self._backend = backend
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._backend.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._backend.left(timeout))
        return _DeadlineStream(stream, self._backend)
