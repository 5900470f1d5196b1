"""Open connections: TLS settings, proxy of the environment, one httpx transport for each connection."""

from __future__ import annotations

import functools
import urllib.request
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    import ssl

KEEPALIVE_SECONDS = 5.0


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The TLS settings that all connections of the process share: loading the certificates takes longer than a call."""
    return httpx.create_ssl_context()


def environment_proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment names for this address (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` …)."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    port = url.port or (443 if url.scheme == "https" else 80)
    if not proxy or urllib.request.proxy_bypass(f"{url.host}:{port}"):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


class ConnectionFactory:
    """Opens connections: one httpx transport each, never used by two calls at the same time."""

    def __init__(self, url: httpx.URL, ssl_context: ssl.SSLContext | None = None) -> None:
        self._proxy = environment_proxy(url)
        self._ssl_context = ssl_context

    def create_sync(self) -> httpx.BaseTransport:
        """A connection for threads."""
        from .connection import Connection

        return Connection(**self._options())

    def create_async(self) -> httpx.AsyncBaseTransport:
        """A connection for tasks."""
        from .async_connection import AsyncConnection

        return AsyncConnection(**self._options())

    def _options(self) -> dict[str, Any]:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE_SECONDS)
        return {"verify": self._ssl_context or tls_context(), "limits": limits, "proxy": self._proxy}
