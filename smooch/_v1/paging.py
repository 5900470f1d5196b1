"""Page through the messages of a conversation, backwards or forwards in time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
from smooch_api.base import Model

from ..errors import SmoochError

if TYPE_CHECKING:
    from smooch_api.v1.models import GetMessagesResponse, Message

    from .bodies import Instant

Query: TypeAlias = "dict[str, Instant | None]"


class Pager:
    """Position of an iteration over messages: which page to fetch next, and which messages are ready.

    Args:
        before: Go back in time from this instant; from the newest message if neither is given.
        after: Go forward in time from this instant.
    """

    def __init__(self, before: Instant | None, after: Instant | None) -> None:
        self._query: Query = {"before": before, "after": after}
        self._next: str | None = None
        self._at_end = False
        self._ready: deque[Message] = deque()

    @property
    def page(self) -> Query:
        """Query of the page to fetch next. Only the position is taken from the API's link, never the host.

        Raises:
            SmoochError: the link leads to the same page again, or to none.
        """
        if self._next is not None:
            params = httpx.URL(self._next).params
            query: Query = {"before": params.get("before"), "after": params.get("after")}
            if query == self._query or not any(query.values()):
                raise SmoochError(f"the API's link to the next page leads nowhere: {self._next}")
            self._query, self._next = query, None
        return self._query

    @property
    def needs_page(self) -> bool:
        """Whether another page must be fetched before the next message can be returned."""
        return not self._at_end and not self._ready

    @property
    def has_record(self) -> bool:
        """Whether a message is ready."""
        return bool(self._ready)

    def feed(self, answer: GetMessagesResponse) -> None:
        """Add the page that was fetched."""
        messages = sorted((message for message in answer.messages or () if isinstance(message, Model)), key=_received)
        self._ready.extend(messages if self._query["after"] is not None else messages[::-1])
        self._next = answer.next_ or None
        self._at_end = self._next is None

    def pop(self) -> Message:
        """Return the next message; one must be ready."""
        return self._ready.popleft()


def _received(message: Any) -> float:
    return message.received if isinstance(message.received, int | float) else 0.0
