"""Pairs of the same shape, so that the sync code is derived from the async code by renaming."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

AsyncLock = nullcontext[None]
Lock = threading.Lock


class AsyncEvent(asyncio.Event):
    """An event that one task waits for, at most so many seconds."""

    async def wait_for(self, seconds: float | None) -> bool:
        """Whether the event was set in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self.wait()
        except TimeoutError:
            return self.is_set()


class Event(threading.Event):
    """An event that one thread waits for, at most so many seconds."""

    def wait_for(self, seconds: float | None) -> bool:
        """Whether the event was set in time."""
        return self.wait(seconds)


def async_time_limit(seconds: float | None) -> asyncio.Timeout:
    """Cancel the block when the time is over."""
    return asyncio.timeout(seconds)


def time_limit(seconds: float | None) -> AbstractContextManager[None]:
    """Nothing cancels a thread: here the transport's clipped timeouts end the block."""
    return nullcontext()


async_sleep = asyncio.sleep
sleep = time.sleep
