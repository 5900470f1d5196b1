"""Tables of a sandbox: apps, accounts, keys, and the contents of each app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .._entities import (
    NOT_SAVED,
    Account,
    Attachment,
    Conversation,
    Deployment,
    Integration,
    JsonObject,
    Key,
    Menu,
    OAuthCode,
    Switchboard,
    Template,
    User,
    Webhook,
    describe_size,
)
from .._faults import ChannelFault, Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._events import Event


@attrs.define(eq=False, kw_only=True)
class App:
    """An app with its users, conversations, webhooks and so on, each in a table by id."""

    id: str
    token: str
    name: str
    owner: str
    max_messages: int = attrs.field(metadata=NOT_SAVED)
    record: Callable[[Event], None] = attrs.field(repr=False, metadata=NOT_SAVED)
    settings: JsonObject = attrs.Factory(dict)
    metadata: JsonObject | None = None
    users: dict[str, User] = attrs.field(factory=dict, repr=describe_size)
    users_by_external_id: dict[tuple[str | None, str], User] = attrs.field(factory=dict, repr=False, metadata=NOT_SAVED)
    users_by_client_id: dict[str, User] = attrs.field(factory=dict, repr=False, metadata=NOT_SAVED)
    conversations: dict[str, Conversation] = attrs.field(factory=dict, repr=describe_size)
    webhooks: dict[str, Webhook] = attrs.field(factory=dict, repr=describe_size)
    integrations: dict[str, Integration] = attrs.field(factory=dict, repr=describe_size)
    templates: dict[str, Template] = attrs.field(factory=dict, repr=describe_size)
    menu: Menu = attrs.Factory(Menu)
    attachments: dict[str, Attachment] = attrs.field(factory=dict, repr=describe_size)
    switchboard: Switchboard | None = None
    channel_faults: Faults[ChannelFault] = attrs.field(factory=Faults, repr=False, metadata=NOT_SAVED)

    @property
    def templates_by_name(self) -> dict[str, JsonObject]:
        """The messages of all templates."""
        return {template.name: template.message for template in self.templates.values()}

    def find_user(self, any_id: str, brand_id: str | None = None) -> User | None:
        """Find a user by id, or else by external id."""
        return self.users.get(any_id) or self.find_user_by_external_id(any_id, brand_id)

    def find_user_by_external_id(self, external_id: str, brand_id: str | None = None) -> User | None:
        """Find the user whom the business calls `external_id`, within one brand if `brand_id` is given."""
        return self.users_by_external_id.get((brand_id, external_id))

    def find_user_by_zendesk_id(self, zendesk_id: str) -> User | None:
        """Find a user by the id in Zendesk Support."""
        return next((user for user in self.users.values() if user.zendesk_id == zendesk_id), None)

    def find_user_by_client(self, client_id: str) -> User | None:
        """Find the user who has this client; pending clients do not count."""
        return self.users_by_client_id.get(client_id)

    def find_user_on_channel(self, integration_id: str, address: str) -> User | None:
        """Find the user who is known by `address` on the channel of an integration."""
        return next(
            (
                user
                for user in self.users.values()
                for client in user.clients
                if (client.integration_id, client.external_id) == (integration_id, address)
            ),
            None,
        )


class Store:
    """All apps, accounts, keys, deployments and OAuth clients of a sandbox, each in a table by id.

    The OAuth clients are their secrets. `publish` is called with every event of an app.
    """

    def __init__(self, *, max_messages: int, publish: Callable[[App, Event], None]) -> None:
        self.max_messages = max_messages
        self._publish: Callable[[App, Event], None] | None = publish
        self.apps: dict[str, App] = {}
        self.accounts: dict[str, Account] = {}
        self.keys: dict[str, Key] = {}
        self.deployments: dict[str, Deployment] = {}
        self.oauth_clients: dict[str, str] = {}
        self.oauth_codes: dict[str, OAuthCode] = {}

    def record(self, event: Event) -> None:
        """Publish an event; all events pass through this method."""
        if self._publish is not None:
            self._publish(self.apps[event.app_id], event)

    def stop_publishing(self) -> None:
        """Drop all further events, for a store that a reset has replaced."""
        self._publish = None

    def find_app_of_integration(self, integration_id: str) -> App:
        """Find the app that an integration belongs to."""
        return next(app for app in self.apps.values() if integration_id in app.integrations)

    def find_attachment(self, path: str) -> Attachment | None:
        """Find a file by its path."""
        app = self.apps.get(path.partition("/")[0])
        return app.attachments.get(path) if app else None
