"""Walking through the messages of a conversation, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import httpx
from smooch_api.base import Model

from .errors import SmoochError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smooch_api.v1.models import GetMessagesResponse, Message

    from ._bodies import Instant


@attrs.frozen
class Page:
    """One page: everything up to an instant, going back, or everything since, going forward."""

    before: Instant | None = None
    after: Instant | None = None

    def in_order(self, page: GetMessagesResponse) -> Sequence[Message]:
        """The messages in the direction of travel."""
        messages = sorted((message for message in page.messages or () if isinstance(message, Model)), key=_received)
        return messages if self.after is not None else messages[::-1]

    def following(self, page: GetMessagesResponse) -> Page | None:
        """The page after this one, if there is one; only its position is taken from the API's link, never the host."""
        if not page.next_:
            return None
        query = httpx.URL(page.next_).params
        following = Page(query.get("before"), query.get("after"))
        if following in (Page(), self):
            raise SmoochError(f"the API's link to the next page leads nowhere: {page.next_}")
        return following


def first(before: Instant | None, after: Instant | None) -> Page:
    """The page to begin with."""
    return Page(before, after)


def _received(message: Any) -> float:
    return message.received if isinstance(message.received, int | float) else 0.0
