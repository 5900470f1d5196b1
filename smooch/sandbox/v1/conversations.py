"""Messages, activity and read state of a user's conversation, with the paths of v1 before 2017."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING

from .. import _clock, _shorthand
from .._auth import ANY_KEY, END_USER
from .._call import Call, get_or_404
from .._errors import bad_request
from ..store import activities, clients, messages
from . import _buttons, _posting, serialize
from ._registry import registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._entities import JsonObject, Message

PAGE = 100
_SECONDS = re.compile(r"\d{1,15}(\.\d*)?")


@registry.handles("getMessages", END_USER)
def get_messages(call: Call) -> JsonObject:
    """GET /appusers/{userId}/messages."""
    messages = call.conversation.messages
    match call.query:
        case {"before": _, "after": _}:
            raise bad_request("before and after exclude each other")
        case {"after": after}:
            start = bisect.bisect_right(messages, _parse_time(after), key=_get_received)
            selected = messages[start : start + PAGE]
            more = {"after": selected[-1]} if start + PAGE < len(messages) else {}
        case _:
            end = len(messages)
            if "before" in call.query:
                end = bisect.bisect_left(messages, _parse_time(call.query["before"]), key=_get_received)
            selected = messages[max(end - PAGE, 0) : end]
            more = {"before": selected[0]} if end > PAGE else {}
    body: JsonObject = {
        "conversation": serialize.conversation(call.conversation),
        "messages": [serialize.message(message) for message in selected],
    }
    for name, message in more.items():
        body["next"] = f"{call.url}?{name}={_get_received(message)}"
    return body


@registry.handles("postMessage", END_USER, prepare=_posting.infer_type)
def post_message(call: Call) -> JsonObject:
    """POST /appusers/{userId}/messages."""
    return _build_response(call, _post(call, call.body))


@registry.handles("postConversationMessage", END_USER, prepare=_posting.infer_type)
def post_conversation_message(call: Call) -> JsonObject:
    """POST /appusers/{userId}/conversation/messages."""
    return _build_legacy_response(call, _post(call, call.body))


@registry.handles("postImageMessage", END_USER)
def post_image_message(call: Call) -> JsonObject:
    """POST /appusers/{userId}/images."""
    return _build_response(call, _post_image(call))


@registry.handles("postConversationImage", END_USER)
def post_conversation_image(call: Call) -> JsonObject:
    """POST /appusers/{userId}/conversation/images."""
    return _build_legacy_response(call, _post_image(call))


@registry.handles("deleteMessages", ANY_KEY)
def delete_messages(call: Call) -> None:
    """DELETE /appusers/{userId}/messages."""
    messages.delete_all(call.app, call.conversation)


@registry.handles("deleteMessage", ANY_KEY)
def delete_message(call: Call) -> None:
    """DELETE /appusers/{userId}/messages/{messageId}."""
    by_id = {message.id: message for message in call.conversation.messages}
    messages.delete(call.app, call.conversation, get_or_404(by_id, call.params["messageId"], "Message"))


@registry.handles("getConversation", END_USER)
def get_conversation(call: Call) -> JsonObject:
    """GET /appusers/{userId}/conversation."""
    return {"conversation": _legacy_conversation(call, call.conversation.messages)}


@registry.handles("conversationActivity", END_USER)
def conversation_activity(call: Call) -> JsonObject:
    """POST /appusers/{userId}/conversation/activity."""
    role, kind = call.body["role"], call.body["type"]
    if role == "appMaker":
        call.identity.require_business("Activity of role appMaker")
    if kind == "conversation:read":
        activities.mark_read(call.app, call.user, call.conversation, by=role, client=call.user.latest_client)
    else:
        activities.set_typing(call.app, call.user, call.conversation, by=role, activity=call.body)
    return {"conversation": serialize.conversation(call.conversation)}


@registry.handles("postPostback", END_USER)
def post_postback(call: Call) -> None:
    """POST /appusers/{userId}/conversation/postback."""
    buttons = {button.action.get("_id", ""): button for button in _buttons.find_all(call.app, call.user)}
    button = get_or_404(buttons, call.body["actionId"], "Action")
    if button.action["type"] != "postback":
        raise bad_request("body actionId: must be the id of a postback button")
    client = call.user.latest_client or clients.get_or_create_sdk_client(call.app, call.user)
    _buttons.tap(call.app, call.user, client, button, root_url=call.root_url)


@registry.handles("resetUnreadCount", END_USER)
def reset_unread_count(call: Call) -> None:
    """POST /appusers/{userId}/conversation/read."""
    activities.mark_read(call.app, call.user, call.conversation, client=call.user.latest_client)


def _post(call: Call, post: JsonObject) -> list[Message]:
    if post["role"] == "appUser":
        return _add(call, [post])
    call.identity.require_business("A message of role appMaker")
    return _add(call, _shorthand.expand(post, call.app.templates_by_name))


def _add(call: Call, posts: list[JsonObject]) -> list[Message]:
    contents = [_posting.build_content(call.app, post, call.root_url) for post in posts]
    return [_posting.add(call.app, call.user, *each) for each in zip(posts, contents, strict=True)]


def _post_image(call: Call) -> list[Message]:
    if call.body["role"] == "appMaker":
        call.identity.require_business("A message of role appMaker")
    _ = call.user  # 404 before the file is stored
    attachment = call.store_file("source")
    url = call.media_url(attachment)
    post = {"text": url, "mediaType": attachment.media_type, **call.body, "type": "image", "mediaUrl": url}
    return _add(call, [post])


def _build_response(call: Call, messages: list[Message]) -> JsonObject:
    return _choose_message_fields(messages) | {"conversation": serialize.conversation(call.conversation)}


def _build_legacy_response(call: Call, messages: list[Message]) -> JsonObject:
    recent = call.conversation.messages[-PAGE:]
    return _choose_message_fields(messages) | {"conversation": _legacy_conversation(call, recent)}


def _choose_message_fields(messages: list[Message]) -> JsonObject:
    first, *others = [serialize.message(message) for message in messages]
    return {"message": first} | ({"extraMessages": others} if others else {})


def _legacy_conversation(call: Call, messages: Sequence[Message]) -> JsonObject:
    return serialize.legacy_conversation(call.conversation, call.user, call.app.id, messages)


def _get_received(message: Message) -> float:
    return _clock.to_seconds(message.received)


def _parse_time(text: str) -> float:
    if not _SECONDS.fullmatch(text):
        raise bad_request(f"{text!r} is not a time in Unix seconds")
    return float(text)
