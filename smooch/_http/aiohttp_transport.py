"""A transport over aiohttp, which is faster with many calls at once; extra `aiohttp`.

httpx-aiohttp adapts aiohttp to httpx. What it lacks for our promises is here: a session for each event loop, exceptions
that tell what was never sent from what may have arrived, no cookies, and sockets that are closed with their loop.
"""

from __future__ import annotations

import asyncio
import socket
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import httpx_aiohttp

from .. import _fork, errors
from .call import Call

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
    UnicodeError: httpx.ConnectError,
}
"""The first that fits counts. httpx-aiohttp makes a lost connection a ConnectTimeout: a message would be sent twice."""


def _map_exception(error: Exception) -> Exception:
    """Return the exception of httpx for one of aiohttp, without that as its cause: it holds the headers of the request."""
    cause = error.__cause__ if isinstance(error, httpx.TransportError) else error
    for aiohttp_class, httpx_class in _EXCEPTIONS.items():
        if isinstance(cause, aiohttp_class):
            return httpx_class(str(cause) or type(cause).__name__)
    return error


async def _send_once(
    request: aiohttp.ClientRequest, send: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
) -> aiohttp.ClientResponse:
    """Send a request; raise exceptions of httpx, since on its own aiohttp repeats some requests without being asked to."""
    try:
        return await send(request)
    except (aiohttp.ClientError, OSError) as error:
        failure = _map_exception(error)
    raise failure


class _Attempt:
    """One attempt of a call, and the connection that it has got."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.transport: asyncio.Transport | None = None

    def abort(self) -> None:
        """Close the connection at once; aiohttp would wait until the server has taken the rest of the request."""
        if self.transport is not None:
            self.transport.abort()


_attempt: ContextVar[_Attempt] = ContextVar("attempt")


class _Connector(aiohttp.TCPConnector):
    """Tells the attempt which connection it has got; until then nothing was sent."""

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        connection = await super().connect(*arguments, **options)
        attempt = _attempt.get()
        attempt.call.nothing_sent, attempt.transport = False, connection.transport
        return connection


class AiohttpTransport(httpx.AsyncBaseTransport):
    """At most `max_connections` connections for each event loop, by the environment's proxy if there is one."""

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
        self._reset()
        _fork.reset_after_fork(self)

    def _reset(self) -> None:
        self._sessions: dict[asyncio.AbstractEventLoop, _Session] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of the running loop."""
        if self._is_closed:
            raise errors.ClientClosed
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None:
            session = self._sessions[loop] = _Session(self._options, self._connector_options)
            await self._close_ended()
        attempt = _Attempt(Call.of(request))
        attempt.call.nothing_sent = True
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
        if session := self._sessions.pop(asyncio.get_running_loop(), None):
            await session.aclose()
        await self._close_ended()

    async def _close_ended(self) -> None:
        for loop in [loop for loop in tuple(self._sessions) if loop.is_closed()]:
            if session := self._sessions.pop(loop, None):
                await session.aclose(is_loop_closed=True)


class _Session:
    """The session of one event loop, and its sockets, which aiohttp cannot close after the end of the loop."""

    def __init__(self, options: dict[str, Any], connector_options: dict[str, Any]) -> None:
        self._sockets: set[socket.socket] = set()
        self._session = aiohttp.ClientSession(
            connector=_Connector(socket_factory=self._open_socket, **connector_options),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=[_send_once],
        )
        self.transport = httpx_aiohttp.AiohttpTransport(client=self._session, **options)

    def _open_socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _, _ = address
        self._sockets = {sock for sock in self._sockets if sock.fileno() >= 0}
        sock = socket.socket(family, kind, protocol)
        self._sockets.add(sock)
        return sock

    async def aclose(self, *, is_loop_closed: bool = False) -> None:
        await self._session.close()
        for sock in self._sockets if is_loop_closed else ():
            sock.close()


class _Stream(httpx.AsyncByteStream):
    """The body of a response; closed before its end, it closes the connection."""

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
