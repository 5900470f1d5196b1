"""A transport over aiohttp, which is faster with many calls at once; extra `aiohttp`.

httpx-aiohttp adapts aiohttp to httpx. Added here: a session for each event loop, errors that tell whether anything was
sent, unchanged URLs, no cookies, no repeated requests, and sockets that close even after the end of their event loop.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import httpx_aiohttp
import yarl

from .. import _fork, errors
from .async_synchronization import close_with_loop
from .call import Call
from .sockets import is_readable

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

_EXCEPTIONS: dict[type[Exception], type[httpx.TransportError]] = {
    aiohttp.ConnectionTimeoutError: httpx.ConnectTimeout,
    aiohttp.ServerTimeoutError: httpx.ReadTimeout,
    aiohttp.ClientHttpProxyError: httpx.ProxyError,
    aiohttp.ClientConnectorError: httpx.ConnectError,
    aiohttp.ServerDisconnectedError: httpx.RemoteProtocolError,
    aiohttp.ClientResponseError: httpx.RemoteProtocolError,
    aiohttp.InvalidURL: httpx.UnsupportedProtocol,
    aiohttp.NonHttpUrlClientError: httpx.UnsupportedProtocol,
    aiohttp.ClientError: httpx.ReadError,
    OSError: httpx.ReadError,
    UnicodeError: httpx.UnsupportedProtocol,
}
"""The first match counts. httpx-aiohttp maps a lost connection to ConnectTimeout: a message would be sent twice."""


def _map_exception(error: Exception) -> Exception:
    """Return the httpx exception for one of aiohttp, without it as cause: it holds the headers of the request."""
    cause = error.__cause__ if isinstance(error, httpx.TransportError) else error
    for aiohttp_class, httpx_class in _EXCEPTIONS.items():
        if isinstance(cause, aiohttp_class):
            return httpx_class(str(cause) or type(cause).__name__)
    return error


async def _send_once(
    request: aiohttp.ClientRequest, send: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
) -> aiohttp.ClientResponse:
    """Send a request to its URL as it was given; raise httpx exceptions, after which aiohttp does not send it again."""
    request.url = yarl.URL(_attempt.get().url, encoded=True)  # yarl would decode %3B, a separator for some
    try:
        response = await send(request)
    except (aiohttp.ClientError, OSError) as error:
        failure = _map_exception(error)
    else:
        response.reason = (response.reason or "").encode(errors="ignore").decode()  # httpx-aiohttp fails otherwise
        return response
    raise failure


class _Attempt:
    """One attempt of a call, and its connection once it has one."""

    def __init__(self, request: httpx.Request) -> None:
        self.call = Call.of(request)
        self.call.nothing_sent = True
        self.url = str(request.url)
        self.opened_socket = False
        self.transport: asyncio.Transport | None = None

    def abort(self) -> None:
        """Close the connection at once; aiohttp would wait until the server has read the rest of the request."""
        if self.transport is not None:
            # The event loop has ended, and the session closes the socket, or the transport closed itself after a last write.
            with suppress(RuntimeError, AttributeError):
                self.transport.abort()


_attempt: ContextVar[_Attempt] = ContextVar("attempt")


class _Connector(aiohttp.TCPConnector):
    """Tells each attempt which connection it has got; until then nothing was sent."""

    is_abandoned = False
    """Whether its connections must not be closed by its event loop any more."""

    def __del__(self, *arguments: Any) -> None:
        if not self.is_abandoned:
            super().__del__(*arguments)

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        attempt = _attempt.get()
        while True:
            connection = await super().connect(*arguments, **options)
            assert connection.transport is not None
            if attempt.opened_socket or not is_readable(connection.transport.get_extra_info("socket")):
                attempt.call.nothing_sent, attempt.transport = False, connection.transport
                return connection
            connection.close()  # the server closed it, which its event loop has not noticed yet


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Keeps at most `max_connections` connections for each event loop."""

    def __init__(
        self, max_connections: int, keepalive: float, ssl_context: ssl.SSLContext, proxy: httpx.Proxy | None
    ) -> None:
        self._options: dict[str, Any] = {"verify": ssl_context, "proxy": proxy}
        self._connector_options: dict[str, Any] = {
            "limit": max_connections,
            "keepalive_timeout": keepalive,
            "ssl": ssl_context,
        }
        self._is_closed = False
        self._sessions: dict[asyncio.AbstractEventLoop, _Session] = {}
        _fork.reset_after_fork(self)

    def _reset(self) -> None:
        for session in self._sessions.values():
            session.abandon()
        self._sessions = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of the running loop."""
        if self._is_closed:
            raise errors.ClientClosed
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None:
            session = self._sessions[loop] = _Session(self._options, self._connector_options)
            self._abandon_ended()
        attempt = _Attempt(request)
        _attempt.set(attempt)
        try:
            response = await session.transport.handle_async_request(request)
        except Exception as error:
            attempt.abort()
            failure = _map_exception(error)
        except BaseException:
            attempt.abort()
            raise
        else:
            assert isinstance(response.stream, httpx.AsyncByteStream)
            response.stream = _Stream(response.stream, attempt)
            return response
        raise failure

    async def aclose(self) -> None:
        """Close the connections of the running loop and of loops that have ended; calls that still run fail."""
        self._is_closed = True
        self._abandon_ended()
        if self._sessions and (session := self._sessions.pop(asyncio.get_running_loop(), None)):
            await session.aclose()

    def _abandon_ended(self) -> None:
        for loop in [loop for loop in tuple(self._sessions) if loop.is_closed()]:
            if session := self._sessions.pop(loop, None):
                session.abandon()


class _Session:
    """The aiohttp session of one event loop, and its sockets."""

    def __init__(self, options: dict[str, Any], connector_options: dict[str, Any]) -> None:
        self._sockets: set[socket.socket] = set()
        self._connector = _Connector(socket_factory=self._open_socket, **connector_options)
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=[_send_once],
        )
        self.transport = httpx_aiohttp.AiohttpTransport(client=self._session, **options)
        self.aclose = close_with_loop(self._session.close).aclose

    def _open_socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _, _ = address
        self._sockets = {sock for sock in self._sockets if sock.fileno() >= 0}
        sock = socket.socket(family, kind, protocol)
        self._sockets.add(sock)
        _attempt.get().opened_socket = True
        return sock

    def abandon(self) -> None:
        """Close the sockets without the event loop, which has ended, or after a fork belongs to the parent.

        aiohttp would raise in the first case, and in the second make the parent's loop deaf to the connections.
        """
        self._connector.is_abandoned = True
        self._session.detach()
        for sock in self._sockets:
            sock.close()


class _Stream(httpx.AsyncByteStream):
    """The body of a response; if closed before its end, it closes the connection."""

    def __init__(self, stream: httpx.AsyncByteStream, attempt: _Attempt) -> None:
        self._stream = stream
        self._attempt = attempt
        self._is_at_end = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except Exception as error:
            failure = _map_exception(error)
        else:
            self._is_at_end = True
            return
        raise failure

    async def aclose(self) -> None:
        if not self._is_at_end:
            self._attempt.abort()
        await self._stream.aclose()
