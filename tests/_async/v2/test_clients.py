"""Clients: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v2 import models

from .calls import Call, Refusal, every

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .conftest import Keys

pytestmark = pytest.mark.anyio

HELLO = {"type": "text", "text": "Hello!"}
TWILIO = {"type": "twilio", "accountSid": "AC1", "authToken": "t", "phoneNumberSid": "PN1"}
BUSINESS = {"type": "business"}


def posted(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"author": BUSINESS, "content": content, **more}


CALLS: dict[str, Call] = {
    "create": (
        lambda api: api.clients.create(
            "u-77",
            models.WhatsappMatchCriteria(integration_id="58", phone_number="+15550001234"),
            conversation_id="c1",
            brand_id="94",
        ),
        "createClient POST /users/u-77/clients?brandId=94",
        {
            "matchCriteria": {"type": "whatsapp", "integrationId": "58", "phoneNumber": "+15550001234"},
            "confirmation": {"type": "immediate"},
            "target": {"conversationId": "c1"},
        },
        models.Client,
    ),
    "create, asked": (
        lambda api: api.clients.create(
            "u-77",
            {"type": "googlercs", "integrationId": "58", "phoneNumber": "+15550001234"},
            conversation_id="c1",
            confirmation={"type": "prompt", "message": posted(HELLO)},
        ),
        "createClient POST /users/u-77/clients",
        {
            "matchCriteria": {"type": "googlercs", "integrationId": "58", "phoneNumber": "+15550001234"},
            "confirmation": {"type": "prompt", "message": posted(HELLO)},
            "target": {"conversationId": "c1"},
        },
        models.Client,
    ),
    "list": (
        lambda api: api.clients.list("u-77", brand_id="94"),
        "listClients GET /users/u-77/clients?page[size]=100&brandId=94",
        None,
        [models.Client],
    ),
    "remove": (
        lambda api: api.clients.remove("u-77", "k1"),
        "removeClient DELETE /users/u-77/clients/k1",
        None,
        None,
    ),
}


REFUSED: dict[str, Refusal] = {
    "a phone number of no country": (
        lambda api: api.clients.create(
            "u", {"type": "whatsapp", "integrationId": "i", "phoneNumber": "555"}, conversation_id="c"
        ),
        "client.matchCriteria.phoneNumber",
        "must look like",
    ),
    "a channel that is not named": (
        lambda api: api.clients.create("u", {"integrationId": "i", "phoneNumber": "+1 555"}, conversation_id="c"),
        "client.matchCriteria.type",
        "is missing",
    ),
}


async def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    user = await api.users.create("ana")
    conversation = await api.conversations.create(user_id=user.id)
    channel = await api.integrations.create(models.TwilioIntegrationCreate.from_dict(TWILIO))
    assert isinstance(channel, models.TwilioIntegration)
    criteria = models.TwilioMatchCriteria(integration_id=str(channel.id), phone_number="+15145550101")
    client = await api.clients.create(user.id, criteria, conversation_id=conversation.id)
    assert client.type_ == "twilio"
    assert client.id in [one.id for one in await every(api.clients.list(user.id))]
    await api.clients.remove(user.id, client.id)
    assert client.id not in [one.id for one in await every(api.clients.list(user.id))]
