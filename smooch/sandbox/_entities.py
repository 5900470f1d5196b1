"""What an account holds: apps, users, conversations and so on. Plain state, the same for every API version.

Times are whole milliseconds. Content of messages, menus and integrations is kept as JSON objects, as the API takes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs

if TYPE_CHECKING:
    from collections.abc import Sized

JsonObject = dict[str, Any]
KeyScope = Literal["app", "account"]
Role = Literal["appUser", "appMaker"]


def count(items: Sized) -> str:
    """The repr of a long field."""
    return f"<{len(items)}>"


SDK_PLATFORMS = frozenset({"web", "ios", "android", "other"})


@attrs.define(eq=False)
class Key:
    """A secret that signs tokens. `owner` is an app's id for scope `app`, an account's id for scope `account`."""

    id: str
    secret: str = attrs.field(repr=False)
    name: str
    scope: KeyScope
    owner: str


@attrs.define(eq=False)
class Account:
    """Who owns apps: the account itself (`service` is false) or one of its service accounts."""

    id: str
    name: str
    service: bool


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


@attrs.define(eq=False, kw_only=True)
class Message:
    """A message as it was received. `content` holds `type` and what belongs to that type."""

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
    source: JsonObject = attrs.Factory(lambda: {"type": "api"})


@attrs.define(eq=False, kw_only=True)
class Conversation:
    """Messages, oldest first. No two have the same `received`, so that a page boundary never hides one."""

    id: str
    created: int
    messages: list[Message] = attrs.field(factory=list, repr=count)
    unread: int = 0
    maker_ids: list[str] = attrs.Factory(list)


@attrs.define(eq=False, kw_only=True)
class User:
    """A user of an app. `external_id` is the id that the business chose (`userId` in v1, `externalId` in v2)."""

    id: str
    external_id: str | None = None
    given_name: str | None = None
    surname: str | None = None
    email: str | None = None
    signed_up: str
    properties: JsonObject = attrs.Factory(dict)
    clients: list[Client] = attrs.Factory(list)
    pending_clients: list[Client] = attrs.Factory(list)
    credential_required: bool = False
    conversation: Conversation | None = None

    @property
    def full_name(self) -> str | None:
        return " ".join(part for part in (self.given_name, self.surname) if part) or None

    def client(self, client_id: str) -> Client | None:
        return next((client for client in self.clients if client.id == client_id), None)


@attrs.define(eq=False, kw_only=True)
class Webhook:
    """Where events of an app go. `version` is the API version that its deliveries are written in."""

    id: str
    target: str
    triggers: list[str]
    secret: str = attrs.field(repr=False)
    version: str
    include_client: bool = False
    include_full_user: bool = False


@attrs.define(eq=False, kw_only=True)
class Menu:
    """Entries of a menu, each an object with `_id`; `extras` are the fields beside them that came with the menu."""

    items: list[JsonObject] = attrs.Factory(list)
    extras: JsonObject = attrs.Factory(dict)


@attrs.define(eq=False, kw_only=True)
class Integration:
    """A channel that is connected to an app. `settings` is what it was made with, secrets included."""

    id: str
    type: str
    display_name: str | None = None
    settings: JsonObject = attrs.field(factory=dict, repr=False)
    derived: JsonObject = attrs.field(factory=dict, repr=False)
    status: str = "active"
    menu: Menu | None = None
    profile: JsonObject = attrs.Factory(dict)


@attrs.define(eq=False, kw_only=True)
class Template:
    """A message to be sent by name, kept as it was posted."""

    id: str
    name: str
    message: JsonObject


@attrs.define(eq=False, kw_only=True)
class Attachment:
    """A stored file."""

    path: str
    data: bytes = attrs.field(repr=count)
    media_type: str


@attrs.define(eq=False, kw_only=True)
class Deployment:
    """A WhatsApp client that is hosted for, or by, an account."""

    id: str
    owner: str
    hosting: str
    status: str
    settings: JsonObject = attrs.field(factory=dict, repr=False)
    phone_number: str | None = None
    callback_secret: str | None = attrs.field(default=None, repr=False)
    app_id: str | None = None
    integration_id: str | None = None
