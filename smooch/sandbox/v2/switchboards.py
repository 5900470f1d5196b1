"""The switchboard of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids
from .._auth import BUSINESS
from .._entities import JsonObject, Switchboard
from .._errors import ApiError, bad_request
from ..store import switchboards
from . import _lookup, serialize
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call


@registry.handles("createSwitchboard", BUSINESS)
def create_switchboard(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/switchboards."""
    if call.app.switchboard is not None:
        raise bad_request("Only one switchboard can be created per app")
    call.app.switchboard = Switchboard(id=_ids.object_id())
    return {"switchboard": serialize.switchboard(call.app.switchboard)}


@registry.handles("listSwitchboards", BUSINESS)
def list_switchboards(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/switchboards."""
    boards = [call.app.switchboard] if call.app.switchboard else []
    return {"switchboards": [serialize.switchboard(board) for board in boards]}


@registry.handles("updateSwitchboard", BUSINESS)
def update_switchboard(call: Call) -> JsonObject:
    """PATCH /v2/apps/{appId}/switchboards/{switchboardId}."""
    board, body = _lookup.find_switchboard(call), call.body
    default, enabled = board.default, body.get("enabled", board.enabled)
    if "defaultSwitchboardIntegrationId" in body:
        default = _lookup.find_switchboard_integration(board, body["defaultSwitchboardIntegrationId"])
    if enabled and default is None:
        raise ApiError(
            404,
            "Enabled switchboard must have an associated default switchboardIntegration",
            missing="SwitchboardIntegration",
        )
    board.default, board.enabled = default, enabled
    return {"switchboard": serialize.switchboard(board)}


@registry.handles("deleteSwitchboard", BUSINESS)
def delete_switchboard(call: Call) -> None:
    """DELETE /v2/apps/{appId}/switchboards/{switchboardId}."""
    _lookup.find_switchboard(call)
    switchboards.delete(call.app)
