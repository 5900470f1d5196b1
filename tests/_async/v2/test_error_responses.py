"""Exceptions for error responses of v2: codes, titles, hints, and no credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v2.api import oauth
from smooch_api.v2.models import TokenRequest
from support.scripted_server import Request, ScriptedServer, answer
from support.v2_examples import APP

from smooch import errors
from smooch.v2 import AsyncSmooch

from .calls import CODE_EXCHANGE, CREDENTIALS, SECRET, TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio


def refusing(status: int, body: Any, **headers: str) -> ScriptedServer:
    return ScriptedServer(lambda _: answer(status, body, **headers))


TWO = {"errors": [{"code": "bad_request", "title": "a is missing"}, {"code": "locked", "title": "b"}]}


async def test_an_error_has_every_code_and_title() -> None:
    with refusing(400, TWO) as server:
        async with AsyncSmooch("app_5a", SECRET, APP, base_url=server.url) as api:
            with pytest.raises(errors.BadRequest) as caught:
                await api.users.get("u1")
    error = caught.value
    assert error.errors == tuple(TWO["errors"])
    assert (error.code, error.description, error.status_code) == ("bad_request", "a is missing", 400)
    assert str(error) == f"400 bad_request for GET {server.url}/v2/apps/{APP}/users/u1: a is missing; b"


async def test_the_text_of_an_error_with_many_titles_is_clipped() -> None:
    with refusing(400, {"errors": [{"code": "c", "title": f"field {n} is missing"} for n in range(1000)]}) as server:
        async with AsyncSmooch("app_5a", SECRET, APP, base_url=server.url) as api:
            with pytest.raises(errors.BadRequest, match="field 0 is missing; field 1 is missing; ") as caught:
                await api.users.get("u1")
    assert len(caught.value.errors) == 1000
    assert len(str(caught.value)) < 1000


APP_KEY = {"key_id": "app_5a", "secret": SECRET}
INT_KEY = {"key_id": "int_5a", "secret": SECRET}
ACT_KEY = {"key_id": "act_5a", "secret": SECRET}
OAUTH = {"token": TOKEN}
NO_JSON = {"Content_Type": "text/html"}
TARGET = "https://example.com/hook"
WEBHOOKS = f"/v2/apps/{APP}/integrations/me/webhooks"


async def stream() -> AsyncIterator[bytes]:
    yield b'{"target": 5}'


HINTS: list[Any] = [
    (
        401,
        APP_KEY,
        lambda api: api.users.get("u"),
        {},
        "check key id and secret, and that the key belongs to http://127",
    ),
    (401, OAUTH, lambda api: api.users.get("u"), {}, "check that the access token is still valid"),
    (
        401,
        APP_KEY,
        lambda api: oauth.get_token.asyncio_detailed(client=api.raw, body=TokenRequest.from_dict(CODE_EXCHANGE)),
        {},
        "a code can be exchanged once",
    ),
    (401, APP_KEY, lambda api: api.oauth.token_info(), {}, "create the client with token="),
    (403, APP_KEY, lambda api: api.apps.create("Shop"), {}, "needs an account key"),
    (403, APP_KEY, lambda api: api.app_keys.list(), {}, "needs an account key"),
    (403, INT_KEY, lambda api: api.apps.delete(APP), {}, "credentials have scope integration"),
    (403, INT_KEY, lambda api: api.apps.get(), {}, "needs an app key (app_…) or an account key"),
    (403, OAUTH, lambda api: api.integration_keys.create("i1", "Bot"), {}, "needs an app key"),
    (403, INT_KEY, lambda api: api.switchboards.list(), {}, "needs an app key"),
    (403, INT_KEY, lambda api: api.webhooks.list(integration_id="i1"), {}, "integration_id='me'"),
    (403, INT_KEY, lambda api: api.webhooks.list(), {}, "check app_id"),
    (
        403,
        INT_KEY,
        lambda api: api.switchboard_actions.release_control("c1"),
        {},
        "only the one in control can release it",
    ),
    (403, APP_KEY, lambda api: api.switchboard_actions.release_control("c1"), {}, ""),
    (403, APP_KEY, lambda api: api.users.get("u"), {}, "check app_id: the client's credentials reach no other app"),
    (403, OAUTH, lambda api: api.users.get("u"), {}, "check app_id"),
    (403, ACT_KEY, lambda api: api.users.get("u"), {}, ""),
    (403, ACT_KEY, lambda api: api.apps.create("Shop"), {}, ""),
    (
        404,
        APP_KEY,
        lambda api: api.users.get("u"),
        NO_JSON,
        "this is not the API: check subdomain, region and base_url",
    ),
    (404, APP_KEY, lambda api: api.apps.get(), {}, "check app_id, and that the app is on http://127"),
    (404, APP_KEY, lambda api: api.webhooks.list(), {}, "integration_id='<its id>'"),
    (404, INT_KEY, lambda api: api.webhooks.list(), {}, ""),
    (404, APP_KEY, lambda api: api.users.get("u"), {}, ""),
    (413, APP_KEY, lambda api: api.users.get("u"), {}, "100 kB of JSON and files of 50 MB"),
    (
        423,
        APP_KEY,
        lambda api: api.messages.post_text("c1", "Hi"),
        {},
        "is full: messages.delete_all(conversation_id) makes",
    ),
    (429, APP_KEY, lambda api: api.users.get("u"), {}, "wait longer before each call"),
    (301, APP_KEY, lambda api: api.users.get("u"), {}, "redirects are not followed"),
    (400, APP_KEY, lambda api: api.users.get("u"), {}, ""),
    (
        400,
        INT_KEY,
        lambda api: api.webhooks.create(TARGET, "user:merge"),
        {},
        "may send the target a HEAD request first",
    ),
    (
        400,
        INT_KEY,
        lambda api: api.webhooks.update("w1", {"target": TARGET}),
        {},
        "may send the target a HEAD request first",
    ),
    (400, INT_KEY, lambda api: api.webhooks.update("w1", {"includeFullUser": True}), {}, ""),
    (400, INT_KEY, lambda api: api.webhooks.get("w1"), {}, ""),
    (400, INT_KEY, lambda api: api.raw.get_async_httpx_client().post(WEBHOOKS, content=stream()), {}, ""),
]


@pytest.mark.parametrize(("status", "options", "call", "headers", "words"), HINTS)
async def test_error_responses_come_with_a_hint(
    status: int, options: Any, call: Any, headers: dict[str, str], words: str
) -> None:
    with refusing(status, {"errors": [{"code": "c", "title": "t"}]}, **headers) as server:
        async with AsyncSmooch(app_id=APP, base_url=server.url, retries=0, **options) as api:
            with pytest.raises(errors.APIError) as caught:
                await call(api)
    assert words in caught.value.hint if words else caught.value.hint == ""
    assert caught.value.hint in str(caught.value)
    expected = {401: errors.Unauthorized, 403: errors.Forbidden, 404: errors.NotFound, 423: errors.ConversationFull}
    assert type(caught.value) is expected.get(status, type(caught.value))


@pytest.mark.parametrize(
    ("title", "is_hinted"),
    [
        ("Bad Request", True),
        ("target: https://bot.example does not answer a HEAD request", True),
        ("invalid target of the webhook", True),
        ("unknown trigger user:merge", False),
        ("An app can have 10 webhooks at most", False),
        ("limit reached", False),
    ],
)
async def test_only_a_target_that_may_be_at_fault_is_hinted_at(title: str, is_hinted: bool) -> None:
    with refusing(400, {"errors": [{"code": "bad_request", "title": title}]}) as server:
        async with AsyncSmooch(app_id=APP, base_url=server.url, retries=0, **INT_KEY) as api:
            with pytest.raises(errors.BadRequest) as caught:
                await api.webhooks.create(TARGET, "user:merge")
    assert ("HEAD request first" in caught.value.hint) is is_hinted


async def test_a_missing_app_hints_at_its_id_and_the_host() -> None:
    with refusing(404, {"errors": [{"code": "app_not_found", "title": "App not found"}]}) as server:
        async with AsyncSmooch("app_5a", SECRET, APP, base_url=server.url) as api:
            with pytest.raises(errors.NotFound, match="of another account or region is not found"):
                await api.users.get("u")


async def test_an_external_id_in_place_of_a_user_id_is_hinted_at(api: AsyncSmooch) -> None:
    await api.users.create("b6518")
    with pytest.raises(errors.NotFound, match="pass yours as user_external_id"):
        await api.conversations.create(user_id="b6518")
    with pytest.raises(errors.NotFound, match="pass yours as user_external_id"):
        await api.conversations.list(user_id="b6518").first()


@pytest.mark.parametrize("way", CREDENTIALS)
async def test_errors_show_no_credentials(way: str) -> None:
    def echo(request: Request) -> bytes:
        return answer(
            401, {"errors": [{"code": "unauthorized", "title": f"{SECRET} {request.headers['authorization']}"}]}
        )

    with ScriptedServer(echo) as server:
        async with AsyncSmooch(app_id=APP, base_url=server.url, **CREDENTIALS[way]) as api:
            with pytest.raises(errors.Unauthorized) as caught:
                await api.users.get("u")
    error = caught.value
    sent = server.requests[-1].headers["authorization"].split()[1]
    for text in (str(error), repr(error), error.description, repr(error.errors), repr(error.response.request.headers)):
        assert TOKEN not in text
        assert sent not in text
        assert way == "token" or SECRET not in text


async def test_an_unreadable_success_says_that_the_call_took_effect() -> None:
    with ScriptedServer(lambda _: answer(201, b"{")) as server:
        async with AsyncSmooch("app_5a", SECRET, APP, base_url=server.url) as api:
            with pytest.raises(errors.UnreadableResponse, match="took effect"):
                await api.users.create("u-77")
