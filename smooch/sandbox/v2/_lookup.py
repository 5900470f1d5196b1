"""Find the records that a call names in its path or body; a 404 if it does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._call import get_or_404
from .._errors import forbidden, not_found

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import Conversation, Integration, JsonObject, Switchboard, SwitchboardIntegration, User


def find_named_user(call: Call, fields: JsonObject) -> User:
    """Return the user that a body or filter names by `userId` or `userExternalId`."""
    if "userId" in fields:
        return get_or_404(call.app.users, fields["userId"], "User")
    user = call.app.find_user_by_external_id(fields["userExternalId"], fields.get("brandId"))
    if user is None:
        raise not_found("User")
    return user


def find_conversation(call: Call) -> Conversation:
    """Return the conversation of the path."""
    return get_or_404(call.app.conversations, call.params["conversationId"], "Conversation")


def find_integration(call: Call) -> Integration:
    """Return the integration of the path; integration scope may access only its own, also called `me`."""
    integration_id = call.params["integrationId"]
    if call.identity.scope == "integration":
        if integration_id not in ("me", call.identity.owner):
            raise forbidden("Forbidden")
        integration_id = call.identity.owner
    return get_or_404(call.app.integrations, integration_id, "Integration")


def find_switchboard(call: Call) -> Switchboard:
    """Return the switchboard of the path."""
    board = call.app.switchboard
    if board is None or board.id != call.params["switchboardId"]:
        raise not_found("Switchboard")
    return board


def find_switchboard_integration(board: Switchboard, integration_id: str) -> SwitchboardIntegration:
    """Return one of the switchboard's integrations by its id."""
    return get_or_404(board.integrations, integration_id, "SwitchboardIntegration")
