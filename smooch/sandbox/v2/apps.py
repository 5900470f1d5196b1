"""Apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ACCOUNT, BUSINESS
from .._errors import bad_request, forbidden
from ..store import accounts, apps
from . import _metadata, serialize
from ._paging import build_page
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import JsonObject

_MULTI_CONVO_SETTINGS = ("endSessionEnabled", "disableConversationReopen")


@registry.handles("createApp", ACCOUNT)
def create_app(call: Call) -> JsonObject:
    """POST /v2/apps."""
    settings = _merge_settings({}, call.body)
    metadata = _metadata.merge(None, call.body, "App")
    app = apps.create(call.store, call.body["displayName"], owner=call.account.id)
    app.settings |= settings
    app.metadata = metadata
    return {"app": serialize.app(app)}


@registry.handles("listApps", ACCOUNT)
def list_apps(call: Call) -> JsonObject:
    """GET /v2/apps."""
    owner = call.query.get("filter", {}).get("serviceAccountId")
    own = apps.list_of_account(call.store, call.account)
    if owner is not None:
        visible = [call.account] if call.account.is_service else accounts.list_service_accounts(call.store)
        if owner not in [account.id for account in visible]:
            raise forbidden("The serviceAccountId provided does not match supplied credentials")
        own = [app for app in own if app.owner == owner]
    return build_page(call, "apps", own, serialize.app)


@registry.handles("getApp", BUSINESS)
def get_app(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}."""
    return {"app": serialize.app_with_subdomain(call.app)}


@registry.handles("updateApp", BUSINESS)
def update_app(call: Call) -> JsonObject:
    """PATCH /v2/apps/{appId}."""
    app = call.app
    app.metadata = _metadata.merge(app.metadata, call.body, "App")
    app.settings = _merge_settings(app.settings, call.body)
    app.name = call.body.get("displayName", app.name)
    return {"app": serialize.app(app)}


@registry.handles("deleteApp", ACCOUNT)
def delete_app(call: Call) -> None:
    """DELETE /v2/apps/{appId}."""
    apps.delete(call.store, call.app)


def _merge_settings(settings: JsonObject, body: JsonObject) -> JsonObject:
    """Return `settings` with those of `body` merged in. 400 if they do not go together."""
    changed: JsonObject = settings | body.get("settings", {})
    if settings.get("multiConvoEnabled") and not changed["multiConvoEnabled"]:
        raise bad_request("body settings: multiConvoEnabled cannot be switched off again")
    for name in _MULTI_CONVO_SETTINGS:
        if changed.get(name) and not changed.get("multiConvoEnabled"):
            raise bad_request(f"body settings: {name} needs multiConvoEnabled")
    return changed
