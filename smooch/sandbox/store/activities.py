"""Activities: typing and reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _clock
from .._events import ConversationRead, TypingChanged

if TYPE_CHECKING:
    from .._entities import Client, Conversation, JsonObject, Role, User
    from .state import App


def mark_read(
    app: App, user: User | None, conversation: Conversation, *, by: Role = "appUser", client: Client | None = None
) -> None:
    """Record that one side has read the conversation; only the user's side has an unread count."""
    now = _clock.now()
    participant = None if user is None else conversation.participant(user)
    if by == "appMaker":
        conversation.business_last_read = now
    elif participant is not None:
        participant.unread = 0
        participant.last_read = now
    app.record(ConversationRead(app_id=app.id, at=now, user=user, conversation=conversation, by=by, client=client))


def set_typing(
    app: App,
    user: User | None,
    conversation: Conversation,
    *,
    by: Role,
    activity: JsonObject,
    client: Client | None = None,
) -> None:
    """Record that one side starts or stops typing."""
    app.record(
        TypingChanged(app_id=app.id, user=user, conversation=conversation, by=by, client=client, activity=activity)
    )
