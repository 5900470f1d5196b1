"""The protocol of all deduplicators.

States of an event, and the calls that change them:

               claim                       confirm
    unknown ------------->  running  ------------------>  handled
       ^                       |                             |
       +-----------------------+                             |
       |  release by the owner, or the lease is over         |
       +-----------------------------------------------------+
                        the expiry is over

| state                      | `claim` returns | and then the event is              |
| -------------------------- | --------------- | ---------------------------------- |
| unknown                    | "new"           | running for the owner, for a lease |
| running for the same owner | "new"           | running for the owner, for a lease |
| running for another owner  | "running"       | unchanged                          |
| handled                    | "handled"       | unchanged                          |

- An owner is one delivery, not one process. A claim whose reply was lost is repeated by the same owner and is "new" again.
- A `claim` that raised may have reached the store. Its owner calls `release`. If that fails too, the lease ends the claim.
- `confirm` needs no owner and works in every state: the event was handled, even if its lease was over.
- `release` ends only a claim of its owner. It never ends "handled".
- Answer "running" with 503, so that the API delivers again, unless you know that the other owner is still at work.

A store that loses nothing therefore gives: no event is lost while the API repeats its delivery for longer than a lease.
An event is handled twice only if its handler runs longer than the lease, if the process dies or the store fails between
the handler and `confirm`, if a redelivery comes after the expiry, or if the clock of the store jumps forward.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

Claim: TypeAlias = Literal["new", "running", "handled"]

EXPIRY = 24 * 60 * 60.0
"""Default number of seconds for which a handled event is remembered."""
LEASE = 60.0
"""Default number of seconds after which the claim of a dead process ends."""
UNDATED = 60.0
"""Number of seconds for which an event without id and time is remembered: the API's 20 s, and its first retries."""


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


class AsyncDeduplicator(Protocol):
    """A deduplicator whose methods are async, for `asgi_app` and async views."""

    async def claim(self, event_id: str, owner: str) -> Claim:
        """Claim an event: "new" (now claimed by `owner`), "running" (claimed by another owner) or "handled"."""

    async def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled, for `at_most` seconds if that is less than the expiry."""

    async def release(self, event_id: str, owner: str) -> None:
        """End the claim of `owner`, so that the event is new again. No effect on other claims."""


def choose_shorter(expiry: float, at_most: float | None) -> float:
    """Return the smaller of the two; `at_most` may be None."""
    return expiry if at_most is None else min(expiry, at_most)
