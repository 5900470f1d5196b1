"""Build bodies of deliveries of v1 and v1.1 from events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from ..._json import drop_none
from .. import _clock, _events
from . import serialize

if TYPE_CHECKING:
    from .._entities import Client, Conversation, JsonObject, User, Webhook
    from .._events import Event
    from ..store import App

_MESSAGES = frozenset({"message:appUser", "message:appMaker"})
_NOT_IN_ALL = frozenset({"typing:appUser"})
_WITH_FULL_USER = _MESSAGES | {"postback", "conversation:start"}
_UNDATED = _MESSAGES | {"postback", "merge:appUser", "link:match", "link:success"}
_OF_CLIENTS = frozenset({"client:add", "client:remove"})
_CRITERIA = ("phoneNumber", "address", "givenName", "surname")


@attrs.frozen
class _Payload:
    """The parts of a delivery that are the same for every webhook; some triggers have a user."""

    trigger: str
    user: User | None
    fields: JsonObject
    conversation: Conversation | None = None
    client: Client | None = None


def serialize_delivery(event: Event, app: App, webhook: Webhook) -> tuple[str, JsonObject] | None:
    """Return trigger and body for `webhook`, or None if it is not subscribed to the event."""
    payload = _build_payload(event, app, webhook.version)
    if payload is None or not _is_subscribed(webhook.triggers, payload.trigger):
        return None
    return payload.trigger, _build_body(payload, event, webhook)


def _is_subscribed(triggers: list[str], trigger: str) -> bool:
    return (
        trigger in triggers
        or ("message" in triggers and trigger in _MESSAGES)
        or ("*" in triggers and trigger not in _NOT_IN_ALL)
    )


def _build_body(payload: _Payload, event: Event, webhook: Webhook) -> JsonObject:
    user, trigger, is_v1 = payload.user, payload.trigger, webhook.version == "v1"
    body: JsonObject = {"trigger": trigger, "app": {"_id": event.app_id}}
    if not is_v1:
        body["version"] = webhook.version
    body |= payload.fields
    if user is not None:
        is_full = trigger in _WITH_FULL_USER if is_v1 else webhook.include_full_user
        body["appUser"] = serialize.app_user(user, webhook.version) if is_full else _truncate_user(user)
        if not is_v1 and trigger != "appUser:delete":
            conversation, client = payload.conversation or user.conversation, payload.client or user.latest_client
            if conversation is not None:
                body["conversation"] = {"_id": conversation.id}
            if client is not None and (webhook.include_client or trigger in _OF_CLIENTS):
                body["client"] = serialize.client(client, webhook.version)
        if is_v1 and trigger in _OF_CLIENTS and payload.client is not None:
            body["clients"] = [serialize.client(payload.client, webhook.version)]
    if trigger not in _UNDATED:
        body["timestamp"] = _clock.to_seconds(event.at)
    return body


def _truncate_user(user: User) -> JsonObject:
    return drop_none(_id=user.id, userId=user.external_id, conversationStarted=user.conversation is not None)


def _build_payload(event: Event, app: App, version: str) -> _Payload | None:
    fields: JsonObject
    match event:
        case _events.MessageAdded(user=user, message=message, conversation=conversation) if user is not None:
            messages = [serialize.message(message)]
            return _Payload(f"message:{message.role}", user, {"messages": messages}, conversation, message.client)
        case _events.ConversationCreated(reason="startConversation", user=user, conversation=conversation):
            referral = {"referral": event.referral} if event.referral else {}
            fields = {"source": _build_source(event.client)} | referral
            return _Payload("conversation:start", user, fields, conversation, event.client)
        case _events.ConversationReferred(user=user, conversation=conversation, client=client):
            fields = {"source": _build_source(client), "referral": event.referral}
            return _Payload("conversation:referral", user, fields, conversation, client)
        case _events.ConversationRead(user=user, conversation=conversation, by="appUser") if user is not None:
            return _Payload(
                "conversation:read", user, {"source": _build_source(event.client)}, conversation, event.client
            )
        case _events.TypingChanged(user=user, conversation=conversation, by="appUser") if user is not None:
            fields = {"activity": {"type": event.activity["type"]}}
            return _Payload("typing:appUser", user, fields, conversation, event.client)
        case _events.PostbackTapped() | _events.PaymentMade():
            return _build_tap_payload(event)
        case _events.MessageDelivered():
            return _build_delivery_payload(event, version)
        case _events.UsersMerged(surviving=surviving, discarded=discarded):
            fields = {"surviving": _truncate_user(surviving), "discarded": [_truncate_user(discarded)]}
            return _Payload("merge:appUser", None, fields)
        case _events.UserDeleted(user=user):
            return _Payload("appUser:delete", user, {})
        case _events.ClientAdded(user=user, client=client):
            return _Payload("client:add", user, {}, client=client)
        case _events.ClientRemoved(user=user, client=client) if client.status != "pending":
            return _Payload("client:remove", user, {}, client=client)
        case _events.LinkMatched() | _events.LinkSucceeded():
            trigger = "link:match" if isinstance(event, _events.LinkMatched) else "link:success"
            criteria = {name: event.criteria[name] for name in _CRITERIA if name in event.criteria}
            fields = {"channel": event.client.platform, "criteria": criteria}
            return _Payload(trigger, event.user, fields, client=event.client)
        case _events.NotificationDelivered() if version != "v1":
            return _build_notification_payload(event, app)
    return None


def _build_tap_payload(event: _events.PostbackTapped | _events.PaymentMade) -> _Payload:
    item: JsonObject = {"action": event.action}
    if event.message is not None:
        item["message"] = serialize.message(event.message)
    if isinstance(event, _events.PostbackTapped):
        return _Payload("postback", event.user, {"postbacks": [item]}, event.conversation, event.client)
    item |= {"source": _build_source(event.client), "charge": {"id": event.charge_id}}
    return _Payload("payment:success", event.user, {"payments": [item]}, event.conversation, event.client)


def _build_delivery_payload(event: _events.MessageDelivered, version: str) -> _Payload | None:
    fields = drop_none(destination={"type": event.client.platform}, error=event.error)
    if version == "v1":
        if event.outcome == "user":
            return None
        fields["messages"] = [serialize.message(event.message)]
        trigger = "delivery:success" if event.error is None else "delivery:failure"
    else:
        fields |= {"message": {"_id": event.message.id}, "isFinalEvent": event.is_final}
        trigger = f"message:delivery:{event.outcome}"
    return _Payload(trigger, event.user, fields, event.conversation, event.client)


def _build_notification_payload(event: _events.NotificationDelivered, app: App) -> _Payload:
    fields = drop_none(
        notification={"_id": event.notification_id},
        destination={"integrationId": event.integration_id, "destinationId": event.destination_id},
        isFinalEvent=event.is_final,
        error=event.error,
    )
    user = app.find_user_on_channel(event.integration_id, event.destination_id)
    if user is not None:
        conversation = {} if user.conversation is None else {"conversation": {"_id": user.conversation.id}}
        fields["matchResult"] = {"appUser": _truncate_user(user), **conversation}
    return _Payload(f"notification:delivery:{event.outcome}", None, fields)


def _build_source(client: Client | None) -> JsonObject:
    return {"type": "api" if client is None else client.platform}
