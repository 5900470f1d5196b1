"""The access token of a client: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from smooch_api.v2 import models

from smooch.errors import BadRequest, Unauthorized
from smooch.v2 import AsyncSmooch, authorize_url

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .calls import Call
    from .conftest import Keys

pytestmark = pytest.mark.anyio

CALLS: dict[str, Call] = {
    "token_info": (
        lambda api: api.oauth.token_info(),
        "getTokenInfo GET /v2/tokenInfo",
        None,
        models.AppWithSubdomain,
    ),
    "revoke_access": (
        lambda api: api.oauth.revoke_access(),
        "revokeAccess DELETE /oauth/authorization",
        None,
        None,
    ),
}


async def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    url = authorize_url(
        sandbox.oauth_client_id, redirect_uri="https://partner.example/back", state="7", base_url=sandbox.url
    )
    async with httpx.AsyncClient() as browser:
        redirected = await browser.get(url)
    came_back = urlsplit(redirected.headers["Location"])
    query = parse_qs(came_back.query)
    assert (came_back.netloc, query["state"]) == ("partner.example", ["7"])
    client = {"client_id": sandbox.oauth_client_id, "client_secret": sandbox.oauth_client_secret}
    partner_key = {**client, "base_url": sandbox.url}
    answer = await AsyncSmooch.exchange_code(query["code"][0], **partner_key)
    assert answer.access_token not in repr(answer)
    with pytest.raises(BadRequest, match="a code can be exchanged once"):
        await AsyncSmooch.exchange_code(query["code"][0], **partner_key)
    token = answer.access_token
    async with AsyncSmooch(token=token, base_url=sandbox.url) as stranger:
        assert (await stranger.oauth.token_info()).id == sandbox.app_id
    async with AsyncSmooch(token=token, app_id=sandbox.app_id, base_url=sandbox.url) as partner:
        assert await partner.webhooks.list() == []
        await partner.oauth.revoke_access()
        with pytest.raises(Unauthorized, match="check that the access token is still valid"):
            await partner.webhooks.list()
