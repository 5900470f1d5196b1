"""Webhooks: the v1 client against the sandbox. `test_webhook_reconciler.py` tests every rule and concurrent callers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v1 import models
from support.concurrency import async_together
from support.scripted_server import ScriptedServer, answer

from smooch import _webhook_reconciler
from smooch.errors import BadRequest, Forbidden, InvalidInput, NotFound, ServerError, SmoochError
from smooch.v1 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import Callable

    from smooch.sandbox import Sandbox

pytestmark = pytest.mark.anyio

HERE = "https://here.example/hook"
THERE = "https://there.example/hook"


async def state(api: AsyncSmooch) -> list[tuple[str, list[str]]]:
    listed = await api.get_webhooks()
    return sorted((hook["target"], sorted(hook["triggers"])) for hook in listed.json()["webhooks"])


def writes(sandbox: Sandbox) -> list[str]:
    return [request.method for request in sandbox.requests if request.method != "GET"]


async def test_make_webhook_takes_one_trigger_or_several(api: AsyncSmooch, sandbox: Sandbox) -> None:
    created = await api.make_webhook("http://example.com/callbacksasd", "message:appUser")
    assert created.status_code == 201
    assert isinstance(created.parsed, models.WebhookResponse)
    webhook = created.parsed.webhook
    assert created.json()["webhook"] == {
        "_id": webhook.id,
        "target": "http://example.com/callbacksasd",
        "triggers": ["message:appUser"],
        "secret": webhook.secret,
    }
    for triggers, expected in [
        (["postback", "*"], ["postback", "*"]),
        ({"postback", "message"}, ["message", "postback"]),
        ((name for name in ["postback"]), ["postback"]),
    ]:
        await api.make_webhook(HERE, triggers)
        assert sandbox.requests[-1].json == {"target": HERE, "triggers": expected}


async def test_get_webhooks_lists_the_created_webhooks(api: AsyncSmooch) -> None:
    empty = await api.get_webhooks()
    assert (empty.status_code, empty.json()) == (200, {"webhooks": []})
    created = [await api.make_webhook(target, "*") for target in (HERE, THERE)]
    listed = await api.get_webhooks()
    assert isinstance(listed.parsed, models.ListWebhooksResponse)
    assert listed.parsed.webhooks == [each.parsed.webhook for each in created]


async def test_update_webhook_replaces_target_and_triggers(api: AsyncSmooch, sandbox: Sandbox) -> None:
    created = (await api.make_webhook(HERE, "postback")).parsed.webhook
    changed = await api.update_webhook(created.id, THERE, ["message", "link:success"])
    assert changed.status_code == 200
    assert isinstance(changed.parsed, models.WebhookResponse)
    assert (sandbox.requests[-1].method, sandbox.requests[-1].path) == ("PUT", f"/v1/webhooks/{created.id}")
    webhook = changed.parsed.webhook
    assert (webhook.id, webhook.secret) == (created.id, created.secret)
    assert await state(api) == [(THERE, ["link:success", "message"])]
    with pytest.raises(NotFound):
        await api.update_webhook("0" * 24, THERE, "*")


async def test_delete_webhook_deletes_one(api: AsyncSmooch) -> None:
    created = [(await api.make_webhook(target, "*")).parsed.webhook for target in (HERE, THERE)]
    deleted = await api.delete_webhook(created[0].id)
    assert (deleted.status_code, deleted.json()) == (200, {})
    assert isinstance(deleted.parsed, models.EmptyResponse)
    assert await state(api) == [(THERE, ["*"])]
    with pytest.raises(NotFound):
        await api.delete_webhook(created[0].id)


async def test_delete_all_webhooks_leaves_none(api: AsyncSmooch) -> None:
    assert await api.delete_all_webhooks() == []
    for number in range(10):
        await api.make_webhook(f"{HERE}/{number}", "*")
    answers = await api.delete_all_webhooks()
    assert [each.status_code for each in answers] == [200] * 10
    assert await state(api) == []


RULES = [
    pytest.param([], [(HERE, ["postback"])], ["POST"], id="made"),
    pytest.param([(HERE, ["postback"])], [(HERE, ["postback"])], [], id="there"),
    pytest.param([(HERE, ["message"])], [(HERE, ["message", "postback"])], ["PUT"], id="added"),
    pytest.param([(THERE, ["postback"])], [(HERE, ["postback"])], ["PUT"], id="moved"),
    pytest.param(
        [(THERE, ["message", "postback"])], [(HERE, ["postback"]), (THERE, ["message"])], ["POST", "PUT"], id="taken"
    ),
    pytest.param([(HERE, ["*"])], [(HERE, ["*"])], [], id="covered"),
    pytest.param(
        [(HERE, ["postback"])] * 3, [(HERE, ["postback"])], ["DELETE", "DELETE"], id="one too many, and another"
    ),
    pytest.param(
        [(HERE, ["message"]), (THERE, ["postback", "typing:appUser"])],
        [(HERE, ["message", "postback"]), (THERE, ["typing:appUser"])],
        ["PUT", "PUT"],
        id="added and taken",
    ),
    pytest.param(
        [(f"{THERE}/{number}", ["postback"]) for number in range(10)],
        [(HERE, ["postback"])],
        ["PUT"] + ["DELETE"] * 9,
        id="moved from ten places",
    ),
]


@pytest.mark.parametrize(("before", "after", "written"), RULES)
async def test_ensure_webhook_exist_writes_only_what_is_missing(
    api: AsyncSmooch, api_v1_1: AsyncSmooch, sandbox: Sandbox, before: Any, after: Any, written: list[str]
) -> None:
    for client in (api, api_v1_1):
        sandbox.reset()
        for target, triggers in before:
            await client.make_webhook(target, triggers)
        count = len(writes(sandbox))
        webhook_id, secret = await client.ensure_webhook_exist("postback", HERE)
        assert sorted(writes(sandbox)[count:]) == sorted(written)
        assert await state(client) == after
        webhooks = (await client.get_webhooks()).parsed.webhooks
        assert [(each.id, each.secret) for each in webhooks if each.target == HERE] == [(webhook_id, secret)]
        assert await client.ensure_webhook_exist("postback", HERE) == (webhook_id, secret)
        assert len(writes(sandbox)) - count == len(written)


async def test_an_old_webhook_costs_one_request(
    api: AsyncSmooch, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = (await api.make_webhook(HERE, ["postback", "message"])).parsed.webhook
    monkeypatch.setattr(_webhook_reconciler, "SETTLING_SECONDS", 5)
    time.sleep(3.1 - time.time() % 1)  # the server looks at the clock once a second
    before = len(sandbox.requests)
    assert await api.ensure_webhook_exist("message", HERE) == (created.id, created.secret)
    assert [request.method for request in sandbox.requests[before:]] == ["GET"]


async def test_several_triggers_share_one_webhook(api: AsyncSmooch) -> None:
    await api.make_webhook(THERE, ["message:appUser", "link:match"])
    await api.make_webhook(f"{THERE}/2", "postback")
    webhook_id, _ = await api.ensure_webhook_exist(["message:appUser", "postback"], HERE)
    assert await state(api) == [(HERE, ["message:appUser", "postback"]), (THERE, ["link:match"])]
    assert (await api.ensure_webhook_exist({"postback", "message:appUser"}, HERE))[0] == webhook_id
    assert (await api.ensure_webhook_exist("postback", "https://HERE.example:443/hook"))[0] == webhook_id


async def test_with_ten_webhooks_the_call_fails_and_changes_none_of_them(api: AsyncSmooch) -> None:
    for number in range(10):
        await api.make_webhook(f"{THERE}/{number}", ["message", "postback"])
    before = await state(api)
    with pytest.raises(BadRequest, match="10 webhooks"):
        await api.ensure_webhook_exist("postback", HERE)
    assert await state(api) == before


async def test_a_webhook_deleted_meanwhile_is_created_again(
    api: AsyncSmooch, connect: Callable[..., AsyncSmooch], monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = connect()
    for before in (["message"], ["postback"]):
        doomed = [(await api.make_webhook(HERE, before)).parsed.webhook.id]
        await api.make_webhook(THERE, ["postback", "link:match"])
        listing = rival.get_webhooks

        async def list_and_delete(doomed: list[str] = doomed, listing: Any = listing) -> Any:
            listed = await listing()
            if doomed:
                await rival.delete_webhook(doomed.pop())
            return listed

        with monkeypatch.context() as patch:
            patch.setattr(_webhook_reconciler, "is_settled", lambda hook, date: False)  # as if all were just created
            patch.setattr(api, "get_webhooks", list_and_delete)
            await api.ensure_webhook_exist("postback", HERE)
        after = await state(api)
        assert (HERE, ["postback"]) in after
        assert "link:match" in {trigger for _, triggers in after for trigger in triggers}
        await api.delete_all_webhooks()


@pytest.mark.parametrize("status", [404, 409])
async def test_concurrent_changes_of_other_callers_are_read_again(
    api: AsyncSmooch, sandbox: Sandbox, status: int
) -> None:
    await api.make_webhook(HERE, "message")
    sandbox.fail(times=3, status=status, method="PUT", path="/webhooks/*")
    await api.ensure_webhook_exist("postback", HERE)
    assert await state(api) == [(HERE, ["message", "postback"])]


@pytest.mark.parametrize(("status", "error"), [(400, BadRequest), (403, Forbidden), (500, ServerError)])
async def test_other_error_responses_reach_the_caller(
    api: AsyncSmooch, sandbox: Sandbox, status: int, error: Any
) -> None:
    sandbox.fail(times=2, status=status, method="POST", path="/webhooks")
    with pytest.raises(error):
        await api.ensure_webhook_exist("postback", HERE)
    assert sandbox.requests[-1].method in ("POST", "GET")


async def test_endless_conflicts_end_in_an_error(api: AsyncSmooch, sandbox: Sandbox) -> None:
    await api.make_webhook(HERE, "message")
    sandbox.fail(times=100, status=409, method="PUT", path="/webhooks/*")
    with pytest.raises(SmoochError, match="keep changing"):
        await api.ensure_webhook_exist("postback", HERE)
    assert await state(api) == [(HERE, ["message"])]


async def test_unreadable_webhooks_are_skipped() -> None:
    webhook = {"_id": "0" * 24, "target": HERE, "triggers": ["postback"], "secret": "s"}
    listed = answer(body={"webhooks": [None, {}, webhook]})
    with ScriptedServer(lambda request: listed if request.method == "GET" else answer()) as server:
        async with AsyncSmooch("app_1", "secret", base_url=server.url) as api:
            assert await api.ensure_webhook_exist("postback", HERE) == ("0" * 24, "s")
            assert len(await api.delete_all_webhooks()) == 1


async def test_callers_with_other_triggers_do_not_undo_each_other(
    connect: Callable[..., AsyncSmooch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_webhook_reconciler, "SETTLING_SECONDS", 1.0)
    api = connect()
    await api.make_webhook(HERE, "message")
    names = ["postback", "link:match", "link:success", "client:add", "client:remove", "appUser:delete"]
    outcomes = await async_together(*(lambda name=name: api.ensure_webhook_exist(name, HERE) for name in names))
    assert len(set(outcomes)) == 1
    assert await state(api) == [(HERE, sorted([*names, "message"]))]


REFUSED: list[tuple[str, Callable[[AsyncSmooch], Any]]] = [
    ("target", lambda api: api.make_webhook("", "*")),
    ("target", lambda api: api.make_webhook("example.com/hook", "*")),
    ("target", lambda api: api.make_webhook("ftp://example.com", "*")),
    ("target", lambda api: api.make_webhook(None, "*")),
    ("triggers", lambda api: api.make_webhook(HERE, "")),
    ("triggers", lambda api: api.make_webhook(HERE, [])),
    ("triggers", lambda api: api.make_webhook(HERE, ["*", ""])),
    ("triggers", lambda api: api.make_webhook(HERE, None)),
    ("webhook_id", lambda api: api.update_webhook("", HERE, "*")),
    ("webhook_id", lambda api: api.update_webhook("..", HERE, "*")),
    ("target", lambda api: api.update_webhook("1", "/hook", "*")),
    ("triggers", lambda api: api.update_webhook("1", HERE, [5])),
    ("webhook_id", lambda api: api.delete_webhook("")),
    ("webhook_id", lambda api: api.delete_webhook(5)),
    ("webhook_url", lambda api: api.ensure_webhook_exist("postback", "example.com/hook")),
    ("webhook_url", lambda api: api.ensure_webhook_exist("postback", "https://")),
    ("webhook_url", lambda api: api.ensure_webhook_exist("postback", "https://example.com/a b")),
    ("trigger", lambda api: api.ensure_webhook_exist("", HERE)),
    ("trigger", lambda api: api.ensure_webhook_exist(" postback", HERE)),
    ("trigger", lambda api: api.ensure_webhook_exist([], HERE)),
    ("trigger", lambda api: api.ensure_webhook_exist("message:appuser", HERE)),
    ("trigger", lambda api: api.ensure_webhook_exist(["postback", "conversation:message"], HERE)),
    ("triggers", lambda api: api.make_webhook(HERE, ["postback", "mesage:appUser"])),
    ("triggers", lambda api: api.update_webhook("1", HERE, "postbck")),
]


@pytest.mark.parametrize(("field", "call"), REFUSED)
async def test_bad_input_names_its_field_and_nothing_is_sent(
    api: AsyncSmooch, sandbox: Sandbox, field: str, call: Callable[[AsyncSmooch], Any]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await call(api)
    assert caught.value.field == field
    assert sandbox.requests == []
