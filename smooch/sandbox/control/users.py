"""End users, and their actions in the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from .. import _chat, _transcript
from .._errors import not_found
from ..store import attachments
from . import serialize
from ._call import handles

if TYPE_CHECKING:
    from .._entities import JsonObject, Message
    from ._call import ControlCall


@handles("uploadFile")
def upload_file(call: ControlCall) -> JsonObject:
    """POST /_sandbox/files."""
    media_type = call.request.headers.get("content-type", "")
    file = attachments.add(call.app, call.query["name"], call.request.body, media_type)
    url = attachments.build_url(file, call.engine.root_url)
    return {"mediaUrl": url, "mediaType": file.media_type, "mediaSize": len(file.data)}


@handles("listUsers")
def list_users(call: ControlCall) -> JsonObject:
    """GET /_sandbox/users."""
    users = [serialize.user(user, call.app) for user in call.app.users.values()]
    return {"users": users, "lastEventId": call.engine.last_event_id}


@handles("addUser")
def add_user(call: ControlCall) -> JsonObject:
    """POST /_sandbox/users."""
    body = call.body
    user = _chat.add_user(
        call.app,
        body.get("externalId"),
        given_name=body.get("givenName"),
        surname=body.get("surname"),
        email=body.get("email"),
        channel=body.get("channel", "web"),
    )
    return {"user": serialize.user(user, call.app)}


@handles("getUser")
def get_user(call: ControlCall) -> JsonObject:
    """GET /_sandbox/users/{userId}."""
    user = call.app.find_user(call.params["userId"])
    if user is None:
        raise not_found("User")
    return {"user": serialize.user(user, call.app)}


@handles("say")
def say(call: ControlCall) -> JsonObject:
    """POST /_sandbox/users/{userId}/say."""
    message = _chat.say(
        call.app,
        call.params["userId"],
        call.body["content"],
        conversation_id=call.body.get("conversationId"),
        channel=call.body.get("channel"),
        root_url=call.engine.root_url,
    )
    return _build_message_response(call, message)


@handles("click")
def click(call: ControlCall) -> None:
    """POST /_sandbox/users/{userId}/click."""
    _chat.click(
        call.app,
        call.params["userId"],
        call.body["action"],
        conversation_id=call.body.get("conversationId"),
        root_url=call.engine.root_url,
    )


@handles("submitForm")
def submit_form(call: ControlCall) -> JsonObject:
    """POST /_sandbox/users/{userId}/submit."""
    message = _chat.submit_form(
        call.app,
        call.params["userId"],
        call.body["values"],
        conversation_id=call.body.get("conversationId"),
        root_url=call.engine.root_url,
    )
    return _build_message_response(call, message)


@handles("setTyping")
def set_typing(call: ControlCall) -> None:
    """POST /_sandbox/users/{userId}/type."""
    is_typing, conversation_id = call.body.get("isTyping", True), call.body.get("conversationId")
    _chat.set_typing(call.app, call.params["userId"], is_typing, conversation_id=conversation_id)


@handles("markRead")
def mark_read(call: ControlCall) -> None:
    """POST /_sandbox/users/{userId}/read."""
    _chat.mark_read(call.app, call.params["userId"], conversation_id=call.body.get("conversationId"))


@handles("openChat")
def open_chat(call: ControlCall) -> None:
    """POST /_sandbox/users/{userId}/open."""
    referral, channel = call.body.get("referral"), call.body.get("channel")
    _chat.open_chat(call.app, call.params["userId"], referral=referral, channel=channel)


@handles("getTranscript")
def get_transcript(call: ControlCall) -> Response:
    """GET /_sandbox/users/{userId}/transcript."""
    conversation = _chat.find_conversation(call.app, call.params["userId"], call.query.get("conversationId"))
    return Response(_transcript.to_json_lines(conversation, call.engine.root_url), media_type="application/jsonl")


def _build_message_response(call: ControlCall, message: Message) -> JsonObject:
    conversation = next(each for each in call.app.conversations.values() if message in each.messages[-1:])
    return {"message": serialize.message(message, conversation), "conversationId": conversation.id}
