"""Fixtures for tests of your code: a sandbox, and clients connected to it (extra `sandbox`).

pytest finds this module by itself. The server is imported only when a test asks for a fixture.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smooch import v1, v2
    from smooch.sandbox import Sandbox

_FAULTS = (
    "fail",
    "delay",
    "drop",
    "garble",
    "duplicate_deliveries",
    "reorder_deliveries",
    "delay_deliveries",
    "drop_deliveries",
    "fail_channel",
)
_MAX_LINES = 50


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that accepts the present answers of bots."""
    parser.getgroup("smooch").addoption(
        "--update-transcripts", action="store_true", help="write what bots answer now into the transcripts"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "smooch_fault(kind, **options): let the sandbox misbehave, such as smooch_fault('fail', status=503, times=1)",
    )


@pytest.fixture(scope="session")
def _smooch_server() -> Iterator[Sandbox]:
    from smooch.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def smooch_sandbox(_smooch_server: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """A running sandbox without users, webhooks or faults; one server serves the whole session."""
    _smooch_server.reset()
    for marker in request.node.iter_markers("smooch_fault"):
        kind, *arguments = marker.args or ("",)
        if kind not in _FAULTS:
            raise pytest.UsageError(f"smooch_fault: the kind must be one of {', '.join(_FAULTS)}, got {kind!r}")
        getattr(_smooch_server, kind)(*arguments, **marker.kwargs)
    return _smooch_server


@pytest.fixture
def smooch_transcript(smooch_sandbox: Sandbox, request: pytest.FixtureRequest) -> Callable[..., None]:
    """A function that replays a transcript to a bot, and fails if its answers differ.

    The path is relative to the test's file; further arguments are those of `smooch.sandbox.replay`. With the option
    `--update-transcripts` the differences are accepted.
    """
    from smooch.sandbox import replay

    def run(name: str, **options: Any) -> None:
        path = request.path.parent / name
        done = replay(path, smooch_sandbox, **options)
        if done.diff and request.config.getoption("--update-transcripts"):
            done.save(path)
        elif done.diff:
            pytest.fail(
                f"the bot answers differently (accept it with --update-transcripts):\n{done.diff}", pytrace=False
            )

    return run


@pytest.fixture
def smooch_environment(smooch_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Environment variables for `from_env()`, with the key of the sandbox's app.

    Code of v1 talks to the sandbox then. Code of v2 does as well, but its webhooks need `smooch_v2_environment`.
    """
    return _set_environment(monkeypatch, smooch_sandbox, smooch_sandbox.key_id, smooch_sandbox.secret)


@pytest.fixture
def smooch_v2_environment(smooch_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Environment variables for `from_env()` of v2, with a key of the sandbox's integration.

    On v2 webhooks belong to an integration, so a bot needs such a key.
    """
    return _set_environment(
        monkeypatch, smooch_sandbox, smooch_sandbox.integration_key_id, smooch_sandbox.integration_secret
    )


def _set_environment(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, key_id: str, secret: str) -> dict[str, str]:
    variables = {
        "SMOOCH_KEY_ID": key_id,
        "SMOOCH_SECRET": secret,
        "SMOOCH_APP_ID": sandbox.app_id,
        "SMOOCH_BASE_URL": sandbox.url,
    }
    for name in ("SMOOCH_API_VERSION", "SMOOCH_REGION", "SMOOCH_SUBDOMAIN", "SMOOCH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def smooch_client(smooch_sandbox: Sandbox) -> Iterator[v1.Smooch]:
    """A client of API v1 with the key of the sandbox's app."""
    from smooch.v1 import Smooch

    with Smooch(smooch_sandbox.key_id, smooch_sandbox.secret, base_url=smooch_sandbox.url) as client:
        yield client


@pytest.fixture
def smooch_v2_client(smooch_sandbox: Sandbox) -> Iterator[v2.Smooch]:
    """A client of API v2 with the key of the sandbox's app."""
    from smooch.v2 import Smooch

    with Smooch(
        smooch_sandbox.key_id, smooch_sandbox.secret, smooch_sandbox.app_id, base_url=smooch_sandbox.url
    ) as client:
        yield client


@pytest.fixture
def async_smooch_client(smooch_sandbox: Sandbox) -> Iterator[v1.AsyncSmooch]:
    """An async client of API v1; works with anyio, pytest-asyncio and `asyncio.run`."""
    from smooch.v1 import AsyncSmooch

    client = AsyncSmooch(smooch_sandbox.key_id, smooch_sandbox.secret, base_url=smooch_sandbox.url)
    yield client
    asyncio.run(client.aclose())


@pytest.fixture
def async_smooch_v2_client(smooch_sandbox: Sandbox) -> Iterator[v2.AsyncSmooch]:
    """An async client of API v2; works with anyio, pytest-asyncio and `asyncio.run`."""
    from smooch.v2 import AsyncSmooch

    client = AsyncSmooch(
        smooch_sandbox.key_id, smooch_sandbox.secret, smooch_sandbox.app_id, base_url=smooch_sandbox.url
    )
    yield client
    asyncio.run(client.aclose())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Add the sandbox's requests and deliveries to the report of a test that failed."""
    report = yield
    sandbox = getattr(item, "funcargs", {}).get("smooch_sandbox")
    if report.when == "call" and report.failed and sandbox is not None:
        requests = [f"{request.method} {request.path}" for request in sandbox.requests]
        attempts = [
            f"{attempt.trigger} to {attempt.target}, attempt {attempt.number}: {attempt.status or attempt.error}"
            for attempt in sandbox.deliveries
        ]
        for title, lines in (("smooch requests", requests), ("smooch deliveries", attempts)):
            if lines:
                report.sections.append((title, "\n".join(lines[-_MAX_LINES:])))
    return report
