"""Iterators over lists that the API pages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smooch_api import Response

    from .._v2.paging import Pager

T = TypeVar("T")


class AsyncPaged(Generic[T]):
    """Iterates once over the records of a list; fetches each page when it is needed.

    If a page cannot be fetched, the error leaves the loop; iterate again to go on from there. To go on later or elsewhere,
    make a new list with `cursor` as its `after`, or as its `before` if this one goes backwards. Only one task or thread may
    iterate at a time: a second one gets a `RuntimeError`.
    """

    def __init__(self, fetch: Callable[..., Awaitable[Response[Any]]], pager: Pager[T]) -> None:
        self._fetch = fetch
        self._pager = pager
        self._in_use = threading.Lock()

    @property
    def cursor(self) -> str | None:
        """Id of the record that was returned last; None at the start."""
        return self._pager.cursor

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if (record := self._pager.pop()) is not None:
            return record  # most records: without the lock, which takes longer than the rest
        if not self._in_use.acquire(blocking=False):
            raise RuntimeError("another task or thread is iterating over this list: make a list for each")
        try:
            while (record := self._pager.pop()) is None:
                if not self._pager.needs_page:
                    raise StopAsyncIteration
                response = await self._fetch(page=self._pager.page)
                self._pager.feed(response)
            return record
        finally:
            self._in_use.release()

    async def first(self) -> T | None:
        """Return the first record, or None if the list is empty; after a loop, the next one."""
        async for record in self:
            return record
        return None

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds a connected client: keep its `cursor`, and make a new list from that"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.cursor}>"
