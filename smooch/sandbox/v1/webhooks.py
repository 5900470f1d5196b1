"""Webhooks. Their deliveries have the form of the API version that created them."""

from __future__ import annotations

from .. import _ids, _webhook_rules
from .._auth import ANY_KEY
from .._call import Call, get_or_404
from .._entities import JsonObject, Webhook
from ..store import webhooks
from . import serialize
from ._registry import registry


@registry.handles("createWebhook", ANY_KEY)
async def create_webhook(call: Call) -> JsonObject:
    """POST /webhooks."""
    webhook = Webhook(
        id=_ids.object_id(),
        target=_webhook_rules.validate_target(call.body["target"]),
        triggers=_webhook_rules.validate_triggers(call.body.get("triggers", ["message"])),
        secret=_ids.webhook_secret(),
        version=call.version,
        include_client=call.body.get("includeClient", False),
        include_full_user=call.body.get("includeFullAppUser", False),
        integration_id=_own_integration_id(call),
    )
    await call.require_target(webhook.target)
    webhooks.add(call.app, webhook)
    return {"webhook": serialize.webhook(webhook, call.version)}


@registry.handles("listWebhooks", ANY_KEY)
def list_webhooks(call: Call) -> JsonObject:
    """GET /webhooks."""
    return {"webhooks": [serialize.webhook(webhook, call.version) for webhook in _list_webhooks(call).values()]}


@registry.handles("getWebhook", ANY_KEY)
def get_webhook(call: Call) -> JsonObject:
    """GET /webhooks/{webhookId}."""
    return {"webhook": serialize.webhook(_find_webhook(call), call.version)}


@registry.handles("updateWebhook", ANY_KEY)
def update_webhook(call: Call) -> JsonObject:
    """PUT /webhooks/{webhookId}."""
    webhook = _find_webhook(call)
    target = _webhook_rules.validate_target(call.body.get("target", webhook.target))
    triggers = _webhook_rules.validate_triggers(call.body.get("triggers", webhook.triggers))
    webhook.target, webhook.triggers = target, triggers
    webhook.include_client = call.body.get("includeClient", webhook.include_client)
    webhook.include_full_user = call.body.get("includeFullAppUser", webhook.include_full_user)
    return {"webhook": serialize.webhook(webhook, call.version)}


@registry.handles("deleteWebhook", ANY_KEY)
def delete_webhook(call: Call) -> None:
    """DELETE /webhooks/{webhookId}."""
    del call.app.webhooks[_find_webhook(call).id]


def _find_webhook(call: Call) -> Webhook:
    return get_or_404(_list_webhooks(call), call.params["webhookId"], "Webhook")


def _list_webhooks(call: Call) -> dict[str, Webhook]:
    """Return the webhooks that the caller may use: of v1, and of its own integration only."""
    own = _own_integration_id(call)
    return {key: each for key, each in call.app.webhooks.items() if each.version != "v2" and each.integration_id == own}


def _own_integration_id(call: Call) -> str | None:
    return call.identity.owner if call.identity.scope == "integration" else None
