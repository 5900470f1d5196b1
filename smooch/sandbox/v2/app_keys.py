"""API keys of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ACCOUNT
from ..store import keys
from . import serialize
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import JsonObject


@registry.handles("createAppKey", ACCOUNT)
def create_app_key(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/keys."""
    return {"key": serialize.key(keys.create_for_app(call.store, call.app, call.body["displayName"]))}


@registry.handles("listAppKeys", ACCOUNT)
def list_app_keys(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/keys."""
    return {"keys": [serialize.key(key) for key in keys.list_of_owner(call.store, call.app.id)]}


@registry.handles("getAppKey", ACCOUNT)
def get_app_key(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/keys/{keyId}."""
    return {"key": serialize.key(call.find_key(call.app.id, "Resource"))}


@registry.handles("deleteAppKey", ACCOUNT)
def delete_app_key(call: Call) -> None:
    """DELETE /v2/apps/{appId}/keys/{keyId}."""
    del call.store.keys[call.find_key(call.app.id, "Resource").id]
