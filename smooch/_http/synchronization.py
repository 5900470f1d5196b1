"""Synchronization for threads; `async_synchronization` has the counterparts for asyncio."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class _Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=_Closable)

Lock = threading.Lock
sleep = time.sleep


class Event:
    """An event that one thread waits for once.

    Unlike in `threading.Event`, setting it is one step, which no exception from a signal handler can interrupt halfway.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        """Wake the waiter; more than once does no harm."""
        if self._lock.locked():
            self._lock.release()

    def wait_for(self, seconds: float | None) -> bool:
        """Wait for at most `seconds`; return whether the event was set."""
        return self._lock.acquire(timeout=-1 if seconds is None else seconds)


def time_limit(seconds: float | None) -> AbstractContextManager[None]:
    """Do nothing, since a thread cannot be cancelled: the connection clips each wait to the deadline."""
    return nullcontext()


class Shared(Generic[T]):
    """One object for all threads; the counterpart of `PerLoop`."""

    def __init__(self, create: Callable[[], T]) -> None:
        self._object = create()

    def get(self) -> T:
        """Return the object."""
        return self._object

    def close(self) -> None:
        """Close the object."""
        self._object.close()
