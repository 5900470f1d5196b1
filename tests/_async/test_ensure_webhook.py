"""The contract of `ensure_webhook_exist` and `webhooks.ensure`: one table of cases, the same on v1, v1.1 and v2."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.scripted_server import Request, ScriptedServer, answer
from support.v2_examples import APP

import smooch.webhooks
from smooch import _webhook_reconciler, v2
from smooch.errors import InvalidInput
from smooch.v1 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from smooch.sandbox import Sandbox

pytestmark = pytest.mark.anyio

GUIDE = Path(smooch.webhooks.__file__).with_name("README.md")
HERE = "https://here.example/hook"
THERE = "https://there.example/hook"
ELSE = "https://else.example/hook"
TRIGGERS = {
    "v1": {"x": "message:appUser", "y": "postback", "a": "conversation:read", "b": "merge:appUser"},
    "v2": {"x": "conversation:message", "y": "conversation:postback", "a": "conversation:read", "b": "user:merge"},
}

ONE_HAS = "One has the triggers: nothing is written, whatever webhooks with other targets have."
ONE_LACKS = "One lacks some of them: it gets them, and keeps its other triggers."
SEVERAL = "Several have them: the oldest keeps them, the others lose them."
NONE = "There is none: a webhook that has only these triggers gets the target, or else one is created."
OTHERS = "Where triggers are written, webhooks with other targets lose them."
STAY = "With `move=False` those stay as they are."
DELETED = "A webhook without any trigger left is deleted."
EXACT = "`exact=True` leaves the target no other triggers: its webhook loses its other ones, its further webhooks are deleted."
OPTIONS = "Options that are not None are set."
RULES = (ONE_HAS, ONE_LACKS, SEVERAL, NONE, OTHERS, STAY, DELETED, EXACT, OPTIONS)

Hooks = list[tuple[str, str]]
"""Target and triggers of each webhook."""
CASES: dict[str, tuple[str, Hooks, str, dict[str, Any], Hooks]] = {
    "it has it": (ONE_HAS, [(HERE, "x")], "x", {}, [(HERE, "x")]),
    "it has it among others": (ONE_HAS, [(HERE, "a x")], "x", {}, [(HERE, "a x")]),
    "it has it, as another target": (ONE_HAS, [(HERE, "x"), (THERE, "x a")], "x", {}, [(HERE, "x"), (THERE, "x a")]),
    "it has both": (ONE_HAS, [(HERE, "y x")], "x y", {}, [(HERE, "y x")]),
    "it lacks it": (ONE_LACKS, [(HERE, "a")], "x", {}, [(HERE, "a x")]),
    "it lacks one of two": (ONE_LACKS, [(HERE, "a y")], "x y", {}, [(HERE, "a y x")]),
    "two have it": (SEVERAL, [(HERE, "x a"), (HERE, "x b")], "x", {}, [(HERE, "x a"), (HERE, "b")]),
    "two have it alone": (SEVERAL, [(HERE, "x"), (HERE, "x")], "x", {}, [(HERE, "x")]),
    "two have one each": (SEVERAL, [(HERE, "x"), (HERE, "y a")], "x y", {}, [(HERE, "x y"), (HERE, "a")]),
    "no webhook at all": (NONE, [], "x", {}, [(HERE, "x")]),
    "another target alone": (NONE, [(THERE, "x")], "x", {}, [(HERE, "x")]),
    "another target has one of two alone": (NONE, [(THERE, "x")], "x y", {}, [(HERE, "x y")]),
    "another target without it": (NONE, [(THERE, "a")], "x", {}, [(THERE, "a"), (HERE, "x")]),
    "another target among others": (OTHERS, [(THERE, "a x")], "x", {}, [(THERE, "a"), (HERE, "x")]),
    "two other targets": (OTHERS, [(THERE, "x"), (ELSE, "x b")], "x", {}, [(HERE, "x"), (ELSE, "b")]),
    "it lacks it, another has it among others": (
        OTHERS,
        [(HERE, "a"), (THERE, "x b")],
        "x",
        {},
        [(HERE, "a x"), (THERE, "b")],
    ),
    "it lacks it, another has it alone": (DELETED, [(HERE, "a"), (THERE, "x")], "x", {}, [(HERE, "a x")]),
    "another alone stays": (STAY, [(THERE, "x")], "x", {"move": False}, [(THERE, "x"), (HERE, "x")]),
    "another among others stays": (STAY, [(THERE, "a x")], "x", {"move": False}, [(THERE, "a x"), (HERE, "x")]),
    "it lacks it, another stays": (
        STAY,
        [(HERE, "a"), (THERE, "x")],
        "x",
        {"move": False},
        [(HERE, "a x"), (THERE, "x")],
    ),
    "the same target does not stay": (
        SEVERAL,
        [(HERE, "x"), (HERE, "x b")],
        "x",
        {"move": False},
        [(HERE, "x"), (HERE, "b")],
    ),
    "exactly it": (EXACT, [(HERE, "x")], "x", {"exact": True}, [(HERE, "x")]),
    "others go": (EXACT, [(HERE, "a x b")], "x", {"exact": True}, [(HERE, "x")]),
    "others go for another": (EXACT, [(HERE, "a")], "x y", {"exact": True}, [(HERE, "x y")]),
    "further webhooks go": (EXACT, [(HERE, "x"), (HERE, "a"), (HERE, "b")], "x", {"exact": True}, [(HERE, "x")]),
    "other targets keep their others": (
        EXACT,
        [(HERE, "a"), (THERE, "x b")],
        "x",
        {"exact": True},
        [(HERE, "x"), (THERE, "b")],
    ),
    "exact, and others stay": (
        EXACT,
        [(HERE, "a"), (THERE, "x b")],
        "x",
        {"exact": True, "move": False},
        [(HERE, "x"), (THERE, "x b")],
    ),
}


class App:
    """The webhooks of an app, by one version of the API."""

    def __init__(self, version: str, api: Any, options: dict[str, Any] | None = None) -> None:
        self.api = api
        self.version = version
        self._names = TRIGGERS["v2" if version == "v2" else "v1"]
        self._letters = {name: letter for letter, name in self._names.items()}
        self._options = options or {}

    def names(self, letters: str) -> list[str]:
        return [self._names[letter] for letter in letters.split()]

    async def create(self, target: str, letters: str, **options: Any) -> None:
        if self.version == "v2":
            await self.api.webhooks.create(target, self.names(letters), **self._options, **options)
        else:
            await self.api.make_webhook(target, self.names(letters), **options)

    async def ensure(self, letters: str, **options: Any) -> tuple[str, str]:
        if self.version == "v2":
            webhook = await self.api.webhooks.ensure(HERE, self.names(letters), **self._options, **options)
            return webhook.id, webhook.secret
        id_and_secret: tuple[str, str] = await self.api.ensure_webhook_exist(self.names(letters), HERE, **options)
        return id_and_secret

    async def listed(self) -> list[dict[str, Any]]:
        if self.version == "v2":
            return [webhook.to_dict() for webhook in await self.api.webhooks.list(**self._options)]
        webhooks: list[dict[str, Any]] = (await self.api.get_webhooks()).json()["webhooks"]
        return webhooks

    async def hooks(self) -> Hooks:
        return [
            (webhook["target"], " ".join(self._letters[name] for name in webhook["triggers"]))
            for webhook in await self.listed()
        ]


@pytest.fixture(autouse=True)
def _short_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_webhook_reconciler, "SETTLING_SECONDS", 0.0)
    monkeypatch.setattr(_webhook_reconciler, "is_settled", lambda hook, date: True)


@pytest.fixture(params=["v1", "v1.1", "v2"])
async def app(
    request: pytest.FixtureRequest, sandbox: Sandbox, connect: Callable[..., AsyncSmooch]
) -> AsyncIterator[App]:
    if request.param != "v2":
        yield App(request.param, connect(api_version=request.param, app_id=sandbox.app_id))
        return
    async with v2.AsyncSmooch(
        sandbox.integration_key_id, sandbox.integration_secret, sandbox.app_id, base_url=sandbox.url
    ) as api:
        yield App("v2", api)


@pytest.mark.parametrize("name", CASES)
async def test_each_case_of_the_contract(app: App, sandbox: Sandbox, name: str) -> None:
    rule, before, requested, options, after = CASES[name]
    assert rule in RULES
    for target, triggers in before:
        await app.create(target, triggers)
    writes = len([request for request in sandbox.requests if request.method != "GET"])
    ensured = await app.ensure(requested, **options)
    assert sorted(await app.hooks()) == sorted(after)
    carriers = [webhook for webhook in await app.listed() if webhook["target"] == HERE]
    assert ensured in [(webhook.get("_id", webhook.get("id")), webhook["secret"]) for webhook in carriers]
    if rule == ONE_HAS:
        assert writes == len([request for request in sandbox.requests if request.method != "GET"])
    assert await app.ensure(requested, **options) == ensured
    assert sorted(await app.hooks()) == sorted(after)


async def test_options_are_set_and_others_stay(sandbox: Sandbox, connect: Callable[..., AsyncSmooch]) -> None:
    app_v1_1 = App("v1.1", connect(api_version="v1.1", app_id=sandbox.app_id))
    async with v2.AsyncSmooch(
        sandbox.integration_key_id, sandbox.integration_secret, sandbox.app_id, base_url=sandbox.url
    ) as api:
        for app, first, second in (
            (app_v1_1, ("include_client", "includeClient"), ("include_full_app_user", "includeFullAppUser")),
            (App("v2", api), ("include_full_source", "includeFullSource"), ("include_full_user", "includeFullUser")),
        ):
            await app.create(HERE, "x a", **{first[0]: True})
            ensured = await app.ensure("x")
            for value in (True, False):
                assert await app.ensure("x", **{second[0]: value}) == ensured
                [webhook] = [each for each in await app.listed() if each["target"] == HERE]
                assert (webhook[first[1]], webhook[second[1]]) == (True, value)
            assert await app.hooks() == [(HERE, "x a")]


async def test_on_v1_1_a_new_webhook_replaces_one_made_by_v1(
    sandbox: Sandbox, connect: Callable[..., AsyncSmooch]
) -> None:
    app_v1, app_v1_1 = App("v1", connect()), App("v1.1", connect(api_version="v1.1", app_id=sandbox.app_id))
    await app_v1.create(HERE, "x a")
    await app_v1.create(THERE, "x")
    ensured = await app_v1_1.ensure("x")
    webhooks = [(each["version"], each["target"], each["triggers"]) for each in await app_v1_1.listed()]
    assert sorted(webhooks) == [("v1", HERE, app_v1_1.names("a")), ("v1.1", HERE, app_v1_1.names("x"))]
    assert await app_v1_1.ensure("x a") == ensured
    assert [each["version"] for each in await app_v1_1.listed()] == ["v1.1"]
    assert await app_v1.ensure("x") == ensured  # so that programs of both versions do not take it from each other


async def test_options_of_v1_1_are_refused_on_v1(api: AsyncSmooch) -> None:
    for field in ("include_client", "include_full_app_user"):
        for call in (
            lambda field=field: api.ensure_webhook_exist("message", HERE, **{field: True}),
            lambda field=field: api.make_webhook(HERE, "message", **{field: False}),
            lambda field=field: api.update_webhook("w", HERE, "message", **{field: True}),
        ):
            with pytest.raises(InvalidInput, match=r"needs api_version v1\.1") as caught:
                await call()
            assert caught.value.field == field


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_without_a_write_there_is_no_wait(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    hook = {"_id": "5a1b2c3d4e5f60718293a4b5", "id": "5a1b2c3d4e5f60718293a4b5", "target": HERE, "secret": "s"}
    names = [*TRIGGERS["v1"].values(), *TRIGGERS["v2"].values()]

    def respond(_: Request) -> bytes:
        return answer(200, {"webhooks": [{**hook, "triggers": names}]}, Date="Mon, 02 Mar 2026 08:15:30 GMT")

    with ScriptedServer(respond) as server:
        async with (
            AsyncSmooch("app_5a", "a secret", base_url=server.url) as older,
            v2.AsyncSmooch("app_5a", "a secret", APP, base_url=server.url) as newer,
        ):
            app = App(version, newer if version == "v2" else older)
            assert await app.ensure("x", confirm_after=3600) == (hook["_id"], "s")
    assert [request.method for request in server.requests] == ["GET"]


def test_docstrings_and_guide_state_the_same_contract() -> None:
    docstrings = [method.__doc__ for method in (AsyncSmooch.ensure_webhook_exist, v2.AsyncWebhooks.ensure)]
    table = re.sub(r"^\| (\w.*) \| (\w.*) \|$", r"\1: \2.", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for text in (*docstrings, table.partition("\n## Make the webhook\n")[2].partition("\n## ")[0]):
        contract = " ".join((text or "").casefold().split())
        for rule in RULES:
            assert rule.casefold() in contract
