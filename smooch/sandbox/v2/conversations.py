"""Conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids
from .._auth import ANY_KEY
from .._call import Call, get_or_404
from .._entities import JsonObject, Participant
from .._errors import bad_request
from ..store import clients, conversations
from . import _lookup, _metadata, serialize
from ._paging import build_page
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import Conversation, User

_FIELDS = {"displayName": "display_name", "description": "description", "iconUrl": "icon_url"}


@registry.handles("createConversation", ANY_KEY)
def create_conversation(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/conversations."""
    metadata = _metadata.merge(None, call.body, "Conversation")
    named = [(_lookup.find_named_user(call, each), each) for each in call.body.get("participants", [])]
    if len({user.id for user, _ in named}) < len(named):
        raise bad_request("body participants: each user may be named only once")
    participants = [create_participant(call, user, each) for user, each in named]
    conversation = conversations.create(call.app, call.body["type"], participants, metadata=metadata)
    _update(conversation, call.body)
    return {"conversation": serialize.conversation(conversation)}


@registry.handles("listConversations", ANY_KEY)
def list_conversations(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/conversations."""
    user = _lookup.find_named_user(call, call.query["filter"])
    return build_page(call, "conversations", user.conversations, serialize.conversation)


@registry.handles("getConversation", ANY_KEY)
def get_conversation(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/conversations/{conversationId}."""
    return {"conversation": serialize.conversation(_lookup.find_conversation(call))}


@registry.handles("updateConversation", ANY_KEY)
def update_conversation(call: Call) -> JsonObject:
    """PATCH /v2/apps/{appId}/conversations/{conversationId}."""
    conversation = _lookup.find_conversation(call)
    conversation.metadata = _metadata.merge(conversation.metadata, call.body, "Conversation")
    _update(conversation, call.body)
    return {"conversation": serialize.conversation(conversation)}


@registry.handles("deleteConversation", ANY_KEY)
def delete_conversation(call: Call) -> None:
    """DELETE /v2/apps/{appId}/conversations/{conversationId}."""
    conversations.delete(call.app, _lookup.find_conversation(call))


@registry.handles("downloadMessageRef", ANY_KEY)
def download_message_ref(call: Call) -> JsonObject:
    """Return made-up data, since there is no Apple behind the sandbox."""
    conversation = _lookup.find_conversation(call)
    user = get_or_404(call.app.users, call.body["userId"], "User")
    if conversation.participant(user) is None:
        raise bad_request("body userId: the user is not in this conversation")
    if "apple" not in call.body:
        raise bad_request("body apple: is required, no other channel has references")
    return {"interactiveData": {"bid": call.body["apple"]["interactiveDataRef"]["bid"], "data": {}}}


@registry.handles("postConversionEvents", ANY_KEY)
def post_conversion_events(call: Call) -> JsonObject:
    """Count every event as received, since there is no Meta behind the sandbox."""
    _lookup.find_conversation(call)
    event = next(call.body[channel] for channel in ("messenger", "instagram", "whatsapp") if channel in call.body)
    return {"conversionEvents": {"datasetId": "1000000000000001", "eventsReceived": len(event["payload"]["data"])}}


def create_participant(call: Call, user: User, options: JsonObject) -> Participant:
    """Create a participant for `user`; `options` may have `subscribeSDKClient`."""
    if user.conversations and not call.app.settings.get("multiConvoEnabled"):
        raise bad_request("The app does not allow several conversations, see its setting multiConvoEnabled")
    subscribed = [clients.get_or_create_sdk_client(call.app, user)] if options.get("subscribeSDKClient") else []
    return Participant(id=_ids.object_id(), user=user, clients=subscribed)


def _update(conversation: Conversation, body: JsonObject) -> None:
    for name, attribute in _FIELDS.items():
        setattr(conversation, attribute, body.get(name, getattr(conversation, attribute)))
