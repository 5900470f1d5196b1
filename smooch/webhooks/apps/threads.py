"""A few threads for calls that may hang, such as those to the store of a deduplicator."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from ... import _fork

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")
_Call: TypeAlias = "tuple[Future[Any], Callable[[], Any]]"


STORE_THREADS = 4


class CallerThread:
    """Runs each call at once, for calls that never wait."""

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call; the future is done."""
        future: Future[T] = Future()
        _run(future, lambda: call(*args, **kwargs))
        return future

    def close(self) -> None:
        """Do nothing: no thread was started."""


class DaemonThreads:
    """Run calls in up to `size` daemon threads, which never delay the exit of the process.

    `concurrent.futures.ThreadPoolExecutor` joins its threads at exit, hanging ones too, and refuses calls from then on.
    """

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._reset()
        _fork.reset_after_fork(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._unfinished = self._started = 0

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call in one of the threads; a cancelled future that has not started never runs."""
        future: Future[T] = Future()
        with self._lock:
            self._unfinished += 1
            self._calls.put((future, lambda: call(*args, **kwargs)))
            if self._started < min(self._unfinished, self._size):
                self._started += 1
                name = f"{self._name}-{self._started}"
                threading.Thread(target=self._work, args=(self._calls,), name=name, daemon=True).start()
        return future

    def close(self) -> None:
        """End the threads when they have run what was submitted. The next call starts new ones."""
        with self._lock:
            for _ in range(self._started):
                self._calls.put(None)
            self._calls = queue.SimpleQueue()
            self._unfinished = self._started = 0

    def _work(self, calls: queue.SimpleQueue[_Call | None]) -> None:
        while (item := calls.get()) is not None:
            _run(*item)
            del item  # keeps nothing alive while waiting
            with self._lock:
                if calls is self._calls:
                    self._unfinished -= 1


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
