"""Connections of an app to channels and servers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from smooch_api.v2.api import integrations

from ... import _bodies
from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import AsyncPaged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smooch_api.v2 import models

    from ..._v2.bodies import Wire


class AsyncIntegrations(Resource):
    """Connections of an app to channels and servers."""

    async def create(self, data: models.IntegrationCreate | Wire) -> models.Integration:
        """Connect a channel, or with type `custom` a server of the business, to the app (createIntegration)."""
        body = bodies.integration_create(data)
        answer = await integrations.create_integration.asyncio_detailed(self._app_id(), client=self._raw, body=body)
        return answer.parsed.integration

    async def get(self, integration_id: str) -> models.Integration:
        """Get an integration (getIntegration)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        answer = await integrations.get_integration.asyncio_detailed(self._app_id(), integration_id, client=self._raw)
        return answer.parsed.integration

    def list(
        self,
        types: str | Iterable[str] = (),
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> AsyncPaged[models.Integration]:
        """The integrations of the app, of some types if told (listIntegrations).

        From the integration `after` on, or backwards from `before`; `limit` at most, or all; a hundred come at a time.
        """
        walk = paging.Walk(lambda page: page.integrations, before=before, after=after, limit=limit)
        filter_ = bodies.integration_filter(types)
        call = partial(
            integrations.list_integrations.asyncio_detailed, self._app_id(), client=self._raw, filter_=filter_
        )
        return AsyncPaged(lambda page: call(page=page), walk)

    async def update(self, integration_id: str, data: models.IntegrationUpdate | Wire) -> models.Integration:
        """Change what `data` names, and nothing else (updateIntegration)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        body = bodies.integration_update(data)
        answer = await integrations.update_integration.asyncio_detailed(
            self._app_id(), integration_id, client=self._raw, body=body
        )
        return answer.parsed.integration

    async def delete(self, integration_id: str) -> None:
        """Disconnect a channel (deleteIntegration)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        await integrations.delete_integration.asyncio_detailed(self._app_id(), integration_id, client=self._raw)
