# Derived from smooch/_async/v2/switchboard_actions.py by scripts/unasync.py; edit that file.
"""Control of a conversation: pass, offer, accept and release it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models
from smooch_api.v2.api import switchboard_actions

from ... import _bodies
from ..._v2 import bodies
from ..._v2.resource import Resource

if TYPE_CHECKING:
    from ..._v2.bodies import Metadata


class SwitchboardActions(Resource):
    """Control of a conversation: pass, offer, accept and release it."""

    def pass_control(
        self, conversation_id: str, switchboard_integration: str = "next", *, metadata: Metadata | None = None
    ) -> None:
        """Give control of a conversation to another (passControl).

        To whom: id, name or integration type of a switchboard integration, or the `next` one of who has control.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        data = bodies.given(switchboardIntegration=switchboard_integration, metadata=metadata)
        body = bodies.body(models.PassControl, data, "control")
        switchboard_actions.pass_control.sync_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )

    def offer_control(
        self, conversation_id: str, switchboard_integration: str = "next", *, metadata: Metadata | None = None
    ) -> None:
        """Offer control of a conversation to another, named as in `pass_control` (offerControl)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        data = bodies.given(switchboardIntegration=switchboard_integration, metadata=metadata)
        body = bodies.body(models.OfferControl, data, "control")
        switchboard_actions.offer_control.sync_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )

    def accept_control(self, conversation_id: str, *, metadata: Metadata | None = None) -> None:
        """Take the control of a conversation that was offered (acceptControl)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.AcceptControl, bodies.given(metadata=metadata), "control")
        switchboard_actions.accept_control.sync_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )

    def release_control(self, conversation_id: str, *, metadata: Metadata | None = None) -> None:
        """Leave a conversation without anybody in control (releaseControl)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.ReleaseControl, bodies.given(metadata=metadata), "control")
        switchboard_actions.release_control.sync_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
