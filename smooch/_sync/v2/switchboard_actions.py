# Derived from smooch/_async/v2/switchboard_actions.py by scripts/unasync.py; edit that file.
"""Control of a conversation: pass, offer, accept and release it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models
from smooch_api.v2.api import switchboard_actions

from ..._json import drop_none
from ..._v2.resource import Resource

if TYPE_CHECKING:
    from ..._v2.bodies import Metadata


class SwitchboardActions(Resource):
    """Control of a conversation: pass, offer, accept and release it."""

    def pass_control(
        self, conversation_id: str, switchboard_integration: str = "next", *, metadata: Metadata | None = None
    ) -> None:
        """Pass control of a conversation to another integration (passControl).

        `switchboard_integration` is its id, name or integration type, or `next`: the one that follows the one in
        control.
        """
        data = drop_none(switchboardIntegration=switchboard_integration, metadata=metadata)
        body = self._bodies.build_body(models.PassControl, data, "control")
        switchboard_actions.pass_control.sync(self._app_id(), conversation_id, client=self._raw, body=body)

    def offer_control(
        self, conversation_id: str, switchboard_integration: str = "next", *, metadata: Metadata | None = None
    ) -> None:
        """Offer control of a conversation to another integration (offerControl).

        `switchboard_integration` is as in `pass_control`.
        """
        data = drop_none(switchboardIntegration=switchboard_integration, metadata=metadata)
        body = self._bodies.build_body(models.OfferControl, data, "control")
        switchboard_actions.offer_control.sync(self._app_id(), conversation_id, client=self._raw, body=body)

    def accept_control(self, conversation_id: str, *, metadata: Metadata | None = None) -> None:
        """Accept control of a conversation that was offered (acceptControl)."""
        body = self._bodies.build_body(models.AcceptControl, drop_none(metadata=metadata), "control")
        switchboard_actions.accept_control.sync(self._app_id(), conversation_id, client=self._raw, body=body)

    def release_control(self, conversation_id: str, *, metadata: Metadata | None = None) -> None:
        """Release control of a conversation, so that no integration has it (releaseControl)."""
        body = self._bodies.build_body(models.ReleaseControl, drop_none(metadata=metadata), "control")
        switchboard_actions.release_control.sync(self._app_id(), conversation_id, client=self._raw, body=body)
