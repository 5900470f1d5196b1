from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.redis_server import RedisServer

from smooch.webhooks import _parse
from smooch.webhooks.apps import siblings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis server that this test run starts; it keeps nothing on disk."""
    with RedisServer(tmp_path_factory.mktemp("redis"), "--appendonly", "no") as server:
        yield server.url


@pytest.fixture(autouse=True)
def _no_siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not take other workers of a parallel test run for workers of a server."""
    monkeypatch.setattr(siblings, "has_sibling", lambda _: False)


@pytest.fixture(autouse=True)
def _nothing_reported_yet() -> Iterator[None]:
    """Each unreadable type is logged once per process: forget what other tests logged."""
    _parse._reported.clear()
    yield
    _parse._reported.clear()
