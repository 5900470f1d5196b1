"""Clients: the channels by which a user is reached, and the one that stands for all SDK devices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import _ids
from .._auth import ANY_KEY
from .._call import Call, found
from .._entities import Client, JsonObject
from .._errors import bad_request
from . import _lookup, wire
from ._paging import page
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import User

_PHONE = re.compile(r"\+\d{6,15}")


@registry.handles("createClient", ANY_KEY)
def create_client(call: Call) -> JsonObject:
    """A link that needs no word of the user stands right after the answer, any other stays pending."""
    user, criteria = _lookup.user(call), call.body["matchCriteria"]
    conversation = found(call.app.conversations, call.body["target"]["conversationId"], "Conversation")
    if conversation.participant(user) is None:
        raise bad_request("body target.conversationId: the user is not in this conversation")
    client = _client(call, criteria)
    call.app.start_link(user, client, criteria, conversation)
    answer = {"client": wire.client(client)}
    if call.body["confirmation"]["type"] == "immediate":
        call.app.confirm_link(user, client, criteria, conversation)
    return answer


@registry.handles("listClients", ANY_KEY)
def list_clients(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/users/{userIdOrExternalId}/clients."""
    return page(call, "clients", sorted(_clients(_lookup.user(call)), key=lambda client: client.id), wire.client)


@registry.handles("removeClient", ANY_KEY)
def remove_client(call: Call) -> JsonObject:
    """DELETE /v2/apps/{appId}/users/{userIdOrExternalId}/clients/{clientId}."""
    user = _lookup.user(call)
    client = found({each.id: each for each in _clients(user)}, call.params["clientId"], "Client")
    if client is user.sdk_client:
        raise bad_request("Cannot remove a client of type 'sdk'")
    if client in user.pending_clients:
        call.app.remove_pending_client(user, client)
    else:
        call.app.remove_client(user, client)
    return {}


def _clients(user: User) -> list[Client]:
    own = [] if user.sdk_client is None else [user.sdk_client]
    return own + [each for each in user.clients if each.is_channel] + user.pending_clients


def _client(call: Call, criteria: JsonObject) -> Client:
    integration = found(call.app.integrations, criteria["integrationId"], "Integration")
    if integration.type != criteria["type"]:
        raise bad_request(f"body matchCriteria.integrationId: is no {criteria['type']} integration")
    address = criteria["address"] if criteria["type"] == "mailgun" else _phone_number(criteria["phoneNumber"])
    return Client(
        id=_ids.object_id(),
        platform=criteria["type"],
        status="pending",
        external_id=address,
        integration_id=integration.id,
        display_name=address,
    )


def _phone_number(text: str) -> str:
    number = re.sub(r"[\s().-]", "", text)
    if not _PHONE.fullmatch(number):
        raise bad_request("body matchCriteria.phoneNumber: has to be + with country code and number")
    return number
