"""Clients: the devices and channels of a user."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import _clock, _ids
from .._entities import Client
from .._errors import bad_request
from .._events import (
    ClientAdded,
    ClientRemoved,
    LinkMatched,
    LinkStarted,
    LinkSucceeded,
    SdkClientAdded,
    SdkClientRemoved,
)

if TYPE_CHECKING:
    from .._entities import Conversation, JsonObject, User
    from .state import App

_PHONE = re.compile(r"\+\d{6,15}")


def add(
    app: App, user: User, client: Client, conversation: Conversation | None = None, *, is_primary: bool = True
) -> None:
    """Add a client to a user.

    A channel takes part in `conversation`, by default the user's default conversation. Messages go to it first if it
    is primary, else to the clients that were there before.
    """
    user.clients.append(client)
    app.users_by_client_id[client.id] = user
    if not client.is_channel:
        get_or_create_sdk_client(app, user)
    elif conversation := conversation or user.conversation:
        _subscribe(conversation, user, client, is_primary=is_primary)
    app.record(ClientAdded(app_id=app.id, user=user, client=client))


def remove(app: App, user: User, client: Client) -> None:
    """Remove a client from a user, and the SDK client with the last device."""
    user.clients.remove(client)
    del app.users_by_client_id[client.id]
    _unsubscribe(user, client)
    if user.sdk_client is not None and not client.is_channel and all(each.is_channel for each in user.clients):
        sdk_client, user.sdk_client = user.sdk_client, None
        _unsubscribe(user, sdk_client)
        app.record(SdkClientRemoved(app_id=app.id, user=user, client=sdk_client))
    app.record(ClientRemoved(app_id=app.id, user=user, client=client))


def remove_pending(app: App, user: User, client: Client) -> None:
    """Remove a client that the user has not confirmed."""
    user.pending_clients.remove(client)
    app.record(ClientRemoved(app_id=app.id, user=user, client=client))


def get_or_create_sdk_client(app: App, user: User) -> Client:
    """Return the client that stands for all SDK devices of the user."""
    if user.sdk_client is None:
        now = _clock.now()
        user.sdk_client = Client(id=_ids.object_id(), platform="sdk", last_seen=now, linked_at=now)
        if user.conversation is not None:
            _subscribe(user.conversation, user, user.sdk_client)
        app.record(SdkClientAdded(app_id=app.id, user=user, client=user.sdk_client))
    return user.sdk_client


def touch(app: App, user: User, conversation: Conversation, client: Client) -> None:
    """Record that the user was active on `client`, so that answers go there."""
    destination = client if client.is_channel else get_or_create_sdk_client(app, user)
    client.last_seen = destination.last_seen = _clock.now()
    participant = conversation.participant(user)
    if participant is not None:
        participant.clients = [destination, *(each for each in participant.clients if each is not destination)]


def build_pending(platform: str, criteria: JsonObject, integration_id: str | None, where: str) -> Client:
    """Build a client to link, without adding it. 400 with the text `where` for an invalid phone number."""
    if platform == "mailgun":
        address = criteria["address"]
    else:
        address = re.sub(r"[\s().-]", "", criteria["phoneNumber"])
        if not _PHONE.fullmatch(address):
            raise bad_request(f"{where} phoneNumber: must be + with country code and number")
    return Client(
        id=_ids.object_id(),
        platform=platform,
        status="pending",
        external_id=address,
        integration_id=integration_id,
        display_name=address,
    )


def start_link(
    app: App, user: User, client: Client, criteria: JsonObject, conversation: Conversation | None = None
) -> None:
    """Link a channel, which finds the user; it stays pending until the user confirms."""
    user.pending_clients.append(client)
    app.record(LinkStarted(app_id=app.id, user=user, client=client, conversation=conversation))
    app.record(LinkMatched(app_id=app.id, user=user, client=client, conversation=conversation, criteria=criteria))


def confirm_link(
    app: App, user: User, client: Client, criteria: JsonObject, conversation: Conversation | None = None
) -> None:
    """Make a pending channel active."""
    user.pending_clients.remove(client)
    client.status = "active"
    client.linked_at = client.last_seen = _clock.now()
    add(app, user, client, conversation, is_primary=criteria.get("primary", True))
    app.record(LinkSucceeded(app_id=app.id, user=user, client=client, conversation=conversation, criteria=criteria))


def replace(user: User, old: Client, new: Client) -> None:
    """Let `new` take the place of `old` in the user's conversations."""
    for conversation in user.conversations:
        participant = conversation.participant(user)
        if participant is not None:
            participant.clients = [new if client is old else client for client in participant.clients]


def _subscribe(conversation: Conversation, user: User, client: Client, *, is_primary: bool = True) -> None:
    participant = conversation.participant(user)
    if participant is not None and client not in participant.clients:
        participant.clients.insert(0 if is_primary else len(participant.clients), client)


def _unsubscribe(user: User, client: Client) -> None:
    for conversation in user.conversations:
        participant = conversation.participant(user)
        if participant is not None and client in participant.clients:
            participant.clients.remove(client)
