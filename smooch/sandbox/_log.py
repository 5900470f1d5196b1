"""The log of a sandbox: everything that happens, in order, for live streams."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from typing import Generic, TypeVar

KEPT_ENTRIES = 10_000

T = TypeVar("T")


class Log(Generic[T]):
    """Numbered entries; only the newest are kept. Used on the server's event loop only."""

    def __init__(self) -> None:
        self.last_number = 0
        self._entries: deque[T] = deque(maxlen=KEPT_ENTRIES)
        self._changed = asyncio.Event()

    def append(self, entry: T) -> None:
        """Add an entry, and wake up all waiters."""
        self._entries.append(entry)
        self.last_number += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def after(self, number: int) -> list[tuple[int, T]] | None:
        """Return the entries after `number` with their numbers; None if some of them were dropped."""
        first = self.last_number - len(self._entries) + 1
        if not first - 1 <= number <= self.last_number:
            return None
        entries = itertools.islice(self._entries, number + 1 - first, None)
        return list(enumerate(entries, number + 1))

    async def wait(self) -> None:
        """Wait for the next entry."""
        await self._changed.wait()
