"""Synchronization for asyncio; `synchronization` has the same names for threads."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ..errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable


class _Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=_Closable)

AsyncLock = nullcontext[None]
"""Needed between threads only: between two awaits nothing else runs."""

async_sleep = asyncio.sleep


class AsyncEvent(asyncio.Event):
    """An event that one task waits for once."""

    async def wait_for(self, seconds: float | None) -> bool:
        """Wait for at most `seconds`; return whether the event was set."""
        try:
            async with asyncio.timeout(seconds):
                return await self.wait()
        except TimeoutError:
            return self.is_set()


def async_time_limit(seconds: float | None) -> asyncio.Timeout:
    """Cancel the block when the time is over.

    Raises:
        InvalidInput: asyncio is not running, as under trio.
    """
    _running_loop()
    return asyncio.timeout(seconds)


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise InvalidInput(
            "AsyncSmooch needs a running asyncio event loop: call it below asyncio.run(…); "
            "under trio use Smooch in threads, trio.to_thread.run_sync(…)"
        ) from None


class PerLoop(Generic[T]):
    """One object for each event loop, since a connection of one loop cannot be used in another."""

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create
        self._objects: dict[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[None]]] = {}

    def get(self) -> T:
        """Return the object of the running loop; on the first call of a loop, close those of loops that have ended."""
        loop = _running_loop()
        current = self._objects.get(loop)
        if current is None:
            created = self._create()

            async def close() -> None:
                created.close()

            current = self._objects[loop] = created, close_with_loop(close)
            self._close_ended()
        return current[0]

    async def aclose(self) -> None:
        """Close the objects of the running loop and of ended loops; those of other loops cannot be closed here."""
        with suppress(InvalidInput):  # without a loop there is nothing to close
            if current := self._objects.get(_running_loop()):
                await current[1].aclose()
                await asyncio.sleep(0)  # asyncio closes sockets in the next round of its loop
        self._close_ended()

    def _close_ended(self) -> None:
        for loop in [loop for loop in tuple(self._objects) if loop.is_closed()]:
            if ended := self._objects.pop(loop, None):
                ended[0].close()


def close_with_loop(close: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    """Return a generator that calls `close` once: when it is closed, or when `asyncio.run` ends the running loop.

    A loop closes suspended generators before it ends. After that, asyncio can only warn of a connection.
    """

    async def generate() -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await close()

    generator = generate()
    with suppress(StopIteration):
        anext(generator).send(None)  # up to its yield: from its start on the loop knows of it
    return generator
