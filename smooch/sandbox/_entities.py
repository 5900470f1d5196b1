"""Records of a sandbox: users, conversations, webhooks and so on, the same for every API version.

Times are milliseconds since 1970. Content of messages, menus and integrations is kept as JSON objects, as the API takes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs

from . import _ids

if TYPE_CHECKING:
    from collections.abc import Sized

JsonObject = dict[str, Any]
KeyScope = Literal["app", "account", "integration"]
ConversationType = Literal["personal", "sdkGroup"]
Role = Literal["appUser", "appMaker"]


def describe_size(items: Sized) -> str:
    """Return a short repr for a long field."""
    return f"<{len(items)}>"


NOT_SAVED = {"is_saved": False}
"""Metadata of attributes that a state file leaves out."""

SDK_PLATFORMS = frozenset({"web", "ios", "android", "other", "sdk"})


@attrs.define(eq=False, kw_only=True)
class Key:
    """A key that signs tokens; `owner` is the id of its app, account or integration, by `scope`."""

    id: str
    secret: str = attrs.field(factory=_ids.key_secret, repr=False)
    name: str
    scope: KeyScope
    owner: str


@attrs.define(eq=False)
class Account:
    """Owner of apps: the account itself, or one of its service accounts."""

    id: str
    name: str
    is_service: bool


@attrs.define(eq=False, kw_only=True)
class Client:
    """One way to reach a user: an SDK on a device, or a linked channel."""

    id: str
    platform: str
    status: str = "active"
    active: bool = True
    external_id: str | None = None
    integration_id: str | None = None
    push_token: str | None = None
    app_version: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None
    info: JsonObject = attrs.Factory(dict)
    last_seen: int | None = None
    linked_at: int | None = None

    @property
    def is_channel(self) -> bool:
        return self.platform not in SDK_PLATFORMS

    @property
    def source(self) -> JsonObject:
        """The `source` of messages and events that come from this client."""
        integration = {} if self.integration_id is None else {"integrationId": self.integration_id}
        return {"type": self.platform, **integration}


@attrs.define(eq=False, kw_only=True)
class Message:
    """A message. `content` holds `type` and the fields of that type.

    `client` is the client that the user wrote it with, None if it came through the API.
    """

    id: str
    role: Role
    author_id: str
    received: int
    content: JsonObject
    name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    metadata: JsonObject | None = None
    payload: str | None = None
    subtypes: list[str] = attrs.Factory(list)
    source: JsonObject = attrs.Factory(lambda: {"type": "api"})
    client: Client | None = None


@attrs.frozen(eq=False, kw_only=True)
class Tap:
    """A tap on a postback or buy button; without `message_id` it is a button of the menu."""

    at: int
    user_id: str
    action: JsonObject
    message_id: str | None


@attrs.define(eq=False, kw_only=True)
class Participant:
    """A user in a conversation; messages go to the first of `clients`, which was used last."""

    id: str
    user: User
    unread: int = 0
    last_read: int | None = None
    clients: list[Client] = attrs.Factory(list)


@attrs.define(eq=False, kw_only=True)
class Conversation:
    """A conversation with its messages, oldest first.

    No two messages have the same `received`, so that a page boundary never hides one. `active` is the switchboard integration in control, `pending` the
    one that control was offered to.
    """

    id: str
    created: int
    type: ConversationType = "personal"
    messages: list[Message] = attrs.field(factory=list, repr=describe_size)
    participants: list[Participant] = attrs.field(factory=list, repr=describe_size)
    taps: list[Tap] = attrs.field(factory=list, repr=describe_size)
    maker_ids: list[str] = attrs.Factory(list)
    display_name: str | None = None
    description: str | None = None
    icon_url: str | None = None
    metadata: JsonObject | None = None
    business_last_read: int | None = None
    active: SwitchboardIntegration | None = None
    pending: SwitchboardIntegration | None = None

    @property
    def updated(self) -> int:
        """Time of the latest message, or of the start."""
        return self.messages[-1].received if self.messages else self.created

    @property
    def only_user(self) -> User | None:
        """The user of a personal conversation, None for a group."""
        return self.participants[0].user if self.type == "personal" and self.participants else None

    @property
    def unread(self) -> int:
        """Number of messages that the user of a personal conversation has not read."""
        return self.participants[0].unread

    def participant(self, user: User) -> Participant | None:
        return next((each for each in self.participants if each.user is user), None)


@attrs.define(eq=False, kw_only=True)
class User:
    """A user of an app.

    `external_id` is the id that the business chose (`userId` in v1, `externalId` in v2). `conversation` is the
    default one of `conversations`. v2 shows all devices among `clients` as one client, `sdk_client`.
    """

    id: str
    external_id: str | None = None
    given_name: str | None = None
    surname: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    locale: str | None = None
    brand_id: str | None = None
    zendesk_id: str | None = None
    identities: list[JsonObject] = attrs.Factory(list)
    to_be_retained: bool = False
    signed_up: str
    properties: JsonObject = attrs.Factory(dict)
    clients: list[Client] = attrs.Factory(list)
    pending_clients: list[Client] = attrs.Factory(list)
    sdk_client: Client | None = None
    credential_required: bool = False
    conversation: Conversation | None = None
    conversations: list[Conversation] = attrs.field(factory=list, repr=describe_size)

    @property
    def full_name(self) -> str | None:
        return " ".join(part for part in (self.given_name, self.surname) if part) or None

    @property
    def latest_client(self) -> Client | None:
        """The client that the user was last seen with."""
        return max(reversed(self.clients), key=lambda client: client.last_seen or 0, default=None)

    def client(self, client_id: str) -> Client | None:
        return next((client for client in self.clients if client.id == client_id), None)


@attrs.define(eq=False, kw_only=True)
class Webhook:
    """A target for events of an app.

    Deliveries have the form of the API version `version`. A webhook of v2 belongs to an integration.
    """

    id: str
    target: str
    triggers: list[str]
    secret: str = attrs.field(repr=False)
    version: str
    include_client: bool = False
    include_full_user: bool = False
    include_full_source: bool = False
    integration_id: str | None = None


@attrs.define(eq=False, kw_only=True)
class Menu:
    """Items of a menu, each an object with `_id`; `extras` holds the other fields of the menu."""

    items: list[JsonObject] = attrs.Factory(list)
    extras: JsonObject = attrs.Factory(dict)


@attrs.define(eq=False, kw_only=True)
class Integration:
    """A channel that is connected to an app; `settings` are its fields at creation, secrets included."""

    id: str
    type: str
    display_name: str | None = None
    settings: JsonObject = attrs.field(factory=dict, repr=False)
    derived: JsonObject = attrs.field(factory=dict, repr=False)
    status: str = "active"
    menu: Menu | None = None
    profile: JsonObject = attrs.Factory(dict)
    message_templates: list[JsonObject] = attrs.Factory(list)
    default_responder: SwitchboardIntegration | None = None


@attrs.define(eq=False, kw_only=True)
class SwitchboardIntegration:
    """An integration that a switchboard can give control to. `next` is the one that gets control after it."""

    id: str
    name: str
    integration: Integration
    deliver_standby_events: bool = False
    next: SwitchboardIntegration | None = attrs.field(default=None, repr=False)
    message_history_count: int | None = None


@attrs.define(eq=False, kw_only=True)
class Switchboard:
    """The switchboard of an app: it decides which integration answers a conversation."""

    id: str
    enabled: bool = False
    default: SwitchboardIntegration | None = None
    integrations: dict[str, SwitchboardIntegration] = attrs.field(factory=dict, repr=describe_size)


@attrs.define(eq=False, kw_only=True)
class Template:
    """A message that is stored under a name, as it was posted."""

    id: str
    name: str
    message: JsonObject


@attrs.define(eq=False, kw_only=True)
class Attachment:
    """A stored file, deleted with the messages of the conversation `conversation_id` that refer to it."""

    path: str
    data: bytes = attrs.field(repr=describe_size, metadata=NOT_SAVED)
    media_type: str
    conversation_id: str | None = None


@attrs.frozen(eq=False, kw_only=True)
class OAuthCode:
    """A code that an OAuth client can exchange for a token; it was sent to `redirect_uri`."""

    client_id: str
    redirect_uri: str | None


@attrs.define(eq=False, kw_only=True)
class Deployment:
    """A WhatsApp client that is hosted for an account, or by it."""

    id: str
    owner: str
    hosting: str
    status: str
    settings: JsonObject = attrs.field(factory=dict, repr=False)
    phone_number: str | None = None
    callback_secret: str | None = attrs.field(default=None, repr=False)
    app_id: str | None = None
    integration_id: str | None = None
