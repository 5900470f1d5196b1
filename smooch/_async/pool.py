"""The pool of connections of a client."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import httpx

from .. import _fork, errors
from .._http import connections as _connections
from .._http import policy
from .._http.async_synchronization import AsyncEvent, AsyncLocal, AsyncLock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


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
            if not await turn.wait_for(policy.patience(request)):
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
                while here.idle[0][1] < now - _connections.KEEPALIVE_SECONDS:
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
