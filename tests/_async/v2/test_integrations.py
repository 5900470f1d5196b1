"""Integrations: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from smooch_api.v2 import models

from smooch.errors import Forbidden, NotFound
from smooch.v2 import AsyncSmooch

from .calls import Call, Refusal, every

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .conftest import Keys

pytestmark = pytest.mark.anyio

HERE = "https://here.example/hook"
CUSTOM = {"type": "custom", "displayName": "Bot", "webhooks": [{"target": HERE, "triggers": ["conversation:message"]}]}


CALLS: dict[str, Call] = {
    "create": (
        lambda api: api.integrations.create(models.UnityIntegrationCreate(display_name="Game")),
        "createIntegration POST /integrations",
        {"type": "unity", "displayName": "Game"},
        models.AndroidIntegration,
    ),
    "create, in wire form": (
        lambda api: api.integrations.create(
            {"type": "custom", "webhooks": [{"target": HERE, "triggers": ["conversation:message"]}]}
        ),
        "createIntegration POST /integrations",
        {"type": "custom", "webhooks": [{"target": HERE, "triggers": ["conversation:message"]}]},
        models.AndroidIntegration,
    ),
    "list": (
        lambda api: api.integrations.list(["custom", "web"]),
        "listIntegrations GET /integrations?page[size]=100&filter[types]=custom,web",
        None,
        [models.AndroidIntegration],
    ),
    "get": (
        lambda api: api.integrations.get("i1"),
        "getIntegration GET /integrations/i1",
        None,
        models.AndroidIntegration,
    ),
    "update": (
        lambda api: api.integrations.update("i1", {"brandColor": "0af", "displayName": None}),
        "updateIntegration PATCH /integrations/i1",
        {"brandColor": "0af", "displayName": None},
        models.AndroidIntegration,
    ),
    "update, typed": (
        lambda api: api.integrations.update("i1", models.CustomIntegrationUpdate(display_name="Bot")),
        "updateIntegration PATCH /integrations/i1",
        {"displayName": "Bot"},
        models.AndroidIntegration,
    ),
    "delete": (
        lambda api: api.integrations.delete("i1"),
        "deleteIntegration DELETE /integrations/i1",
        None,
        None,
    ),
}


REFUSED: dict[str, Refusal] = {
    "a type of integration that is a number": (lambda api: api.integrations.list(5), "types", "got 5"),
    "types of integrations that are none": (
        lambda api: api.integrations.list([None]),
        "types",
        "must be a non-empty string, got None",
    ),
    "a colour that is none": (
        lambda api: api.integrations.update("i1", models.WebIntegrationUpdate(brand_color="#0099ff")),
        "data.brandColor",
        "must look like",
    ),
    "a misspelt field of whatever type": (
        lambda api: api.integrations.update("i1", {"brandColour": "0af"}),
        "data.brandColour",
        "is not a field: did you mean brandColor?",
    ),
    "a misspelt field of a known type": (
        lambda api: api.integrations.create({"type": "line", "channelAccesToken": "t"}),
        "data.channelAccesToken",
        "is not a field: did you mean channelAccessToken?",
    ),
    "no integration": (
        lambda api: api.integrations.create([]),
        "data",
        "must be a mapping or IntegrationCreate, got list",
    ),
}


async def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    created = await api.integrations.create(CUSTOM)
    assert isinstance(created, models.CustomIntegration)
    integration_id = str(created.id)
    assert await api.integrations.get(integration_id) == created
    renamed = await api.integrations.update(integration_id, models.CustomIntegrationUpdate(display_name="Robin"))
    assert isinstance(renamed, models.CustomIntegration)
    assert renamed.display_name == "Robin"
    assert {str(one.id) for one in await every(api.integrations.list("custom"))} == {
        integration_id,
        sandbox.integration_id,
    }
    assert await every(api.integrations.list(["web", "line"])) == []
    key = await api.integration_keys.create(integration_id, "Bot")
    assert await api.integration_keys.get(integration_id, key.id) == key
    assert await api.integration_keys.list(integration_id) == [key]
    async with AsyncSmooch(key.id, str(key.secret), sandbox.app_id, base_url=sandbox.url, auth="basic") as bot:
        assert [one.target for one in await bot.webhooks.list()] == [HERE]
        with pytest.raises(Forbidden):
            await bot.apps.get()
    await api.integration_keys.delete(integration_id, key.id)
    await api.integrations.delete(integration_id)
    with pytest.raises(NotFound):
        await api.integrations.get(integration_id)
