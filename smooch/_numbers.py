"""Numbers that callers pass, refused early where they cannot be meant."""

from __future__ import annotations

import math

from .errors import InvalidInput


def seconds(value: float, field: str) -> float:
    """A positive number of seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InvalidInput(f"{field} must be a positive number of seconds, not {value!r}", field)
    return float(value)


def count(value: int, field: str, least: int = 1) -> int:
    """A whole number of `least` or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidInput(f"{field} must be a whole number of {least} or more, not {value!r}", field)
    return value
