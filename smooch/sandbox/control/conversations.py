"""Conversations and their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._call import get_or_404
from . import serialize
from ._call import handles
from ._paging import build_page

if TYPE_CHECKING:
    from .._entities import JsonObject
    from ._call import ControlCall


@handles("listConversations")
def list_conversations(call: ControlCall) -> JsonObject:
    """GET /_sandbox/conversations."""
    conversations = [serialize.conversation(conversation) for conversation in call.app.conversations.values()]
    return {"conversations": conversations, "lastEventId": call.engine.last_event_id}


@handles("listMessages")
def list_messages(call: ControlCall) -> JsonObject:
    """GET /_sandbox/conversations/{conversationId}/messages."""
    conversation = get_or_404(call.app.conversations, call.params["conversationId"], "Conversation")
    body = build_page(call, "messages", conversation.messages, lambda message: serialize.message(message, conversation))
    return body | {"clicks": [serialize.click(conversation, tap) for tap in conversation.taps]}
