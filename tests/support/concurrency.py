"""Run calls at the same time, as tasks or in threads; the names differ by `async_` or `Async` only."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from support.scripted_server import wait_until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = [
    "AsyncBackground",
    "Background",
    "async_together",
    "async_wait_until",
    "run_and_only_close",
    "together",
    "wait_until",
]


class AsyncBackground:
    """A call that runs as a task while the test goes on."""

    def __init__(self, call: Callable[[], Awaitable[Any]]) -> None:
        self._task = asyncio.ensure_future(call())

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._task.done()

    async def outcome(self) -> Any:
        """Wait for the call; returns its result or its exception."""
        return (await asyncio.gather(self._task, return_exceptions=True))[0]


class Background:
    """A call that runs in a thread while the test goes on."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._executor = ThreadPoolExecutor(1)
        self._future = self._executor.submit(call)

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._future.done()

    def outcome(self) -> Any:
        """Wait for the call; returns its result or its exception."""
        with self._executor:
            return self._future.exception() or self._future.result()


async def async_together(*calls: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Run calls at the same time; returns the result or exception of each, in order."""
    return [await one.outcome() for one in [AsyncBackground(call) for call in calls]]


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls at the same time; returns the result or exception of each, in order."""
    return [one.outcome() for one in [Background(call) for call in calls]]


async def async_wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "condition never came true"
        await asyncio.sleep(0.005)


def run_and_only_close(main: Any) -> Any:
    """Like `asyncio.run`, but only close the loop at the end."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()
