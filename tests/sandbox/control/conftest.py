from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from smooch.sandbox._errors import ApiError
from smooch.sandbox._routing import Router
from smooch.sandbox.control.api import load_spec

from ..contract import checked_client
from ..targets import target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.scripted_server import ScriptedServer

    from smooch.sandbox import Sandbox

ROUTER = Router()
ROUTER.add("control", load_spec().operations.values())


def assert_within_description(response: httpx.Response) -> None:
    path = response.request.url.raw_path.partition(b"?")[0].decode()
    if response.headers["content-type"].startswith("text/event-stream"):
        return
    response.read()
    try:
        operation = ROUTER.find(response.request.method, path).operation
    except ApiError:
        operation = load_spec().operations["getUser"]
    if response.is_success:
        assert response.status_code == operation.success
    if response.headers["content-type"] == "application/json; charset=utf-8":
        load_spec().get_response_validator(operation, response.status_code).validate(response.json())


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client of the control API that checks every response against its description."""
    hooks: dict[str, list[Callable[..., Any]]] = {"response": [assert_within_description]}
    with httpx.Client(base_url=f"{sandbox.url}/_sandbox", event_hooks=hooks, timeout=10) as client:
        yield client


@pytest.fixture
def v2(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A v2 client with the app key, for paths below the app."""
    with checked_client(f"{sandbox.url}/v2/apps/{sandbox.app_id}", sandbox.key_id, sandbox.secret) as client:
        yield client


@pytest.fixture
def receiver(client: httpx.Client) -> Iterator[ScriptedServer]:
    """The target of a v1 webhook with the trigger `*`."""
    with target() as receiver:
        client.post("/webhooks", json={"target": receiver.url, "triggers": ["*"]})
        yield receiver
