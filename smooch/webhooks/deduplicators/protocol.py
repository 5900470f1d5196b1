"""The protocol of all deduplicators."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

Claim: TypeAlias = Literal["new", "running", "handled"]

EXPIRY = 24 * 60 * 60.0
"""Default number of seconds for which a handled event is remembered."""
LEASE = 60.0
"""Default number of seconds after which the claim of a dead process ends."""


class Deduplicator(Protocol):
    """Remembers which events were handled and which are being handled. Thread-safe; each call is atomic.

    An event counts as handled when its handler has succeeded, not when it arrived: `claim`, handle, then `confirm` or
    `release`. Claims of a process that died end with their lease.
    """

    def claim(self, event_id: str, owner: str) -> Claim:
        """Claim an event: "new" (now claimed by `owner`), "running" (claimed by another owner) or "handled"."""

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled, for `at_most` seconds if that is less than the expiry."""

    def release(self, event_id: str, owner: str) -> None:
        """End the claim of `owner`, so that the event is new again. No effect on other claims."""


def shorter(expiry: float, at_most: float | None) -> float:
    """Return the smaller of the two; `at_most` may be None."""
    return expiry if at_most is None else min(expiry, at_most)
