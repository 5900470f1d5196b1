# Derived from tests/_async/v2/conftest.py by scripts/unasync.py; edit that file.
"""v2 clients: of the sandbox, one for each kind of key, and of a server that responds with examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.scripted_server import ScriptedServer
from support.v2_examples import APP, respond

from smooch.v2 import Smooch

if TYPE_CHECKING:
    from collections.abc import Iterator, Iterator

    from smooch_api.v2 import models

    from smooch.sandbox import Sandbox


@pytest.fixture(scope="module")
def example_server() -> Iterator[ScriptedServer]:
    with ScriptedServer(respond) as server:
        yield server


@pytest.fixture
def example_api(example_server: ScriptedServer) -> Iterator[Smooch]:
    example_server.requests.clear()
    secret = "a secret that nobody sees"
    with Smooch("app_5a", secret, APP, base_url=example_server.url, retries=0) as client:
        yield client


class Keys:
    """A client of the sandbox for each kind of key."""

    def __init__(self, sandbox: Sandbox) -> None:
        options: dict[str, Any] = {"app_id": sandbox.app_id, "base_url": sandbox.url, "retries": 0}
        self.app = Smooch(sandbox.key_id, sandbox.secret, **options)
        self.account = Smooch(sandbox.account_key_id, sandbox.account_secret, **options)
        self.integration = Smooch(sandbox.integration_key_id, sandbox.integration_secret, **options)


@pytest.fixture
def keys(sandbox: Sandbox) -> Iterator[Keys]:
    keys = Keys(sandbox)
    yield keys
    for api in (keys.app, keys.account, keys.integration):
        api.close()


@pytest.fixture
def api(keys: Keys) -> Smooch:
    return keys.app


@pytest.fixture
def user(api: Smooch) -> models.User:
    return api.users.create("b6518", profile={"givenName": "Ana"})


@pytest.fixture
def conversation_id(api: Smooch, user: models.User) -> str:
    return (api.conversations.create(user_id=user.id)).id
