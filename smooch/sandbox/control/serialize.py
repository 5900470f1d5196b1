"""Build bodies of the control API from records: those of v2 with a few further fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..._json import drop_none
from .. import _clock, _content, _events
from .._delivery import Delivery
from .._engine import FaultsChanged, Reset, StateChanged
from .._recording import RecordedRequest
from ..v2 import serialize as v2

if TYPE_CHECKING:
    from .._delivery import DeliveryAttempt
    from .._engine import Engine, Entry
    from .._entities import Conversation, JsonObject, Message, Tap, User
    from ..store import App


def user(user: User, app: App) -> JsonObject:
    """Schema `User`."""
    clients = [v2.client(client) for client in user.clients + user.pending_clients]
    return v2.user(user) | drop_none(name=_content.choose_display_name(app, user), clients=clients)


def conversation(conversation: Conversation) -> JsonObject:
    """Schema `Conversation`."""
    messages = conversation.messages
    return v2.conversation(conversation) | drop_none(
        participants=[v2.participant(participant) for participant in conversation.participants],
        messageCount=len(messages),
        lastMessage=message(messages[-1], conversation) if messages else None,
    )


def message(message: Message, conversation: Conversation) -> JsonObject:
    """Schema `Message`."""
    body = v2.message(message, conversation)
    content = body["content"] | _actions_with_ids(body["content"], message.content)
    if "items" in content:
        items = zip(content["items"], message.content["items"], strict=True)
        content["items"] = [item | _actions_with_ids(item, stored) for item, stored in items]
    return body | {"content": content}


def _actions_with_ids(part: JsonObject, stored: JsonObject) -> JsonObject:
    if "actions" not in part:
        return {}
    actions = zip(part["actions"], stored["actions"], strict=True)
    return {"actions": [drop_none(id=action.get("_id"), **public) for public, action in actions]}


def click(conversation: Conversation, tap: Tap) -> JsonObject:
    """Schema `ClickRecord`."""
    return _click(tap.at, conversation, tap.user_id, tap.message_id, tap.action)


def request(request: RecordedRequest) -> JsonObject:
    """Schema `Request`."""
    return drop_none(
        id=request.id,
        at=_to_iso(request.at),
        method=request.method,
        path=request.path,
        query=request.query or None,
        status=request.status,
        milliseconds=_to_milliseconds(request.seconds),
    )


def request_detail(request_: RecordedRequest) -> JsonObject:
    """Schema `RequestDetail`."""
    return request(request_) | drop_none(
        headers=dict(request_.headers),
        body=_body(request_.body, request_.json),
        responseBody=_body(request_.response_body, request_.response_json),
    )


def delivery(delivery: Delivery) -> JsonObject:
    """Schema `Delivery`."""
    return {
        "id": delivery.id,
        "at": _to_iso(delivery.at),
        "trigger": delivery.trigger,
        "target": delivery.webhook.target,
        "webhookId": delivery.webhook.id,
        "version": delivery.webhook.version,
        "state": delivery.state,
        "attempts": [_attempt(attempt) for attempt in delivery.attempts],
    }


def delivery_detail(delivery_: Delivery) -> JsonObject:
    """Schema `DeliveryDetail`."""
    return delivery(delivery_) | {"body": json.loads(delivery_.body)}


def event(entry: Entry, engine: Engine) -> tuple[str, JsonObject] | None:
    """Return type and data of an event of the stream, None if the entry is not about the sandbox's app."""
    match entry:
        case RecordedRequest():
            return "request", request(entry)
        case Delivery():
            return "delivery", delivery(entry)
        case StateChanged():
            return "refresh", {}
        case FaultsChanged():
            return "faults", {}
        case Reset():
            return "reset", {}
    app = engine.store.apps.get(engine.credentials.app_id)
    if app is None or entry.app_id != app.id:
        return None
    match entry:
        case _events.UserDeleted(user=deleted):
            return "userRemoved", {"id": deleted.id}
        case _events.UsersMerged():
            return "refresh", {}
        case _events.ConversationRemoved(conversation=removed):
            return "conversationRemoved", {"id": removed.id}
        case _events.MessageAdded():
            added = message(entry.message, entry.conversation)
            return "message", {"conversationId": entry.conversation.id, "message": added}
        case _events.MessageDelivered():
            return "messageDelivery", drop_none(
                conversationId=entry.conversation.id,
                messageId=entry.message.id,
                channel=entry.client.platform,
                outcome=entry.outcome,
                error=entry.error,
            )
        case _events.PostbackTapped() | _events.PaymentMade():
            message_id = None if entry.message is None else entry.message.id
            return "click", _click(entry.at, entry.conversation, entry.user.id, message_id, entry.action)
        case _events.TypingChanged():
            return "typing", drop_none(
                conversationId=entry.conversation.id,
                author="user" if entry.by == "appUser" else "business",
                userId=entry.user.id if entry.user is not None and entry.by == "appUser" else None,
                isTyping=entry.activity["type"] == "typing:start",
            )
        case (
            _events.UserUpdated()
            | _events.ClientAdded()
            | _events.ClientRemoved()
            | _events.SdkClientAdded()
            | _events.SdkClientRemoved()
            | _events.LinkStarted()
            | _events.LinkMatched()
            | _events.LinkSucceeded()
        ):
            return "user", user(entry.user, app)
        case (
            _events.ConversationCreated()
            | _events.ConversationReferred()
            | _events.ConversationJoined()
            | _events.ConversationLeft()
            | _events.ConversationRead()
            | _events.ControlChanged()
        ):
            return "conversation", conversation(entry.conversation)
    return None


def _click(at: int, conversation: Conversation, user_id: str, message_id: str | None, action: JsonObject) -> JsonObject:
    return drop_none(
        at=_clock.to_iso(at),
        conversationId=conversation.id,
        userId=user_id,
        messageId=message_id,
        action={("id" if name == "_id" else name): value for name, value in action.items()},
    )


def _attempt(attempt: DeliveryAttempt) -> JsonObject:
    return drop_none(
        number=attempt.number,
        at=_to_iso(attempt.at),
        milliseconds=_to_milliseconds(attempt.seconds),
        status=attempt.status,
        error=attempt.error,
    )


def _body(data: bytes, parsed: Any) -> Any:
    if not data:
        return None
    return parsed if parsed is not None else data.decode("utf-8", "replace")


def _to_iso(seconds: float) -> str:
    return _clock.to_iso(int(seconds * 1000))


def _to_milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
