"""Walking through a list of the API, page by page, in either direction."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from smooch_api import UNSET, Unset
from smooch_api.base import Model
from smooch_api.v2 import models

from .. import _bodies, _numbers
from ..errors import InvalidInput, SmoochError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")

PAGE_SIZE = 100
"""Records that one page has at most."""


class Walk(Generic[T]):
    """Where an iteration stands: what to fetch next, what has come, and what to go on after.

    Args:
        read: Takes the records out of an answer, in the order of the list.
        before: Walk backwards, from the record with this id.
        after: Walk forwards, from the record with this id.
        limit: How many records to give at most.
        backwards: Whether to walk backwards from the end, where neither `before` nor `after` is given.
        whole: Whether to fetch the whole list backwards first, and then to give it forwards.
    """

    def __init__(
        self,
        read: Callable[[Any], Sequence[T]],
        *,
        before: str | None,
        after: str | None,
        limit: int | None,
        backwards: bool = False,
        whole: bool = False,
    ) -> None:
        if before is not None and after is not None:
            raise InvalidInput("before and after exclude each other: give one of them", "before")
        self.cursor = _cursor(before, "before") or _cursor(after, "after")
        """Id after which the next record comes, in the direction of the walk; None at the start."""
        self._read = read
        self._backwards = before is not None or (backwards and after is None)
        self._whole = whole
        self._left = None if limit is None else _numbers.count(limit, "limit", 0)
        self._next: str | None = self.cursor
        self._page_cursor: str | None = None
        self._at_end = self._left == 0
        self._been = {None, self.cursor}
        self._is_lost = False
        self._ready: deque[T] = deque()

    @property
    def is_hungry(self) -> bool:
        """Whether another page is needed before the next record can be given."""
        return not self._at_end and (self._whole or not self._ready)

    @property
    def is_over(self) -> bool:
        """Whether there is no record left to give."""
        return not self._ready

    @property
    def page(self) -> models.Page:
        """Which page to fetch.

        Raises:
            SmoochError: the API said that there is more, but not where.
        """
        if self._is_lost:
            raise SmoochError(f"the API says that there is more, but its cursor leads nowhere: {self._page_cursor}")
        size = PAGE_SIZE if self._left is None or self._whole else min(PAGE_SIZE, self._left)
        if self._next is None:
            return models.Page(size=size)
        return (
            models.Page(size=size, before=self._next) if self._backwards else models.Page(size=size, after=self._next)
        )

    def take(self, answer: Any) -> None:
        """Take a page, and decide whether there is another."""
        found = records(self._read(answer))
        if self._backwards:
            found.reverse()
        if self._whole:
            self._ready.extendleft(found)
        else:
            self._ready.extend(found)
        self._page_cursor = _named_cursor(answer.meta, backwards=self._backwards)
        self._at_end = answer.meta is UNSET or answer.meta.has_more is not True
        if not self._at_end:
            self._go_on(_id_of(found[-1]) if found else None)

    def _go_on(self, last: str | None) -> None:
        """Where the answer says, or else after its last record; never where the walk has been."""
        if self._page_cursor in self._been:
            self._page_cursor = last
        self._is_lost = self._page_cursor in self._been
        self._next = self._page_cursor
        self._been.add(self._next)

    def give(self) -> T:
        """The next record. There must be one."""
        record = self._ready.popleft()
        at_end_of_page = not self._ready and not self._whole
        self.cursor = (self._page_cursor if at_end_of_page else None) or _id_of(record) or self.cursor
        if self._left is not None:
            self._left -= 1
            if not self._left:
                self._at_end = True
                self._ready.clear()
        return record


def records(found: Iterable[T]) -> list[T]:
    """What of a list can be read; an element that is no object, or has no id, is no record."""
    return [record for record in found if isinstance(record, Model)]


def messages(
    *, newest_first: bool | None, before: str | None, after: str | None, limit: int | None
) -> Walk[models.Message]:
    """A walk through the messages of a conversation, whose pages begin at the end."""
    if newest_first is True and after is not None:
        raise InvalidInput("after goes forward in time: leave newest_first out, or give before", "newest_first")
    if newest_first is False and before is not None:
        raise InvalidInput("before goes back in time: leave newest_first out, or give after", "newest_first")
    whole = newest_first is False and after is None
    return Walk(_oldest_first, before=before, after=after, limit=limit, backwards=True, whole=whole)


def _oldest_first(answer: models.MessageListResponse) -> Sequence[models.Message]:
    found = answer.messages
    times = [message.received for message in found if isinstance(message, Model) and message.received]
    return found[::-1] if times and times[0] > times[-1] else found


def _cursor(value: str | None, field: str) -> str | None:
    return None if value is None else _bodies.check_id(value, field)


def _named_cursor(meta: models.Meta | Unset, *, backwards: bool) -> str | None:
    if isinstance(meta, Unset):
        return None
    cursor = meta.before_cursor if backwards else meta.after_cursor
    return cursor if isinstance(cursor, str) and cursor else None


def _id_of(record: Any) -> str | None:
    found = getattr(record, "id", None)
    return found if isinstance(found, str) else None
