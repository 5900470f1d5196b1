"""Apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ACCOUNT, BUSINESS
from .._errors import bad_request, forbidden
from . import _metadata, wire
from ._paging import page
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import JsonObject
    from ..store import App

_NEED_MULTI_CONVO = ("endSessionEnabled", "disableConversationReopen")


@registry.handles("createApp", ACCOUNT)
def create_app(call: Call) -> JsonObject:
    """POST /v2/apps."""
    settings = _settings({}, call.body)
    metadata = _metadata.updated(None, call.body, "App")
    app = call.store.create_app(call.body["displayName"], owner=call.account.id)
    app.settings |= settings
    app.metadata = metadata
    return {"app": wire.app(app)}


@registry.handles("listApps", ACCOUNT)
def list_apps(call: Call) -> JsonObject:
    """GET /v2/apps."""
    owner = call.query.get("filter", {}).get("serviceAccountId")
    apps = call.store.apps_of(call.account)
    if owner is not None:
        visible = [call.account] if call.account.service else call.store.service_accounts()
        if owner not in [account.id for account in visible]:
            raise forbidden("The serviceAccountId provided does not match supplied credentials")
        apps = [app for app in apps if app.owner == owner]
    return page(call, "apps", apps, wire.app)


@registry.handles("getApp", BUSINESS)
def get_app(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}."""
    return {"app": wire.app_with_subdomain(call.app)}


@registry.handles("updateApp", BUSINESS)
def update_app(call: Call) -> JsonObject:
    """PATCH /v2/apps/{appId}."""
    app = call.app
    app.metadata = _metadata.updated(app.metadata, call.body, "App")
    app.settings = _settings(app.settings, call.body)
    app.name = call.body.get("displayName", app.name)
    return {"app": wire.app(app)}


@registry.handles("deleteApp", ACCOUNT)
def delete_app(call: Call) -> JsonObject:
    """DELETE /v2/apps/{appId}."""
    call.store.delete_app(call.app)
    return {}


def allows_several_conversations(app: App) -> bool:
    """Whether users of `app` can be in several conversations."""
    return bool(app.settings.get("multiConvoEnabled"))


def _settings(settings: JsonObject, body: JsonObject) -> JsonObject:
    """The settings after the change that `body` may hold."""
    changed: JsonObject = settings | body.get("settings", {})
    if settings.get("multiConvoEnabled") and not changed["multiConvoEnabled"]:
        raise bad_request("multiConvoEnabled cannot be switched off again")
    for name in _NEED_MULTI_CONVO:
        if changed.get(name) and not changed.get("multiConvoEnabled"):
            raise bad_request(f"{name} needs multiConvoEnabled")
    return changed
