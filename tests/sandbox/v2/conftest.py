from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..contract import checked_client
from .api import Api
from .records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from smooch.sandbox import Sandbox


@pytest.fixture
def app_path(sandbox: Sandbox) -> str:
    return f"/v2/apps/{sandbox.app_id}"


@pytest.fixture
def client(connect: Callable[..., httpx.Client], app_path: str) -> httpx.Client:
    """A client with the app key, for paths below the app."""
    return connect(app_path)


@pytest.fixture
def bot(sandbox: Sandbox, connect: Callable[..., httpx.Client], app_path: str) -> httpx.Client:
    """A client with the key of the custom integration, for paths below the app."""
    return connect(app_path, auth=(sandbox.integration_key_id, sandbox.integration_secret))


@pytest.fixture
def account(sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> httpx.Client:
    """A client with the account key, for paths below the root."""
    return connect("", auth=(sandbox.account_key_id, sandbox.account_secret))


@pytest.fixture
def v1(connect: Callable[..., httpx.Client]) -> httpx.Client:
    return connect("/v1.1")


@pytest.fixture
def api(sandbox: Sandbox, client: httpx.Client) -> Api:
    return Api(sandbox, client)


@pytest.fixture
def records(
    sandbox: Sandbox,
    api: Api,
    bot: httpx.Client,
    account: httpx.Client,
    connect: Callable[..., httpx.Client],
) -> Records:
    return Records(api, api.client, bot, connect(""), account)


@pytest.fixture
def make_api(app_path: str) -> Iterator[Callable[..., Api]]:
    """A function that starts a sandbox with these options and returns an `Api` of it."""
    from smooch.sandbox import Sandbox

    opened = []

    def make(**options: int) -> Api:
        sandbox = Sandbox(**options).start()  # type: ignore[arg-type]
        client = checked_client(f"{sandbox.url}/v2/apps/{sandbox.app_id}", sandbox.key_id, sandbox.secret)
        opened.append((client, sandbox))
        return Api(sandbox, client)

    yield make
    for client, sandbox in opened:
        client.close()
        sandbox.stop()
