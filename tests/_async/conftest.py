"""A sandbox, and v1 clients connected to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smooch import _webhook_reconciler
from smooch.sandbox import Sandbox
from smooch.v1 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


@pytest.fixture(autouse=True)
def _short_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait for other callers: a test has only one."""
    monkeypatch.setattr(_webhook_reconciler, "SETTLING_SECONDS", 0.01)


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    shared_sandbox.reset()
    return shared_sandbox


@pytest.fixture
async def connect(sandbox: Sandbox) -> AsyncIterator[Callable[..., AsyncSmooch]]:
    """A function that makes clients; defaults: the app's key, API v1, no retries."""
    clients = []

    def make(**options: Any) -> AsyncSmooch:
        defaults = {"key_id": sandbox.key_id, "secret": sandbox.secret, "base_url": sandbox.url, "retries": 0}
        clients.append(AsyncSmooch(**defaults | options))
        return clients[-1]

    yield make
    for api in clients:
        await api.aclose()


@pytest.fixture
def api(connect: Callable[..., AsyncSmooch]) -> AsyncSmooch:
    return connect()


@pytest.fixture
def api_v1_1(connect: Callable[..., AsyncSmooch], sandbox: Sandbox) -> AsyncSmooch:
    """A client of the same app that uses API v1.1."""
    return connect(api_version="v1.1", app_id=sandbox.app_id)
