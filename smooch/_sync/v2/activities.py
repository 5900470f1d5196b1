# Derived from smooch/_async/v2/activities.py by scripts/unasync.py; edit that file.
"""Activities: typing indicators and read receipts."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

from smooch_api.v2.api import activities

from ... import errors
from ..._v2.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..._v2.bodies import AuthorLike


class Activities(Resource):
    """Activities: typing indicators and read receipts."""

    def send(
        self,
        conversation_id: str,
        activity: Literal["typing:start", "typing:stop", "conversation:read"] = "typing:start",
        *,
        author: AuthorLike = "business",
    ) -> None:
        """Show that the business is typing, or that the business or a user has read (postActivity)."""
        body = self._bodies.build_activity(activity, author)
        activities.post_activity.sync(self._app_id(), conversation_id, client=self._raw, body=body)

    def mark_read(self, conversation_id: str, *, author: AuthorLike = "business") -> None:
        """Mark a conversation as read by the business, or by a user (postActivity)."""
        self.send(conversation_id, "conversation:read", author=author)

    @contextmanager
    def typing(self, conversation_id: str, *, author: AuthorLike = "business") -> Iterator[None]:
        """Show that the business is typing while the block runs (postActivity).

        Use it as `with api.activities.typing(conversation_id):`. If the block raises, its error is the one that
        comes out, whether or not the end of typing can be sent.
        """
        self.send(conversation_id, "typing:start", author=author)
        try:
            yield
        except BaseException:
            with suppress(errors.SmoochError):
                self.send(conversation_id, "typing:stop", author=author)
            raise
        self.send(conversation_id, "typing:stop", author=author)
