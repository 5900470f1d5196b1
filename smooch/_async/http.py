"""The httpx client behind a facade and its raw client, and the pool of connections behind that."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import httpx
from httpx import USE_CLIENT_DEFAULT

from .. import _fork, _http, errors
from .._async_synchronization import AsyncEvent, AsyncLocal, AsyncLock, async_time_limit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from httpx._client import UseClientDefault
    from httpx._types import AuthTypes

    from ..auth import OriginAuth


class AsyncHTTPClient(httpx.AsyncClient):
    """An httpx client that authenticates, repeats, gives up in time and raises this library's errors.

    The facade and the generated client send through it, so both behave the same.
    """

    def __init__(self, settings: _http.Settings, auth: OriginAuth, transport: httpx.AsyncBaseTransport) -> None:
        from .._retries import RetryTransport

        super().__init__(
            auth=auth,
            base_url=settings.base_url,
            headers=_http.HEADERS,
            timeout=settings.timeout,
            transport=RetryTransport(AsyncWholeAnswers(transport)),
        )
        self._settings = settings
        self._call = _http.CallPolicy(settings, auth)

    @property  # type: ignore[misc]
    def cookies(self) -> httpx.Cookies:
        """None: the API has no cookies, and looking for them costs a twentieth of a call."""
        return _http.NO_COOKIES

    def build_request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:
        """Build a request; account-level paths start at the version, all others at the app."""
        try:
            url = self._settings.locate(url)
            if isinstance(url, str) and url.startswith("/"):
                # Parsed once; httpx would do so twice.
                url = httpx.URL(f"{str(self.base_url).rstrip('/')}/{url.lstrip('/')}")
            return super().build_request(method, url, **options)
        except httpx.InvalidURL as error:
            raise errors.InvalidInput(f"this makes no valid address: {error}", "url") from None

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
    ) -> httpx.Response:
        """Send a request within the deadline; raise for any answer of status 300 or above, and for none at all."""
        if self.is_closed:
            raise errors.ClientClosed
        self._call.start(request, streamed=stream)
        handled = sys.exception()
        try:
            async with async_time_limit(self._call.deadline):
                response = await super().send(request, stream=True, auth=auth, follow_redirects=follow_redirects)
                if not stream or response.status_code >= 300:
                    response = await self._read(response)
        except (httpx.RequestError, TimeoutError) as exception:
            raise self._call.explain(exception, request, handled) from exception
        if response.status_code >= 300:
            raise self._call.refusal(response)
        return response

    async def _read(self, response: httpx.Response) -> httpx.Response:
        """Read an answer; a body that is not encoded as its header says is taken as it came."""
        try:
            await response.aread()
        except httpx.DecodingError:
            assert isinstance(response.stream, httpx.AsyncByteStream)
            return _http.as_it_came(response, b"".join([piece async for piece in response.stream]))
        return response


class AsyncWholeAnswers(httpx.AsyncBaseTransport):
    """Has an answer come in whole before it counts as one, so that it is tried again where the end of it is missing."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and read the answer unless the caller wants to do that."""
        response = await self._transport.handle_async_request(request)
        if request.extensions["streamed"] and response.status_code < 300:
            return response
        assert isinstance(response.stream, httpx.AsyncByteStream)
        content = bytearray()
        try:
            async for piece in response.stream:
                content += piece
        except (httpx.NetworkError, httpx.RemoteProtocolError) as exception:
            if response.status_code < 300:
                raise _http.CutOff(response, bytes(content)) from exception
        finally:
            await response.stream.aclose()
        response.stream = httpx.ByteStream(bytes(content))
        return response

    async def aclose(self) -> None:
        """Close the transport below."""
        await self._transport.aclose()


class AsyncPool(httpx.AsyncBaseTransport):
    """Up to so many connections, each lent to one call at a time; who waits longest is served first.

    httpx's own pool is shared by all calls: every call walks through all the others, and between threads a connection
    can be closed under another's feet. Here a call owns its connection until its answer is read. The connection used
    last is lent first, and what nobody has used for a while is closed. Event loops share no connections.
    """

    def __init__(self, connect: Callable[[], httpx.AsyncBaseTransport], max_connections: int) -> None:
        self._connect = connect
        self._max_connections = max_connections
        self._closed = False
        self._start_anew()
        _fork.start_anew_in_children(self)

    def _start_anew(self) -> None:
        self._local = AsyncLocal(_Connections)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection that is free, or as soon as one is."""
        here = await self._local.get()
        connection = await self._borrow(here, request)
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await self._discard(here, connection)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Borrowed(response.stream, self, here, connection)
        return response

    async def aclose(self) -> None:
        """Close all connections that are idle now, and the others as soon as they are."""
        self._closed = True
        await self._local.aclose()

    async def _borrow(self, here: _Connections, request: httpx.Request) -> httpx.AsyncBaseTransport:
        with here.lock:
            if self._closed:
                raise errors.ClientClosed
            if here.idle:
                return here.idle.pop()[0]
            if here.open < self._max_connections:
                connection = self._connect()
                here.open += 1
                return connection
            turn = _Turn()
            here.waiting.append(turn)
        try:
            if not await turn.wait_for(_http.patience(request)):
                raise httpx.PoolTimeout("no connection became free", request=request)
        except BaseException:
            await self._leave(here, turn)
            raise
        assert turn.connection is not None
        return turn.connection

    async def _give_back(self, here: _Connections, connection: httpx.AsyncBaseTransport) -> None:
        now = time.monotonic()
        stale = []
        with here.lock:
            if here.waiting:
                here.waiting.popleft().serve(connection)
            elif self._closed:
                stale.append(connection)
            else:
                here.idle.append((connection, now))
                while here.idle[0][1] < now - _http.KEEPALIVE_SECONDS:
                    stale.append(here.idle.popleft()[0])
            here.open -= len(stale)
        for connection in stale:
            await connection.aclose()

    async def _discard(self, here: _Connections, connection: httpx.AsyncBaseTransport) -> None:
        """Close a connection that a call left in an unknown state; who waits for one gets a new one."""
        with here.lock:
            if here.waiting:
                here.waiting.popleft().serve(self._connect())
            else:
                here.open -= 1
        await connection.aclose()

    async def _leave(self, here: _Connections, turn: _Turn) -> None:
        """Stop waiting; a connection handed over at the same moment goes to the next in line."""
        with here.lock:
            if turn in here.waiting:
                here.waiting.remove(turn)
        if turn.connection is not None:
            await self._give_back(here, turn.connection)


class _Connections:
    """How many connections there are, which of them are free, and who waits for one."""

    def __init__(self) -> None:
        self.lock = AsyncLock()
        self.open = 0
        self.idle: deque[tuple[httpx.AsyncBaseTransport, float]] = deque()
        self.waiting: deque[_Turn] = deque()

    async def aclose(self) -> None:
        """Close those that are free."""
        with self.lock:
            connections = [connection for connection, _ in self.idle]
            self.idle.clear()
            self.open -= len(connections)
        for connection in connections:
            await connection.aclose()


class _Turn(AsyncEvent):
    """A place in the line for a connection."""

    connection: httpx.AsyncBaseTransport | None = None

    def serve(self, connection: httpx.AsyncBaseTransport) -> None:
        self.connection = connection
        self.set()


class _Borrowed(httpx.AsyncByteStream):
    """The body of an answer; when it is closed the connection goes back, if it was read to its end."""

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        pool: AsyncPool,
        connections: _Connections,
        connection: httpx.AsyncBaseTransport,
    ) -> None:
        self._stream = stream
        self._pool = pool
        self._connections = connections
        self._connection: httpx.AsyncBaseTransport | None = connection
        self._at_end = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece
        self._at_end = True

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await self._stream.aclose()
        except BaseException:
            self._at_end = False
            raise
        finally:
            end = self._pool._give_back if self._at_end else self._pool._discard
            await end(self._connections, connection)
