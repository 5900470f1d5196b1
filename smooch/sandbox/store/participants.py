"""Participants of conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import bad_request
from .._events import ConversationJoined, ConversationLeft

if TYPE_CHECKING:
    from .._entities import Conversation, Participant, User
    from .state import App

MAX_PARTICIPANTS = 10


def join(app: App, conversation: Conversation, participant: Participant) -> None:
    """Add a user to a group. 400 if it is full."""
    if len(conversation.participants) >= MAX_PARTICIPANTS:
        raise bad_request("Too many participants")
    conversation.participants.append(participant)
    participant.user.conversations.append(conversation)
    app.record(ConversationJoined(app_id=app.id, user=participant.user, conversation=conversation))


def leave(app: App, conversation: Conversation, participant: Participant) -> None:
    """Remove a user from a group."""
    conversation.participants.remove(participant)
    participant.user.conversations.remove(conversation)
    app.record(ConversationLeft(app_id=app.id, user=participant.user, conversation=conversation))


def replace_user(conversation: Conversation, old: User, new: User) -> None:
    """Let `new` take the place of `old`, in messages too."""
    for message in conversation.messages:
        if message.author_id == old.id:
            message.author_id = new.id
    if conversation.participant(new) is not None:
        conversation.participants = [each for each in conversation.participants if each.user is not old]
        return
    for participant in conversation.participants:
        if participant.user is old:
            participant.user = new
    new.conversations.append(conversation)
