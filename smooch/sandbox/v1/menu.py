"""The menu of an app, and the menus of single integrations."""

from __future__ import annotations

from .. import _ids
from .._auth import BUSINESS
from .._call import Call, get_or_404
from .._entities import Integration, JsonObject, Menu
from . import serialize
from ._registry import registry


@registry.handles("getMenu", BUSINESS)
def get_menu(call: Call) -> JsonObject:
    """GET /menu."""
    return {"menu": serialize.menu(call.app.menu)}


@registry.handles("updateMenu", BUSINESS)
def update_menu(call: Call) -> JsonObject:
    """PUT /menu."""
    call.app.menu = _build_menu(call.body)
    return {"menu": serialize.menu(call.app.menu)}


@registry.handles("deleteMenu", BUSINESS)
def delete_menu(call: Call) -> JsonObject:
    """DELETE /menu."""
    call.app.menu = Menu()
    return {"menu": serialize.menu(call.app.menu)}


@registry.handles("getIntegrationMenu", BUSINESS)
def get_integration_menu(call: Call) -> JsonObject:
    """GET /integrations/{integrationId}/menu."""
    return {"menu": serialize.menu(_find_integration(call).menu or call.app.menu)}


@registry.handles("createIntegrationMenu", BUSINESS)
@registry.handles("updateIntegrationMenu", BUSINESS)
def set_integration_menu(call: Call) -> JsonObject:
    """POST and PUT /integrations/{integrationId}/menu."""
    menu = _find_integration(call).menu = _build_menu(call.body)
    return {"menu": serialize.menu(menu)}


@registry.handles("deleteIntegrationMenu", BUSINESS)
def delete_integration_menu(call: Call) -> None:
    """DELETE /integrations/{integrationId}/menu."""
    _find_integration(call).menu = None


def _find_integration(call: Call) -> Integration:
    return get_or_404(call.app.integrations, call.params["integrationId"], "Integration")


def _build_menu(body: JsonObject) -> Menu:
    extras: JsonObject = {name: body[name] for name in ("name", "settings") if name in body}
    return Menu(items=[_add_id(item) for item in body["items"]], extras=extras)


def _add_id(item: JsonObject) -> JsonObject:
    item = {**item, "_id": _ids.object_id()}
    if "items" in item:
        item["items"] = [_add_id(each) for each in item["items"]]
    return item
