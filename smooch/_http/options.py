"""The options that clients of all versions take, for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    import ssl

    import httpx


class CallOptions(TypedDict, total=False):
    """How patient a client is; see the client's arguments."""

    timeout: float | httpx.Timeout
    deadline: float | None
    retries: int


class ClientOptions(CallOptions, total=False):
    """Who calls, and how."""

    key_id: str
    secret: str
    app_id: str | None
    region: Literal["us", "eu-1"]
    base_url: str | None
    max_connections: int
    ssl_context: ssl.SSLContext | None
