"""Finds what a call names in its path or body. 404 for what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._call import found
from .._errors import ApiError, bad_request, forbidden, not_found

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import Conversation, Integration, JsonObject, Key, Switchboard, SwitchboardIntegration, User

ME = "me"


def resource_not_found() -> ApiError:
    """The 404 of what has no code of its own."""
    return not_found("Resource")


def user(call: Call) -> User:
    """The user of the path."""
    wanted = call.app.user(call.params["userIdOrExternalId"], call.query.get("brandId"))
    if wanted is None:
        raise not_found("User")
    return wanted


def named_user(call: Call, fields: JsonObject) -> User:
    """The user that a body or filter names by `userId` or `userExternalId`."""
    if "userId" in fields:
        return found(call.app.users, fields["userId"], "User")
    wanted = call.app.user_by_external_id(fields["userExternalId"], fields.get("brandId"))
    if wanted is None:
        raise not_found("User")
    return wanted


def conversation(call: Call) -> Conversation:
    """The conversation of the path."""
    return found(call.app.conversations, call.params["conversationId"], "Conversation")


def integration(call: Call) -> Integration:
    """The integration of the path; `me` is the caller's own, and the only one that integration scope may touch."""
    wanted = call.params["integrationId"]
    if call.identity.scope == "integration":
        if wanted not in (ME, call.identity.owner):
            raise forbidden("Forbidden")
        wanted = call.identity.owner
    return found(call.app.integrations, wanted, "Integration")


def own_integration(call: Call) -> Integration:
    """The integration whose key made the call."""
    return found(call.app.integrations, call.identity.owner, "Integration")


def key(call: Call, owner: str) -> Key:
    """The key of the path, if it is one of `owner`."""
    wanted = call.store.keys.get(call.params["keyId"])
    if wanted is None or wanted.owner != owner:
        raise resource_not_found()
    return wanted


def switchboard(call: Call) -> Switchboard:
    """The switchboard of the path."""
    board = call.app.switchboard
    if board is None or board.id != call.params["switchboardId"]:
        raise not_found("Switchboard")
    return board


def switchboard_integration(board: Switchboard, wanted: str) -> SwitchboardIntegration:
    """One of the switchboard's integrations, by id."""
    return found(board.integrations, wanted, "SwitchboardIntegration")


def require_group(conversation: Conversation) -> None:
    """400 for a personal conversation."""
    if conversation.type != "sdkGroup":
        raise bad_request("Participants can only join and leave sdkGroup conversations")
