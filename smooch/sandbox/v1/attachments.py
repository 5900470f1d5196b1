"""Files for messages. The sandbox serves them below `/media/`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from .._auth import BUSINESS
from .._errors import not_found
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import JsonObject


@registry.handles("uploadAttachment", BUSINESS)
def upload_attachment(call: Call) -> JsonObject:
    """POST /attachments."""
    for name in ("appUserId", "userId"):
        if name in call.query and call.app.find_user(call.query[name]) is None:
            raise not_found("User")
    attachment = call.store_file("source")
    return {"mediaUrl": call.media_url(attachment), "mediaType": attachment.media_type}


@registry.handles("removeAttachment", BUSINESS)
def remove_attachment(call: Call) -> None:
    """POST /attachments/remove."""
    path = unquote(call.body["mediaUrl"].rpartition("/media/")[2])
    if call.app.attachments.pop(path, None) is None:
        raise not_found("Attachment")
