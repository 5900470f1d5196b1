"""TLS settings, proxies of the environment, and named transports."""

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


def build_options(ssl_context: ssl.SSLContext | None, proxy: httpx.Proxy | None) -> dict[str, Any]:
    """Return the options of httpcore for a connection, by a proxy if there is one."""
    import httpcore

    ssl_context, core_proxy = ssl_context or tls_context(), None
    if proxy is not None:
        url = proxy.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        secure = ssl_context if url.scheme == "https" else None
        core_proxy = httpcore.Proxy(target, proxy.raw_auth, proxy.headers.raw, secure)
    return {"ssl_context": ssl_context, "proxy": core_proxy, "keepalive_expiry": KEEPALIVE_SECONDS}


def open_named_transport(
    name: object,
    base_class: type,
    max_connections: int,
    ssl_context: ssl.SSLContext | None,
    proxy: httpx.Proxy | None,
) -> Any:
    """Return the transport of this name, for a client whose transports are of `base_class`.

    Raises:
        InvalidInput: it does not exist, its package is not installed, or it cannot use the environment's proxy.
    """
    is_async = base_class is httpx.AsyncBaseTransport
    if name != "aiohttp" or not is_async:
        named = "'aiohttp' or " if is_async else ""
        problem = ": 'aiohttp' is for AsyncSmooch" if name == "aiohttp" else f", got {type(name).__name__}"
        raise InvalidInput(f"transport must be {named}an httpx.{base_class.__name__}{problem}", "transport")
    try:
        from .aiohttp_transport import AiohttpTransport
    except ImportError:
        raise InvalidInput(
            "transport 'aiohttp' needs a package: pip install 'smooch-python[aiohttp]'", "transport"
        ) from None
    if proxy is not None and proxy.url.scheme.startswith("socks"):
        raise InvalidInput(
            "transport 'aiohttp' cannot use the SOCKS proxy that the environment names: use an HTTP proxy, or leave "
            "`transport` out",
            "transport",
        )
    return AiohttpTransport(max_connections, KEEPALIVE_SECONDS, ssl_context or tls_context(), proxy)
