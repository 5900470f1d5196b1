"""The pool of connections of a client."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

import httpx

from .. import _fork, errors
from .._http import connections
from .._http.async_synchronization import AsyncEvent, AsyncLock, PerLoop
from .._http.call import Call

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from .._http import AsyncTransport, Settings
    from .connection import AsyncConnection


def open_transport(
    settings: Settings, ssl_context: ssl.SSLContext | None = None, transport: AsyncTransport | None = None
) -> httpx.AsyncBaseTransport:
    """Return the transport that a client is given, or a pool of connections."""
    if isinstance(transport, httpx.AsyncBaseTransport):
        return transport
    proxy = connections.environment_proxy(settings.root)
    if transport is not None:
        named: httpx.AsyncBaseTransport = connections.open_named_transport(
            transport, httpx.AsyncBaseTransport, settings.max_connections, ssl_context, proxy
        )
        return named

    def connect() -> AsyncConnection:
        from .connection import AsyncConnection  # loads httpcore, which takes 12 ms

        return AsyncConnection(ssl_context, proxy)

    return AsyncPool(connect, settings.max_connections)


class AsyncPool(httpx.AsyncBaseTransport):
    """FIFO pool of at most `max_connections`; each connection serves one request at a time.

    The connection used last is lent first, and one that was idle for some seconds is closed. Event loops share no
    connections. httpx's own pool walks through all requests on every request, and can close a connection that another
    thread is using.
    """

    def __init__(self, connect: Callable[[], AsyncConnection], max_connections: int) -> None:
        self._connect = connect
        self._max_connections = max_connections
        self._closed = False
        self._reset()
        _fork.reset_after_fork(self)

    def _reset(self) -> None:
        self._states = PerLoop(_PoolState)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection that is free, or as soon as one is."""
        call = Call.of(request)
        lease = call.lease = AsyncLease(self, self._states.get())
        try:
            connection = await self._acquire(lease, request, call)
            response = await connection.handle_async_request(request)
            assert isinstance(response.stream, httpx.AsyncByteStream)
            lease.stream = response.stream
        except BaseException:
            self._release(lease)
            raise
        response.stream = lease
        return response

    async def aclose(self) -> None:
        """Close the idle connections now, and each other one after its response."""
        self._closed = True
        await self._states.aclose()

    # An exception from a signal handler can end the following methods after any step. Therefore one step takes a slot
    # (`leases.add`) and one gives it back, and calling `_release` once more, as the client does, completes the rest.

    async def _acquire(self, lease: AsyncLease, request: httpx.Request, call: Call) -> AsyncConnection:
        state = lease.state
        with state.lock:
            if self._closed:
                raise errors.ClientClosed
            if len(state.leases) < self._max_connections:
                state.leases.add(lease)
            else:
                lease.granted = AsyncEvent()
                state.waiting[lease] = None
        if lease.granted is not None:
            call.nothing_sent = True
            timeout = call.clip(request.extensions.get("timeout", {}).get("pool"))
            if not await lease.granted.wait_for(timeout) and lease not in state.leases:
                raise httpx.PoolTimeout("no connection became free")  # pragma: no cover (Python 3.11 does not trace it)
            call.nothing_sent = False
        with state.lock:
            lease.connection = connection = state.idle.pop()[0] if state.idle else self._connect()
        if not connection.is_reusable():
            connection.close()  # its next request opens it again
        return connection

    def _release(self, lease: AsyncLease) -> None:
        """Release all that a lease holds: its connection, its slot, its place among the waiters."""
        if lease.is_released:
            return
        if lease.connection is not None and not lease.is_complete:
            lease.connection.close()
            lease.connection = None
        state, stale, now = lease.state, [], time.monotonic()
        with state.lock:
            state.waiting.pop(lease, None)
            connection, lease.connection = lease.connection, None
            if connection is not None and self._closed:
                stale.append(connection)
            elif connection is not None:
                state.idle.append((connection, now))
            while state.idle and state.idle[0][1] < now - connections.KEEPALIVE_SECONDS:
                stale.append(state.idle.popleft()[0])
            state.leases.discard(lease)
            while state.waiting:
                first = next(iter(state.waiting))
                if first not in state.leases and len(state.leases) >= self._max_connections:
                    break
                state.leases.add(first)
                assert first.granted is not None
                first.granted.set()
                del state.waiting[first]
        lease.is_released = True
        lease.stream = None  # or each request would be a reference cycle: it holds its call, which holds the lease
        for unused in stale:
            unused.close()


class AsyncLease(httpx.AsyncByteStream):
    """A connection leased to one request, and its response body; closing it releases the connection."""

    connection: AsyncConnection | None = None
    stream: httpx.AsyncByteStream | None = None
    granted: AsyncEvent | None = None
    """Set when a waiting request gets its connection."""
    is_complete = False
    """Whether the response was read to its end, so that the connection can serve another request."""
    is_released = False

    def __init__(self, pool: AsyncPool, state: _PoolState) -> None:
        self.state = state
        self._pool = pool

    def __aiter__(self) -> AsyncIterator[bytes]:
        assert self.stream is not None
        return self.stream.__aiter__()

    async def aclose(self) -> None:
        try:
            if self.stream is not None and self.connection is not None:
                await self.stream.aclose()
                self.is_complete = self.connection.is_idle()
        finally:
            self._pool._release(self)


class _PoolState:
    """The connections of one pool in one event loop."""

    def __init__(self) -> None:
        self.lock = AsyncLock()
        self.leases: set[AsyncLease] = set()
        self.idle: deque[tuple[AsyncConnection, float]] = deque()
        """Each with the time since when it is idle."""
        self.waiting: OrderedDict[AsyncLease, None] = OrderedDict()

    @property
    def open(self) -> int:
        """Number of connections."""
        return len(self.leases) + len(self.idle)

    def close(self) -> None:
        """Close the idle connections."""
        with self.lock:
            idle = [connection for connection, _ in self.idle]
            self.idle.clear()
        for connection in idle:
            connection.close()
