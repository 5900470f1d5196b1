"""Conversations."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from .. import _clock, _ids
from .._entities import Conversation, Participant
from .._errors import bad_request
from .._events import ConversationCreated, ConversationRemoved
from . import attachments, switchboards

if TYPE_CHECKING:
    from .._entities import Client, ConversationType, JsonObject, User
    from .state import App


def get_or_create_default(app: App, user: User, *, reason: str = "message", **cause: Any) -> Conversation:
    """Return the user's default conversation, created with `reason` and `cause` if missing."""
    if user.conversation is not None:
        return user.conversation
    clients = [client for client in user.clients if client.is_channel]
    clients += [user.sdk_client] if user.sdk_client else []
    participant = Participant(id=_ids.object_id(), user=user, clients=clients)
    return create(app, "personal", [participant], reason=reason, **cause)


def create(
    app: App,
    type_: ConversationType,
    participants: list[Participant],
    *,
    reason: str = "none",
    client: Client | None = None,
    referral: JsonObject | None = None,
    **fields: Any,
) -> Conversation:
    """Create a conversation; the first personal one of a user is the default one."""
    now = _clock.now()
    conversation = Conversation(id=_ids.object_id(), created=now, type=type_, participants=participants, **fields)
    app.conversations[conversation.id] = conversation
    for participant in participants:
        participant.user.conversations.append(conversation)
    user = conversation.only_user
    if user is not None and user.conversation is None:
        user.conversation = conversation
    switchboards.assign_control(app, conversation, client)
    app.record(
        ConversationCreated(
            app_id=app.id,
            at=now,
            user=user,
            conversation=conversation,
            reason=reason,
            client=client,
            referral=referral,
        )
    )
    return conversation


def delete(app: App, conversation: Conversation) -> None:
    """Delete a conversation with its messages and files. 400 for a default one."""
    user = conversation.only_user
    if user is not None and user.conversation is conversation:
        raise bad_request(f"Conversation {conversation.id} cannot be deleted because it is the default.")
    drop(app, conversation)
    app.record(ConversationRemoved(app_id=app.id, user=user, conversation=conversation))


def drop(app: App, conversation: Conversation) -> None:
    """Delete a conversation with its messages and files, without an event."""
    del app.conversations[conversation.id]
    for participant in conversation.participants:
        participant.user.conversations.remove(conversation)
    attachments.delete_for_conversation(app, conversation)


def join(app: App, kept: Conversation, other: Conversation) -> None:
    """Move messages, files and clients of `other` to `kept`, and drop `other`. Both belong to one user."""
    kept.messages = sorted(kept.messages + other.messages, key=lambda message: message.received)
    for earlier, later in itertools.pairwise(kept.messages):
        later.received = max(later.received, earlier.received + 1)
    mine, theirs = kept.participants[0], other.participants[0]
    mine.unread += theirs.unread
    mine.clients += [client for client in theirs.clients if client not in mine.clients]
    kept.taps = sorted(kept.taps + other.taps, key=lambda tap: tap.at)
    kept.maker_ids += [maker for maker in other.maker_ids if maker not in kept.maker_ids]
    attachments.move_to_conversation(app, other, kept)
    drop(app, other)
