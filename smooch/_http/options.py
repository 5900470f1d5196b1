"""The options that clients of all versions take, for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    import ssl

    import httpx


AsyncTransport: TypeAlias = "httpx.AsyncBaseTransport | Literal['aiohttp']"
"""Transport of an async client, instead of the connection pool."""
Transport: TypeAlias = "httpx.BaseTransport"
"""Transport of a client, instead of the connection pool."""


class CallOptions(TypedDict, total=False):
    """Options that can differ for one call; see the client's arguments."""

    timeout: float | httpx.Timeout
    deadline: float | None
    retries: int
    check: bool


class ClientOptions(CallOptions, total=False):
    """Constructor options."""

    key_id: str
    secret: str
    app_id: str | None
    region: Literal["us", "eu-1"]
    base_url: str | None
    max_connections: int
    max_response_bytes: int
    ssl_context: ssl.SSLContext | None
