"""Apps, which contain users, conversations and integrations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from smooch_api import UNSET, Unset
from smooch_api.v2 import models
from smooch_api.v2.api import apps

from ..._json import drop_none
from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import AsyncPaged

if TYPE_CHECKING:
    from smooch_api.v2 import dicts

    from ..._v2.bodies import Metadata


class AsyncApps(Resource):
    """Apps, which contain users, conversations and integrations."""

    async def create(
        self,
        display_name: str,
        *,
        settings: models.AppSettings | dicts.AppSettings | dicts.PlainDict | None = None,
        metadata: Metadata | None = None,
    ) -> models.App:
        """Create an app (createApp). Needs an account key."""
        data = drop_none(displayName=display_name, settings=settings, metadata=metadata)
        body = self._bodies.build_body(models.AppCreate, data, "app")
        response = await apps.create_app.asyncio(client=self._raw, body=body)
        return response.app

    async def get(self, app_id: str | None = None) -> models.AppWithSubdomain:
        """Get an app, by default the client's own (getApp)."""
        response = await apps.get_app.asyncio(self._app_id(app_id), client=self._raw)
        return response.app

    def list(
        self,
        *,
        service_account_id: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> AsyncPaged[models.App]:
        """List the apps that the account key, or a service account, can access (listApps).

        Needs an account key.

        Starts after the app with the id `after`, or goes backwards from the one with the id `before`. Returns at most
        `limit`, or all; fetches 100 at a time.
        """
        pager = paging.Pager(lambda page: page.apps, before=before, after=after, limit=limit)
        filter_ = models.AppListFilter(
            service_account_id=bodies.none_as_unset(service_account_id, "service_account_id")
        )
        call = partial(apps.list_apps.asyncio_detailed, client=self._raw, filter_=filter_)
        return AsyncPaged(call, pager)

    async def update(
        self,
        data: models.AppUpdate | dicts.AppUpdate | dicts.PlainDict | None = None,
        *,
        display_name: str | Unset = UNSET,
        settings: models.AppSettings | dicts.AppSettings | dicts.PlainDict | Unset = UNSET,
        metadata: Metadata | Unset | None = UNSET,
        app_id: str | None = None,
    ) -> models.App:
        """Change an app, by default the client's own (updateApp).

        Pass the fields to change, or `data`: a model or a mapping in wire form. Fields that are not passed keep their
        value. How `metadata` is combined with what is stored is not documented: pass the whole map.
        """
        body = self._bodies.build_update(
            models.AppUpdate, data, "app", displayName=display_name, settings=settings, metadata=metadata
        )
        response = await apps.update_app.asyncio(self._app_id(app_id), client=self._raw, body=body)
        return response.app

    async def delete(self, app_id: str) -> None:
        """Delete an app with everything in it (deleteApp). Needs an account key."""
        await apps.delete_app.asyncio(app_id, client=self._raw)
