# Derived from smooch/_async/pool.py by scripts/unasync.py; edit that file.
"""The pool of connections of a client."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import httpx

from .. import _fork, errors
from .._http import connections as _connections
from .._http import policy
from .._http.synchronization import Event, Local, Lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable


class Pool(httpx.BaseTransport):
    """Up to so many connections, each lent to one call at a time; who waits longest is served first.

    httpx's own pool is shared by all calls: every call walks through all the others, and between threads a connection
    can be closed under another's feet. Here a call owns its connection until its answer is read. The connection used
    last is lent first, and what nobody has used for a while is closed. Event loops share no connections.
    """

    def __init__(self, connect: Callable[[], httpx.BaseTransport], max_connections: int) -> None:
        self._connect = connect
        self._max_connections = max_connections
        self._closed = False
        self._start_anew()
        _fork.start_anew_in_children(self)

    def _start_anew(self) -> None:
        self._local = Local(_Connections)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection that is free, or as soon as one is."""
        here = self._local.get()
        connection = self._borrow(here, request)
        try:
            response = connection.handle_request(request)
        except BaseException:
            self._discard(here, connection)
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Borrowed(response.stream, self, here, connection)
        return response

    def close(self) -> None:
        """Close all connections that are idle now, and the others as soon as they are."""
        self._closed = True
        self._local.close()

    def _borrow(self, here: _Connections, request: httpx.Request) -> httpx.BaseTransport:
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
            if not turn.wait_for(policy.patience(request)):
                raise httpx.PoolTimeout("no connection became free", request=request)
        except BaseException:
            self._leave(here, turn)
            raise
        assert turn.connection is not None
        return turn.connection

    def _give_back(self, here: _Connections, connection: httpx.BaseTransport) -> None:
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
            connection.close()

    def _discard(self, here: _Connections, connection: httpx.BaseTransport) -> None:
        """Close a connection that a call left in an unknown state; who waits for one gets a new one."""
        with here.lock:
            if here.waiting:
                here.waiting.popleft().serve(self._connect())
            else:
                here.open -= 1
        connection.close()

    def _leave(self, here: _Connections, turn: _Turn) -> None:
        """Stop waiting; a connection handed over at the same moment goes to the next in line."""
        with here.lock:
            if turn in here.waiting:
                here.waiting.remove(turn)
        if turn.connection is not None:
            self._give_back(here, turn.connection)


class _Connections:
    """How many connections there are, which of them are free, and who waits for one."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.open = 0
        self.idle: deque[tuple[httpx.BaseTransport, float]] = deque()
        self.waiting: deque[_Turn] = deque()

    def close(self) -> None:
        """Close those that are free."""
        with self.lock:
            connections = [connection for connection, _ in self.idle]
            self.idle.clear()
            self.open -= len(connections)
        for connection in connections:
            connection.close()


class _Turn(Event):
    """A place in the line for a connection."""

    connection: httpx.BaseTransport | None = None

    def serve(self, connection: httpx.BaseTransport) -> None:
        self.connection = connection
        self.set()


class _Borrowed(httpx.SyncByteStream):
    """The body of an answer; when it is closed the connection goes back, if it was read to its end."""

    def __init__(
        self,
        stream: httpx.SyncByteStream,
        pool: Pool,
        connections: _Connections,
        connection: httpx.BaseTransport,
    ) -> None:
        self._stream = stream
        self._pool = pool
        self._connections = connections
        self._connection: httpx.BaseTransport | None = connection
        self._at_end = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            yield piece
        self._at_end = True

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            self._stream.close()
        except BaseException:
            self._at_end = False
            raise
        finally:
            end = self._pool._give_back if self._at_end else self._pool._discard
            end(self._connections, connection)
