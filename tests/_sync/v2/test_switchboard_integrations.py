# Derived from tests/_async/v2/test_switchboard_integrations.py by scripts/unasync.py; edit that file.
"""Switchboard integrations: calls, and input that is refused before sending; `test_all_calls` runs both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models

if TYPE_CHECKING:
    from .calls import Call, Refusal

CALLS: dict[str, Call] = {
    "create": (
        lambda api: api.switchboard_integrations.create(
            "s1",
            "bot",
            integration_id="i1",
            deliver_standby_events=False,
            next_switchboard_integration_id="si2",
            message_history_count=5,
        ),
        "createSwitchboardIntegration POST /switchboards/s1/switchboardIntegrations",
        {
            "name": "bot",
            "integrationId": "i1",
            "deliverStandbyEvents": False,
            "nextSwitchboardIntegrationId": "si2",
            "messageHistoryCount": 5,
        },
        models.SwitchboardIntegration,
    ),
    "list": (
        lambda api: api.switchboard_integrations.list("s1"),
        "listSwitchboardIntegrations GET /switchboards/s1/switchboardIntegrations",
        None,
        [models.SwitchboardIntegration],
    ),
    "update": (
        lambda api: api.switchboard_integrations.update("s1", "si1", {"nextSwitchboardIntegrationId": None}),
        "updateSwitchboardIntegration PATCH /switchboards/s1/switchboardIntegrations/si1",
        {"nextSwitchboardIntegrationId": None},
        models.SwitchboardIntegration,
    ),
    "update, by keywords": (
        lambda api: api.switchboard_integrations.update(
            "s1",
            "si1",
            name="bot",
            integration_id="i1",
            deliver_standby_events=False,
            next_switchboard_integration_id=None,
            message_history_count=5,
        ),
        "updateSwitchboardIntegration PATCH /switchboards/s1/switchboardIntegrations/si1",
        {
            "name": "bot",
            "integrationId": "i1",
            "deliverStandbyEvents": False,
            "nextSwitchboardIntegrationId": None,
            "messageHistoryCount": 5,
        },
        models.SwitchboardIntegration,
    ),
    "update, by the type of an integration": (
        lambda api: api.switchboard_integrations.update("s1", "si1", integration_type="zd:agentWorkspace"),
        "updateSwitchboardIntegration PATCH /switchboards/s1/switchboardIntegrations/si1",
        {"integrationType": "zd:agentWorkspace"},
        models.SwitchboardIntegration,
    ),
    "delete": (
        lambda api: api.switchboard_integrations.delete("s1", "si1"),
        "deleteSwitchboardIntegration DELETE /switchboards/s1/switchboardIntegrations/si1",
        None,
        None,
    ),
}


REFUSED: dict[str, Refusal] = {
    "a switchboard integration by neither id nor type": (
        lambda api: api.switchboard_integrations.create("s", "bot"),
        "integration",
        "needs integrationId or integrationType",
    ),
    "a switchboard integration changed by id and type": (
        lambda api: api.switchboard_integrations.update(
            "s", "bot", {"integrationId": "i", "integrationType": "custom"}
        ),
        "data",
        "holds integrationId and integrationType, which exclude each other",
    ),
}
