# Derived from tests/_async/conftest.py by scripts/unasync.py; edit that file.
"""A sandbox, and v1 clients connected to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smooch import _webhook_reconciler
from smooch.sandbox import Sandbox
from smooch.v1 import Smooch

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable, Iterator


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
def connect(sandbox: Sandbox) -> Iterator[Callable[..., Smooch]]:
    """A function that makes clients; defaults: the app's key, API v1, no retries."""
    clients = []

    def make(**options: Any) -> Smooch:
        defaults = {"key_id": sandbox.key_id, "secret": sandbox.secret, "base_url": sandbox.url, "retries": 0}
        clients.append(Smooch(**defaults | options))
        return clients[-1]

    yield make
    for api in clients:
        api.close()


@pytest.fixture
def api(connect: Callable[..., Smooch]) -> Smooch:
    return connect()


@pytest.fixture
def api_v1_1(connect: Callable[..., Smooch], sandbox: Sandbox) -> Smooch:
    """A client of the same app that uses API v1.1."""
    return connect(api_version="v1.1", app_id=sandbox.app_id)
