"""Participants of conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ANY_KEY
from .._errors import ApiError, bad_request
from ..store import participants
from . import _lookup, serialize
from ._paging import build_page
from ._registry import registry
from .conversations import create_participant

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import Conversation, JsonObject, Participant


@registry.handles("joinConversation", ANY_KEY)
def join_conversation(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/conversations/{conversationId}/join."""
    conversation = _find_group(call)
    user = _lookup.find_named_user(call, call.body)
    if conversation.participant(user) is not None:
        raise bad_request("The user is a member of the conversation already")
    participant = create_participant(call, user, call.body)
    participants.join(call.app, conversation, participant)
    return {"participant": serialize.participant(participant)}


@registry.handles("listParticipants", ANY_KEY)
def list_participants(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/conversations/{conversationId}/participants."""
    return build_page(call, "participants", _lookup.find_conversation(call).participants, serialize.participant)


@registry.handles("leaveConversation", ANY_KEY)
def leave_conversation(call: Call) -> None:
    """POST /v2/apps/{appId}/conversations/{conversationId}/leave."""
    conversation = _find_group(call)
    participant = _find_participant(call, conversation)
    if participant is None:
        raise ApiError(404, "User is not a member of the conversation")
    participants.leave(call.app, conversation, participant)


def _find_group(call: Call) -> Conversation:
    conversation = _lookup.find_conversation(call)
    if conversation.type != "sdkGroup":
        raise bad_request("Participants can only join and leave sdkGroup conversations")
    return conversation


def _find_participant(call: Call, conversation: Conversation) -> Participant | None:
    if "participantId" in call.body:
        participant_id = call.body["participantId"]
        return next((each for each in conversation.participants if each.id == participant_id), None)
    return conversation.participant(_lookup.find_named_user(call, call.body))
