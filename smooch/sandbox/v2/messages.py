"""Messages of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ANY_KEY
from .._call import Call, get_or_404
from ..store import messages
from . import _lookup, _posting, serialize
from ._paging import build_page
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import JsonObject

PAGE = 100


@registry.handles("postMessage", ANY_KEY)
def post_message(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/conversations/{conversationId}/messages."""
    conversation = _lookup.find_conversation(call)
    return {"messages": [serialize.message(message, conversation) for message in _posting.add(call, conversation)]}


@registry.handles("listMessages", ANY_KEY)
def list_messages(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/conversations/{conversationId}/messages."""
    conversation = _lookup.find_conversation(call)
    return build_page(
        call, "messages", conversation.messages, lambda message: serialize.message(message, conversation), newest=PAGE
    )


@registry.handles("deleteAllMessages", ANY_KEY)
def delete_all_messages(call: Call) -> None:
    """DELETE /v2/apps/{appId}/conversations/{conversationId}/messages."""
    messages.delete_all(call.app, _lookup.find_conversation(call))


@registry.handles("deleteMessage", ANY_KEY)
def delete_message(call: Call) -> None:
    """DELETE /v2/apps/{appId}/conversations/{conversationId}/messages/{messageId}."""
    conversation = _lookup.find_conversation(call)
    by_id = {message.id: message for message in conversation.messages}
    messages.delete(call.app, conversation, get_or_404(by_id, call.params["messageId"], "Message"))
