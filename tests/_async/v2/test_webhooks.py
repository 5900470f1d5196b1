"""Webhooks: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v2 import models
from support.concurrency import async_together
from support.scripted_server import ScriptedServer, answer, script

from smooch import _webhook_reconciler
from smooch.errors import BadRequest, InvalidInput, NotFound, SmoochError
from smooch.v2 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smooch.sandbox import Sandbox

    from .calls import Call, Refusal
    from .conftest import Keys

pytestmark = pytest.mark.anyio

APP = "5d8cff3cd55b040010928b5b"
HERE = "https://here.example/hook"
THERE = "https://there.example/hook"
MESSAGE, POSTBACK, READ = "conversation:message", "conversation:postback", "conversation:read"


CALLS: dict[str, Call] = {
    "list": (
        lambda api: api.webhooks.list(),
        "listWebhooks GET /integrations/me/webhooks",
        None,
        [models.Webhook],
    ),
    "get": (
        lambda api: api.webhooks.get("w1", integration_id="i1"),
        "getWebhook GET /integrations/i1/webhooks/w1",
        None,
        models.Webhook,
    ),
    "create": (
        lambda api: api.webhooks.create(HERE, "conversation:message", integration_id="i1", include_full_user=True),
        "createWebhook POST /integrations/i1/webhooks",
        {"target": HERE, "triggers": ["conversation:message"], "includeFullUser": True},
        models.Webhook,
    ),
    "update": (
        lambda api: api.webhooks.update("w1", {"triggers": ["conversation:read"]}),
        "updateWebhook PATCH /integrations/me/webhooks/w1",
        {"triggers": ["conversation:read"]},
        models.Webhook,
    ),
    "update, by keywords": (
        lambda api: api.webhooks.update(
            "w1",
            target=HERE,
            triggers="conversation:read",
            include_full_user=True,
            include_full_source=False,
            integration_id="i1",
        ),
        "updateWebhook PATCH /integrations/i1/webhooks/w1",
        {"target": HERE, "triggers": ["conversation:read"], "includeFullUser": True, "includeFullSource": False},
        models.Webhook,
    ),
    "delete": (
        lambda api: api.webhooks.delete("w1"),
        "deleteWebhook DELETE /integrations/me/webhooks/w1",
        None,
        None,
    ),
    "ensure": (
        lambda api: api.webhooks.ensure("https://bot.example/hook", "conversation:message", integration_id="i1"),
        "listWebhooks GET /integrations/i1/webhooks\nlistWebhooks GET /integrations/i1/webhooks",
        None,
        models.Webhook,
    ),
}


REFUSED: dict[str, Refusal] = {
    "a trigger of v1 in a new webhook": (
        lambda api: api.webhooks.create("https://a.example", "*"),
        "triggers",
        "v2 has no '*'",
    ),
    "a webhook without a trigger": (
        lambda api: api.webhooks.update("w", {"triggers": []}),
        "data.triggers",
        "must name at least one trigger",
    ),
    "an option of v1": (
        lambda api: api.webhooks.update("w", {"includeFullAppUser": True}),
        "data.includeFullAppUser",
        "is not a field: did you mean includeFullUser?",
    ),
    "a change to a trigger of v1": (
        lambda api: api.webhooks.update("w", triggers=["*"]),
        "triggers",
        "v2 has no '*'",
    ),
    "a change to no address": (
        lambda api: api.webhooks.update("w", target="a.example"),
        "target",
        "must be a full URL",
    ),
    "a webhook without an address": (
        lambda api: api.webhooks.update("w", models.WebhookUpdate(target="a.example")),
        "data.target",
        "must be a full URL",
    ),
    "a trigger of v1": (lambda api: api.webhooks.ensure("https://a.example", "*"), "triggers", "v2 has no '*'"),
    "a trigger of v1 by its name": (
        lambda api: api.webhooks.ensure("https://a.example", "message:appUser"),
        "triggers",
        "did you mean 'conversation:message'?",
    ),
    "a misspelt trigger": (
        lambda api: api.webhooks.create("https://a.example", ["user:merge", "conversation:mesage"]),
        "triggers",
        "did you mean 'conversation:message'?",
    ),
    "a change to a misspelt trigger": (
        lambda api: api.webhooks.update("w", triggers=["conversation:raed"]),
        "triggers",
        "did you mean 'conversation:read'?",
    ),
}


async def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    for api, integration in ((keys.app, sandbox.integration_id), (keys.integration, "me")):
        created = await api.webhooks.create(HERE, "conversation:message", integration_id=integration)
        assert await api.webhooks.get(created.id, integration_id=integration) == created
        changed = await api.webhooks.update(created.id, {"includeFullUser": True}, integration_id=integration)
        assert (changed.include_full_user, changed.triggers) == (True, ["conversation:message"])
        assert await api.webhooks.list(integration_id=integration) == [changed]
        same = await api.webhooks.ensure(HERE, "conversation:message", integration_id=integration)
        assert same == changed
        await api.webhooks.delete(created.id, integration_id=integration)
        fresh = await api.webhooks.ensure(HERE, ["conversation:message", "user:merge"], integration_id=integration)
        assert (fresh.target, fresh.triggers) == (HERE, ["conversation:message", "user:merge"])
        await api.webhooks.delete(fresh.id, integration_id=integration)
        assert await api.webhooks.list(integration_id=integration) == []


# ensure: tests/test_webhook_reconciler.py has every rule and many callers


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[AsyncSmooch]:
    async with AsyncSmooch(
        sandbox.integration_key_id, sandbox.integration_secret, sandbox.app_id, base_url=sandbox.url, retries=0
    ) as client:
        yield client


async def state(api: AsyncSmooch) -> list[tuple[str, list[str]]]:
    return sorted((hook.target, sorted(hook.triggers)) for hook in await api.webhooks.list())


def writes(sandbox: Sandbox) -> list[str]:
    return [request.method for request in sandbox.requests if request.method != "GET"]


RULES = [
    pytest.param([], [(HERE, [POSTBACK])], ["POST"], id="made"),
    pytest.param([(HERE, [POSTBACK])], [(HERE, [POSTBACK])], [], id="there"),
    pytest.param([(HERE, [MESSAGE])], [(HERE, [MESSAGE, POSTBACK])], ["PATCH"], id="added"),
    pytest.param([(THERE, [POSTBACK])], [(HERE, [POSTBACK])], ["PATCH"], id="moved"),
    pytest.param(
        [(THERE, [MESSAGE, POSTBACK])], [(HERE, [POSTBACK]), (THERE, [MESSAGE])], ["PATCH", "POST"], id="taken"
    ),
    pytest.param([(HERE, [POSTBACK])] * 3, [(HERE, [POSTBACK])], ["DELETE", "DELETE"], id="two too many"),
    pytest.param(
        [(f"{THERE}/{number}", [POSTBACK]) for number in range(10)],
        [(HERE, [POSTBACK])],
        ["DELETE"] * 9 + ["PATCH"],
        id="moved from ten places",
    ),
]


@pytest.mark.parametrize(("before", "after", "written"), RULES)
async def test_ensure_writes_only_what_is_missing(
    api: AsyncSmooch, sandbox: Sandbox, before: Any, after: Any, written: list[str]
) -> None:
    for target, triggers in before:
        await api.webhooks.create(target, triggers)
    writes_before = len(writes(sandbox))
    webhook = await api.webhooks.ensure(HERE, POSTBACK)
    assert sorted(writes(sandbox)[writes_before:]) == written
    assert await state(api) == after
    assert isinstance(webhook, models.Webhook)
    assert [hook for hook in await api.webhooks.list() if hook.target == HERE] == [webhook]
    assert webhook.secret
    assert await api.webhooks.ensure(HERE, [POSTBACK]) == webhook
    assert len(writes(sandbox)) - writes_before == len(written)


async def test_ensure_sets_the_given_options_and_keeps_the_others(api: AsyncSmooch, sandbox: Sandbox) -> None:
    def includes(webhook: models.Webhook) -> tuple[Any, Any]:
        return webhook.include_full_user, webhook.include_full_source

    first = await api.webhooks.ensure(HERE, MESSAGE)
    assert includes(first) == (False, False)
    assert includes(await api.webhooks.ensure(HERE, MESSAGE, include_full_user=True)) == (True, False)
    assert includes(await api.webhooks.ensure(HERE, READ, include_full_source=True)) == (True, True)
    count = len(writes(sandbox))
    for options in ({}, {"include_full_user": True}, {"include_full_user": True, "include_full_source": True}):
        same = await api.webhooks.ensure(HERE, [READ, MESSAGE], **options)
        assert (same.id, includes(same)) == (first.id, (True, True))
    assert len(writes(sandbox)) == count
    assert includes(await api.webhooks.ensure(HERE, MESSAGE, include_full_user=False)) == (False, True)
    assert includes(await api.webhooks.ensure(THERE, POSTBACK, include_full_user=True)) == (True, False)
    assert await state(api) == [(HERE, [MESSAGE, READ]), (THERE, [POSTBACK])]


async def test_ensure_leaves_other_integrations_alone(sandbox: Sandbox) -> None:
    async with AsyncSmooch(sandbox.key_id, sandbox.secret, sandbox.app_id, base_url=sandbox.url) as api:
        integration = await api.integrations.create(
            {"type": "custom", "webhooks": [{"target": THERE, "triggers": [MESSAGE]}]}
        )
        await api.webhooks.ensure(HERE, MESSAGE, integration_id=sandbox.integration_id)
        assert [hook.target for hook in await api.webhooks.list(integration_id=str(integration.id))] == [THERE]
        await api.webhooks.ensure(HERE, MESSAGE, integration_id=str(integration.id))
        assert [hook.target for hook in await api.webhooks.list(integration_id=str(integration.id))] == [HERE]


async def test_many_callers_of_ensure_get_the_same_webhook(
    api: AsyncSmooch, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_webhook_reconciler, "SETTLING_SECONDS", 1.5)
    webhooks = await async_together(*[lambda: api.webhooks.ensure(HERE, MESSAGE) for _ in range(8)])
    assert len({(webhook.id, webhook.secret) for webhook in webhooks}) == 1
    assert await state(api) == [(HERE, [MESSAGE])]


async def test_the_eleventh_webhook_of_an_app_is_refused(api: AsyncSmooch) -> None:
    for number in range(10):
        await api.webhooks.create(f"{THERE}/{number}", [MESSAGE, READ])
    with pytest.raises(BadRequest):
        await api.webhooks.ensure(HERE, POSTBACK)
    assert len(await api.webhooks.list()) == 10


async def test_with_an_app_key_the_integration_id_is_required(sandbox: Sandbox) -> None:
    async with AsyncSmooch(sandbox.key_id, sandbox.secret, sandbox.app_id, base_url=sandbox.url) as api:
        with pytest.raises(NotFound, match="integration_id='<its id>'"):
            await api.webhooks.ensure(HERE, MESSAGE)


def listed(*webhooks: dict[str, Any]) -> bytes:
    return answer(200, {"webhooks": list(webhooks)})


def webhook(number: int, target: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"{number:024x}", "target": target, "triggers": [MESSAGE], "secret": "s", "version": "v2", **fields}


async def test_ensure_ignores_webhooks_of_other_versions() -> None:
    old, new = webhook(1, HERE, version="v1.1"), webhook(2, HERE)
    created = answer(201, {"webhook": new})
    with ScriptedServer(script(listed(old), created, listed(old, new))) as server:
        async with AsyncSmooch("int_5a", "secret", APP, base_url=server.url, retries=0) as api:
            assert (await api.webhooks.ensure(HERE, MESSAGE)).id == new["id"]
        assert [request.method for request in server.requests if request.method != "GET"] == ["POST"]


async def test_ensure_leaves_unreadable_webhooks_alone() -> None:
    good = webhook(2, HERE)
    with ScriptedServer(lambda _: listed({"id": "1"}, {**webhook(1, HERE), "triggers": None}, good)) as server:
        async with AsyncSmooch("int_5a", "secret", APP, base_url=server.url, retries=0) as api:
            assert (await api.webhooks.ensure(HERE, MESSAGE)).to_dict() == good
        assert {request.method for request in server.requests} == {"GET"}


async def test_ensure_gives_up_on_webhooks_that_keep_changing() -> None:
    numbers = iter(range(1000))
    with ScriptedServer(
        lambda request: listed(webhook(next(numbers), THERE)) if request.method == "GET" else answer(404, {})
    ) as server:
        async with AsyncSmooch("int_5a", "secret", APP, base_url=server.url, retries=0) as api:
            with pytest.raises(SmoochError, match="could be confirmed"):
                await api.webhooks.ensure(HERE, MESSAGE)


@pytest.mark.parametrize(
    ("trigger", "url", "field"),
    [("", HERE, "triggers"), ([], HERE, "triggers"), ("*", HERE, "triggers"), (MESSAGE, "here", "target")],
)
async def test_ensure_refuses_invalid_targets_and_triggers(
    api: AsyncSmooch, sandbox: Sandbox, trigger: Any, url: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await api.webhooks.ensure(url, trigger)
    assert caught.value.field == field
    assert sandbox.requests == []
