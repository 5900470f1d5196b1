"""v2 clients: of the sandbox, one for each kind of key, and of a server that responds with examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.scripted_server import ScriptedServer
from support.v2_examples import APP, respond

from smooch.v2 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from smooch_api.v2 import models

    from smooch.sandbox import Sandbox


@pytest.fixture(scope="module")
def example_server() -> Iterator[ScriptedServer]:
    with ScriptedServer(respond) as server:
        yield server


@pytest.fixture
async def example_api(example_server: ScriptedServer) -> AsyncIterator[AsyncSmooch]:
    example_server.requests.clear()
    secret = "a secret that nobody sees"
    async with AsyncSmooch("app_5a", secret, APP, base_url=example_server.url, retries=0) as client:
        yield client


class Keys:
    """A client of the sandbox for each kind of key."""

    def __init__(self, sandbox: Sandbox) -> None:
        options: dict[str, Any] = {"app_id": sandbox.app_id, "base_url": sandbox.url, "retries": 0}
        self.app = AsyncSmooch(sandbox.key_id, sandbox.secret, **options)
        self.account = AsyncSmooch(sandbox.account_key_id, sandbox.account_secret, **options)
        self.integration = AsyncSmooch(sandbox.integration_key_id, sandbox.integration_secret, **options)


@pytest.fixture
async def keys(sandbox: Sandbox) -> AsyncIterator[Keys]:
    keys = Keys(sandbox)
    yield keys
    for api in (keys.app, keys.account, keys.integration):
        await api.aclose()


@pytest.fixture
async def api(keys: Keys) -> AsyncSmooch:
    return keys.app


@pytest.fixture
async def user(api: AsyncSmooch) -> models.User:
    return await api.users.create("b6518", profile={"givenName": "Ana"})


@pytest.fixture
async def conversation_id(api: AsyncSmooch, user: models.User) -> str:
    return (await api.conversations.create(user_id=user.id)).id
