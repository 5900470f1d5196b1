# Derived from smooch/_async/v2/integrations.py by scripts/unasync.py; edit that file.
"""Integrations: connections of an app to channels and servers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from smooch_api.v2.api import integrations

from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import Paged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smooch_api.v2 import dicts, models


class Integrations(Resource):
    """Integrations: connections of an app to channels and servers."""

    def create(
        self, data: models.IntegrationCreate | dicts.IntegrationCreate | dicts.PlainDict
    ) -> models.Integration:
        """Connect a channel or a server of yours to the app (createIntegration).

        For a server of yours, the type is `custom`.
        """
        body = self._bodies.build_integration(data)
        response = integrations.create_integration.sync(self._app_id(), client=self._raw, body=body)
        return response.integration

    def get(self, integration_id: str) -> models.Integration:
        """Get an integration (getIntegration)."""
        response = integrations.get_integration.sync(self._app_id(), integration_id, client=self._raw)
        return response.integration

    def list(
        self,
        types: str | Iterable[str] = (),
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Paged[models.Integration]:
        """List the integrations of the app, or only those of some types (listIntegrations).

        Starts after the integration with the id `after`, or goes backwards from the one with the id `before`. Returns
        at most `limit`, or all; fetches 100 at a time.
        """
        pager = paging.Pager(lambda page: page.integrations, before=before, after=after, limit=limit)
        filter_ = bodies.build_integration_filter(types)
        call = partial(
            integrations.list_integrations.sync_detailed, self._app_id(), client=self._raw, filter_=filter_
        )
        return Paged(call, pager)

    def update(
        self, integration_id: str, data: models.IntegrationUpdate | dicts.IntegrationUpdate | dicts.PlainDict
    ) -> models.Integration:
        """Change the fields of an integration that `data` names (updateIntegration)."""
        body = self._bodies.build_integration_update(data)
        response = integrations.update_integration.sync(
            self._app_id(), integration_id, client=self._raw, body=body
        )
        return response.integration

    def delete(self, integration_id: str) -> None:
        """Delete an integration, which disconnects its channel (deleteIntegration)."""
        integrations.delete_integration.sync(self._app_id(), integration_id, client=self._raw)
