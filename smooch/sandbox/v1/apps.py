"""Apps, their keys and the ids of their SDKs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ACCOUNT, BUSINESS, sign
from ..store import apps, integrations, keys
from . import serialize
from ._paging import build_page
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import JsonObject, Key
    from ..store import App


@registry.handles("createApp", ACCOUNT)
def create_app(call: Call) -> JsonObject:
    """POST /apps."""
    app = apps.create(call.store, call.body["name"], owner=call.account.id)
    _update_app(app, call.body)
    return {"app": serialize.app(app)}


@registry.handles("listApps", ACCOUNT)
def list_apps(call: Call) -> JsonObject:
    """GET /apps."""
    owner = call.query.get("serviceAccountId")
    own = [app for app in apps.list_of_account(call.store, call.account) if owner in (None, "", app.owner)]
    return build_page(call, "apps", own, serialize.app)


@registry.handles("getApp", ACCOUNT)
def get_app(call: Call) -> JsonObject:
    """GET /apps/{appId}."""
    return {"app": serialize.app(call.app)}


@registry.handles("updateApp", ACCOUNT)
def update_app(call: Call) -> JsonObject:
    """PUT /apps/{appId}."""
    _update_app(call.app, call.body)
    return {"app": serialize.app(call.app)}


@registry.handles("deleteApp", ACCOUNT)
def delete_app(call: Call) -> None:
    """DELETE /apps/{appId}."""
    apps.delete(call.store, call.app)


@registry.handles("createSecretKey", ACCOUNT)
def create_secret_key(call: Call) -> JsonObject:
    """POST /apps/{appId}/keys."""
    return {"key": serialize.key(keys.create_for_app(call.store, call.app, call.body["name"]))}


@registry.handles("listSecretKeys", ACCOUNT)
def list_secret_keys(call: Call) -> JsonObject:
    """GET /apps/{appId}/keys."""
    return {"keys": [serialize.key(key) for key in keys.list_of_owner(call.store, call.app.id)]}


@registry.handles("getSecretKey", ACCOUNT)
def get_secret_key(call: Call) -> JsonObject:
    """GET /apps/{appId}/keys/{keyId}."""
    return {"key": serialize.key(_find_key(call))}


@registry.handles("deleteSecretKey", ACCOUNT)
def delete_secret_key(call: Call) -> None:
    """DELETE /apps/{appId}/keys/{keyId}."""
    del call.store.keys[_find_key(call).id]


@registry.handles("getAppJwt", ACCOUNT)
def get_app_jwt(call: Call) -> JsonObject:
    """GET /apps/{appId}/keys/{keyId}/jwt."""
    return {"jwt": sign(_find_key(call), {"scope": "app"})}


@registry.handles("getSdkIds", BUSINESS)
def get_sdk_ids(call: Call) -> JsonObject:
    """GET /sdks."""
    kinds = ("android", "ios", "web")
    return {f"{kind}IntegrationId": integrations.get_or_create(call.app, kind, kind).id for kind in kinds}


def _update_app(app: App, body: JsonObject) -> None:
    app.name = body.get("name", app.name)
    app.settings |= body.get("settings", {})
    app.metadata = body.get("metadata", app.metadata)


def _find_key(call: Call) -> Key:
    return call.find_key(call.app.id, "Key")
