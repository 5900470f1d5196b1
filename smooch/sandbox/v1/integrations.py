"""Integrations: the channels of an app. Responses never contain their secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids
from .._auth import BUSINESS
from .._call import Call, get_or_404
from .._entities import Deployment, Integration, JsonObject
from .._errors import bad_request, conflict, not_found
from ..store import integrations
from . import serialize
from ._paging import build_page
from ._registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable


# made-up values of the fields that the API learns from the channel
_DERIVED: dict[str, Callable[[JsonObject], JsonObject]] = {
    "messenger": lambda settings: {"pageId": _derive_digits(settings["pageAccessToken"])},
    "instagram": lambda settings: {
        "pageId": _derive_digits(settings["pageAccessToken"]),
        "userId": _derive_digits(settings["appId"]),
        "username": "sandbox",
        "businessName": "Sandbox",
        "businessUsername": "sandbox",
        "businessId": _derive_digits(settings["appId"]),
    },
    "twilio": lambda settings: {
        "phoneNumber": f"+1{_derive_digits(settings['phoneNumberSid'])[:10]}",
        "name": "Sandbox",
    },
    "messagebird": lambda settings: {"webhookSecret": _ids.webhook_secret()},
    "telegram": lambda settings: {"username": f"sandbox_{_derive_digits(settings['token'])}_bot"},
    "line": lambda settings: {"botName": "Sandbox"},
    "viber": lambda settings: {"uri": "sandbox"},
    "wechat": lambda settings: {"webhookSecret": _ids.webhook_secret()},
    "twitter": lambda settings: {"userId": _derive_digits(settings["consumerKey"]), "username": "sandbox"},
    "apn": lambda settings: {
        "production": settings.get("production", False),
        "autoUpdateBadge": settings.get("autoUpdateBadge", False),
    },
}


@registry.handles("createIntegration", BUSINESS)
def create_integration(call: Call) -> JsonObject:
    """POST /integrations."""
    settings = _read_settings(call.body)
    kind = call.body["type"]
    deployment = _find_free_deployment(call, settings) if kind == "whatsapp" else None
    integration = Integration(
        id=_ids.object_id(),
        type=kind,
        display_name=call.body.get("displayName", kind),
        settings=settings,
        derived=_DERIVED[kind](settings) if kind in _DERIVED else {},
    )
    call.app.integrations[integration.id] = integration
    if deployment is not None:
        deployment.status = "integrated"
        deployment.app_id, deployment.integration_id = call.app.id, integration.id
    return _build_response(integration, call)


@registry.handles("listIntegrations", BUSINESS)
def list_integrations(call: Call) -> JsonObject:
    """GET /integrations."""
    types = call.query.get("types", "")
    kinds = [kind.strip() for kind in types.split(",") if kind.strip()]
    channels = [each for each in call.app.integrations.values() if each.type != "custom"]
    integrations = [each for each in channels if not kinds or each.type in kinds]
    if call.version == "v1":
        return {"integrations": [serialize.integration(each, call.version) for each in integrations]}
    return build_page(call, "integrations", integrations, lambda each: serialize.integration(each, call.version))


@registry.handles("getIntegration", BUSINESS)
def get_integration(call: Call) -> JsonObject:
    """GET /integrations/{integrationId}."""
    return _build_response(_find_integration(call), call)


@registry.handles("updateIntegration", BUSINESS)
def update_integration(call: Call) -> JsonObject:
    """PUT /integrations/{integrationId}."""
    integration = _find_integration(call)
    integration.settings |= _read_settings(call.body)
    integration.display_name = call.body.get("displayName", integration.display_name)
    return _build_response(integration, call)


@registry.handles("deleteIntegration", BUSINESS)
def delete_integration(call: Call) -> None:
    """DELETE /integrations/{integrationId}."""
    integrations.delete(call.store, call.app, _find_integration(call))


@registry.handles("getIntegrationProfile", BUSINESS)
def get_integration_profile(call: Call) -> JsonObject:
    """GET /integrations/{integrationId}/profile."""
    return {"profile": _find_whatsapp_integration(call).profile}


@registry.handles("updateIntegrationProfile", BUSINESS)
def update_integration_profile(call: Call) -> None:
    """PUT /integrations/{integrationId}/profile."""
    integration = _find_whatsapp_integration(call)
    integration.profile |= call.body


@registry.handles("uploadIntegrationProfilePhoto", BUSINESS)
def upload_integration_profile_photo(call: Call) -> JsonObject:
    """PUT /integrations/{integrationId}/profile/photo."""
    integration = _find_whatsapp_integration(call)
    url = integration.profile["photoUrl"] = call.media_url(call.store_file("source"))
    return {"photoUrl": url}


@registry.handles("listMessageTemplates", BUSINESS)
def list_message_templates(call: Call) -> JsonObject:
    """GET /integrations/{integrationId}/messageTemplates; the ids of templates serve as cursors."""
    templates = _find_whatsapp_integration(call).message_templates
    ids = [template["id"] for template in templates]
    start = ids.index(call.query["after"]) + 1 if call.query.get("after") in ids else 0
    end = ids.index(call.query["before"]) if call.query.get("before") in ids else len(ids)
    return {"messageTemplates": templates[start:end][: call.query.get("limit")]}


@registry.handles("createMessageTemplate", BUSINESS)
def create_message_template(call: Call) -> JsonObject:
    """POST /integrations/{integrationId}/messageTemplates. One name can have a template for each language."""
    integration = _find_whatsapp_integration(call)
    key = (call.body["name"], call.body["language"])
    if any((each["name"], each["language"]) == key for each in integration.message_templates):
        raise conflict(f"A message template {key[0]!r} in the language {key[1]!r} exists already")
    template = {**call.body, "id": _ids.object_id(), "status": "PENDING"}
    integration.message_templates.append(template)
    return {"messageTemplate": template}


@registry.handles("deleteMessageTemplate", BUSINESS)
def delete_message_template(call: Call) -> None:
    """DELETE /integrations/{integrationId}/messageTemplates/{name}."""
    integration = _find_whatsapp_integration(call)
    others = [each for each in integration.message_templates if each["name"] != call.params["name"]]
    if len(others) == len(integration.message_templates):
        raise not_found("MessageTemplate")
    integration.message_templates = others


def _read_settings(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if name not in ("type", "displayName", "_id")}


def _find_integration(call: Call) -> Integration:
    return get_or_404(call.app.integrations, call.params["integrationId"], "Integration")


def _find_whatsapp_integration(call: Call) -> Integration:
    integration = _find_integration(call)
    if integration.type != "whatsapp":
        raise bad_request("Only WhatsApp integrations have a profile and message templates")
    return integration


def _find_free_deployment(call: Call, settings: JsonObject) -> Deployment | None:
    """Return the deployment that a WhatsApp integration names; in v1 it may have `baseUrl` instead."""
    if "deploymentId" not in settings:
        return None
    deployment = call.store.deployments.get(settings["deploymentId"])
    if deployment is None or deployment.status != "registered":
        raise bad_request("body deploymentId: must be a deployment of status registered")
    return deployment


def _build_response(integration: Integration, call: Call) -> JsonObject:
    return {"integration": serialize.integration(integration, call.version)}


def _derive_digits(text: str) -> str:
    """Return ten digits, always the same for one `text`."""
    return f"{int.from_bytes(text.encode()[:32].ljust(8), 'big') % 10**10:010d}"
