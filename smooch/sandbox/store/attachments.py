"""Uploaded files."""

from __future__ import annotations

import json
import mimetypes
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from .. import _ids
from .._entities import Attachment

if TYPE_CHECKING:
    from .._entities import Conversation, Message
    from .state import App


OCTETS = "application/octet-stream"
# others, with control characters for example, cannot be sent back in a header
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+( *;[ -~]*)?", re.ASCII)


def add(app: App, filename: str, data: bytes, media_type: str, conversation: Conversation | None = None) -> Attachment:
    """Store a file; it is deleted together with `conversation`, if given.

    `filename` may be a path, of which the last part counts. If `media_type` is unknown or not valid, it is guessed from the name.
    """
    name = re.split(r"[/\\]", filename)[-1]
    # the name becomes a part of a URL
    path = f"{app.id}/{_ids.object_id()}/{name if name.strip('.') else 'file'}"
    if media_type == OCTETS or not _MEDIA_TYPE.fullmatch(media_type):
        media_type = mimetypes.guess_type(name)[0] or OCTETS
    attachment = app.attachments[path] = Attachment(
        path=path,
        data=data,
        media_type=media_type,
        conversation_id=None if conversation is None else conversation.id,
    )
    return attachment


def build_url(attachment: Attachment, root_url: str) -> str:
    """Return the URL of a file."""
    return f"{root_url}/media/{quote(attachment.path)}"


def find_by_url(app: App, url: str, root_url: str) -> Attachment | None:
    """Find a file of the app by its URL."""
    return app.attachments.get(unquote(url.removeprefix(f"{root_url}/media/")))


def delete_for_message(app: App, conversation: Conversation, message: Message) -> None:
    """Delete the files of a conversation that a message refers to."""
    content = json.dumps(message.content)
    for path in _list_paths(app, conversation):
        if quote(path) in content:
            del app.attachments[path]


def delete_for_conversation(app: App, conversation: Conversation) -> None:
    """Delete all files of a conversation."""
    for path in _list_paths(app, conversation):
        del app.attachments[path]


def move_to_conversation(app: App, source: Conversation, target: Conversation) -> None:
    """Move the files of the conversation `source` to `target`."""
    for path in _list_paths(app, source):
        app.attachments[path].conversation_id = target.id


def _list_paths(app: App, conversation: Conversation) -> list[str]:
    return [path for path, attachment in app.attachments.items() if attachment.conversation_id == conversation.id]
