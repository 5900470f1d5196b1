"""Events as deliveries of v2 tell them: an envelope with one event in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from .. import _clock, _events
from .._json import present
from . import wire

if TYPE_CHECKING:
    from .._entities import Client, Conversation, JsonObject, Message, User, Webhook
    from .._events import Event
    from ..store import App

_API: JsonObject = {"type": "api:conversations"}


def write(event: Event, app: App, webhook: Webhook) -> tuple[str, JsonObject] | None:
    """Type and body for `webhook`, None if there is nothing to tell it."""
    told = _Told(webhook.include_full_user, webhook.include_full_source).of(event)
    if told is None:
        return None
    type_, payload = told
    if type_ not in webhook.triggers or _is_standing_by(webhook, type_, event, app):
        return None
    body = {
        "app": {"id": event.app_id},
        "webhook": {"id": webhook.id, "version": webhook.version},
        "events": [{"id": event.id, "type": type_, "createdAt": _clock.iso(event.at), "payload": payload}],
    }
    return type_, body


def _is_standing_by(webhook: Webhook, type_: str, event: Event, app: App) -> bool:
    """Whether the switchboard keeps the event from an integration that does not control the conversation."""
    conversation: Conversation | None = getattr(event, "conversation", None)
    if app.switchboard is None or not app.switchboard.enabled or conversation is None or conversation.active is None:
        return False
    own = [each for each in app.switchboard.integrations.values() if each.integration.id == webhook.integration_id]
    if not own or type_.startswith("switchboard:"):
        return False
    return all(each is not conversation.active and not each.deliver_standby_events for each in own)


@attrs.frozen
class _Told:
    """What is told of events, in as much detail as a webhook asked for."""

    with_full_user: bool
    with_full_source: bool

    def of(self, event: Event) -> tuple[str, JsonObject] | None:
        match event:
            case _events.MessageAdded(conversation=conversation, message=message):
                return "conversation:message", _in(
                    conversation, message=self._message(event.user, message, conversation)
                )
            case _events.MessageDelivered():
                return self._delivered(event)
            case _events.PostbackTapped(conversation=conversation, user=user, action=action):
                postback = {name: action[name] for name in ("payload", "metadata") if name in action}
                source = self._source(event.client, user)
                return "conversation:postback", _in(
                    conversation, postback=postback, user=self._user(user), source=source
                )
            case _events.ConversationRead(by="appUser", user=user, conversation=conversation) if user is not None:
                activity = self._activity("conversation:read", user, event.client)
                return "conversation:read", _in(conversation, activity=activity)
            case _events.TypingChanged(by="appUser", user=user, conversation=conversation) if user is not None:
                activity = self._activity(event.activity["type"], user, event.client)
                return "conversation:typing", _in(conversation, activity=activity)
            case _events.ControlChanged(conversation=conversation, metadata=metadata):
                return f"switchboard:{event.action}", _in(conversation, metadata=metadata)
            case _events.ControlFailed(conversation=conversation, metadata=metadata):
                error = {"code": event.code, "message": event.message}
                return f"switchboard:{event.action}:failure", _in(conversation, metadata=metadata, error=error)
        return self._of_conversation(event) or self._of_client(event) or self._of_user(event)

    def _of_conversation(self, event: Event) -> tuple[str, JsonObject] | None:
        match event:
            case _events.ConversationCreated(conversation=conversation, user=user, client=client):
                about = {} if user is None else {"user": self._user(user)}
                source = _API if user is None or client is None else self._source(client, user)
                return "conversation:create", _in(
                    conversation, creationReason=event.reason, source=source, referral=event.referral, **about
                )
            case _events.ConversationReferred(conversation=conversation, user=user, client=client):
                source = self._source(client, user)
                return "conversation:referral", _in(
                    conversation, user=self._user(user), source=source, referral=event.referral
                )
            case _events.ConversationJoined(conversation=conversation, user=user):
                return "conversation:join", _in(conversation, user=self._user(user))
            case _events.ConversationLeft(conversation=conversation, user=user):
                return "conversation:leave", _in(conversation, user=self._user(user))
            case _events.ConversationRemoved(conversation=conversation):
                return "conversation:remove", _in(conversation)
        return None

    def _of_client(self, event: Event) -> tuple[str, JsonObject] | None:
        match event:
            case _events.LinkStarted():
                where = _at(event.conversation)
                return "client:add", self._client(event.user, event.client, "channelLinking", source=_API, **where)
            case _events.SdkClientAdded(user=user, client=client):
                return "client:add", self._client(user, client, "sdkLogin", source={"type": client.platform})
            case _events.SdkClientRemoved(user=user, client=client):
                return "client:remove", self._client(user, client, "sdk", source={"type": client.platform})
            case _events.ClientRemoved(user=user, client=client) if client.is_channel:
                return "client:remove", self._client(user, client, "api", source=_API)
            case _events.LinkMatched(user=user, client=client):
                return "client:update", self._client(user, client, "matched", **_at(event.conversation))
            case _events.LinkSucceeded(user=user, client=client):
                return "client:update", self._client(user, client, "confirmed", **_at(event.conversation))
        return None

    def _of_user(self, event: Event) -> tuple[str, JsonObject] | None:
        match event:
            case _events.UsersMerged(surviving=surviving, discarded=discarded, joined=joined):
                merged = {"surviving": self._user(surviving), "discarded": self._user(discarded)}
                payload: JsonObject = {"mergedUsers": merged, "reason": event.reason}
                if joined is not None:
                    kept, other = joined
                    payload["mergedConversations"] = {
                        "surviving": wire.truncated_conversation(kept),
                        "discarded": wire.truncated_conversation(other),
                    }
                return "user:merge", payload
            case _events.UserUpdated(user=user):
                source = self._source(user.latest_client, user)
                return "user:update", {"user": self._user(user), "reason": "authentication", "source": source}
            case _events.UserDeleted(user=user):
                return "user:remove", {"user": self._user(user)}
        return None

    def _delivered(self, event: _events.MessageDelivered) -> tuple[str, JsonObject]:
        return f"conversation:message:delivery:{event.outcome}", _in(
            event.conversation,
            user=self._user(event.user),
            message={"id": event.message.id},
            destination=event.client.source,
            isFinalEvent=event.is_final,
            error=event.error,
        )

    def _activity(self, type_: str, user: User, client: Client | None) -> JsonObject:
        author = {"type": "user", "userId": user.id, "user": self._user(user)}
        return {"type": type_, "source": self._source(client, user), "author": author}

    def _message(self, user: User | None, message: Message, conversation: Conversation) -> JsonObject:
        told = wire.message(message, conversation)
        if user is not None and message.role == "appUser":
            told["author"]["user"] = self._user(user)
            if message.client is not None:
                told["source"] = message.source | self._details(message.client, user)
        return told

    def _user(self, user: User) -> JsonObject:
        return wire.user(user) if self.with_full_user else wire.truncated_user(user)

    def _client(self, user: User, client: Client, reason: str, **more: JsonObject) -> JsonObject:
        return {"user": self._user(user), "client": wire.client(client), "reason": reason, **more}

    def _source(self, client: Client | None, user: User) -> JsonObject:
        if client is None:
            return _API
        return client.source | self._details(client, user)

    def _details(self, client: Client, user: User) -> JsonObject:
        if not self.with_full_source:
            return {}
        if client.is_channel:
            return {"client": wire.client(client)}
        shown = {} if user.sdk_client is None else {"client": wire.client(user.sdk_client)}
        return shown | {"device": wire.device(client, user)}


def _at(conversation: Conversation | None) -> JsonObject:
    return {} if conversation is None else _in(conversation)


def _in(conversation: Conversation, **more: Any) -> JsonObject:
    return {"conversation": wire.truncated_conversation(conversation)} | present(**more)
