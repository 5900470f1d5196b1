"""Switchboards: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v2 import models

from smooch.errors import Forbidden

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox
    from smooch.v2 import AsyncSmooch

    from .calls import Call
    from .conftest import Keys

pytestmark = pytest.mark.anyio

HERE = "https://here.example/hook"
CUSTOM = {"type": "custom", "displayName": "Bot", "webhooks": [{"target": HERE, "triggers": ["conversation:message"]}]}


CALLS: dict[str, Call] = {
    "create": (
        lambda api: api.switchboards.create(),
        "createSwitchboard POST /switchboards",
        None,
        models.Switchboard,
    ),
    "list": (
        lambda api: api.switchboards.list(),
        "listSwitchboards GET /switchboards",
        None,
        [models.Switchboard],
    ),
    "update": (
        lambda api: api.switchboards.update("s1", {"enabled": True, "defaultSwitchboardIntegrationId": "si1"}),
        "updateSwitchboard PATCH /switchboards/s1",
        {"enabled": True, "defaultSwitchboardIntegrationId": "si1"},
        models.Switchboard,
    ),
    "update, by keywords": (
        lambda api: api.switchboards.update("s1", enabled=True, default_switchboard_integration_id="si1"),
        "updateSwitchboard PATCH /switchboards/s1",
        {"enabled": True, "defaultSwitchboardIntegrationId": "si1"},
        models.Switchboard,
    ),
    "delete": (
        lambda api: api.switchboards.delete("s1"),
        "deleteSwitchboard DELETE /switchboards/s1",
        None,
        None,
    ),
}


async def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    switchboard = await api.switchboards.create()
    bot = await api.switchboard_integrations.create(switchboard.id, "bot", integration_id=sandbox.integration_id)
    other = await api.integrations.create(CUSTOM)
    human = await api.switchboard_integrations.create(
        switchboard.id, "human", integration_id=str(other.id), deliver_standby_events=False, message_history_count=5
    )
    linked = await api.switchboard_integrations.update(
        switchboard.id, bot.id, {"nextSwitchboardIntegrationId": human.id}
    )
    assert linked.next_switchboard_integration_id == human.id
    enabled = await api.switchboards.update(
        switchboard.id, models.SwitchboardUpdate(enabled=True, default_switchboard_integration_id=bot.id)
    )
    assert await api.switchboards.list() == [enabled]
    listed = await api.switchboard_integrations.list(switchboard.id)
    assert {one.name for one in listed} == {"bot", "human"}

    user = await api.users.create("ana")
    conversation = await api.conversations.create(user_id=user.id)
    await api.messages.post_text(conversation.id, "Help!", author=user)
    assert await active(api, conversation.id) == "bot"
    await api.switchboard_actions.pass_control(conversation.id, "human", metadata={"reason": "asked"})
    assert await active(api, conversation.id) == "human"
    await api.switchboard_actions.offer_control(conversation.id, bot.id)
    await keys.integration.switchboard_actions.accept_control(conversation.id)
    assert await active(api, conversation.id) == "bot"
    await keys.integration.switchboard_actions.release_control(conversation.id)
    assert await active(api, conversation.id) is None
    with pytest.raises(Forbidden, match="in control"):
        await keys.integration.switchboard_actions.release_control(conversation.id)

    await api.switchboard_integrations.update(switchboard.id, bot.id, {"nextSwitchboardIntegrationId": None})
    await api.switchboard_integrations.delete(switchboard.id, human.id)
    await api.switchboards.delete(switchboard.id)
    assert await api.switchboards.list() == []


async def active(api: AsyncSmooch, conversation_id: str) -> Any:
    integration = (await api.conversations.get(conversation_id)).active_switchboard_integration
    return integration.name if isinstance(integration, models.SwitchboardIntegrationTruncated) else None
