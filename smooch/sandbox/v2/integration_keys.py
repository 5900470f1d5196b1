"""API keys of custom integrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import BUSINESS
from .._errors import bad_request
from ..store import keys
from . import _lookup, serialize
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import Integration, JsonObject

MAX_NAME = 100


@registry.handles("createCustomIntegrationKey", BUSINESS)
def create_custom_integration_key(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/integrations/{integrationId}/keys."""
    name = call.body["displayName"]
    if not 1 <= len(name) <= MAX_NAME:
        raise bad_request(f"body displayName: must have 1 to {MAX_NAME} characters")
    return {"key": serialize.key(keys.create_for_integration(call.store, _find_custom_integration(call), name))}


@registry.handles("listCustomIntegrationKeys", BUSINESS)
def list_custom_integration_keys(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/integrations/{integrationId}/keys."""
    return {"keys": [serialize.key(key) for key in keys.list_of_owner(call.store, _find_custom_integration(call).id)]}


@registry.handles("getCustomIntegrationKey", BUSINESS)
def get_custom_integration_key(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/integrations/{integrationId}/keys/{keyId}."""
    return {"key": serialize.key(call.find_key(_find_custom_integration(call).id, "Resource"))}


@registry.handles("deleteCustomIntegrationKey", BUSINESS)
def delete_custom_integration_key(call: Call) -> None:
    """DELETE /v2/apps/{appId}/integrations/{integrationId}/keys/{keyId}."""
    del call.store.keys[call.find_key(_find_custom_integration(call).id, "Resource").id]


def _find_custom_integration(call: Call) -> Integration:
    integration = _lookup.find_integration(call)
    if integration.type != "custom":
        raise bad_request("API keys are available only for custom integrations")
    return integration
