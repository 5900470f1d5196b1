"""What threads wait with; `async_synchronization` has the same for tasks, under the same names but for `Async`."""

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


class Event(threading.Event):
    """An event that one thread waits for, at most so many seconds."""

    def wait_for(self, seconds: float | None) -> bool:
        """Whether the event was set in time."""
        return self.wait(seconds)


def time_limit(seconds: float | None) -> AbstractContextManager[None]:
    """Nothing cancels a thread: here the connection's clipped timeouts end the block."""
    return nullcontext()


class Local(Generic[T]):
    """One object for all threads."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._object = make()

    def get(self) -> T:
        """The object."""
        return self._object

    def close(self) -> None:
        """Close the object."""
        self._object.close()
