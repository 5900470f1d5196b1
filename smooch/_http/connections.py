"""Make connections: TLS settings, the proxy of the environment, and a factory for threads and asyncio."""

from __future__ import annotations

import functools
import importlib.util
import urllib.request
from typing import TYPE_CHECKING, Any

import httpx

from .. import _checks
from ..errors import InvalidInput

if TYPE_CHECKING:
    import ssl

    from .async_connection import AsyncConnection
    from .connection import Connection

KEEPALIVE_SECONDS = 5.0
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS settings that all clients share: loading the certificates takes longer than a call."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise InvalidInput(
            f"SSL_CERT_FILE or SSL_CERT_DIR names certificates that cannot be loaded: {error}", "SSL_CERT_FILE"
        ) from None


def environment_proxy(url: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy that the environment names for a URL (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` …)."""
    proxies = urllib.request.getproxies()
    scheme = url.scheme if proxies.get(url.scheme) else "all"
    proxy = proxies.get(scheme)
    port = url.port or (443 if url.scheme == "https" else 80)
    if not proxy or urllib.request.proxy_bypass(f"{url.host}:{port}"):
        return None
    variable = f"{scheme.upper()}_PROXY"
    if any(character.isspace() for character in proxy):
        raise InvalidInput(f"{variable} must be a URL without white space", variable)
    proxy_url = _checks.parse_url(proxy if "://" in proxy else f"http://{proxy}", variable, _PROXY_SCHEMES)
    if proxy_url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise InvalidInput(
            f"{variable} names a SOCKS proxy, which needs a package: pip install 'httpx[socks]'", variable
        )
    return httpx.Proxy(proxy_url)


class ConnectionFactory:
    """Makes connections to one server, by the environment's proxy if there is one."""

    def __init__(self, url: httpx.URL, ssl_context: ssl.SSLContext | None = None) -> None:
        self._ssl_context = ssl_context
        self._proxy = environment_proxy(url)

    def create_sync(self) -> Connection:
        """Make a connection for threads; it opens with its first request."""
        from .connection import Connection

        return Connection(**self._options())

    def create_async(self) -> AsyncConnection:
        """Make a connection for asyncio; it opens with its first request."""
        from .async_connection import AsyncConnection

        return AsyncConnection(**self._options())

    def create_async_transport(self, name: object, max_connections: int) -> httpx.AsyncBaseTransport:
        """Make the transport of this name.

        Raises:
            InvalidInput: it does not exist, its package is not installed, or it cannot use the environment's proxy.
        """
        if name != "aiohttp":
            raise InvalidInput(
                f"transport must be 'aiohttp' or an httpx.AsyncBaseTransport, got {type(name).__name__}", "transport"
            )
        try:
            from .aiohttp_transport import AiohttpTransport
        except ImportError:
            raise InvalidInput(
                "transport 'aiohttp' needs a package: pip install 'smooch-python[aiohttp]'", "transport"
            ) from None
        if self._proxy is not None and self._proxy.url.scheme.startswith("socks"):
            raise InvalidInput(
                "transport 'aiohttp' cannot use the SOCKS proxy that the environment names: use an HTTP proxy, or leave "
                "`transport` out",
                "transport",
            )
        return AiohttpTransport(max_connections, KEEPALIVE_SECONDS, self._ssl_context or tls_context(), self._proxy)

    def create_sync_transport(self, name: object, max_connections: int) -> httpx.BaseTransport:
        """Refuse: there is no named transport for threads.

        Raises:
            InvalidInput: always.
        """
        hint = ": 'aiohttp' is for AsyncSmooch" if name == "aiohttp" else f", got {type(name).__name__}"
        raise InvalidInput(f"transport must be an httpx.BaseTransport{hint}", "transport")

    def _options(self) -> dict[str, Any]:
        import httpcore

        ssl_context, proxy = self._ssl_context or tls_context(), None
        if self._proxy is not None:
            url = self._proxy.url
            target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
            secure = ssl_context if url.scheme == "https" else None
            proxy = httpcore.Proxy(target, self._proxy.raw_auth, self._proxy.headers.raw, secure)
        return {
            "ssl_context": ssl_context,
            "proxy": proxy,
            "keepalive_expiry": KEEPALIVE_SECONDS,
        }
