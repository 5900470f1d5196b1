"""Clients: a user's channels, and one client that stands for all SDK devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ANY_KEY
from .._call import Call, get_or_404
from .._errors import bad_request
from ..store import clients
from . import serialize
from ._paging import build_page
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import Client, JsonObject, User


@registry.handles("createClient", ANY_KEY)
def create_client(call: Call) -> JsonObject:
    """Link a channel: active after the response with immediate confirmation, else pending."""
    user, criteria = call.user, call.body["matchCriteria"]
    conversation = get_or_404(call.app.conversations, call.body["target"]["conversationId"], "Conversation")
    if conversation.participant(user) is None:
        raise bad_request("body target.conversationId: the user is not in this conversation")
    client = _build_client(call, criteria)
    clients.start_link(call.app, user, client, criteria, conversation)
    body = {"client": serialize.client(client)}
    if call.body["confirmation"]["type"] == "immediate":
        clients.confirm_link(call.app, user, client, criteria, conversation)
    return body


@registry.handles("listClients", ANY_KEY)
def list_clients(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/users/{userId}/clients."""
    return build_page(call, "clients", sorted(_list_clients(call.user), key=lambda client: client.id), serialize.client)


@registry.handles("removeClient", ANY_KEY)
def remove_client(call: Call) -> None:
    """DELETE /v2/apps/{appId}/users/{userId}/clients/{clientId}."""
    user = call.user
    client = get_or_404({each.id: each for each in _list_clients(user)}, call.params["clientId"], "Client")
    if client is user.sdk_client:
        raise bad_request("Cannot remove a client of type 'sdk'")
    if client in user.pending_clients:
        clients.remove_pending(call.app, user, client)
    else:
        clients.remove(call.app, user, client)


def _list_clients(user: User) -> list[Client]:
    own = [] if user.sdk_client is None else [user.sdk_client]
    return own + [each for each in user.clients if each.is_channel] + user.pending_clients


def _build_client(call: Call, criteria: JsonObject) -> Client:
    integration = get_or_404(call.app.integrations, criteria["integrationId"], "Integration")
    if integration.type != criteria["type"]:
        raise bad_request(f"body matchCriteria.integrationId: must be an integration of type {criteria['type']}")
    return clients.build_pending(integration.type, criteria, integration.id, "body matchCriteria")
