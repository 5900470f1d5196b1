"""Convert times: the sandbox stores milliseconds since 1970, bodies have Unix seconds or ISO 8601."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> int:
    """Return the milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def to_seconds(milliseconds: int) -> float:
    """Return Unix seconds: `1450970238297` is `1450970238.297`."""
    return milliseconds / 1000


def to_iso(milliseconds: int) -> str:
    """Return ISO 8601 in UTC: `1450970238297` is `2015-12-24T15:17:18.297Z`."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
