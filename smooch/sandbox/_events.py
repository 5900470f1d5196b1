"""Events of an app, the same for every API version; the store records them for deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from . import _clock, _ids

if TYPE_CHECKING:
    from ._entities import Client, Conversation, JsonObject, Message, Role, User

ControlAction = Literal["passControl", "offerControl", "acceptControl", "releaseControl"]
MergeReason = Literal["api", "sdkLogin"]
Outcome = Literal["channel", "user", "failure"]


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened in the app `app_id`, `at` milliseconds since 1970."""

    id: str = attrs.field(factory=_ids.object_id)
    app_id: str
    at: int = attrs.field(factory=_clock.now)


@attrs.frozen(kw_only=True)
class ConversationCreated(Event):
    """A conversation was created; `user` is None for a group.

    `reason` is `message` if the first message started it, `startConversation` if the user opened the chat with `client`, else `none`.
    """

    user: User | None
    conversation: Conversation
    reason: str
    client: Client | None = None
    referral: JsonObject | None = None


@attrs.frozen(kw_only=True)
class ConversationReferred(Event):
    """The user came to an existing conversation through a link."""

    user: User
    conversation: Conversation
    client: Client
    referral: JsonObject


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
    """A message was added; `user` is its author or recipient, None if the business writes to a group."""

    user: User | None
    conversation: Conversation
    message: Message


@attrs.frozen(kw_only=True)
class MessageDelivered(Event):
    """A message of the business was delivered to a channel, or to the user there, or failed.

    `error`, set if it failed, has `code` and `message`. `is_final` means that no other result follows.
    """

    user: User
    conversation: Conversation
    message: Message
    client: Client
    outcome: Outcome
    is_final: bool
    error: JsonObject | None = None


@attrs.frozen(kw_only=True)
class PostbackTapped(Event):
    """The user tapped a postback button of `message`, or of the menu if that is None."""

    user: User
    conversation: Conversation
    message: Message | None
    action: JsonObject
    client: Client


@attrs.frozen(kw_only=True)
class PaymentMade(Event):
    """The user paid with a buy button of `message`."""

    user: User
    conversation: Conversation
    message: Message
    action: JsonObject
    charge_id: str
    client: Client


@attrs.frozen(kw_only=True)
class ConversationRead(Event):
    """A conversation was read, by its user or by the business.

    `user` is None if the business read the conversation of a group. `client` is the client that the user did it with,
    None if it came through the API.
    """

    user: User | None
    conversation: Conversation
    by: Role
    client: Client | None


@attrs.frozen(kw_only=True)
class TypingChanged(Event):
    """One side started or stopped typing. `user` and `client` as in `ConversationRead`."""

    user: User | None
    conversation: Conversation
    by: Role
    client: Client | None
    activity: JsonObject


@attrs.frozen(kw_only=True)
class UsersMerged(Event):
    """Two users were merged; `joined` holds the surviving and the discarded conversation, if both had one."""

    surviving: User
    discarded: User
    reason: MergeReason
    joined: tuple[Conversation, Conversation] | None = None


@attrs.frozen(kw_only=True)
class UserUpdated(Event):
    """The user's identity has changed."""

    user: User


@attrs.frozen(kw_only=True)
class UserDeleted(Event):
    user: User


@attrs.frozen(kw_only=True)
class ClientAdded(Event):
    """A user's device was added, or a channel after it was linked (see `LinkStarted`)."""

    user: User
    client: Client


@attrs.frozen(kw_only=True)
class ClientRemoved(Event):
    """A device or channel was removed; the channel may have been pending."""

    user: User
    client: Client


@attrs.frozen(kw_only=True)
class SdkClientAdded(Event):
    """The user got the client that stands for all SDK devices."""

    user: User
    client: Client


@attrs.frozen(kw_only=True)
class SdkClientRemoved(Event):
    """The last SDK device of a user was removed, and with it the client for all of them."""

    user: User
    client: Client


@attrs.frozen(kw_only=True)
class LinkStarted(Event):
    """The client of a channel is pending: the user has not confirmed it yet."""

    user: User
    client: Client
    conversation: Conversation | None


@attrs.frozen(kw_only=True)
class LinkMatched(Event):
    """A channel has found the user, who has not confirmed yet."""

    user: User
    client: Client
    criteria: JsonObject
    conversation: Conversation | None


@attrs.frozen(kw_only=True)
class LinkSucceeded(Event):
    user: User
    client: Client
    criteria: JsonObject
    conversation: Conversation | None


@attrs.frozen(kw_only=True)
class ControlChanged(Event):
    """A switchboard action has taken effect; `conversation` shows the integration in control."""

    action: ControlAction
    conversation: Conversation
    metadata: JsonObject | None


@attrs.frozen(kw_only=True)
class ControlFailed(Event):
    """A switchboard action was refused, for the reason given by code and text."""

    action: ControlAction
    conversation: Conversation
    metadata: JsonObject | None
    code: str
    message: str


@attrs.frozen(kw_only=True)
class NotificationDelivered(Event):
    """A notification was delivered to a channel, or to the user there, or failed; see `MessageDelivered`."""

    notification_id: str
    integration_id: str
    destination_id: str
    outcome: Outcome
    is_final: bool
    error: JsonObject | None = None
