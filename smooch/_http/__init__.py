"""Parts of the HTTP clients: settings, retry policy, hints, sockets for threads and asyncio.

The client, the pool and the connection are in `smooch/_async/` and derived in `smooch/_sync/`.
"""

from __future__ import annotations

from .hints import HINT_REDIRECT, hint_429
from .options import AsyncTransport, CallOptions, ClientOptions, Transport
from .settings import DEADLINE, MAX_CONNECTIONS, MAX_RESPONSE_BYTES, RETRIES, TIMEOUT, Settings

__all__ = [
    "DEADLINE",
    "HINT_REDIRECT",
    "MAX_CONNECTIONS",
    "MAX_RESPONSE_BYTES",
    "RETRIES",
    "TIMEOUT",
    "AsyncTransport",
    "CallOptions",
    "ClientOptions",
    "Settings",
    "Transport",
    "hint_429",
]
