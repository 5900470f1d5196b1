from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smooch.sandbox import Sandbox

from .contract import checked_client
from .targets import target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from support.scripted_server import ScriptedServer


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    shared_sandbox.reset()
    return shared_sandbox


@pytest.fixture
def connect(sandbox: Sandbox) -> Iterator[Callable[..., httpx.Client]]:
    """A function that makes clients which check every response; defaults: the app's key, paths below /v1."""
    clients = []

    def make(prefix: str = "/v1", **options: Any) -> httpx.Client:
        client = checked_client(sandbox.url + prefix, sandbox.key_id, sandbox.secret, **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Callable[..., httpx.Client]) -> httpx.Client:
    return connect()


@pytest.fixture
def account(sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> httpx.Client:
    """A client with the account key, for paths below /v1."""
    return connect(auth=(sandbox.account_key_id, sandbox.account_secret))


@pytest.fixture
def receiver() -> Iterator[ScriptedServer]:
    """A target of webhooks."""
    with target() as receiver:
        yield receiver
