"""The switchboard, which decides which integration answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models
from smooch_api.v2.api import switchboards

from ... import _bodies
from ..._v2 import bodies, paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    import builtins

    from ..._v2.bodies import Wire


class AsyncSwitchboards(Resource):
    """The switchboard, which decides which integration answers."""

    async def create(self) -> models.Switchboard:
        """Make the switchboard of the app, disabled at first (createSwitchboard). An app has one at most."""
        answer = await switchboards.create_switchboard.asyncio_detailed(self._app_id(), client=self._raw)
        return answer.parsed.switchboard

    async def list(self) -> builtins.list[models.Switchboard]:
        """List the switchboards of the app: none or one (listSwitchboards)."""
        answer = await switchboards.list_switchboards.asyncio_detailed(self._app_id(), client=self._raw)
        return paging.records(answer.parsed.switchboards)

    async def update(self, switchboard_id: str, data: models.SwitchboardUpdate | Wire) -> models.Switchboard:
        """Change what `data` names, and nothing else (updateSwitchboard). One that is enabled needs a default."""
        switchboard_id = _bodies.check_id(switchboard_id, "switchboard_id")
        body = bodies.body(models.SwitchboardUpdate, data, "data")
        answer = await switchboards.update_switchboard.asyncio_detailed(
            self._app_id(), switchboard_id, client=self._raw, body=body
        )
        return answer.parsed.switchboard

    async def delete(self, switchboard_id: str) -> None:
        """Delete a switchboard; from then on all integrations hear of all conversations (deleteSwitchboard)."""
        switchboard_id = _bodies.check_id(switchboard_id, "switchboard_id")
        await switchboards.delete_switchboard.asyncio_detailed(self._app_id(), switchboard_id, client=self._raw)
