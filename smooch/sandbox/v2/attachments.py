"""Files for messages. The sandbox serves them below `/media/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ANY_KEY
from .._call import Call, get_or_404
from .._errors import ApiError, bad_request
from ..store import attachments
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import JsonObject


@registry.handles("uploadAttachment", ANY_KEY)
def upload_attachment(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/attachments."""
    conversation = None
    if "conversationId" in call.query:
        conversation = get_or_404(call.app.conversations, call.query["conversationId"], "Conversation")
    attachment = call.store_file("source", conversation if call.query.get("for") == "message" else None)
    return {"attachment": {"mediaUrl": call.media_url(attachment), "mediaType": attachment.media_type}}


@registry.handles("deleteAttachment", ANY_KEY)
def delete_attachment(call: Call) -> None:
    """POST /v2/apps/{appId}/attachments/remove."""
    url = call.body["mediaUrl"]
    if not url.startswith(f"{call.root_url}/media/"):
        raise bad_request(f"Unsupported media URL for attachment deletion: {url}")
    attachment = attachments.find_by_url(call.app, url, call.root_url)
    if attachment is None:
        raise ApiError(404, "Attachment not found")
    del call.app.attachments[attachment.path]
