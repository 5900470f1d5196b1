"""What happened, independent of API version: the store records these, webhooks are written from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from ._entities import Client, Conversation, JsonObject, Message, User

ControlAction = Literal["passControl", "offerControl", "acceptControl", "releaseControl"]


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened in the app `app_id`, `at` milliseconds since 1970."""

    app_id: str
    at: int


@attrs.frozen(kw_only=True)
class ConversationCreated(Event):
    """`user` is None for a group; `reason` is `message` if the first message started it, else `none`."""

    user: User | None
    conversation: Conversation
    reason: str


@attrs.frozen(kw_only=True)
class ConversationJoined(Event):
    user: User
    conversation: Conversation


@attrs.frozen(kw_only=True)
class ConversationLeft(Event):
    user: User
    conversation: Conversation


@attrs.frozen(kw_only=True)
class ConversationRemoved(Event):
    user: User | None
    conversation: Conversation


@attrs.frozen(kw_only=True)
class MessageAdded(Event):
    """`user` is the author, or whom the business writes to; None if it writes to a group."""

    user: User | None
    conversation: Conversation
    message: Message


@attrs.frozen(kw_only=True)
class ConversationRead(Event):
    """`user` is who has read it, or whose conversation the business has read; None if that is a group's."""

    user: User | None
    conversation: Conversation
    by: Literal["appUser", "appMaker"]


@attrs.frozen(kw_only=True)
class TypingChanged(Event):
    user: User | None
    conversation: Conversation
    by: Literal["appUser", "appMaker"]
    activity: JsonObject


@attrs.frozen(kw_only=True)
class UsersMerged(Event):
    """`joined` are the surviving and the discarded conversation, if both users had one."""

    surviving: User
    discarded: User
    joined: tuple[Conversation, Conversation] | None = None


@attrs.frozen(kw_only=True)
class UserUpdated(Event):
    """The user is identified in another way than before."""

    user: User


@attrs.frozen(kw_only=True)
class UserDeleted(Event):
    user: User


@attrs.frozen(kw_only=True)
class ClientAdded(Event):
    """The user can be reached by one more client. A channel was asked for before, see `LinkStarted`."""

    user: User
    client: Client


@attrs.frozen(kw_only=True)
class LinkStarted(Event):
    """The client of a channel is pending: the user has not confirmed it yet."""

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
class ControlChanged(Event):
    """A switchboard action has taken effect; `conversation` shows who is in control now."""

    action: ControlAction
    conversation: Conversation
    metadata: JsonObject | None


@attrs.frozen(kw_only=True)
class ControlFailed(Event):
    """A switchboard action was refused, with the code and the text that events give as the reason."""

    action: ControlAction
    conversation: Conversation
    metadata: JsonObject | None
    code: str
    message: str


@attrs.frozen(kw_only=True)
class NotificationSent(Event):
    notification_id: str
    integration_id: str
    destination_id: str
    message: JsonObject
