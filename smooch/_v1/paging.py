"""Page through the messages of a conversation, backwards or forwards in time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
from smooch_api.base import Model

from .. import _checks
from ..errors import error_from_invalid_response
from .bodies import build_page_query, is_seconds

if TYPE_CHECKING:
    from smooch_api import Response
    from smooch_api.v1.models import GetMessagesResponse, Message

    from .bodies import Instant

Query: TypeAlias = dict[str, str]
"""`before` or `after`, or neither for the newest messages."""


class Pager:
    """Position of an iteration over messages: the page to fetch next, and the messages ready.

    Args:
        before: Go back in time from this instant; from the newest message if neither is given.
        after: Go forward in time from this instant.
    """

    def __init__(self, before: Instant | None, after: Instant | None) -> None:
        self._query = build_page_query(before, after)
        self._visited = {*self._query.items()}
        self._response: Response[GetMessagesResponse] | None = None
        self._ready: deque[Message] = deque()
        self.needs_page = True
        """Whether another page must be fetched when no message is ready."""

    @property
    def page(self) -> Query:
        """Query of the page to fetch next.

        Only the position is taken from the API's link, never the host.

        Raises:
            UnreadableResponse: the link leads to no page, or to one that was fetched before.
        """
        if self._response is not None:
            query = _read_link(self._response.parsed.next_)
            if query is None or self._visited.issuperset(query.items()):
                link = _checks.redacted_repr(self._response.parsed.next_, "next")
                raise error_from_invalid_response(self._response, f"its link to the next page leads nowhere: {link}")
            self._query, self._response = query, None
            self._visited.update(query.items())
        return self._query

    def feed(self, response: Response[GetMessagesResponse]) -> None:
        """Add the page that was fetched."""
        elements = response.parsed.messages or ()
        messages = sorted((message for message in elements if isinstance(message, Model)), key=_get_received)
        self._ready.extend(messages if "after" in self._query else messages[::-1])
        self._response = response
        self.needs_page = bool(response.parsed.next_)

    def pop(self) -> Message | None:
        """Return the next message; None if none is ready."""
        return self._ready.popleft() if self._ready else None


def _read_link(link: object) -> Query | None:
    """Return the one end of a page that a link names; None if it names none or two."""
    try:
        params = httpx.URL(link).params  # type: ignore[arg-type]
    except (httpx.InvalidURL, TypeError, ValueError):
        return None
    query = {name: params[name] for name in ("before", "after") if name in params}
    return query if len(query) == 1 and all(map(is_seconds, query.values())) else None


def _get_received(message: Any) -> float:
    return message.received if isinstance(message.received, int | float) else 0.0
