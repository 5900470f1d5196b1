"""Page through a list of the API, in either direction."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from smooch_api import UNSET, Unset
from smooch_api.base import Model
from smooch_api.v2 import models

from .. import _checks
from ..errors import InvalidInput, error_from_invalid_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from smooch_api import Response

T = TypeVar("T")

PAGE_SIZE = 100
"""Maximum number of records on a page."""


class Pager(Generic[T]):
    """Position of an iteration over a list: the page to fetch next, and the records ready.

    Args:
        read: Returns the records of a response, in the order of the list.
        before: Go backwards, from the record with this id.
        after: Go forwards, from the record with this id.
        limit: Maximum number of records.
        backwards: Whether to go backwards from the end if neither `before` nor `after` is given.
        whole: Whether to fetch the whole list backwards first, and then to return it forwards.
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
            raise InvalidInput("before and after exclude each other: pass one of them", "before")
        self._start = _check_cursor(before, "before") or _check_cursor(after, "after")
        self._last: T | None = None
        self._read = read
        self._backwards = before is not None or (backwards and after is None)
        self._whole = whole
        self._remaining = None if limit is None else _checks.check_count(limit, "limit", 0)
        self._next = self._start
        self._page_cursor: str | None = None
        self._visited = {None, self._start}
        self._is_stuck = False
        self._held: list[T] = []
        self._ready: deque[T] = deque()
        self.needs_page = self._remaining != 0
        """Whether another page must be fetched when no record is ready."""

    @property
    def cursor(self) -> str | None:
        """Id of the record that was returned last; None at the start."""
        at_end_of_page = self._last is not None and not self._ready and not self._whole
        return (self._page_cursor if at_end_of_page else None) or _get_id(self._last) or self._start

    @property
    def page(self) -> models.Page:
        """The page to fetch next.

        Raises:
            UnreadableResponse: the API says that there is more, but not where.
        """
        if self._is_stuck:
            cursor = _checks.redacted_repr(self._page_cursor, "cursor")
            raise error_from_invalid_response(
                self._response, f"it says that there are more pages, but its cursor leads nowhere: {cursor}"
            )
        size = PAGE_SIZE if self._remaining is None or self._whole else min(PAGE_SIZE, self._remaining)
        if self._next is None:
            return models.Page(size=size)
        return (
            models.Page(size=size, before=self._next) if self._backwards else models.Page(size=size, after=self._next)
        )

    def feed(self, response: Response[Any]) -> None:
        """Add the page that was fetched, and find out whether there is another."""
        self._start = self.cursor
        self._response = response
        meta = response.parsed.meta
        records = drop_unreadable(self._read(response.parsed))
        if self._backwards:
            records.reverse()
        self._page_cursor = _read_cursor(meta, backwards=self._backwards)
        self.needs_page = meta is not UNSET and meta.has_more is True
        if self.needs_page:
            self._set_next(_get_id(records[-1]) if records else None)
        if self._whole:
            self._held += records
            if self.needs_page:
                return
            records = self._held[::-1]
        if self._remaining is not None:
            if len(records) > self._remaining:
                del records[self._remaining :]
                self._page_cursor = None  # it is that of a record after the limit
            self._remaining -= len(records)
            self.needs_page = self.needs_page and self._remaining > 0
        self._ready.extend(records)

    def _set_next(self, last_id: str | None) -> None:
        """Choose the next page: the cursor of the response, else its last record; never a visited one."""
        if self._page_cursor in self._visited:
            self._page_cursor = last_id
        self._next = cursor = self._page_cursor
        self._is_stuck = cursor in self._visited or not _checks.is_text(cursor)
        self._visited.add(cursor)

    def pop(self) -> T | None:
        """Return the next record; None if none is ready."""
        if not self._ready:
            return None
        self._last = self._ready.popleft()
        return self._last


def drop_unreadable(records: Iterable[T]) -> list[T]:
    """Return the elements that parsed as models; the API may return others, such as null."""
    return [record for record in records if isinstance(record, Model)]


def build_message_pager(
    *, newest_first: bool | None, before: str | None, after: str | None, limit: int | None
) -> Pager[models.Message]:
    """Return the pager of the messages of a conversation, whose first page is the newest."""
    if newest_first is True and after is not None:
        raise InvalidInput("after goes forward in time: leave newest_first out, or pass before", "newest_first")
    if newest_first is False and before is not None:
        raise InvalidInput("before goes back in time: leave newest_first out, or pass after", "newest_first")
    whole = newest_first is False and after is None
    return Pager(_sort_oldest_first, before=before, after=after, limit=limit, backwards=True, whole=whole)


def _sort_oldest_first(response: models.MessageListResponse) -> Sequence[models.Message]:
    messages = response.messages
    first, last = _find_time(messages), _find_time(reversed(messages))
    return messages[::-1] if first > last else messages


def _find_time(messages: Iterable[models.Message]) -> str:
    """Return the time of the first message that has one; "" if none has."""
    return next((each.received for each in messages if isinstance(each, Model) and each.received), "")


def _check_cursor(value: str | None, field: str) -> str | None:
    return None if value is None else _checks.check_id(value, field)


def _read_cursor(meta: models.Meta | Unset, *, backwards: bool) -> str | None:
    if isinstance(meta, Unset):
        return None
    cursor = meta.before_cursor if backwards else meta.after_cursor
    return cursor if isinstance(cursor, str) and cursor else None


def _get_id(record: Any) -> str | None:
    record_id = getattr(record, "id", None)
    return record_id if isinstance(record_id, str) else None
