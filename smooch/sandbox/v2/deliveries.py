"""Build bodies of deliveries of v2 from events: an envelope with one event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from ..._json import drop_none
from .. import _clock, _events
from . import serialize

if TYPE_CHECKING:
    from .._entities import Client, Conversation, JsonObject, Message, User, Webhook
    from .._events import Event
    from ..store import App

_API: JsonObject = {"type": "api:conversations"}


def serialize_delivery(event: Event, app: App, webhook: Webhook) -> tuple[str, JsonObject] | None:
    """Return type and body for `webhook`, or None if it is not subscribed to the event."""
    serialized = _EventSerializer(webhook.include_full_user, webhook.include_full_source).serialize(event)
    if serialized is None:
        return None
    type_, payload = serialized
    if type_ not in webhook.triggers or _is_standing_by(webhook, type_, event, app):
        return None
    body = {
        "app": {"id": event.app_id},
        "webhook": {"id": webhook.id, "version": webhook.version},
        "events": [{"id": event.id, "type": type_, "createdAt": _clock.to_iso(event.at), "payload": payload}],
    }
    return type_, body


def _is_standing_by(webhook: Webhook, type_: str, event: Event, app: App) -> bool:
    """Return whether the switchboard withholds the event, as another integration is in control."""
    conversation: Conversation | None = getattr(event, "conversation", None)
    if app.switchboard is None or not app.switchboard.enabled or conversation is None or conversation.active is None:
        return False
    own = [each for each in app.switchboard.integrations.values() if each.integration.id == webhook.integration_id]
    if not own or type_.startswith("switchboard:"):
        return False
    return all(each is not conversation.active and not each.deliver_standby_events for each in own)


@attrs.frozen
class _EventSerializer:
    """Builds type and payload of events, with the details that a webhook is configured for."""

    with_full_user: bool
    with_full_source: bool

    def serialize(self, event: Event) -> tuple[str, JsonObject] | None:
        match event:
            case _events.MessageAdded(conversation=conversation, message=message):
                return "conversation:message", _with_conversation(
                    conversation, message=self._build_message(event.user, message, conversation)
                )
            case _events.MessageDelivered(conversation=conversation, user=user):
                return f"conversation:message:delivery:{event.outcome}", _with_conversation(
                    conversation,
                    user=self._build_user(user),
                    message={"id": event.message.id},
                    destination=event.client.source,
                    isFinalEvent=event.is_final,
                    error=event.error,
                )
            case _events.PostbackTapped(conversation=conversation, user=user, action=action):
                postback = {name: action[name] for name in ("payload", "metadata") if name in action}
                source = self._build_source(event.client, user)
                return "conversation:postback", _with_conversation(
                    conversation, postback=postback, user=self._build_user(user), source=source
                )
            case _events.ConversationRead(by="appUser", user=user, conversation=conversation) if user is not None:
                activity = self._build_activity("conversation:read", user, event.client)
                return "conversation:read", _with_conversation(conversation, activity=activity)
            case _events.TypingChanged(by="appUser", user=user, conversation=conversation) if user is not None:
                activity = self._build_activity(event.activity["type"], user, event.client)
                return "conversation:typing", _with_conversation(conversation, activity=activity)
            case _events.ControlChanged(conversation=conversation, metadata=metadata):
                return f"switchboard:{event.action}", _with_conversation(conversation, metadata=metadata)
            case _events.ControlFailed(conversation=conversation, metadata=metadata):
                error = {"code": event.code, "message": event.message}
                return f"switchboard:{event.action}:failure", _with_conversation(
                    conversation, metadata=metadata, error=error
                )
            case _events.ConversationCreated(conversation=conversation, user=user, client=client):
                user_field = {} if user is None else {"user": self._build_user(user)}
                source = _API if user is None else self._build_source(client, user)
                return "conversation:create", _with_conversation(
                    conversation, creationReason=event.reason, source=source, referral=event.referral, **user_field
                )
            case _events.ConversationReferred(conversation=conversation, user=user, client=client):
                source = self._build_source(client, user)
                return "conversation:referral", _with_conversation(
                    conversation, user=self._build_user(user), source=source, referral=event.referral
                )
            case _events.ConversationJoined(conversation=conversation, user=user):
                return "conversation:join", _with_conversation(conversation, user=self._build_user(user))
            case _events.ConversationLeft(conversation=conversation, user=user):
                return "conversation:leave", _with_conversation(conversation, user=self._build_user(user))
            case _events.ConversationRemoved(conversation=conversation):
                return "conversation:remove", _with_conversation(conversation)
            case _events.LinkStarted(user=user, client=client, conversation=conversation):
                return "client:add", self._build_client(user, client, "channelLinking", conversation, source=_API)
            case _events.SdkClientAdded(user=user, client=client):
                return "client:add", self._build_client(user, client, "sdkLogin", source=client.source)
            case _events.SdkClientRemoved(user=user, client=client):
                return "client:remove", self._build_client(user, client, "sdk", source=client.source)
            case _events.ClientRemoved(user=user, client=client) if client.is_channel:
                return "client:remove", self._build_client(user, client, "api", source=_API)
            case _events.LinkMatched(user=user, client=client, conversation=conversation):
                return "client:update", self._build_client(user, client, "matched", conversation)
            case _events.LinkSucceeded(user=user, client=client, conversation=conversation):
                return "client:update", self._build_client(user, client, "confirmed", conversation)
            case _events.UsersMerged(surviving=surviving, discarded=discarded, joined=joined):
                merged = {"surviving": self._build_user(surviving), "discarded": self._build_user(discarded)}
                payload: JsonObject = {"mergedUsers": merged, "reason": event.reason}
                if joined is not None:
                    kept, other = joined
                    payload["mergedConversations"] = {
                        "surviving": serialize.truncated_conversation(kept),
                        "discarded": serialize.truncated_conversation(other),
                    }
                return "user:merge", payload
            case _events.UserUpdated(user=user):
                source = self._build_source(user.latest_client, user)
                return "user:update", {"user": self._build_user(user), "reason": "authentication", "source": source}
            case _events.UserDeleted(user=user):
                return "user:remove", {"user": self._build_user(user)}
        return None

    def _build_activity(self, type_: str, user: User, client: Client | None) -> JsonObject:
        author = {"type": "user", "userId": user.id, "user": self._build_user(user)}
        return {"type": type_, "source": self._build_source(client, user), "author": author}

    def _build_message(self, user: User | None, message: Message, conversation: Conversation) -> JsonObject:
        body = serialize.message(message, conversation)
        if user is not None and message.role == "appUser":
            body["author"]["user"] = self._build_user(user)
            if message.client is not None:
                body["source"] = message.source | self._build_source_details(message.client, user)
        return body

    def _build_user(self, user: User) -> JsonObject:
        return serialize.user(user) if self.with_full_user else serialize.truncated_user(user)

    def _build_client(
        self, user: User, client: Client, reason: str, conversation: Conversation | None = None, **more: JsonObject
    ) -> JsonObject:
        context = {} if conversation is None else _with_conversation(conversation)
        return context | {"user": self._build_user(user), "client": serialize.client(client), "reason": reason, **more}

    def _build_source(self, client: Client | None, user: User) -> JsonObject:
        if client is None:
            return _API
        return client.source | self._build_source_details(client, user)

    def _build_source_details(self, client: Client, user: User) -> JsonObject:
        if not self.with_full_source:
            return {}
        if client.is_channel:
            return {"client": serialize.client(client)}
        sdk_client = {} if user.sdk_client is None else {"client": serialize.client(user.sdk_client)}
        return sdk_client | {"device": serialize.device(client, user)}


def _with_conversation(conversation: Conversation, **more: Any) -> JsonObject:
    return {"conversation": serialize.truncated_conversation(conversation)} | drop_none(**more)
