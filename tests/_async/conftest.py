"""A sandbox, and facades connected to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smooch.sandbox import Sandbox
from smooch.v1 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


@pytest.fixture
async def connect(sandbox: Sandbox) -> AsyncIterator[Callable[..., AsyncSmooch]]:
    """Makes facades: app key, v1 and no second tries unless told otherwise."""
    made = []

    def make(**options: Any) -> AsyncSmooch:
        defaults = {"key_id": sandbox.key_id, "secret": sandbox.secret, "base_url": sandbox.url, "retries": 0}
        made.append(AsyncSmooch(**defaults | options))
        return made[-1]

    yield make
    for api in made:
        await api.aclose()


@pytest.fixture
def api(connect: Callable[..., AsyncSmooch]) -> AsyncSmooch:
    return connect()


@pytest.fixture
def newer(connect: Callable[..., AsyncSmooch], sandbox: Sandbox) -> AsyncSmooch:
    """The same app by v1.1."""
    return connect(api_version="v1.1", app_id=sandbox.app_id)
