"""Responses with a wrong value in every place: each call returns or raises UnreadableResponse, nothing else."""

from __future__ import annotations

import copy
import itertools
import json
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.scripted_server import Request, ScriptedServer, answer
from support.v2_examples import APP, operation_of

from smooch import _webhook_reconciler, errors, v2
from smooch.v1 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

JUNK = [5, None, "x", "\ud800", [], {}, [5], [None], [{}], True, 1e300, 10**400, ...]
"""The wrong values; `...` removes the field or element."""

HERE = "https://here.example/hook"
HOOK = {
    "_id": "5a1b2c3d4e5f60718293a4b5",
    "target": HERE,
    "triggers": ["message", "x"],
    "secret": "s",
    "version": "v1.1",
}
MESSAGE = {"_id": "5a", "type": "text", "role": "appUser", "text": "Hi", "received": 1.5, "authorId": "b"}
BODY: dict[str, Any] = {
    "appUser": {"_id": "5a", "userId": "b", "signedUpAt": "2026-03-02T08:15:30.120Z", "clients": [], "properties": {}},
    "message": MESSAGE,
    "messages": [MESSAGE, {**MESSAGE, "_id": "5b"}],
    "conversation": {"_id": "5c", "unreadCount": 1},
    "next": "https://api.smooch.io/v1/appusers/b/messages?before=1.25",
    "webhook": HOOK,
    "webhooks": [HOOK, {**HOOK, "_id": "5a1b2c3d4e5f60718293a4b6", "target": "https://there.example"}],
    "mediaUrl": "https://a.example/b.pdf",
}
CALLS: dict[str, Callable[[AsyncSmooch], Any]] = {
    "init_user": lambda api: api.init_user("b", "d"),
    "precreate_user": lambda api: api.precreate_user("b"),
    "get_user": lambda api: api.get_user("b"),
    "update_user": lambda api: api.update_user("b", {"givenName": "Ana"}),
    "delete_user": lambda api: api.delete_user("b"),
    "link": lambda api: api.link_user_to_channel("b", "twilio", {"phoneNumber": "+15145550101"}),
    "unlink": lambda api: api.unlink_user_from_channel("b", "twilio"),
    "post_message": lambda api: api.post_message("b", "Hi"),
    "post_image": lambda api: api.post_media("b", ("a.png", b"a")),
    "post_file": lambda api: api.post_media("b", ("a.pdf", b"a")),
    "get_messages": lambda api: api.get_messages("b"),
    "iter_messages": lambda api: api.iter_messages("b"),
    "iter_messages forward": lambda api: api.iter_messages("b", after=1.0),
    "delete_messages": lambda api: api.delete_messages("b"),
    "mark_read": lambda api: api.mark_read("b"),
    "send_activity": lambda api: api.send_activity("b"),
    "get_webhooks": lambda api: api.get_webhooks(),
    "make_webhook": lambda api: api.make_webhook(HERE, "x"),
    "update_webhook": lambda api: api.update_webhook("w", HERE, "x"),
    "delete_all_webhooks": lambda api: api.delete_all_webhooks(),
    "ensure": lambda api: api.ensure_webhook_exist("message", HERE),
    "ensure another": lambda api: api.ensure_webhook_exist("y", "https://else.example"),
    "ask": lambda api: api.ask("appusers/b"),
}
CALLS_V2: dict[str, Callable[[v2.AsyncSmooch], Any]] = {
    f"{module.stem}: {name}": call[0]
    for module in sorted((Path(__file__).parent / "v2").glob("test_*.py"))
    for name, call in getattr(import_module(f".v2.{module.stem}", __package__), "CALLS", {}).items()
}


@pytest.fixture(autouse=True)
def _short_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_webhook_reconciler, "SETTLING_SECONDS", 0.0)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of a value and of its parts, three levels deep; of a list, only the first element."""
    yield path
    if len(path) < 3 and isinstance(value, dict | list):
        for key in list(value if isinstance(value, dict) else range(len(value)))[
            : None if isinstance(value, dict) else 1
        ]:
            yield from places(value[key], (*path, key))


def spoiled(body: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return [] if junk is ... else junk
    body = copy.deepcopy(body)
    parent = body
    for key in path[:-1]:
        parent = parent[key]
    if junk is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = junk
    return body


class Spoiler:
    """Responds with examples, one of which has a wrong value in one place."""

    def __init__(self, example: Callable[[Request], tuple[str, int, Any]]) -> None:
        self._example = example
        self.answered: dict[str, Any] = {}
        self.spoil: tuple[str, tuple[Any, ...], Any] | None = None

    def __call__(self, request: Request) -> bytes:
        name, status, body = self._example(request)
        self.answered[name] = body
        if self.spoil is not None and self.spoil[0] == name:
            body = spoiled(body, *self.spoil[1:])
        return answer(status, json.dumps(body).encode())


async def run(call: Callable[[Any], Any], api: Any) -> None:
    """Make a call; read up to 300 records if it returns a list."""
    outcome = call(api)
    if hasattr(outcome, "__anext__"):
        remaining = 300
        async for _ in outcome:
            remaining -= 1
            if not remaining:
                break
    else:
        await outcome


async def check(call: Callable[[Any], Any], api: Any, spoiler: Spoiler) -> None:
    with suppress(errors.SmoochError):  # a server that never changes can look like one that is never done
        await run(call, api)
    junk = itertools.cycle(JUNK)
    for name, body in list(spoiler.answered.items()):
        for path in places(body):
            for wrong in itertools.islice(junk, 4):
                spoiler.spoil = (name, path, wrong)
                try:
                    await run(call, api)
                except errors.InvalidInput as error:
                    pytest.fail(f"{error} for {spoiler.spoil}")
                except errors.SmoochError as error:
                    str(error).encode()


@pytest.fixture
def spoiler_v1() -> Spoiler:
    return Spoiler(lambda request: (f"{request.method} {request.target.partition('?')[0]}", 200, BODY))


@pytest.fixture
def spoiler_v2() -> Spoiler:
    def example(request: Request) -> tuple[str, int, Any]:
        called = operation_of(request.method, request.target.partition("?")[0])
        return called.id, called.status, called.example

    return Spoiler(example)


@pytest.fixture
async def api(spoiler_v1: Spoiler) -> AsyncIterator[AsyncSmooch]:
    with ScriptedServer(spoiler_v1) as server:
        async with AsyncSmooch("app_5a", "a secret", base_url=server.url, retries=0) as client:
            yield client


@pytest.fixture
async def newer(spoiler_v2: Spoiler) -> AsyncIterator[v2.AsyncSmooch]:
    with ScriptedServer(spoiler_v2) as server:
        async with v2.AsyncSmooch("app_5a", "a secret", APP, base_url=server.url, retries=0) as client:
            yield client


@pytest.mark.parametrize("name", CALLS)
async def test_a_wrong_value_in_a_v1_response_is_an_unreadable_response(
    name: str, api: AsyncSmooch, spoiler_v1: Spoiler
) -> None:
    await check(CALLS[name], api, spoiler_v1)


@pytest.mark.parametrize("name", CALLS_V2)
async def test_a_wrong_value_in_a_v2_response_is_an_unreadable_response(
    name: str, newer: v2.AsyncSmooch, spoiler_v2: Spoiler
) -> None:
    await check(CALLS_V2[name], newer, spoiler_v2)


LINKS = [
    5,
    "\ud800",
    "http://[",
    "https://a.example",
    "?before=x",
    "?before=1.5&after=2",
    "?before=",
    "?after=\ud800",
    ["?before=1"],
    True,
]


@pytest.mark.parametrize("link", LINKS)
async def test_an_invalid_next_link_is_an_unreadable_response_after_the_messages_before_it(link: Any) -> None:
    body = {"messages": [MESSAGE], "next": link}
    with ScriptedServer(lambda _: answer(200, json.dumps(body).encode())) as server:
        async with AsyncSmooch("app_5a", "a secret", base_url=server.url, retries=0) as client:
            messages = client.iter_messages("b")
            assert (await anext(messages)).id == "5a"
            with pytest.raises(errors.UnreadableResponse) as caught:
                await anext(messages)
    assert caught.value.method == "GET"
    assert caught.value.url == f"{server.url}/v1/appusers/b/messages"
    assert caught.value.response.request.headers.get("Authorization") in (None, "[secret]")


async def test_circular_next_links_end_the_iteration() -> None:
    links = iter(range(1, 1000))

    def respond(_: Request) -> bytes:
        return answer(200, {"messages": [MESSAGE], "next": f"?before={next(links) % 3}"})

    with ScriptedServer(respond) as server:
        async with AsyncSmooch("app_5a", "a secret", base_url=server.url, retries=0) as client:
            messages = client.iter_messages("b")
            for _ in range(4):
                await anext(messages)
            with pytest.raises(errors.UnreadableResponse, match="leads nowhere"):
                await anext(messages)
    assert len(server.requests) == 4


async def test_a_cursor_that_fits_no_url_is_an_unreadable_response() -> None:
    user = {"id": "5a\ud800", "type": "custom", "status": "active"}
    body = {"clients": [user], "meta": {"hasMore": True, "afterCursor": "\ud800"}}
    with ScriptedServer(lambda _: answer(200, json.dumps(body).encode())) as server:
        async with v2.AsyncSmooch("app_5a", "a secret", APP, base_url=server.url, retries=0) as client:
            clients = client.clients.list("b")
            assert (await clients.first()) is not None
            with pytest.raises(errors.UnreadableResponse, match="leads nowhere"):
                await clients.first()
