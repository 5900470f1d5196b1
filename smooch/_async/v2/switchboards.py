"""The switchboard, which decides which integration answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api import UNSET, Unset
from smooch_api.v2 import models
from smooch_api.v2.api import switchboards

from ..._v2 import paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    import builtins

    from smooch_api.v2 import dicts


class AsyncSwitchboards(Resource):
    """The switchboard, which decides which integration answers."""

    async def create(self) -> models.Switchboard:
        """Create the switchboard of the app, disabled at first (createSwitchboard).

        An app has at most one.
        """
        response = await switchboards.create_switchboard.asyncio(self._app_id(), client=self._raw)
        return response.switchboard

    async def list(self) -> builtins.list[models.Switchboard]:
        """List the switchboards of the app: none or one (listSwitchboards)."""
        response = await switchboards.list_switchboards.asyncio(self._app_id(), client=self._raw)
        return paging.drop_unreadable(response.switchboards)

    async def update(
        self,
        switchboard_id: str,
        data: models.SwitchboardUpdate | dicts.SwitchboardUpdate | dicts.PlainDict | None = None,
        *,
        enabled: bool | Unset = UNSET,
        default_switchboard_integration_id: str | Unset = UNSET,
    ) -> models.Switchboard:
        """Change a switchboard (updateSwitchboard).

        Pass the fields to change, or `data`: a model or a mapping in wire form. Fields that are not passed keep their
        value. An enabled switchboard needs a default switchboard integration.
        """
        body = self._bodies.build_update(
            models.SwitchboardUpdate,
            data,
            "switchboard",
            enabled=enabled,
            defaultSwitchboardIntegrationId=default_switchboard_integration_id,
        )
        response = await switchboards.update_switchboard.asyncio(
            self._app_id(), switchboard_id, client=self._raw, body=body
        )
        return response.switchboard

    async def delete(self, switchboard_id: str) -> None:
        """Delete a switchboard (deleteSwitchboard).

        After that, all integrations receive the events of all conversations.
        """
        await switchboards.delete_switchboard.asyncio(self._app_id(), switchboard_id, client=self._raw)
