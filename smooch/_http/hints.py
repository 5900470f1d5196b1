"""Hints that are the same in all versions of the API."""

from __future__ import annotations

HINT_429 = (
    "wait for as many seconds as retry_after says, or longer each time where it is None; "
    "the client does so itself up to retries=… times, for 30 s in all"
)
HINT_REDIRECT = "redirects are not followed: use the address that the API itself has, with https"
