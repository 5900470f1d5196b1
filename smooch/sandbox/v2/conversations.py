"""Conversations, and what belongs to one as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids
from .._auth import ANY_KEY
from .._call import Call, found
from .._entities import JsonObject, Participant
from .._errors import bad_request
from . import _lookup, _metadata, wire
from ._paging import page
from ._registry import registry
from .apps import allows_several_conversations

if TYPE_CHECKING:
    from .._entities import Conversation, User

_FIELDS = {"displayName": "display_name", "description": "description", "iconUrl": "icon_url"}


@registry.handles("createConversation", ANY_KEY)
def create_conversation(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/conversations."""
    metadata = _metadata.updated(None, call.body, "Conversation")
    named = [(_lookup.named_user(call, each), each) for each in call.body.get("participants", [])]
    if len({user.id for user, _ in named}) < len(named):
        raise bad_request("body participants: a user can be there only once")
    participants = [new_participant(call, user, each) for user, each in named]
    conversation = call.app.start_conversation(call.body["type"], participants, metadata=metadata)
    _update(conversation, call.body)
    return {"conversation": wire.conversation(conversation)}


@registry.handles("listConversations", ANY_KEY)
def list_conversations(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/conversations."""
    user = _lookup.named_user(call, call.query["filter"])
    return page(call, "conversations", user.conversations, wire.conversation)


@registry.handles("getConversation", ANY_KEY)
def get_conversation(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/conversations/{conversationId}."""
    return {"conversation": wire.conversation(_lookup.conversation(call))}


@registry.handles("updateConversation", ANY_KEY)
def update_conversation(call: Call) -> JsonObject:
    """PATCH /v2/apps/{appId}/conversations/{conversationId}."""
    conversation = _lookup.conversation(call)
    conversation.metadata = _metadata.updated(conversation.metadata, call.body, "Conversation")
    _update(conversation, call.body)
    return {"conversation": wire.conversation(conversation)}


@registry.handles("deleteConversation", ANY_KEY)
def delete_conversation(call: Call) -> JsonObject:
    """DELETE /v2/apps/{appId}/conversations/{conversationId}."""
    call.app.delete_conversation(_lookup.conversation(call))
    return {}


@registry.handles("downloadMessageRef", ANY_KEY)
def download_message_ref(call: Call) -> JsonObject:
    """There is no Apple behind the sandbox, so that the data is made up."""
    conversation = _lookup.conversation(call)
    user = found(call.app.users, call.body["userId"], "User")
    if conversation.participant(user) is None:
        raise bad_request("body userId: is not in this conversation")
    if "apple" not in call.body:
        raise bad_request("body apple: is required, no other channel has references")
    return {"interactiveData": {"bid": call.body["apple"]["interactiveDataRef"]["bid"], "data": {}}}


@registry.handles("postConversionEvents", ANY_KEY)
def post_conversion_events(call: Call) -> JsonObject:
    """There is no Meta behind the sandbox, so that every event counts as received."""
    _lookup.conversation(call)
    event = next(call.body[channel] for channel in ("messenger", "instagram", "whatsapp") if channel in call.body)
    return {"conversionEvents": {"datasetId": "1000000000000001", "eventsReceived": len(event["payload"]["data"])}}


def new_participant(call: Call, user: User, wish: JsonObject) -> Participant:
    """`user` for a conversation; `wish` may ask for the SDK client to be subscribed."""
    if user.conversations and not allows_several_conversations(call.app):
        raise bad_request("The app does not allow several conversations, see its setting multiConvoEnabled")
    clients = [call.app.sdk_client(user)] if wish.get("subscribeSDKClient") else []
    return Participant(id=_ids.object_id(), user=user, clients=clients)


def _update(conversation: Conversation, body: JsonObject) -> None:
    for name, attribute in _FIELDS.items():
        setattr(conversation, attribute, body.get(name, getattr(conversation, attribute)))
