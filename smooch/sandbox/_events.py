"""What happened, independent of API version: the store records these, webhooks are written from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from ._entities import Client, Conversation, JsonObject, Message, User


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened in the app `app_id`, `at` milliseconds since 1970."""

    app_id: str
    at: int


@attrs.frozen(kw_only=True)
class ConversationCreated(Event):
    user: User
    conversation: Conversation


@attrs.frozen(kw_only=True)
class MessageAdded(Event):
    user: User
    conversation: Conversation
    message: Message


@attrs.frozen(kw_only=True)
class ConversationRead(Event):
    user: User
    conversation: Conversation
    by: Literal["appUser", "appMaker"]


@attrs.frozen(kw_only=True)
class TypingChanged(Event):
    user: User
    conversation: Conversation
    by: Literal["appUser", "appMaker"]
    activity: JsonObject


@attrs.frozen(kw_only=True)
class UsersMerged(Event):
    surviving: User
    discarded: User


@attrs.frozen(kw_only=True)
class UserDeleted(Event):
    user: User


@attrs.frozen(kw_only=True)
class ClientAdded(Event):
    user: User
    client: Client


@attrs.frozen(kw_only=True)
class ClientRemoved(Event):
    user: User
    client: Client


@attrs.frozen(kw_only=True)
class LinkMatched(Event):
    """A channel said that it can reach the user; the user has not confirmed yet."""

    user: User
    channel: str
    criteria: JsonObject


@attrs.frozen(kw_only=True)
class LinkSucceeded(Event):
    user: User
    channel: str
    criteria: JsonObject


@attrs.frozen(kw_only=True)
class NotificationSent(Event):
    notification_id: str
    integration_id: str
    destination_id: str
    message: JsonObject
