# Derived from tests/_async/v2/test_switchboards.py by scripts/unasync.py; edit that file.
"""Switchboards: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v2 import models

from smooch.errors import Forbidden

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox
    from smooch.v2 import Smooch

    from .calls import Call
    from .conftest import Keys

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


def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    switchboard = api.switchboards.create()
    bot = api.switchboard_integrations.create(switchboard.id, "bot", integration_id=sandbox.integration_id)
    other = api.integrations.create(CUSTOM)
    human = api.switchboard_integrations.create(
        switchboard.id, "human", integration_id=str(other.id), deliver_standby_events=False, message_history_count=5
    )
    linked = api.switchboard_integrations.update(
        switchboard.id, bot.id, {"nextSwitchboardIntegrationId": human.id}
    )
    assert linked.next_switchboard_integration_id == human.id
    enabled = api.switchboards.update(
        switchboard.id, models.SwitchboardUpdate(enabled=True, default_switchboard_integration_id=bot.id)
    )
    assert api.switchboards.list() == [enabled]
    listed = api.switchboard_integrations.list(switchboard.id)
    assert {one.name for one in listed} == {"bot", "human"}

    user = api.users.create("ana")
    conversation = api.conversations.create(user_id=user.id)
    api.messages.post_text(conversation.id, "Help!", author=user)
    assert active(api, conversation.id) == "bot"
    api.switchboard_actions.pass_control(conversation.id, "human", metadata={"reason": "asked"})
    assert active(api, conversation.id) == "human"
    api.switchboard_actions.offer_control(conversation.id, bot.id)
    keys.integration.switchboard_actions.accept_control(conversation.id)
    assert active(api, conversation.id) == "bot"
    keys.integration.switchboard_actions.release_control(conversation.id)
    assert active(api, conversation.id) is None
    with pytest.raises(Forbidden, match="in control"):
        keys.integration.switchboard_actions.release_control(conversation.id)

    api.switchboard_integrations.update(switchboard.id, bot.id, {"nextSwitchboardIntegrationId": None})
    api.switchboard_integrations.delete(switchboard.id, human.id)
    api.switchboards.delete(switchboard.id)
    assert api.switchboards.list() == []


def active(api: Smooch, conversation_id: str) -> Any:
    integration = (api.conversations.get(conversation_id)).active_switchboard_integration
    return integration.name if isinstance(integration, models.SwitchboardIntegrationTruncated) else None
