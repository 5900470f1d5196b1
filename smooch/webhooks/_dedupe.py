"""Which events were handled before: the protocol, and the memory of one process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Literal, Protocol, TypeAlias

from .. import _fork, _numbers

Claim: TypeAlias = Literal["new", "running", "handled"]

EXPIRY = 24 * 60 * 60.0
LEASE = 60.0


class Deduplicator(Protocol):
    """Knows which events were handled, and which are being handled; any thread may call it, and each call is atomic.

    An event counts as handled when its handler has succeeded, not when it arrived: `claim`, handle, then `confirm` or
    `release`. Claims of a process that died end with their lease.
    """

    def claim(self, event_id: str, owner: str) -> Claim:
        """Take an event: "new" (it is the owner's now), "running" (somebody else's), or "handled"."""

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled, for `at_most` seconds where that is less than the expiry."""

    def release(self, event_id: str, owner: str) -> None:
        """Give the event back, if it is still the owner's: the next delivery is new."""


class MemoryDeduplicator:
    """Remembers in this process, the last `max_events` at most; gone when it ends, unknown to other processes.

    `expiry`: seconds that a handled event is remembered, by default a day.
    """

    def __init__(self, *, max_events: int = 100_000, expiry: float = EXPIRY) -> None:
        self._max_events = _numbers.count(max_events, "max_events")
        self._expiry = _numbers.seconds(expiry, "expiry")
        self._handled: OrderedDict[str, float] = OrderedDict()
        self._start_anew()
        _fork.start_anew_in_children(self)

    def _start_anew(self) -> None:
        """What the parent of this process is handling ends with no call here."""
        self._running: dict[str, str] = {}
        self._lock = threading.Lock()

    def claim(self, event_id: str, owner: str) -> Claim:
        """Take an event. A claim ends with `confirm` or `release` only: it cannot outlive its process."""
        with self._lock:
            if self._handled.get(event_id, 0.0) > time.monotonic():
                return "handled"
            if event_id in self._running:
                return "running"
            self._running[event_id] = owner
            return "new"

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled."""
        now = time.monotonic()
        with self._lock:
            self._running.pop(event_id, None)
            self._handled[event_id] = now + shorter(self._expiry, at_most)
            self._handled.move_to_end(event_id)
            while len(self._handled) > self._max_events or next(iter(self._handled.values())) <= now:
                self._handled.popitem(last=False)

    def release(self, event_id: str, owner: str) -> None:
        """Give the event back."""
        with self._lock:
            if self._running.get(event_id) == owner:
                del self._running[event_id]


def shorter(expiry: float, at_most: float | None) -> float:
    """The shorter of the two; `at_most` is optional."""
    return expiry if at_most is None else min(expiry, at_most)
