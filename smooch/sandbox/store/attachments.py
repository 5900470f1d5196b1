"""Uploaded files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from .. import _ids
from .._entities import Attachment

if TYPE_CHECKING:
    from .._entities import Conversation, Message
    from .state import App


def add(app: App, filename: str, data: bytes, media_type: str, conversation: Conversation | None = None) -> Attachment:
    """Store a file; it is deleted with `conversation` if that is given."""
    path = f"{app.id}/{_ids.object_id()}/{filename}"
    attachment = app.attachments[path] = Attachment(
        path=path,
        data=data,
        media_type=media_type,
        conversation_id=None if conversation is None else conversation.id,
    )
    return attachment


def delete_of_message(app: App, conversation: Conversation, message: Message) -> None:
    """Delete the files of a conversation that a message refers to."""
    content = json.dumps(message.content)
    for path in _paths(app, conversation):
        if quote(path) in content:
            del app.attachments[path]


def delete_of_conversation(app: App, conversation: Conversation) -> None:
    """Delete all files of a conversation."""
    for path in _paths(app, conversation):
        del app.attachments[path]


def move(app: App, source: Conversation, target: Conversation) -> None:
    """Let the files of `source` belong to `target`."""
    for path in _paths(app, source):
        app.attachments[path].conversation_id = target.id


def _paths(app: App, conversation: Conversation) -> list[str]:
    return [path for path, attachment in app.attachments.items() if attachment.conversation_id == conversation.id]
