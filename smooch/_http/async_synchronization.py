"""What tasks wait with, in the shape of `synchronization`, so that the sync code is derived by renaming."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable


class _Closable(Protocol):
    async def aclose(self) -> None: ...


T = TypeVar("T", bound=_Closable)

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


class AsyncLocal(Generic[T]):
    """One object for each event loop, since a connection of one is of no use in another."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._objects: dict[asyncio.AbstractEventLoop, T] = {}

    async def get(self) -> T:
        """The object of the running loop; those of loops that are closed by now are closed too."""
        loop = asyncio.get_running_loop()
        if loop not in self._objects:
            self._objects[loop] = self._make()
            await self._close_left()
        return self._objects[loop]

    async def aclose(self) -> None:
        """Close the object of the running loop, and those of loops that are closed by now; of the others only they could."""
        await (await self.get()).aclose()
        await self._close_left()

    async def _close_left(self) -> None:
        for ended in [one for one in tuple(self._objects) if one.is_closed()]:
            if left := self._objects.pop(ended, None):
                await left.aclose()
