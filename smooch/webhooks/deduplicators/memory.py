"""A deduplicator in the memory of one process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from ... import _checks, _fork
from .protocol import EXPIRY, choose_shorter

if TYPE_CHECKING:
    from .protocol import Claim


class MemoryDeduplicator:
    """Remembers up to `max_events` events in the memory of this process, until it ends.

    `expiry`: seconds for which a handled event is remembered, by default a day.
    """

    def __init__(self, *, max_events: int = 100_000, expiry: float = EXPIRY) -> None:
        self._max_events = _checks.check_count(max_events, "max_events")
        self._expiry = _checks.check_seconds(expiry, "expiry")
        self._handled: OrderedDict[str, float] = OrderedDict()
        self._reset()
        _fork.reset_after_fork(self)

    def _reset(self) -> None:
        """Drop the claims of the parent process: this process will never end them."""
        self._running: dict[str, str] = {}
        self._lock = threading.Lock()

    def claim(self, event_id: str, owner: str) -> Claim:
        """Claim an event until `confirm` or `release`; there is no lease."""
        with self._lock:
            if self._handled.get(event_id, 0.0) > time.monotonic():
                return "handled"
            return "new" if self._running.setdefault(event_id, owner) == owner else "running"

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled."""
        now = time.monotonic()
        with self._lock:
            self._running.pop(event_id, None)
            self._handled[event_id] = now + choose_shorter(self._expiry, at_most)
            self._handled.move_to_end(event_id)
            while len(self._handled) > self._max_events or next(iter(self._handled.values())) <= now:
                self._handled.popitem(last=False)

    def release(self, event_id: str, owner: str) -> None:
        """End the claim of `owner`, so that the event is new again."""
        with self._lock:
            if self._running.get(event_id) == owner:
                del self._running[event_id]
