"""The calls of all resources together: each method and operation has a test, and models come without envelopes."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import TYPE_CHECKING

import httpx
import pytest
from smooch_api.v2 import models
from smooch_api.v2.api import users
from support.v2_examples import APP, OPERATIONS, SPEC, operation_of, schema

from smooch._v2.resource import Resource
from smooch.errors import InvalidInput

from .calls import Call, Refusal, check_call, check_refusal

if TYPE_CHECKING:
    from support.scripted_server import ScriptedServer

    from smooch.sandbox import Sandbox
    from smooch.v2 import AsyncSmooch

    from .conftest import Keys

pytestmark = pytest.mark.anyio

NOT_WRAPPED = {"authorize"}
"""Operations that only browsers call."""

STORY = "test_each_call_sees_the_effects_of_earlier_calls"
"""The test of a resource against the sandbox."""

NOT_A_CALL = {"aclose", "from_env", "with_options", "jwt_for_user"}


def methods_of(api: AsyncSmooch) -> set[str]:
    """The public methods of a client and of its resources."""
    own = {name for name in dir(api) if not name.startswith("_") and inspect.isroutine(getattr(api, name))}
    return own | {
        f"{name}.{method}"
        for name, resource in vars(api).items()
        if isinstance(resource, Resource)
        for method in dir(resource)
        if not method.startswith("_")
    }


def host_of(api: AsyncSmooch) -> str:
    return str(api.raw.get_async_httpx_client().base_url)


EXCHANGE: Call = (
    lambda api: api.exchange_code("658965", client_id="partner", client_secret="theirs", base_url=host_of(api)),
    "getToken POST /oauth/token",
    {"code": "658965", "grant_type": "authorization_code", "client_id": "partner", "client_secret": "theirs"},
    models.TokenResponse,
)


async def test_exchange_code_sends_what_the_specification_describes(
    example_api: AsyncSmooch, example_server: ScriptedServer
) -> None:
    await check_call(example_api, example_server, EXCHANGE, authorized=False)


TESTS = {tag["name"]: importlib.import_module(f".test_{tag['name']}", __package__) for tag in SPEC["tags"]}
"""The test modules of the resources."""

CALLS: dict[str, Call] = {f"{tag}.{name}": call for tag, module in TESTS.items() for name, call in module.CALLS.items()}
REFUSED: dict[str, Refusal] = {
    f"{tag}: {name}": case for tag, module in TESTS.items() for name, case in getattr(module, "REFUSED", {}).items()
}
STORIES = [getattr(module, STORY) for module in TESTS.values() if hasattr(module, STORY)]


@pytest.mark.parametrize("name", CALLS)
async def test_calls_follow_the_specification_and_return_models(
    example_api: AsyncSmooch, example_server: ScriptedServer, name: str
) -> None:
    await check_call(example_api, example_server, CALLS[name])


@pytest.mark.parametrize("name", REFUSED)
async def test_invalid_input_is_refused_before_sending(api: AsyncSmooch, sandbox: Sandbox, name: str) -> None:
    await check_refusal(api, sandbox, REFUSED[name])


async def test_every_method_and_every_operation_is_called(example_api: AsyncSmooch) -> None:
    calls = CALLS | {"exchange_code": EXCHANGE}
    assert {re.split("[, ]", name)[0] for name in calls} == methods_of(example_api) - NOT_A_CALL
    called = {line.partition(" ")[0] for _, lines, *_ in calls.values() for line in lines.splitlines()}
    assert called == {one.id for one in OPERATIONS} - NOT_WRAPPED
    assert len(OPERATIONS) == 68


async def test_every_method_has_a_sandbox_test(keys: Keys) -> None:
    called = set(re.findall(r"\.((?:\w+\.)?\w+)\(", "".join(map(inspect.getsource, STORIES))))
    assert methods_of(keys.app) - called == NOT_A_CALL


async def test_the_sandbox_tests_call_every_operation(keys: Keys, sandbox: Sandbox) -> None:
    called = set()
    for story in STORIES:
        sandbox.reset()
        await story(keys, sandbox)
        called |= {operation_of(request.method, request.path).id for request in sandbox.requests}
    assert called == {one.id for one in OPERATIONS}


async def test_models_are_complete_and_without_their_envelope(example_api: AsyncSmooch) -> None:
    user = await example_api.users.get("u-77")
    assert user.to_dict() == schema("UserResponse")["examples"][0]["user"]
    [webhook] = await example_api.webhooks.list()
    assert webhook.to_dict() == schema("WebhookListResponse")["examples"][-1]["webhooks"][0]


async def test_the_raw_client_uses_the_same_connections(
    example_api: AsyncSmooch, example_server: ScriptedServer
) -> None:
    response = await users.get_user.asyncio_detailed(APP, "u-77", client=example_api.raw)
    assert isinstance(response.parsed.user, models.User)
    assert httpx.URL(example_server.url).port == example_api.raw.get_async_httpx_client().base_url.port


async def test_invalid_input_errors_are_short_and_show_no_secrets(keys: Keys) -> None:
    api = keys.app
    twilio = {"type": "twilio", "accountSid": "a", "phoneNumberSid": "p"}
    user = await api.users.create("u-77", profile={"givenName": "Hush"})
    for call in (
        lambda: api.integrations.create({**twilio, "authToken": {"x": "Hush"}}),
        lambda: api.integrations.create({**twilio, "authToken": ["Hush"]}),
        lambda: api.integrations.create({"type": "custom", "webhooks": {"secret": "Hush"}}),
        lambda: api.integrations.create({"type": "mailgun", "apiKey": 77775555}),
        lambda: api.users.get({"name": "Hush"}),  # type: ignore[arg-type]
        lambda: api.users.get(user),  # type: ignore[arg-type]
        lambda: api.messages.post_text("c1", "Hi", author=user.profile),  # type: ignore[arg-type]
        lambda: api.messages.post_carousel("c1", "long " * 10_000),  # type: ignore[arg-type]
        lambda: api.messages.post_text("c1", {"a": "Hush"}),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidInput) as caught:
            await call()
        assert "Hush" not in str(caught.value)
        assert "7777" not in str(caught.value)
        assert len(str(caught.value)) < 250
