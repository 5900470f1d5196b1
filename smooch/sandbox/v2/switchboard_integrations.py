"""Integrations that a switchboard can give control to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids
from .._auth import BUSINESS
from .._call import Call, get_or_404
from .._entities import JsonObject, SwitchboardIntegration
from .._errors import ApiError, bad_request, not_found
from ..store import integrations, switchboards
from . import _lookup, serialize
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import Integration, Switchboard
    from ..store import App

MAX_SWITCHBOARD_INTEGRATIONS = 10


@registry.handles("createSwitchboardIntegration", BUSINESS)
def create_switchboard_integration(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/switchboards/{switchboardId}/switchboardIntegrations."""
    board, body = _lookup.find_switchboard(call), call.body
    if len(board.integrations) >= MAX_SWITCHBOARD_INTEGRATIONS:
        raise ApiError(
            400,
            f"Switchboard has reached the max number of switchboard integrations ({MAX_SWITCHBOARD_INTEGRATIONS})",
            code="too_many_switchboard_integrations",
        )
    _check_name(board, body["name"])
    each = SwitchboardIntegration(
        id=_ids.object_id(),
        name=body["name"],
        integration=_find_integration(call.app, body),
        deliver_standby_events=body.get("deliverStandbyEvents", True),
        next=_find_next(board, body),
        message_history_count=body.get("messageHistoryCount"),
    )
    board.integrations[each.id] = each
    return _build_response(each)


@registry.handles("listSwitchboardIntegrations", BUSINESS)
def list_switchboard_integrations(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/switchboards/{switchboardId}/switchboardIntegrations."""
    board = _lookup.find_switchboard(call)
    return {
        "switchboardIntegrations": [serialize.switchboard_integration(each) for each in board.integrations.values()]
    }


@registry.handles("updateSwitchboardIntegration", BUSINESS)
def update_switchboard_integration(call: Call) -> JsonObject:
    """PATCH /v2/apps/{appId}/switchboards/{switchboardId}/switchboardIntegrations/{switchboardIntegrationId}."""
    board, body = _lookup.find_switchboard(call), call.body
    each = _lookup.find_switchboard_integration(board, call.params["switchboardIntegrationId"])
    if body.get("name", each.name) != each.name:
        _check_name(board, body["name"])
    linked = _find_integration(call.app, body) if {"integrationId", "integrationType"} & set(body) else each.integration
    each.next = _find_next(board, body) if "nextSwitchboardIntegrationId" in body else each.next
    each.integration = linked
    each.name = body.get("name", each.name)
    each.deliver_standby_events = body.get("deliverStandbyEvents", each.deliver_standby_events)
    each.message_history_count = body.get("messageHistoryCount", each.message_history_count)
    return _build_response(each)


@registry.handles("deleteSwitchboardIntegration", BUSINESS)
def delete_switchboard_integration(call: Call) -> None:
    """Delete one; the user's next message assigns its conversations again."""
    board = _lookup.find_switchboard(call)
    each = _lookup.find_switchboard_integration(board, call.params["switchboardIntegrationId"])
    if board.default is each:
        raise bad_request("The default switchboardIntegration cannot be deleted")
    if any(other.next is each for other in board.integrations.values() if other is not each):
        raise bad_request("Another switchboardIntegration names this one as its next")
    switchboards.remove_integration(call.app, board, each)


def _check_name(board: Switchboard, name: str) -> None:
    if any(each.name == name for each in board.integrations.values()):
        raise bad_request(f"body name: {name!r} is taken")


def _find_integration(app: App, body: JsonObject) -> Integration:
    if "integrationId" in body:
        integration = get_or_404(app.integrations, body["integrationId"], "Integration")
        if body.get("integrationType", integration.type) != integration.type:
            raise bad_request(f"body integrationType: the integration is of type {integration.type!r}")
        return integration
    kind = body["integrationType"]
    # those of Zendesk itself are there in every account
    if not kind.startswith("zd:") and all(each.type != kind for each in app.integrations.values()):
        raise not_found("Integration")
    return integrations.get_or_create(app, kind)


def _find_next(board: Switchboard, body: JsonObject) -> SwitchboardIntegration | None:
    next_id = body.get("nextSwitchboardIntegrationId")
    return None if next_id is None else _lookup.find_switchboard_integration(board, next_id)


def _build_response(each: SwitchboardIntegration) -> JsonObject:
    return {"switchboardIntegration": serialize.switchboard_integration(each)}
