# Derived from smooch/_async/paging.py by scripts/unasync.py; edit that file.
"""Lists that fetch their pages when they are needed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smooch_api import Response
    from smooch_api.v2.models import Page

    from .._v2.paging import Walk

T = TypeVar("T")


class Paged(Generic[T]):
    """Iterates over the records of a list, and fetches page after page when it gets there.

    It goes through the list once. Where a page cannot be fetched, the error comes out of the loop, and iterating again
    goes on from there. `cursor` is how to go on later, or elsewhere: with a new list and that as its `after`, or as its
    `before` where this one walks backwards. One task or thread iterates at a time: a second one gets a `RuntimeError`.
    """

    def __init__(self, fetch: Callable[[Page], Response[Any]], walk: Walk[T]) -> None:
        self._fetch = fetch
        self._walk = walk
        self._in_use = threading.Lock()

    @property
    def cursor(self) -> str | None:
        """Id of the record that came last; None when none has come."""
        return self._walk.cursor

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        if not self._in_use.acquire(blocking=False):
            raise RuntimeError("already iterating: give each task or thread a list of its own")
        try:
            while self._walk.is_hungry:
                answer = self._fetch(self._walk.page)
                self._walk.take(answer.parsed)
            if self._walk.is_over:
                raise StopIteration
            return self._walk.give()
        finally:
            self._in_use.release()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds a connected client: keep its `cursor`, and make a new list of that"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.cursor}>"
