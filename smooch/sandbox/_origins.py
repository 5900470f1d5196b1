"""Check Host and Origin headers, against DNS rebinding and pages of other sites."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.datastructures import Headers

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.ASCII | re.IGNORECASE)


def normalize_hosts(hosts: Iterable[str]) -> frozenset[str]:
    """Return the names of this machine and `hosts`, without ports. ValueError for an invalid name."""
    names = set(LOCAL_NAMES)
    for host in [hosts] if isinstance(hosts, str) else hosts:
        name = _strip_port(host)
        if name is None:
            raise ValueError(f"allowed_hosts: {host!r} is not a host name such as bot.test")
        names.add(name)
    return frozenset(names)


def is_allowed_host(headers: Headers, names: frozenset[str]) -> bool:
    """Return whether the Host header is one of `names`, with any port; others may be DNS rebinding."""
    hosts = headers.getlist("host")
    return len(hosts) == 1 and _strip_port(hosts[0]) in names


def is_cross_origin(headers: Headers, scheme: str) -> bool:
    """Return whether a page of another origin made the request, by its Origin header."""
    origin = headers.get("origin")
    return origin is not None and origin.lower() != f"{scheme}://{headers.get('host', '')}".lower()


def is_cross_site(headers: Headers) -> bool:
    """Return whether a page of another site made the request, by its Sec-Fetch-Site header."""
    return headers.get("sec-fetch-site") in ("cross-site", "same-site")


def is_preflight(method: str, headers: Headers) -> bool:
    """Return whether a browser asks for permission to make a cross-origin request."""
    return method == "OPTIONS" and "access-control-request-method" in headers


def build_preflight_headers(headers: Headers) -> dict[str, str]:
    """Return the headers that permit the request of a preflight."""
    permitted = {
        "access-control-allow-methods": headers["access-control-request-method"],
        "access-control-allow-headers": headers.get("access-control-request-headers", ""),
    }
    return {name: value for name, value in permitted.items() if value} | {"access-control-max-age": "600"}


def _strip_port(host: str) -> str | None:
    match = _HOST.fullmatch(host)
    return None if match is None else match[1].lower()
