"""Webhooks of custom integrations and of partners' integrations."""

from __future__ import annotations

from .. import _ids, _webhook_rules
from .._auth import ANY_KEY
from .._call import Call, get_or_404
from .._entities import Integration, JsonObject, Webhook
from .._errors import bad_request
from ..store import webhooks
from . import _lookup, serialize
from ._registry import registry


@registry.handles("createWebhook", ANY_KEY)
async def create_webhook(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/integrations/{integrationId}/webhooks."""
    integration = _lookup.find_integration(call)
    if serialize.is_channel(integration):
        raise bad_request("Webhooks are available only for custom integrations")
    webhook = build_webhook(integration, call.body)
    await call.require_target(webhook.target)
    webhooks.add(call.app, webhook)
    return {"webhook": serialize.webhook(webhook)}


@registry.handles("listWebhooks", ANY_KEY)
def list_webhooks(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/integrations/{integrationId}/webhooks."""
    return {"webhooks": [serialize.webhook(webhook) for webhook in _list_webhooks(call).values()]}


@registry.handles("getWebhook", ANY_KEY)
def get_webhook(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/integrations/{integrationId}/webhooks/{webhookId}."""
    return {"webhook": serialize.webhook(_find_webhook(call))}


@registry.handles("updateWebhook", ANY_KEY)
def update_webhook(call: Call) -> JsonObject:
    """PATCH /v2/apps/{appId}/integrations/{integrationId}/webhooks/{webhookId}."""
    webhook, body = _find_webhook(call), call.body
    target = _webhook_rules.validate_target(body.get("target", webhook.target))
    triggers = _webhook_rules.validate_triggers(body.get("triggers", webhook.triggers))
    webhook.target, webhook.triggers = target, triggers
    webhook.include_full_user = body.get("includeFullUser", webhook.include_full_user)
    webhook.include_full_source = body.get("includeFullSource", webhook.include_full_source)
    return {"webhook": serialize.webhook(webhook)}


@registry.handles("deleteWebhook", ANY_KEY)
def delete_webhook(call: Call) -> None:
    """DELETE /v2/apps/{appId}/integrations/{integrationId}/webhooks/{webhookId}."""
    del call.app.webhooks[_find_webhook(call).id]


def build_webhook(integration: Integration, body: JsonObject) -> Webhook:
    """Build a webhook from a body, without adding it to the app."""
    return Webhook(
        id=_ids.object_id(),
        target=_webhook_rules.validate_target(body["target"]),
        triggers=_webhook_rules.validate_triggers(body["triggers"]),
        secret=_webhook_rules.validate_secret(body["secret"]) if "secret" in body else _ids.webhook_secret(),
        version="v2",
        include_full_user=body.get("includeFullUser", False),
        include_full_source=body.get("includeFullSource", False),
        integration_id=integration.id,
    )


def _list_webhooks(call: Call) -> dict[str, Webhook]:
    integration = _lookup.find_integration(call)
    return {key: each for key, each in call.app.webhooks.items() if each.integration_id == integration.id}


def _find_webhook(call: Call) -> Webhook:
    return get_or_404(_list_webhooks(call), call.params["webhookId"], "Resource")
