"""Webhooks. Deliveries have the shape of the version that the webhook was created with."""

from __future__ import annotations

from .. import _ids, _webhook_rules
from .._auth import BUSINESS
from .._call import Call, found
from .._entities import JsonObject, Webhook
from . import wire
from ._registry import registry

DEFAULT_TRIGGERS = ["message"]


@registry.handles("createWebhook", BUSINESS)
async def create_webhook(call: Call) -> JsonObject:
    """POST /webhooks."""
    webhook = Webhook(
        id=_ids.object_id(),
        target=_webhook_rules.target(call.body["target"]),
        triggers=_webhook_rules.triggers(call.body.get("triggers", DEFAULT_TRIGGERS)),
        secret=_ids.webhook_secret(),
        version=call.version,
        include_client=call.body.get("includeClient", False),
        include_full_user=call.body.get("includeFullAppUser", False),
    )
    await call.require_target(webhook.target)
    call.app.add_webhooks(webhook)
    return {"webhook": wire.webhook(webhook, call.version)}


@registry.handles("listWebhooks", BUSINESS)
def list_webhooks(call: Call) -> JsonObject:
    """GET /webhooks."""
    return {"webhooks": [wire.webhook(webhook, call.version) for webhook in _webhooks(call).values()]}


@registry.handles("getWebhook", BUSINESS)
def get_webhook(call: Call) -> JsonObject:
    """GET /webhooks/{webhookId}."""
    return {"webhook": wire.webhook(_webhook(call), call.version)}


@registry.handles("updateWebhook", BUSINESS)
def update_webhook(call: Call) -> JsonObject:
    """PUT /webhooks/{webhookId}."""
    webhook = _webhook(call)
    target = _webhook_rules.target(call.body.get("target", webhook.target))
    triggers = _webhook_rules.triggers(call.body.get("triggers", webhook.triggers))
    webhook.target, webhook.triggers = target, triggers
    webhook.include_client = call.body.get("includeClient", webhook.include_client)
    webhook.include_full_user = call.body.get("includeFullAppUser", webhook.include_full_user)
    return {"webhook": wire.webhook(webhook, call.version)}


@registry.handles("deleteWebhook", BUSINESS)
def delete_webhook(call: Call) -> JsonObject:
    """DELETE /webhooks/{webhookId}."""
    del call.app.webhooks[_webhook(call).id]
    return {}


def _webhook(call: Call) -> Webhook:
    return found(_webhooks(call), call.params["webhookId"], "Webhook")


def _webhooks(call: Call) -> dict[str, Webhook]:
    return {key: webhook for key, webhook in call.app.webhooks.items() if webhook.integration_id is None}
