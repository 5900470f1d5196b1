"""The two clocks of the wire: Unix seconds with a fraction, and ISO 8601 in UTC. Inside, time is whole milliseconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def seconds(milliseconds: int) -> float:
    """`1450970238297` as `1450970238.297`."""
    return milliseconds / 1000


def iso(milliseconds: int) -> str:
    """`1450970238297` as `2015-12-24T15:17:18.297Z`."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
