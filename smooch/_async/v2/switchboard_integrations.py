"""The integrations that a switchboard can give control to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api import UNSET, Unset
from smooch_api.v2 import models
from smooch_api.v2.api import switchboard_integrations

from ..._json import drop_none
from ..._v2 import paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    import builtins

    from smooch_api.v2 import dicts


class AsyncSwitchboardIntegrations(Resource):
    """The integrations that a switchboard can give control to."""

    async def create(
        self,
        switchboard_id: str,
        name: str,
        *,
        integration_id: str | None = None,
        integration_type: str | None = None,
        deliver_standby_events: bool | None = None,
        next_switchboard_integration_id: str | None = None,
        message_history_count: int | None = None,
    ) -> models.SwitchboardIntegration:
        """Add an integration to a switchboard (createSwitchboardIntegration).

        Pass the integration's id or its type. A switchboard has at most ten. With `deliver_standby_events=False`, the
        integration receives no events of conversations that others control. `message_history_count` is how many
        messages, 1 to 10, it receives together with control.
        """
        data = drop_none(
            name=name,
            integrationId=integration_id,
            integrationType=integration_type,
            deliverStandbyEvents=deliver_standby_events,
            nextSwitchboardIntegrationId=next_switchboard_integration_id,
            messageHistoryCount=message_history_count,
        )
        body = self._bodies.build_body(models.SwitchboardIntegrationCreate, data, "integration")
        response = await switchboard_integrations.create_switchboard_integration.asyncio(
            self._app_id(), switchboard_id, client=self._raw, body=body
        )
        return response.switchboard_integration

    async def list(self, switchboard_id: str) -> builtins.list[models.SwitchboardIntegration]:
        """List the integrations of a switchboard (listSwitchboardIntegrations)."""
        response = await switchboard_integrations.list_switchboard_integrations.asyncio(
            self._app_id(), switchboard_id, client=self._raw
        )
        return paging.drop_unreadable(response.switchboard_integrations)

    async def update(
        self,
        switchboard_id: str,
        switchboard_integration_id: str,
        data: models.SwitchboardIntegrationUpdate | dicts.SwitchboardIntegrationUpdate | dicts.PlainDict | None = None,
        *,
        name: str | Unset = UNSET,
        integration_id: str | Unset = UNSET,
        integration_type: str | Unset = UNSET,
        deliver_standby_events: bool | Unset = UNSET,
        next_switchboard_integration_id: str | Unset | None = UNSET,
        message_history_count: int | Unset | None = UNSET,
    ) -> models.SwitchboardIntegration:
        """Change a switchboard integration (updateSwitchboardIntegration).

        Pass the fields to change, or `data`: a model or a mapping in wire form. Fields that are not passed keep their
        value.
        """
        body = self._bodies.build_update(
            models.SwitchboardIntegrationUpdate,
            data,
            "integration",
            name=name,
            integrationId=integration_id,
            integrationType=integration_type,
            deliverStandbyEvents=deliver_standby_events,
            nextSwitchboardIntegrationId=next_switchboard_integration_id,
            messageHistoryCount=message_history_count,
        )
        response = await switchboard_integrations.update_switchboard_integration.asyncio(
            self._app_id(), switchboard_id, switchboard_integration_id, client=self._raw, body=body
        )
        return response.switchboard_integration

    async def delete(self, switchboard_id: str, switchboard_integration_id: str) -> None:
        """Remove an integration from a switchboard (deleteSwitchboardIntegration)."""
        await switchboard_integrations.delete_switchboard_integration.asyncio(
            self._app_id(), switchboard_id, switchboard_integration_id, client=self._raw
        )
