"""Fixtures of all tests."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio only: the library waits with it."""
    return "asyncio"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that calls would have waited between two tries; nothing is waited in fact."""
    seconds: list[float] = []

    async def sleep(wait: float) -> None:
        seconds.append(wait)

    monkeypatch.setattr("smooch._sync.http.sleep", seconds.append)
    monkeypatch.setattr("smooch._async.http.async_sleep", sleep)
    return seconds


@pytest.fixture
def longest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where chance decides how long a call waits, it is always as long as can be."""
    monkeypatch.setattr("random.uniform", lambda _, high: high)
