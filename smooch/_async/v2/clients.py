"""Clients: the channels that a user is reached on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from smooch_api.v2.api import clients

from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import AsyncPaged

if TYPE_CHECKING:
    from smooch_api.v2 import dicts, models


class AsyncClients(Resource):
    """Clients: the channels that a user is reached on."""

    async def create(
        self,
        user_id: str,
        match_criteria: models.MatchCriteria | dicts.MatchCriteria | dicts.PlainDict,
        *,
        conversation_id: str,
        confirmation: str | models.ClientConfirmation | dicts.ClientConfirmation | dicts.PlainDict = "immediate",
        brand_id: str | None = None,
    ) -> models.Client:
        """Link a user to another channel, for one conversation (createClient).

        `match_criteria` names the channel and the user's address there. `confirmation` is `immediate`, `userActivity`
        or `prompt`, or an object with the message that asks the user. Until the user confirms, the client is pending;
        the triggers `client:update` and `client:remove` report the outcome.
        """
        body = self._bodies.build_client(match_criteria, conversation_id, confirmation)
        response = await clients.create_client.asyncio(
            self._app_id(), user_id, client=self._raw, body=body, brand_id=bodies.none_as_unset(brand_id, "brand_id")
        )
        return response.client

    def list(
        self,
        user_id: str,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        brand_id: str | None = None,
    ) -> AsyncPaged[models.Client]:
        """List the channels that a user is reached on (listClients).

        Starts after the client with the id `after`, or goes backwards from the one with the id `before`. Returns at
        most `limit`, or all; fetches 100 at a time.
        """
        pager = paging.Pager(lambda page: page.clients, before=before, after=after, limit=limit)
        call = partial(
            clients.list_clients.asyncio_detailed,
            self._app_id(),
            user_id,
            client=self._raw,
            brand_id=bodies.none_as_unset(brand_id, "brand_id"),
        )
        return AsyncPaged(call, pager)

    async def remove(self, user_id: str, client_id: str, *, brand_id: str | None = None) -> None:
        """Unlink a user from a channel (removeClient)."""
        await clients.remove_client.asyncio(
            self._app_id(), user_id, client_id, client=self._raw, brand_id=bodies.none_as_unset(brand_id, "brand_id")
        )
