"""What tasks wait with, in the shape of `_synchronization`, so that the sync code is derived by renaming."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

AsyncLock = nullcontext[None]
"""Between two awaits nothing else runs."""

async_sleep = asyncio.sleep


class AsyncEvent(asyncio.Event):
    """An event that one task waits for, at most so many seconds."""

    async def wait_for(self, seconds: float | None) -> bool:
        """Whether the event was set in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self.wait()
        except TimeoutError:
            return self.is_set()


def async_time_limit(seconds: float | None) -> asyncio.Timeout:
    """Cancel the block when the time is over."""
    return asyncio.timeout(seconds)
