# Derived from smooch/_async/connection.py by scripts/unasync.py; edit that file.
"""A connection of the pool: an httpx transport over one socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from .._http import connections
from .._http.network import Network
from .._http.call import Call

if TYPE_CHECKING:
    import ssl


class Connection(httpx.HTTPTransport):
    """An httpx transport with one socket; it opens with its first request and serves one request at a time."""

    _pool: Any
    """The httpcore object that `httpx.HTTPTransport.handle_request` uses: one connection, not a pool.

    httpx has no public way to choose it, and this method must be on the path of each attempt: tools hook in there.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None, proxy: httpx.Proxy | None) -> None:
        self._network = Network()
        self._factory = httpcore.ConnectionPool(
            **connections.build_options(ssl_context, proxy), network_backend=self._network
        )
        self._pool = None
        self._origin: tuple[str, str, int | None] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; open the connection first if needed."""
        url = request.url
        origin = (url.scheme, url.host, url.port)
        if origin != self._origin or self._pool is None or self._pool.is_closed():
            self.close()
            core_url = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/")
            self._pool = self._factory.create_connection(core_url.origin)
            self._origin = origin
        self._network.call = Call.of(request)
        self._network.is_secure = url.scheme == "https"
        return super().handle_request(request)

    def is_idle(self) -> bool:
        """Whether the last response was read to its end."""
        return self._pool is not None and self._pool.is_idle()

    def is_reusable(self) -> bool:
        """Whether the connection is idle and its socket has nothing to read: no data, no end of stream."""
        return self.is_idle() and not self._pool.has_expired()

    def close(self) -> None:
        """Close the socket at once, even after the end of its event loop."""
        self._pool = None
        self._network.close()
