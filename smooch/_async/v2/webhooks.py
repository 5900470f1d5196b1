"""Webhooks: where the API delivers events, and which ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from smooch_api import UNSET, Unset
from smooch_api.v2.api import webhooks

from ... import _checks, _webhook_reconciler, errors
from ..._http.async_synchronization import async_sleep
from ..._v2 import bodies, paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable

    from smooch_api.v2 import dicts, models


class AsyncWebhooks(Resource):
    """Webhooks: where the API delivers events, and which ones."""

    async def create(
        self,
        target: str,
        triggers: str | Iterable[str],
        *,
        integration_id: str = "me",
        include_full_user: bool | None = None,
        include_full_source: bool | None = None,
    ) -> models.Webhook:
        """Create a webhook (createWebhook). `ensure` creates it only once.

        An app has at most ten. `integration_id` is as in `list`.
        """
        body = self._bodies.build_webhook(
            _checks.check_target(target),
            bodies.check_triggers(triggers, "triggers"),
            bodies.build_webhook_options(include_full_user, include_full_source),
        )
        response = await webhooks.create_webhook.asyncio(self._app_id(), integration_id, client=self._raw, body=body)
        return response.webhook

    async def get(self, webhook_id: str, *, integration_id: str = "me") -> models.Webhook:
        """Get a webhook, with its secret (getWebhook).

        `integration_id` is as in `list`.
        """
        response = await webhooks.get_webhook.asyncio(self._app_id(), integration_id, webhook_id, client=self._raw)
        return response.webhook

    async def list(self, *, integration_id: str = "me") -> builtins.list[models.Webhook]:
        """List the webhooks of an integration (listWebhooks).

        `me` is the integration that the client's integration key or access token belongs to; with any other key pass an
        id.
        """
        response = await webhooks.list_webhooks.asyncio(self._app_id(), integration_id, client=self._raw)
        return paging.drop_unreadable(response.webhooks)

    async def update(
        self,
        webhook_id: str,
        data: models.WebhookUpdate | dicts.WebhookUpdate | None = None,
        *,
        target: str | Unset = UNSET,
        triggers: str | Iterable[str] | Unset = UNSET,
        include_full_user: bool | Unset = UNSET,
        include_full_source: bool | Unset = UNSET,
        integration_id: str = "me",
    ) -> models.Webhook:
        """Change a webhook (updateWebhook).

        Pass the fields to change, or `data`: a model or a mapping in wire form. Fields that are not passed keep their
        value. `triggers` presumably replaces the whole list. `integration_id` is as in `list`.
        """
        body = self._bodies.build_webhook_update(data, target, triggers, include_full_user, include_full_source)
        response = await webhooks.update_webhook.asyncio(
            self._app_id(), integration_id, webhook_id, client=self._raw, body=body
        )
        return response.webhook

    async def delete(self, webhook_id: str, *, integration_id: str = "me") -> None:
        """Delete a webhook (deleteWebhook).

        `integration_id` is as in `list`.
        """
        await webhooks.delete_webhook.asyncio(self._app_id(), integration_id, webhook_id, client=self._raw)

    async def ensure(
        self,
        target: str,
        triggers: str | Iterable[str],
        *,
        integration_id: str = "me",
        include_full_user: bool | None = None,
        include_full_source: bool | None = None,
        move: bool = True,
    ) -> models.Webhook:
        """Make sure that exactly one webhook of an integration delivers these triggers to the target; return it.

        (listWebhooks, and if needed createWebhook, updateWebhook, deleteWebhook.)

        - If the webhook exists, nothing is written.
        - A webhook with this target gets the triggers that it lacks. If there is none, a webhook that has no other
          triggers gets this target; else one is created.
        - The other webhooks of the integration lose these triggers. One that has no trigger left is deleted. With
          `move=False`, webhooks with another target stay as they are.
        - `include_full_user` and `include_full_source` are set if they are not None. A new webhook has them off.

        Processes may call it at the same time: all get the same webhook. The API has no locks, so whatever was created
        or changed is read again after 1.5 seconds.

        `integration_id` is as in `list`.

        Raises:
            InvalidInput: the target is not a URL, or a trigger is not a name.
            BadRequest: the app has ten webhooks already.
        """
        wanted = bodies.check_triggers(triggers, "triggers")
        target = _checks.check_target(target)
        options = bodies.build_webhook_options(include_full_user, include_full_source)
        reconciler = _webhook_reconciler.Reconciler(wanted, target, move=move, options=options)
        while True:
            listed = await webhooks.list_webhooks.asyncio_detailed(self._app_id(), integration_id, client=self._raw)
            carrier = reconciler.observe(bodies.list_hooks(listed), listed.headers.get("Date", ""))
            if carrier is not None:
                webhook: models.Webhook = carrier.source
                return webhook
            while reconciler.changes:
                await self._change(reconciler.changes.pop(0), reconciler, integration_id)
            await async_sleep(reconciler.pause)

    async def _change(
        self, change: _webhook_reconciler.Change, reconciler: _webhook_reconciler.Reconciler, integration_id: str
    ) -> None:
        try:
            match change.kind:
                case "create":
                    body = self._bodies.build_webhook(change.target, change.triggers, change.options)
                    made = await webhooks.create_webhook.asyncio_detailed(
                        self._app_id(), integration_id, client=self._raw, body=body
                    )
                    reconciler.created(made, made.parsed.webhook.id)
                case "update":
                    changes = {"target": change.target, "triggers": change.triggers, **change.options}
                    data = cast("dicts.WebhookUpdate", changes)
                    await self.update(change.hook_id, data, integration_id=integration_id)
                case "delete":
                    await self.delete(change.hook_id, integration_id=integration_id)
        except (errors.BadRequest, errors.NotFound, errors.Conflict) as error:
            reconciler.on_error(change, error)
