"""Hints that are the same in all versions of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors

if TYPE_CHECKING:
    import httpx

HINT_REDIRECT = "redirects are not followed: use the address that the API itself has, with https"


def hint_429(response: httpx.Response) -> str:
    """Return how long to wait before the next call."""
    seconds = errors.parse_retry_after(response.headers.get("Retry-After", ""))
    wait = "longer before each call" if seconds is None else f"{seconds:.0f} s"
    return f"wait {wait}; the client retries by itself, up to retries=… times and for waits of 30 s in all"
