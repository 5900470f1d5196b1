"""Messages of conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _clock, _ids
from .._entities import Message
from .._errors import ApiError
from .._events import MessageAdded
from . import attachments, channels, switchboards

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._entities import Client, Conversation, JsonObject, Role, User
    from .state import App


def add(
    app: App,
    conversation: Conversation,
    *,
    role: Role,
    author_id: str,
    content: JsonObject,
    user: User | None = None,
    destinations: Sequence[Client] | None = None,
    **fields: Any,
) -> Message:
    """Append a message; `user` is its author, or None for the business. 423 if the conversation is full.

    A message of the business goes to the channel that each participant used last, among `destinations` if they are given.
    """
    if len(conversation.messages) >= app.max_messages:
        raise ApiError(
            423, f"Message limit of {app.max_messages} per conversation reached: delete its messages to go on"
        )
    received = _clock.now()
    if conversation.messages:
        received = max(received, conversation.messages[-1].received + 1)
    message = Message(id=_ids.object_id(), role=role, author_id=author_id, received=received, content=content, **fields)
    conversation.messages.append(message)
    for participant in conversation.participants:
        participant.unread += participant.user is not user
    if role == "appUser":
        _mark_submitted(conversation, content)
        switchboards.assign_control(app, conversation, message.client)
    elif author_id not in conversation.maker_ids:
        conversation.maker_ids.append(author_id)
    recipient = user or conversation.only_user
    app.record(MessageAdded(app_id=app.id, at=received, user=recipient, conversation=conversation, message=message))
    if role == "appMaker":
        _send(app, conversation, message, destinations)
    return message


def delete(app: App, conversation: Conversation, message: Message) -> None:
    """Delete one message and the files that were uploaded for it."""
    conversation.messages.remove(message)
    attachments.delete_for_message(app, conversation, message)


def delete_all(app: App, conversation: Conversation) -> None:
    """Delete all messages of a conversation and the files that were uploaded for them."""
    conversation.messages.clear()
    conversation.taps.clear()
    for participant in conversation.participants:
        participant.unread = 0
    attachments.delete_for_conversation(app, conversation)


def _mark_submitted(conversation: Conversation, content: JsonObject) -> None:
    """Mark the form of a form response as submitted."""
    if content["type"] == "formResponse":
        form_id = content.get("quotedMessage", {}).get("content", {}).get("_id")
        for message in conversation.messages:
            if message.id == form_id and message.content["type"] == "form":
                message.content["submitted"] = True


def _send(app: App, conversation: Conversation, message: Message, destinations: Sequence[Client] | None) -> None:
    """Send a message to each participant that has a channel."""
    for participant in conversation.participants:
        linked = (each for each in participant.clients if each.is_channel)
        client = next((each for each in linked if destinations is None or each in destinations), None)
        if client is not None:
            channels.send(app, participant.user, conversation, message, client)
