"""Sockets for asyncio, which can be closed in any state.

httpcore's own network backend goes through anyio, which costs a third of a call more, and leaves the socket of a
cancelled TLS handshake to the garbage collector.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import httpcore

from .sockets import is_readable, share_timeout

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from .call import Call

_HIGH_WATER = 256 * 1024
"""Maximum number of received bytes that wait to be read; with more, reading pauses."""


class AsyncNetwork(httpcore.AsyncNetworkBackend):
    """Opens asyncio transports, aborts them on any exception, and remembers the last one."""

    call: Call
    is_secure = False
    """Whether the request goes over TLS; what is sent before that belongs to a proxy."""
    socket: socket.socket | None = None
    transport: asyncio.Transport | None = None

    def close(self) -> None:
        try:
            if self.transport is not None:
                self.transport.abort()
            elif self.socket is not None:
                self.socket.close()
        except (RuntimeError, AttributeError):
            # The event loop has ended, or the transport closed itself after a last write: abort is not made for either.
            assert self.socket is not None
            self.socket.close()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the signature is httpcore's)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        self.call.nothing_sent = True
        failure = OSError(f"{host} has no address")
        try:
            async with asyncio.timeout(timeout):
                addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                for (family, kind, proto, _, address), seconds in share_timeout(addresses, timeout):
                    self.socket = socket.socket(family, kind, proto)
                    self.socket.setblocking(False)
                    try:
                        async with asyncio.timeout(seconds):
                            await loop.sock_connect(self.socket, address)
                        break
                    except OSError as error:
                        self.socket.close()
                        failure = error
                else:
                    raise failure
                self.transport, protocol = await loop.create_connection(_Protocol, sock=self.socket)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            self.close()
            raise
        return _Stream(self.transport, protocol, self)


class _Protocol(asyncio.Protocol):
    """Keeps received bytes until they are read."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.is_at_end = False
        self.is_writable = True
        self.failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_over(self) -> bool:
        """Whether the server wants no more of a request: it closed the connection, or sent a 4xx or 5xx."""
        return self.is_at_end or self.received.startswith((b"4", b"5"), len(b"HTTP/1.1 "))

    async def wait(self) -> None:
        """Wait for the next event: bytes, the end of the connection, or room to write."""
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._wake()

    def eof_received(self) -> None:
        self.is_at_end = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_at_end, self.failure = True, exc
        self._wake()

    def pause_writing(self) -> None:
        self.is_writable = False

    def resume_writing(self) -> None:
        self.is_writable = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Stream(httpcore.AsyncNetworkStream):
    """An asyncio transport that notices surplus bytes.

    Each read leaves the last received byte for the next one. If a response ends without it, the server sent more than
    the response: `is_readable` is then true, and the connection is not used again. The head of a request is held back
    until the first part of its body, or its end.
    """

    def __init__(self, transport: asyncio.Transport, protocol: _Protocol, network: AsyncNetwork) -> None:
        self._transport = transport
        self._protocol = protocol
        self._network = network
        self._head = b""
        self._is_first_write = True

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        self._is_first_write = True
        protocol = self._protocol
        if not protocol.received and not protocol.is_at_end:
            try:
                async with asyncio.timeout(timeout):
                    await protocol.wait()
            except TimeoutError as error:
                raise httpcore.ReadTimeout(str(error)) from error
        received = protocol.received
        if not received and protocol.failure is not None:
            raise httpcore.ReadError(str(protocol.failure)) from protocol.failure
        size = min(max_bytes, max(1, len(received) - 1))
        data = bytes(received[:size])
        del received[:size]
        if len(received) <= _HIGH_WATER:
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if self._is_first_write:
            self._is_first_write, self._head = False, buffer
            return
        is_amid_body = not self._head
        buffer, self._head = self._head + buffer, b""
        if not buffer:
            return
        if not self._network.is_secure or self.get_extra_info("ssl_object") is not None:
            self._network.call.nothing_sent = False
        protocol = self._protocol
        if is_amid_body and is_readable(self.get_extra_info("socket")):
            # If a write fails, asyncio drops what it has not read, such as a 413: it reads within two rounds of its loop.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        if not protocol.is_over:
            self._transport.write(buffer)
        try:
            async with asyncio.timeout(timeout):
                while not protocol.is_writable and not protocol.is_over:
                    await protocol.wait()
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        if protocol.is_over:  # httpcore reads the response then, if there is one
            raise httpcore.WriteError(str(protocol.failure or "the server wants no more of the request"))

    async def aclose(self) -> None:
        self._network.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                transport = await asyncio.get_running_loop().start_tls(
                    self._transport, self._protocol, ssl_context, server_hostname=server_hostname
                )
        except BaseException as error:
            self._network.close()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout(str(error)) from error
            if isinstance(error, OSError):
                raise httpcore.ConnectError(str(error)) from error
            raise
        assert transport is not None
        self._network.transport = transport
        return _Stream(transport, self._protocol, self._network)

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "is_readable":
                protocol = self._protocol
                return bool(protocol.received) or protocol.is_at_end or is_readable(self.get_extra_info("socket"))
            case "client_addr":
                return self._transport.get_extra_info("sockname")
            case "server_addr":
                return self._transport.get_extra_info("peername")
        return self._transport.get_extra_info(info)
