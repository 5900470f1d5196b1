"""Messages of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ANY_KEY
from .._call import Call, found
from . import _lookup, _posting, wire
from ._paging import newest_page
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import JsonObject

PAGE = 100


@registry.handles("postMessage", ANY_KEY)
def post_message(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/conversations/{conversationId}/messages."""
    conversation = _lookup.conversation(call)
    return {"messages": [wire.message(_posting.add(call, conversation), conversation)]}


@registry.handles("listMessages", ANY_KEY)
def list_messages(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/conversations/{conversationId}/messages."""
    conversation = _lookup.conversation(call)
    return newest_page(
        call, "messages", conversation.messages, PAGE, lambda message: wire.message(message, conversation)
    )


@registry.handles("deleteAllMessages", ANY_KEY)
def delete_all_messages(call: Call) -> JsonObject:
    """DELETE /v2/apps/{appId}/conversations/{conversationId}/messages."""
    call.app.delete_messages(_lookup.conversation(call))
    return {}


@registry.handles("deleteMessage", ANY_KEY)
def delete_message(call: Call) -> JsonObject:
    """DELETE /v2/apps/{appId}/conversations/{conversationId}/messages/{messageId}."""
    conversation = _lookup.conversation(call)
    messages = {message.id: message for message in conversation.messages}
    call.app.delete_message(conversation, found(messages, call.params["messageId"], "Message"))
    return {}
