"""Integrations: the channels of an app, and servers of the business (type custom)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids, _spec, _validation
from .._auth import BUSINESS
from .._entities import Integration, JsonObject
from .._errors import bad_request
from ..store import integrations, webhooks
from . import _lookup, serialize
from ._paging import build_page
from ._registry import registry
from .webhooks import build_webhook

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import SwitchboardIntegration

# made-up values of the fields that the API learns from the channel
_DERIVED: dict[str, JsonObject] = {
    "instagram": {"businessName": "Sandbox", "businessUsername": "sandbox", "pageId": "1001", "businessId": "1002"},
    "messenger": {"pageId": "1001", "pageName": "Sandbox"},
    "telegram": {"username": "sandbox_bot", "botId": "1003"},
    "viber": {"uri": "sandbox", "accountId": "pa:1004"},
}
_NO_SETTINGS = ("id", "type", "status", "displayName", "webhooks", "defaultResponderId", "defaultResponder")


@registry.handles("createIntegration", BUSINESS)
async def create_integration(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/integrations."""
    body = call.body
    integration = Integration(
        id=_ids.object_id(),
        type=body["type"],
        display_name=body.get("displayName"),
        settings=_read_settings(body),
        derived=dict(_DERIVED.get(body["type"], {})),
        default_responder=_find_responder(call, body),
    )
    if integration.type == "messagebird":
        integration.derived["webhookSecret"] = _ids.webhook_secret()
    new_webhooks = [build_webhook(integration, each) for each in body.get("webhooks", [])]
    for webhook in new_webhooks:
        await call.require_target(webhook.target)
    webhooks.add(call.app, *new_webhooks)
    call.app.integrations[integration.id] = integration
    return _build_response(call, integration)


@registry.handles("listIntegrations", BUSINESS)
def list_integrations(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/integrations."""
    types = call.query.get("filter", {}).get("types", "")
    kinds = [kind.strip() for kind in types.split(",") if kind.strip()]
    integrations = [each for each in call.app.integrations.values() if not kinds or each.type in kinds]
    return build_page(call, "integrations", integrations, lambda each: serialize.integration(each, call.app))


@registry.handles("getIntegration", BUSINESS)
def get_integration(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/integrations/{integrationId}."""
    return _build_response(call, _lookup.find_integration(call))


@registry.handles("updateIntegration", BUSINESS)
def update_integration(call: Call) -> JsonObject:
    """PATCH /v2/apps/{appId}/integrations/{integrationId}."""
    integration, spec = _lookup.find_integration(call), _spec.load("v2")
    component = f"{integration.type.capitalize()}IntegrationUpdate"
    if component in spec.document["components"]["schemas"]:
        _validation.check(spec.get_request_validator(component), call.body, "body")
    changeable = spec.list_property_names(component) | spec.list_property_names("IntegrationUpdateBase")
    for name in call.body:
        if name in spec.list_property_names("IntegrationUpdate") and name not in changeable:
            raise bad_request(f"body {name}: cannot be changed in an integration of type {integration.type}")
    responder = _find_responder(call, call.body) if "defaultResponderId" in call.body else integration.default_responder
    integration.default_responder = responder
    integration.settings |= {name: value for name, value in _read_settings(call.body).items() if name in changeable}
    integration.display_name = call.body.get("displayName", integration.display_name)
    return _build_response(call, integration)


@registry.handles("deleteIntegration", BUSINESS)
def delete_integration(call: Call) -> None:
    """DELETE /v2/apps/{appId}/integrations/{integrationId}."""
    integrations.delete(call.store, call.app, _lookup.find_integration(call))


def _read_settings(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if name not in _NO_SETTINGS}


def _find_responder(call: Call, body: JsonObject) -> SwitchboardIntegration | None:
    responder_id = body.get("defaultResponderId")
    if responder_id is None:
        return None
    if call.app.switchboard is None:
        raise bad_request("The app has no switchboard")
    return _lookup.find_switchboard_integration(call.app.switchboard, responder_id)


def _build_response(call: Call, integration: Integration) -> JsonObject:
    return {"integration": serialize.integration(integration, call.app)}
