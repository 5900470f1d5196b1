# Derived from smooch/_async/v2/apps.py by scripts/unasync.py; edit that file.
"""Apps, which contain users, conversations and integrations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from smooch_api.v2 import models
from smooch_api.v2.api import apps

from ... import _bodies
from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import Paged

if TYPE_CHECKING:
    from ..._v2.bodies import Metadata, Wire


class Apps(Resource):
    """Apps, which contain users, conversations and integrations."""

    def create(
        self,
        display_name: str,
        *,
        settings: models.AppSettings | Wire | None = None,
        metadata: Metadata | None = None,
    ) -> models.App:
        """Make an app (createApp). Needs an account key."""
        data = bodies.given(displayName=display_name, settings=settings, metadata=metadata)
        body = bodies.body(models.AppCreate, data, "app")
        answer = apps.create_app.sync_detailed(client=self._raw, body=body)
        return answer.parsed.app

    def get(self, app_id: str | None = None) -> models.AppWithSubdomain:
        """Get an app, by default the client's own (getApp)."""
        answer = apps.get_app.sync_detailed(self._app_id(app_id), client=self._raw)
        return answer.parsed.app

    def list(
        self,
        *,
        service_account_id: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Paged[models.App]:
        """The apps that the credentials, or a service account, can reach (listApps). Needs an account key.

        From the app `after` on, or backwards from `before`; `limit` at most, or all; a hundred come at a time.
        """
        walk = paging.Walk(lambda page: page.apps, before=before, after=after, limit=limit)
        filter_ = models.AppListFilter(service_account_id=bodies.optional(service_account_id, "service_account_id"))
        call = partial(apps.list_apps.sync_detailed, client=self._raw, filter_=filter_)
        return Paged(lambda page: call(page=page), walk)

    def update(self, data: models.AppUpdate | Wire, *, app_id: str | None = None) -> models.App:
        """Change what `data` names, and nothing else, of an app, by default the client's own (updateApp).

        `metadata` is merged into what is there; null takes all of it away.
        """
        body = bodies.body(models.AppUpdate, data, "data")
        answer = apps.update_app.sync_detailed(self._app_id(app_id), client=self._raw, body=body)
        return answer.parsed.app

    def delete(self, app_id: str) -> None:
        """Delete an app with all that is in it (deleteApp). Needs an account key."""
        apps.delete_app.sync_detailed(_bodies.check_id(app_id, "app_id"), client=self._raw)
