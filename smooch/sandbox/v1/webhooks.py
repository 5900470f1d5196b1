"""Webhooks. Their deliveries have the form of the API version that created them."""

from __future__ import annotations

from .. import _ids, _webhook_rules
from .._auth import BUSINESS
from .._call import Call, get_or_404
from .._entities import JsonObject, Webhook
from ..store import webhooks
from . import serialize
from ._registry import registry

DEFAULT_TRIGGERS = ["message"]


@registry.handles("createWebhook", BUSINESS)
async def create_webhook(call: Call) -> JsonObject:
    """POST /webhooks."""
    webhook = Webhook(
        id=_ids.object_id(),
        target=_webhook_rules.validate_target(call.body["target"]),
        triggers=_webhook_rules.validate_triggers(call.body.get("triggers", DEFAULT_TRIGGERS)),
        secret=_ids.webhook_secret(),
        version=call.version,
        include_client=call.body.get("includeClient", False),
        include_full_user=call.body.get("includeFullAppUser", False),
    )
    await call.require_target(webhook.target)
    webhooks.add(call.app, webhook)
    return {"webhook": serialize.webhook(webhook, call.version)}


@registry.handles("listWebhooks", BUSINESS)
def list_webhooks(call: Call) -> JsonObject:
    """GET /webhooks."""
    return {"webhooks": [serialize.webhook(webhook, call.version) for webhook in _webhooks(call).values()]}


@registry.handles("getWebhook", BUSINESS)
def get_webhook(call: Call) -> JsonObject:
    """GET /webhooks/{webhookId}."""
    return {"webhook": serialize.webhook(_webhook(call), call.version)}


@registry.handles("updateWebhook", BUSINESS)
def update_webhook(call: Call) -> JsonObject:
    """PUT /webhooks/{webhookId}."""
    webhook = _webhook(call)
    target = _webhook_rules.validate_target(call.body.get("target", webhook.target))
    triggers = _webhook_rules.validate_triggers(call.body.get("triggers", webhook.triggers))
    webhook.target, webhook.triggers = target, triggers
    webhook.include_client = call.body.get("includeClient", webhook.include_client)
    webhook.include_full_user = call.body.get("includeFullAppUser", webhook.include_full_user)
    return {"webhook": serialize.webhook(webhook, call.version)}


@registry.handles("deleteWebhook", BUSINESS)
def delete_webhook(call: Call) -> JsonObject:
    """DELETE /webhooks/{webhookId}."""
    del call.app.webhooks[_webhook(call).id]
    return {}


def _webhook(call: Call) -> Webhook:
    return get_or_404(_webhooks(call), call.params["webhookId"], "Webhook")


def _webhooks(call: Call) -> dict[str, Webhook]:
    return {key: webhook for key, webhook in call.app.webhooks.items() if webhook.integration_id is None}
