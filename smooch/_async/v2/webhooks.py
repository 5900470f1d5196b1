"""Webhooks: where the API delivers events, and which ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api import UNSET, Unset
from smooch_api.v2 import models
from smooch_api.v2.api import webhooks

from ... import _checks, _webhook_reconciler, errors
from ..._http.async_synchronization import async_sleep
from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..._v2.triggers import check_triggers

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable

    from smooch_api.v2 import dicts

    from ..._v2.triggers import Trigger


class AsyncWebhooks(Resource):
    """Webhooks: where the API delivers events, and which ones."""

    async def create(
        self,
        target: str,
        triggers: Trigger | Iterable[Trigger],
        *,
        integration_id: str = "me",
        include_full_user: bool | None = None,
        include_full_source: bool | None = None,
    ) -> models.Webhook:
        """Create a webhook (createWebhook). `ensure` creates it only once.

        An app has at most ten. `integration_id` is as in `list`.
        """
        body = self._bodies.build_webhook(
            target, triggers, bodies.build_webhook_options(include_full_user, include_full_source)
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
        data: models.WebhookUpdate | dicts.WebhookUpdate | dicts.PlainDict | None = None,
        *,
        target: str | Unset = UNSET,
        triggers: Trigger | Iterable[Trigger] | Unset = UNSET,
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
        triggers: Trigger | Iterable[Trigger],
        *,
        integration_id: str = "me",
        include_full_user: bool | None = None,
        include_full_source: bool | None = None,
        move: bool = True,
        exact: bool = False,
        confirm_after: float | None = None,
    ) -> models.Webhook:
        """Make sure that a webhook of an integration delivers triggers to a target; return it.

        (listWebhooks, and if needed createWebhook, updateWebhook, deleteWebhook.)

        What is done depends on the webhooks with this target:

        - One has the triggers: nothing is written, whatever webhooks with other targets have.
        - One lacks some of them: it gets them, and keeps its other triggers.
        - Several have them: the oldest keeps them, the others lose them.
        - There is none: a webhook that has only these triggers gets the target, or else one is created.

        Where triggers are written, webhooks with other targets lose them. With `move=False` those stay as they are. A
        webhook without any trigger left is deleted. `exact=True` leaves the target no other triggers: its webhook loses
        its other ones, its further webhooks are deleted. Options that are not None are set. Webhooks of v1 and v1.1, and
        those of other integrations, are left alone.

        Processes may call it at the same time: all get the same webhook. The API has no locks, so what was written is
        read again after `confirm_after` seconds (1.5 by default; 0 suffices for a process that is alone). Nothing is
        waited for if no process wrote anything in the last two seconds.

        `integration_id` is as in `list`.

        Raises:
            InvalidInput: the target is not a URL, or a trigger is misspelt.
            BadRequest: the app has ten webhooks already.
        """
        goal = _webhook_reconciler.Goal(
            triggers=check_triggers(triggers, "triggers", check=self._settings.check),
            target=_checks.check_target(target),
            options=bodies.build_webhook_options(include_full_user, include_full_source),
            move=move,
            exact=exact,
        )
        reconciler = _webhook_reconciler.Reconciler(goal, confirm_after)
        while True:
            listed = await webhooks.list_webhooks.asyncio_detailed(self._app_id(), integration_id, client=self._raw)
            settled = reconciler.observe(bodies.list_hooks(listed), listed.headers.get("Date", ""))
            if settled is not None:
                webhook: models.Webhook = settled.source
                return webhook
            while reconciler.changes:
                await self._change(reconciler.changes.pop(0), reconciler, integration_id)
            await async_sleep(reconciler.pause)

    async def _change(
        self, change: _webhook_reconciler.Change, reconciler: _webhook_reconciler.Reconciler, integration_id: str
    ) -> None:
        data = {"target": change.target, "triggers": [*change.triggers], **change.options}
        try:
            match change.kind:
                case "create":
                    created = await webhooks.create_webhook.asyncio_detailed(
                        self._app_id(), integration_id, client=self._raw, body=models.WebhookCreate.from_dict(data)
                    )
                    reconciler.created(created, created.parsed.webhook.id)
                case "update":
                    await webhooks.update_webhook.asyncio(
                        self._app_id(),
                        integration_id,
                        change.hook_id,
                        client=self._raw,
                        body=models.WebhookUpdate.from_dict(data),
                    )
                case "delete":
                    await self.delete(change.hook_id, integration_id=integration_id)
        except (errors.BadRequest, errors.NotFound, errors.Conflict) as error:
            reconciler.on_error(change, error)
